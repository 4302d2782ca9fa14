package io.jobcleanup.server.observe;

import io.jobcleanup.JobCleanup;
import io.jobcleanup.RefundQuery;
import io.jobcleanup.RefundTotals;
import io.jobcleanup.server.schedule.CleanupSchedule;
import java.time.Duration;
import java.util.Optional;

/**
 * Whether cleanups happen.
 *
 * @param sinceGoodRun how long ago the last run that went to its end ended; empty where there was
 *     none
 * @param owed what is owed
 * @param schedule how the schedule stands
 */
record Pulse(
    Optional<Duration> sinceGoodRun, RefundTotals owed, CleanupSchedule.Standing schedule) {

  /** Asks the database. */
  static Pulse take(JobCleanup cleanup, CleanupSchedule schedule) {
    Optional<Duration> sinceGoodRun = cleanup.sinceGoodRun();
    RefundTotals owed = cleanup.refundTotals(RefundQuery.all().withOwed(true));
    return new Pulse(sinceGoodRun, owed, schedule.standing(sinceGoodRun));
  }
}
