package io.jobcleanup.run;

import io.jobcleanup.postgres.Activity;
import io.jobcleanup.postgres.Tx;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether a run may go on, and how much of the database it takes: all it can get while nobody else
 * is at work there; short transactions with long rests between them while somebody is. Safe for use
 * by several threads.
 */
final class Pace {

  /** How long a transaction should hold its locks while others are at work. */
  static final Duration SHORT = Duration.ofMillis(10);

  /** Below this a transaction's fixed costs are all that is left of it. */
  static final int FEWEST_JOBS = 10;

  /** How long a run rests for each moment it has worked, while others are at work. */
  private static final int REST_PER_WORK = 3;

  private static final Duration LONGEST_REST = Duration.ofSeconds(2);

  private final BooleanSupplier stopped;
  private final @Nullable Duration maxDuration;
  private final long began = System.nanoTime();
  private final Set<Integer> sessions = new HashSet<>();
  private @Nullable Instant lookedAt;
  private boolean othersAtWork;

  /**
   * Begins now.
   *
   * @param stopped asked before each transaction: whether no further one should be begun
   * @param maxDuration after which no further transaction is begun; null for no limit
   */
  Pace(BooleanSupplier stopped, @Nullable Duration maxDuration) {
    this.stopped = stopped;
    this.maxDuration = maxDuration;
  }

  /** Whether a further transaction may be begun. */
  boolean mayGoOn() {
    return !stopped.getAsBoolean()
        && (maxDuration == null || System.nanoTime() - began < maxDuration.toNanos());
  }

  /**
   * Looks whether others have been at work since the last look; to be called before the first lock
   * of a transaction.
   *
   * @return the database's time
   */
  synchronized Instant look(Tx tx) {
    Activity seen = Activity.look(tx, lookedAt, sessions);
    sessions.add(seen.session());
    lookedAt = seen.now();
    othersAtWork = seen.othersAtWork();
    return seen.now();
  }

  /** Whether nobody else was at work when last looked at. */
  synchronized boolean alone() {
    return !othersAtWork;
  }

  /**
   * How many jobs the next transaction takes on.
   *
   * @param jobs how many the last one did
   * @param took how long that was
   * @param most how many it may be at most
   */
  int next(int jobs, Duration took, int most) {
    return next(jobs, took, most, alone());
  }

  static int next(int jobs, Duration took, int most, boolean alone) {
    int twice = Math.min(most, jobs * 2);
    if (alone) {
      return twice;
    }
    long fitting = jobs * SHORT.toNanos() / Math.max(1, took.toNanos());
    return (int) Math.max(Math.min(FEWEST_JOBS, most), Math.min(fitting, twice));
  }

  /** Leaves the database to others for a while, if they are at work, after a transaction. */
  void rest(Duration worked) {
    Duration rest = worked.multipliedBy(REST_PER_WORK);
    if (alone() || !mayGoOn()) {
      return;
    }
    try {
      TimeUnit.NANOSECONDS.sleep(Math.min(rest.toNanos(), LONGEST_REST.toNanos()));
    } catch (InterruptedException e) {
      // Whoever interrupts us has the run end as the next statement does; it is no reason to lose
      // what was committed.
      Thread.currentThread().interrupt();
    }
  }
}
