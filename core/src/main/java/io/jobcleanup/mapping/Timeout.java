package io.jobcleanup.mapping;

import io.jobcleanup.CleanupOptions;
import java.time.Duration;

/** How long a job may be processed, by a mapping. */
public sealed interface Timeout {

  /**
   * The same for all jobs of a source.
   *
   * @param duration how long
   */
  record Fixed(Duration duration) implements Timeout {

    /**
     * Checks the range.
     *
     * @throws IllegalArgumentException if it is out of range
     */
    public Fixed {
      CleanupOptions.checkTimeout(duration);
    }
  }

  /**
   * Worked out for each job.
   *
   * @param expression an SQL interval; null takes the default
   */
  record Computed(Expression expression) implements Timeout {}
}
