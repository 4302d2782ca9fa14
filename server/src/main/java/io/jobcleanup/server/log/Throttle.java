package io.jobcleanup.server.log;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Counts what may happen often, and says when it is time for a log line about it. Safe for use by
 * several threads.
 */
public final class Throttle {
  private final Duration every;
  private final LongSupplier nanos;
  private long last;
  private boolean passed;
  private long untold;

  /**
   * A throttle.
   *
   * @param every how far two lines are apart at least
   */
  public Throttle(Duration every) {
    this(every, System::nanoTime);
  }

  /** As {@link #Throttle(Duration)}, by a clock of its own. */
  public Throttle(Duration every, LongSupplier nanos) {
    this.every = every;
    this.nanos = nanos;
  }

  /**
   * Counts one.
   *
   * @return how many have come since the last line, this one included; 0 where it is too soon for
   *     another line
   */
  public synchronized long count() {
    untold++;
    long now = nanos.getAsLong();
    if (passed && now - last < every.toNanos()) {
      return 0;
    }
    passed = true;
    last = now;
    return take();
  }

  /** How many have come since the last line; whoever asks tells of them in another. */
  public synchronized long take() {
    long taken = untold;
    untold = 0;
    return taken;
  }
}
