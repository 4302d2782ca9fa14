package io.jobcleanup.postgres;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How long a transaction may hold locks: under half of the server's {@code deadlock_timeout}, so
 * that no session that waits for us has its deadlock check find a cycle through us. Measured by a
 * clock that only goes forward.
 */
public final class Budget {

  /** Below this it isn't worth another statement: 0 would mean no limit at all. */
  private static final long LEAST_MS = 5;

  private final LongSupplier nanoTime;
  private final long deadline;

  /**
   * Starts now.
   *
   * @param length how long
   * @param nanoTime a monotonic clock in nanoseconds
   */
  public Budget(Duration length, LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.deadline = nanoTime.getAsLong() + length.toNanos();
  }

  /**
   * What is left, for the next statement.
   *
   * @return whole milliseconds, at least 5
   * @throws ExhaustedException if less is left
   */
  long remainingMs() {
    long left = (deadline - nanoTime.getAsLong()) / 1_000_000;
    if (left < LEAST_MS) {
      throw new ExhaustedException();
    }
    return left;
  }

  /** Whether so little is left that no more work should be begun. */
  public boolean nearlyOver() {
    return deadline - nanoTime.getAsLong() < 0;
  }

  /** The time for this transaction is over; it is rolled back. */
  public static final class ExhaustedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ExhaustedException() {
      super("the transaction's time is over");
    }
  }
}
