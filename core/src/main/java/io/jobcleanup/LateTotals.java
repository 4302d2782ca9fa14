package io.jobcleanup;

import java.math.BigDecimal;

/**
 * How many jobs were completed late, as far as runs found them.
 *
 * @param completed jobs that a worker completed after a run had failed them, at least 0
 * @param prevented attempts that our trigger prevented, at least 0
 * @param tokens what had been given back for the completed ones
 */
public record LateTotals(long completed, long prevented, BigDecimal tokens) {

  /** None. */
  public static final LateTotals NONE = new LateTotals(0, 0, BigDecimal.ZERO);
}
