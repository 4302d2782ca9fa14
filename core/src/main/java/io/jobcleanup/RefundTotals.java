package io.jobcleanup;

import java.math.BigDecimal;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What refunds add up to. Tokens are added up as far as the amounts are known.
 *
 * @param paid refunds that were given back
 * @param tokensPaid their tokens
 * @param owed refunds that are owed
 * @param tokensOwed their tokens
 * @param waived refunds that were written off, or that the host gave back itself
 * @param tokensWaived their tokens
 * @param oldestOwed how long ago the job was failed whose refund is owed for longest; null where
 *     nothing is owed
 */
public record RefundTotals(
    long paid,
    BigDecimal tokensPaid,
    long owed,
    BigDecimal tokensOwed,
    long waived,
    BigDecimal tokensWaived,
    @Nullable Duration oldestOwed) {

  /** No refund at all. */
  public static final RefundTotals NONE =
      new RefundTotals(0, BigDecimal.ZERO, 0, BigDecimal.ZERO, 0, BigDecimal.ZERO, null);

  /** How many there are. */
  public long refunds() {
    return paid + owed + waived;
  }
}
