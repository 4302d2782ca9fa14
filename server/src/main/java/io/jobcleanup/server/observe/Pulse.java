package io.jobcleanup.server.observe;

import io.jobcleanup.JobCleanup;
import io.jobcleanup.server.schedule.CleanupSchedule;
import java.time.Duration;
import java.util.Optional;

/**
 * Whether cleanups happen.
 *
 * @param sinceGoodRun how long ago the last run that went to its end ended; empty where there was
 *     none
 * @param schedule how the schedule stands
 */
record Pulse(Optional<Duration> sinceGoodRun, CleanupSchedule.Standing schedule) {

  /** Asks the database. */
  static Pulse take(JobCleanup cleanup, CleanupSchedule schedule) {
    Optional<Duration> sinceGoodRun = cleanup.sinceGoodRun();
    return new Pulse(sinceGoodRun, schedule.standing(sinceGoodRun));
  }
}
