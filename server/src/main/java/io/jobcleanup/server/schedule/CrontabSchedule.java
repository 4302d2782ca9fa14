package io.jobcleanup.server.schedule;

import com.github.kagkarlsson.scheduler.task.ExecutionComplete;
import com.github.kagkarlsson.scheduler.task.schedule.Schedule;
import java.time.Instant;
import java.time.ZoneId;

/** A crontab for db-scheduler: the next tick is the first after both the last one and its end. */
record CrontabSchedule(Crontab crontab, ZoneId zone) implements Schedule {

  @Override
  public Instant getNextExecutionTime(ExecutionComplete complete) {
    // The clock may have been put back a little since the tick: it must not come again.
    Instant tick = complete.getExecution().executionTime;
    Instant end = complete.getTimeDone();
    return crontab.next(end.isAfter(tick) ? end : tick, zone);
  }

  /** The moment by which two ticks have passed since another moment. */
  Instant twoTicksAfter(Instant moment) {
    return crontab.next(crontab.next(moment, zone), zone);
  }

  @Override
  public boolean isDeterministic() {
    return true;
  }
}
