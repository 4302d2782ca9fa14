package io.jobcleanup.server.observe;

import io.jobcleanup.JobCleanup;
import io.jobcleanup.RefundTotals;
import io.jobcleanup.server.schedule.CleanupSchedule;
import io.jobcleanup.server.schedule.CleanupSchedule.Standing;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

/**
 * Whether the database answers and cleanups happen. One indicator for both, so that an answer comes
 * within 3 s whatever is wrong. Safe for use by several threads.
 */
final class CleanupHealth implements HealthIndicator {

  /**
   * Cleanups should happen, and don't. The service itself is well, and answers: no reason to stop
   * it, and 200 for whoever looks at the status code alone.
   */
  static final Status OVERDUE =
      new Status("OVERDUE", "two ticks of the schedule have passed since the last good run");

  private static final Duration FRESH = Duration.ZERO;
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private final Glance<Pulse> pulse;

  CleanupHealth(JobCleanup cleanup, CleanupSchedule schedule) {
    this.pulse = new Glance<>(() -> Pulse.take(cleanup, schedule), FRESH, PATIENCE);
  }

  @Override
  public Health health() {
    return pulse
        .get()
        .map(CleanupHealth::health)
        .orElseGet(
            () ->
                Health.down()
                    .withDetail("error", "The database doesn't answer, or can't be used.")
                    .build());
  }

  private static Health health(Pulse pulse) {
    Health.Builder health = pulse.schedule().overdue() ? Health.status(OVERDUE) : Health.up();
    pulse
        .sinceGoodRun()
        .ifPresent(age -> health.withDetail("lastGoodRunAgeSeconds", age.toSeconds()));
    health.withDetail("owed", details(pulse.owed()));
    return health.withDetail("schedule", details(pulse.schedule())).build();
  }

  private static Map<String, Object> details(RefundTotals owed) {
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("refunds", owed.owed());
    if (owed.oldestOwed() != null) {
      details.put("oldestAgeSeconds", owed.oldestOwed().toSeconds());
    }
    return details;
  }

  private static Map<String, Object> details(Standing standing) {
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("mode", standing.mode().name().toLowerCase(Locale.ROOT));
    if (standing.nextTick() != null) {
      details.put("nextTick", standing.nextTick().toString());
    }
    details.put("underWay", standing.underWay());
    details.put("overdue", standing.overdue());
    return details;
  }
}
