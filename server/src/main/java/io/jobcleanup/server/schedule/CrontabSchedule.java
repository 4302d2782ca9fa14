package io.jobcleanup.server.schedule;

import com.github.kagkarlsson.scheduler.task.ExecutionComplete;
import com.github.kagkarlsson.scheduler.task.schedule.Schedule;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;

/** A crontab for db-scheduler: the next tick is the first after both the last one and its end. */
record CrontabSchedule(Crontab crontab, ZoneId zone) implements Schedule {
  private static final Duration MADE_GOOD_WITHIN = Duration.ofMinutes(1);

  @Override
  public Instant getNextExecutionTime(ExecutionComplete complete) {
    // The clock may have been put back a little since the tick: it must not come again.
    Instant tick = complete.getExecution().executionTime;
    Instant end = complete.getTimeDone();
    return crontab.next(end.isAfter(tick) ? end : tick, zone);
  }

  /**
   * Whether runs should have come, and haven't: two ticks, and the time in which a dead instance is
   * made good, have passed since the last good run.
   *
   * @param lastGoodRun when it ended; null where there was none
   * @param watchedFrom since when ticks can be expected, as an instance is there for them
   */
  boolean isOverdue(@Nullable Instant lastGoodRun, Instant watchedFrom, Instant now) {
    Instant from =
        lastGoodRun != null && lastGoodRun.isAfter(watchedFrom) ? lastGoodRun : watchedFrom;
    return crontab.next(crontab.next(from, zone), zone).plus(MADE_GOOD_WITHIN).isBefore(now);
  }

  @Override
  public boolean isDeterministic() {
    return true;
  }
}
