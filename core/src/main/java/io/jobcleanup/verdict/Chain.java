package io.jobcleanup.verdict;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The balances of one transaction as refunds move them one after the other, so that each ledger row
 * can tell the balance right after itself. Used by one thread.
 */
public final class Chain {

  /**
   * A row that has balances.
   *
   * @param table its table with its schema
   * @param columns the columns that find it
   * @param match what they hold
   */
  public record Account(String table, List<String> columns, List<String> match) {

    /** Takes copies. */
    public Account {
      columns = List.copyOf(columns);
      match = List.copyOf(match);
    }

    /** One of its columns, as a person finds it. */
    public String named(String column) {
      return "%s.%s of %s".formatted(table, column, String.join(", ", match));
    }
  }

  /**
   * One column that a line moves.
   *
   * @param account the row
   * @param column the column
   * @param type what it can hold
   * @param addend what is added
   * @param floor where it stops falling; null where nothing stops it
   */
  public record Step(
      Account account,
      String column,
      NumberType type,
      BigDecimal addend,
      @Nullable BigDecimal floor) {}

  /** What came of a move. */
  public sealed interface Move {

    /**
     * All of it moved.
     *
     * @param before the first step's column before
     * @param after the same after
     */
    record Moved(BigDecimal before, BigDecimal after) implements Move {}

    /**
     * A column can't hold it; nothing moved.
     *
     * @param cause what is in the way
     */
    record Impossible(String cause) implements Move {}
  }

  private final Map<Account, Map<String, BigDecimal>> balances = new HashMap<>();

  /** Makes columns known as they were read; one that is known already stays as it has moved. */
  public void read(Account account, Map<String, BigDecimal> contents) {
    Map<String, BigDecimal> known = new HashMap<>(contents);
    known.putAll(balances.getOrDefault(account, Map.of()));
    balances.put(account, Map.copyOf(known));
  }

  /** What the columns of a row are now; empty if it was never read. */
  public Map<String, BigDecimal> now(Account account) {
    return balances.getOrDefault(account, Map.of());
  }

  /** Puts balances back to what they were, as when a savepoint is rolled back. */
  public void restore(Map<Account, Map<String, BigDecimal>> earlier) {
    balances.clear();
    balances.putAll(earlier);
  }

  /** All balances as they are now. */
  public Map<Account, Map<String, BigDecimal>> all() {
    return Map.copyOf(balances);
  }

  /**
   * Moves columns that were read, one step after the other, if all of them can hold it.
   *
   * @param steps at least one
   */
  public Move move(List<Step> steps) {
    Map<Account, Map<String, BigDecimal>> after = new HashMap<>();
    for (Step step : steps) {
      Map<String, BigDecimal> row =
          after.computeIfAbsent(step.account(), account -> new HashMap<>(now(account)));
      BigDecimal before = row.get(step.column());
      if (before == null) {
        throw new IllegalStateException(
            "%s of %s moves, and was never read".formatted(step.column(), step.account()));
      }
      BigDecimal moved = moved(before, step.addend(), step.floor());
      String obstacle = step.type().obstacle(step.account().named(step.column()), moved);
      if (obstacle != null) {
        return new Move.Impossible(obstacle);
      }
      row.put(step.column(), moved);
    }
    Step first = steps.getFirst();
    BigDecimal before = now(first.account()).get(first.column());
    after.forEach((account, row) -> balances.put(account, Map.copyOf(row)));
    BigDecimal now = now(first.account()).get(first.column());
    if (before == null || now == null) {
      throw new IllegalStateException("a column that moved is gone: " + first);
    }
    return new Move.Moved(before, now);
  }

  /** What a balance becomes: one that falls stops at the floor, and one below it stays. */
  public static BigDecimal moved(BigDecimal before, BigDecimal addend, @Nullable BigDecimal floor) {
    BigDecimal sum = before.add(addend);
    return addend.signum() < 0 && floor != null ? sum.max(before.min(floor)) : sum;
  }
}
