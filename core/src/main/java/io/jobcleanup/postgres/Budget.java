package io.jobcleanup.postgres;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * How long a transaction may hold locks: under half of the server's {@code deadlock_timeout}, so
 * that no session that waits for us has its deadlock check find a cycle through us. Measured by a
 * clock that only goes forward.
 */
public final class Budget {

  /** Below this it isn't worth another statement: 0 would mean no limit at all. */
  private static final long LEAST_MS = 5;

  /**
   * How much less than what is left the server is told, so that statements begun within that time
   * needn't tell it anew.
   */
  private static final long MARGIN_MS = 20;

  private final LongSupplier nanoTime;
  private final long deadline;
  private long toldUntil;

  /**
   * Starts now.
   *
   * @param length how long
   * @param nanoTime a monotonic clock in nanoseconds
   */
  public Budget(Duration length, LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.toldUntil = nanoTime.getAsLong();
    this.deadline = toldUntil + length.toNanos();
  }

  /**
   * What the server is to be told before the next statement; empty while what it was told before
   * still keeps every statement within the budget.
   *
   * @return whole milliseconds, at least 5
   * @throws ExhaustedException if less is left
   */
  OptionalLong tell() {
    long now = nanoTime.getAsLong();
    long leftMs = (deadline - now) / 1_000_000;
    if (leftMs < LEAST_MS) {
      throw new ExhaustedException();
    }
    if (now - toldUntil < 0) {
      return OptionalLong.empty();
    }
    long marginMs = leftMs > 4 * MARGIN_MS ? MARGIN_MS : 0;
    toldUntil = now + marginMs * 1_000_000;
    return OptionalLong.of(leftMs - marginMs);
  }

  /** The server knows no longer what it was told, since a savepoint was rolled back to. */
  void toldInVain() {
    toldUntil = nanoTime.getAsLong();
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
