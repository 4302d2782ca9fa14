package io.jobcleanup.verdict;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The balances of one transaction as refunds move them one after the other, so that each ledger row
 * can tell the balance right after itself. Used by one thread.
 */
public final class Chain {

  /** What came of a move. */
  public sealed interface Move {
    /**
     * The balance moves.
     *
     * @param before each column before
     * @param after each column after
     */
    record Moved(List<BigDecimal> before, List<BigDecimal> after) implements Move {}

    /**
     * The balance can't hold it; nothing moved.
     *
     * @param cause what is in the way
     */
    record Impossible(String cause) implements Move {}
  }

  private final List<String> columns;
  private final List<NumberType> types;
  private final Map<List<String>, List<BigDecimal>> balances = new HashMap<>();

  /**
   * A chain over one balance table.
   *
   * @param columns the columns that move
   * @param types what each can hold
   */
  public Chain(List<String> columns, List<NumberType> types) {
    this.columns = List.copyOf(columns);
    this.types = List.copyOf(types);
  }

  /** Makes a balance known as it was read; one that is known already stays as it has moved. */
  public void read(List<String> balance, List<BigDecimal> values) {
    balances.putIfAbsent(balance, List.copyOf(values));
  }

  /** What a balance is now; null if it was never read. */
  public @Nullable List<BigDecimal> now(List<String> balance) {
    return balances.get(balance);
  }

  /** Puts balances back to what they were, as when a savepoint is rolled back. */
  public void restore(Map<List<String>, List<BigDecimal>> earlier) {
    balances.clear();
    balances.putAll(earlier);
  }

  /** All balances as they are now. */
  public Map<List<String>, List<BigDecimal>> all() {
    return Map.copyOf(balances);
  }

  /** Adds to a balance that was read, if it can hold the sum. */
  public Move add(List<String> balance, List<BigDecimal> addends) {
    List<BigDecimal> before = balances.get(balance);
    if (before == null) {
      throw new IllegalStateException("balance " + balance + " moves, and was never read");
    }
    List<BigDecimal> after = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      BigDecimal sum = before.get(i).add(addends.get(i));
      String obstacle = types.get(i).obstacle(columns.get(i), sum);
      if (obstacle != null) {
        return new Move.Impossible(obstacle);
      }
      after.add(sum);
    }
    balances.put(balance, List.copyOf(after));
    return new Move.Moved(before, List.copyOf(after));
  }
}
