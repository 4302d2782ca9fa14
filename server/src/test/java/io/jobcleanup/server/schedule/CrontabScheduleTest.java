package io.jobcleanup.server.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.kagkarlsson.scheduler.task.Execution;
import com.github.kagkarlsson.scheduler.task.ExecutionComplete;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class CrontabScheduleTest {
  private static final Instant TICK = Instant.parse("2026-11-24T22:15:00Z");

  private final CrontabSchedule schedule =
      new CrontabSchedule(Crontab.parse("*/15 * * * *"), ZoneOffset.UTC);

  private Instant nextAfter(Instant end) {
    return schedule.getNextExecutionTime(
        ExecutionComplete.success(
            new Execution(TICK, new TaskInstance<>("cleanup", "recurring")), TICK, end));
  }

  @Test
  void tickIsFollowedByTheNextOne() {
    assertThat(nextAfter(TICK.plusSeconds(3))).isEqualTo("2026-11-24T22:30:00Z");
  }

  @Test
  void tickDoesNotComeAgainWhereTheClockWasPutBackMeanwhile() {
    assertThat(nextAfter(TICK.minusMillis(5))).isEqualTo("2026-11-24T22:30:00Z");
  }

  @Test
  void ticksDuringALongRunAreLeftOut() {
    assertThat(nextAfter(TICK.plusSeconds(40 * 60))).isEqualTo("2026-11-24T23:00:00Z");
  }

  @Test
  void runsAreOverdueAMinuteAfterTheSecondTickWithoutAGoodOne() {
    Instant started = TICK.minusSeconds(3600);

    assertThat(schedule.isOverdue(TICK, started, Instant.parse("2026-11-24T22:46:00Z"))).isFalse();
    assertThat(schedule.isOverdue(TICK, started, Instant.parse("2026-11-24T22:46:01Z"))).isTrue();
  }

  @Test
  void runsAreNotOverdueBeforeTwoTicksHaveComeWhileAnInstanceWasThere() {
    Instant longAgo = TICK.minusSeconds(86_400);

    assertThat(schedule.isOverdue(longAgo, TICK, TICK.plusSeconds(60))).isFalse();
    assertThat(schedule.isOverdue(null, TICK, TICK.plusSeconds(1860))).isFalse();
    assertThat(schedule.isOverdue(null, TICK, TICK.plusSeconds(1861))).isTrue();
  }
}
