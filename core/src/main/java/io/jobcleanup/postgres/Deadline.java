package io.jobcleanup.postgres;

import io.jobcleanup.mapping.Jobs;
import io.jobcleanup.mapping.Timeout;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * By what jobs of a source are called stuck. Where a job has a time at which its processing has to
 * have ended, that alone decides.
 *
 * @param now the moment that is asked about, by the database's clock
 * @param timeout how long a job may be processed
 * @param byJob whether the mapping's own expression comes before that, job by job
 */
public record Deadline(Instant now, Duration timeout, boolean byJob) {
  /** When it doesn't matter whether jobs are stuck: none is. */
  public static final Deadline NONE = new Deadline(Instant.EPOCH, Duration.ZERO, false);

  /**
   * The run's own timeout, else the mapping's, else the standard.
   *
   * @param ofRun the run's; null where it has none
   */
  public static Deadline of(Jobs jobs, Instant now, @Nullable Duration ofRun, Duration standard) {
    if (ofRun != null) {
      return new Deadline(now, ofRun, false);
    }
    return switch (jobs.timeout()) {
      case Timeout.Fixed fixed -> new Deadline(now, fixed.duration(), false);
      case Timeout.Computed byJob -> new Deadline(now, standard, true);
      case null -> new Deadline(now, standard, false);
    };
  }

  /** What began then or earlier is stuck. */
  Instant cut() {
    return now.minus(timeout);
  }

  /** What statements that judge jobs take. */
  Map<String, Object> parameters() {
    Map<String, Object> parameters = new HashMap<>();
    parameters.put("asked_at", now.toString());
    parameters.put("cut", cut().toString());
    parameters.put("timeout_ms", Long.toString(timeout.toMillis()));
    return parameters;
  }
}
