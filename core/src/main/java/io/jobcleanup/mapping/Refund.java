package io.jobcleanup.mapping;

import java.util.List;
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
 * @param balances the balances that move
 * @param ledger the rows that record it
 */
public record Refund(
    Value payer,
    @Nullable Value cost,
    @Nullable Expression onlyIf,
    @Nullable Charge charge,
    @Nullable Expression already,
    List<Balance> balances,
    List<Ledger> ledger) {

  /**
   * Checks that the amount is known from somewhere.
   *
   * @throws IllegalArgumentException if there is neither a cost nor a charge, or a charge that may
   *     be missing and no cost
   */
  public Refund {
    if (cost == null && (charge == null || !charge.required())) {
      throw new IllegalArgumentException(
          charge == null
              ? "cost is missing: without it, or a charge, nobody knows how much to give back"
              : "cost is missing: charge.required is false, so cost counts where there is no charge row");
    }
    balances = List.copyOf(balances);
    ledger = List.copyOf(ledger);
  }
}
