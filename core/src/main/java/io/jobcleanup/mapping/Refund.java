package io.jobcleanup.mapping;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the tokens of a failed job are given back.
 *
 * @param payer whose tokens they were
 * @param cost what the job cost; null where every refund comes from a charge row
 * @param onlyIf whether anything is given back at all; null means always
 * @param charge the rows that took the tokens; null where the job itself tells its cost
 * @param already what the tables show as given back: a boolean or an amount; null where they don't
 *     tell
 * @param mark what is written to a job when it is given back, by column
 * @param balances the balances that move
 * @param ledger the rows that record it
 * @param statement the host's own function, in the place of balances and ledger; null where there
 *     is none
 */
public record Refund(
    Value payer,
    @Nullable Value cost,
    @Nullable Expression onlyIf,
    @Nullable Charge charge,
    @Nullable Expression already,
    Map<String, Value> mark,
    List<Balance> balances,
    List<Ledger> ledger,
    @Nullable Expression statement) {

  /**
   * Checks that the amount is known from somewhere, and that there is one way to give it back.
   *
   * @throws IllegalArgumentException if there is neither a cost nor a charge, or a charge that may
   *     be missing and no cost; or a statement besides balances or ledger
   */
  public Refund {
    if (cost == null && (charge == null || !charge.required())) {
      throw new IllegalArgumentException(
          charge == null
              ? "cost is missing: without it, or a charge, nobody knows how much to give back"
              : "cost is missing: charge.required is false, so cost counts where there is no charge row");
    }
    if (statement != null && !(balances.isEmpty() && ledger.isEmpty())) {
      throw new IllegalArgumentException(
          "statement stands in the place of balances and ledger: one of them has to go");
    }
    mark = Source.inOrder(mark);
    balances = List.copyOf(balances);
    ledger = List.copyOf(ledger);
  }

  /** Whether it writes anything that gives tokens back. */
  public boolean writes() {
    return !balances.isEmpty() || !ledger.isEmpty() || statement != null;
  }
}
