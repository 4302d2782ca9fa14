package io.jobcleanup;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What one run is asked to do. Immutable; start from {@link #defaults()} and change what differs.
 *
 * @param timeout how long a job may be in a processing status before it counts as stuck, 1 s to 30
 *     days; null takes each source's own timeout, and {@link #DEFAULT_TIMEOUT} where the mapping
 *     gives none
 * @param dryRun whether to look only: nothing is written, and the result says what was found
 * @param batchSize the most jobs that one run settles, 1 to 10,000; while draining, the most that
 *     one batch settles
 * @param drain whether to go on, batch after batch, until all that was stuck at the start has been
 *     tried
 * @param maxDuration how long the run may go on: after it no further transaction is begun, and what
 *     is left is for the next run; null sets no limit
 */
public record CleanupOptions(
    @Nullable Duration timeout,
    boolean dryRun,
    int batchSize,
    boolean drain,
    @Nullable Duration maxDuration) {

  /** How long a job may be processed where neither run nor mapping says otherwise. */
  public static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(5);

  /** How many jobs one run settles at most where nothing else is asked. */
  public static final int DEFAULT_BATCH_SIZE = 100;

  /** The largest batch size that can be asked for. */
  public static final int MAX_BATCH_SIZE = 10_000;

  /** The shortest timeout that can be asked for. */
  public static final Duration MIN_TIMEOUT = Duration.ofSeconds(1);

  /** The longest timeout that can be asked for. */
  public static final Duration MAX_TIMEOUT = Duration.ofDays(30);

  private static final CleanupOptions DEFAULTS =
      new CleanupOptions(null, false, DEFAULT_BATCH_SIZE, false, null);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if timeout or batch size lies outside its range, the timeout
   *     isn't whole milliseconds, or the longest duration isn't positive
   */
  public CleanupOptions {
    if (timeout != null) {
      checkTimeout(timeout);
    }
    if (batchSize < 1 || batchSize > MAX_BATCH_SIZE) {
      throw new IllegalArgumentException(
          "batchSize is %d, allowed are 1 to %d".formatted(batchSize, MAX_BATCH_SIZE));
    }
    if (maxDuration != null && !maxDuration.isPositive()) {
      throw new IllegalArgumentException(
          "maxDuration is %s, allowed is what is longer than nothing".formatted(maxDuration));
    }
  }

  /**
   * Checks a timeout's range, for whoever takes one from outside.
   *
   * @param timeout the timeout to judge
   * @return the same timeout
   * @throws IllegalArgumentException if it lies outside 1 s to 30 days, or isn't whole milliseconds
   */
  public static Duration checkTimeout(Duration timeout) {
    if (timeout.compareTo(MIN_TIMEOUT) < 0 || timeout.compareTo(MAX_TIMEOUT) > 0) {
      throw new IllegalArgumentException(
          "timeout is %s ms, allowed are %d to %d ms"
              .formatted(
                  timeout.compareTo(Duration.ofDays(100_000)) > 0
                      ? "over 8640000000000"
                      : timeout.toMillis(),
                  MIN_TIMEOUT.toMillis(),
                  MAX_TIMEOUT.toMillis()));
    }
    if (timeout.toNanosPart() % 1_000_000 != 0) {
      throw new IllegalArgumentException(
          "timeout is %s, allowed are whole milliseconds".formatted(timeout));
    }
    return timeout;
  }

  /**
   * The specification's defaults: each source's timeout or 5 minutes, 100 jobs, for real, one
   * batch.
   */
  public static CleanupOptions defaults() {
    return DEFAULTS;
  }

  /** These options with another timeout, which comes before that of any source. */
  public CleanupOptions withTimeout(Duration timeout) {
    return new CleanupOptions(timeout, dryRun, batchSize, drain, maxDuration);
  }

  /** These options, looking only or for real. */
  public CleanupOptions withDryRun(boolean dryRun) {
    return new CleanupOptions(timeout, dryRun, batchSize, drain, maxDuration);
  }

  /** These options with another batch size. */
  public CleanupOptions withBatchSize(int batchSize) {
    return new CleanupOptions(timeout, dryRun, batchSize, drain, maxDuration);
  }

  /** These options, for one batch or until all is done. */
  public CleanupOptions withDrain(boolean drain) {
    return new CleanupOptions(timeout, dryRun, batchSize, drain, maxDuration);
  }

  /** These options with a limit to how long the run may go on. */
  public CleanupOptions withMaxDuration(Duration maxDuration) {
    return new CleanupOptions(timeout, dryRun, batchSize, drain, maxDuration);
  }
}
