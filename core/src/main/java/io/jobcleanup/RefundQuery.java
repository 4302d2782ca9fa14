package io.jobcleanup;

import org.jspecify.annotations.Nullable;

/**
 * Which refunds are asked for. Immutable.
 *
 * @param payer whose; null for everybody's
 * @param job of which job, by its key or by source:key; null for all
 * @param owed whether only those that are owed
 */
public record RefundQuery(@Nullable String payer, @Nullable String job, boolean owed) {

  /** All refunds. */
  public static RefundQuery all() {
    return new RefundQuery(null, null, false);
  }

  /** The same, of one payer alone. */
  public RefundQuery withPayer(@Nullable String payer) {
    return new RefundQuery(payer, job, owed);
  }

  /** The same, of one job alone. */
  public RefundQuery withJob(@Nullable String job) {
    return new RefundQuery(payer, job, owed);
  }

  /** The same, as far as they are owed. */
  public RefundQuery withOwed(boolean owed) {
    return new RefundQuery(payer, job, owed);
  }

  /** Whether nothing can be meant: PostgreSQL keeps the character NUL in no text. */
  boolean impossible() {
    return (payer != null && payer.indexOf('\0') >= 0) || (job != null && job.indexOf('\0') >= 0);
  }
}
