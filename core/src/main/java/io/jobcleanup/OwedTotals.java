package io.jobcleanup;

import java.math.BigDecimal;

/**
 * What a run did about refunds owed from earlier runs. Counts are refunds.
 *
 * @param paid refunds that this run paid
 * @param tokensPaid tokens given back by them
 * @param stillOwed refunds owed from before this run that are owed still
 * @param tokensStillOwed their tokens, as far as the amounts are known
 */
public record OwedTotals(
    long paid, BigDecimal tokensPaid, long stillOwed, BigDecimal tokensStillOwed) {

  /** Nothing was owed. */
  public static final OwedTotals NONE = new OwedTotals(0, BigDecimal.ZERO, 0, BigDecimal.ZERO);
}
