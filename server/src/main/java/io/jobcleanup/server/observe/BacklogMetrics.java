package io.jobcleanup.server.observe;

import io.jobcleanup.Backlog;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.LateTotals;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.mapping.Source;
import io.jobcleanup.server.schedule.CleanupSchedule;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Shows what waits for a run, and whether runs happen, as the database tells: the same on all
 * instances. It is asked when somebody looks, at most every 15 s; all is NaN while it doesn't
 * answer. Safe for use by several threads.
 */
final class BacklogMetrics implements MeterBinder {
  private static final Duration FRESH = Duration.ofSeconds(15);
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Glance<Backlog> backlog;
  private final Glance<Pulse> pulse;
  private final Glance<LateTotals> late;
  private final List<String> sources;

  BacklogMetrics(JobCleanup cleanup, CleanupSchedule schedule, Mapping mapping) {
    this.backlog = new Glance<>(cleanup::backlog, FRESH, PATIENCE);
    this.pulse = new Glance<>(() -> Pulse.take(cleanup, schedule), FRESH, PATIENCE);
    this.late = new Glance<>(cleanup::lateTotals, FRESH, PATIENCE);
    this.sources = mapping.sources().stream().map(Source::name).toList();
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    for (String source : sources) {
      ofSource("job.cleanup.stuck.jobs", source, Backlog.Stuck::jobs)
          .description("Jobs that are stuck now, counted up to %d".formatted(Backlog.MOST_COUNTED))
          .register(registry);
      ofSource("job.cleanup.longest.stuck", source, BacklogMetrics::longestSeconds)
          .description("How long the oldest stuck job has been processed, 0 where there is none")
          .baseUnit("seconds")
          .register(registry);
    }
    ofBacklog("job.cleanup.owed.refunds", Backlog::owedRefunds)
        .description("Refunds that are owed now")
        .register(registry);
    ofBacklog("job.cleanup.owed.tokens", it -> it.owedTokens().doubleValue())
        .description("Tokens that are owed now, as far as the amounts are known")
        .register(registry);
    ofBacklog(
            "job.cleanup.oldest.owed.age",
            it -> it.oldestOwed() == null ? 0 : seconds(it.oldestOwed()))
        .description("How long the oldest refund that is owed has been owed, 0 where there is none")
        .baseUnit("seconds")
        .register(registry);
    ofLate(false, LateTotals::completed).register(registry);
    ofLate(true, LateTotals::prevented).register(registry);
    ofPulse(
            "job.cleanup.last.good.run.age",
            it -> it.sinceGoodRun().map(BacklogMetrics::seconds).orElse(Double.NaN))
        .description("How long ago the last good run ended, NaN where there was none")
        .baseUnit("seconds")
        .register(registry);
    ofPulse("job.cleanup.schedule.overdue", it -> it.schedule().overdue() ? 1 : 0)
        .description("1 where two ticks of the schedule have passed since the last good run")
        .register(registry);
  }

  private Gauge.Builder<?> ofSource(
      String name, String source, ToDoubleFunction<Backlog.Stuck> value) {
    return ofBacklog(
            name,
            it ->
                it.stuck().stream()
                    .filter(stuck -> stuck.source().equals(source))
                    .mapToDouble(value)
                    .findFirst()
                    .orElse(Double.NaN))
        .tag("source", source);
  }

  private Gauge.Builder<?> ofBacklog(String name, ToDoubleFunction<Backlog> value) {
    return gauge(name, backlog, value);
  }

  private Gauge.Builder<?> ofLate(boolean prevented, ToDoubleFunction<LateTotals> value) {
    return gauge("job.cleanup.late.completions", late, value)
        .description("Jobs that a worker completed after they were given back, or wanted to")
        .tag("prevented", String.valueOf(prevented));
  }

  private Gauge.Builder<?> ofPulse(String name, ToDoubleFunction<Pulse> value) {
    return gauge(name, pulse, value);
  }

  private static <T> Gauge.Builder<?> gauge(
      String name, Glance<T> glance, ToDoubleFunction<T> value) {
    return Gauge.builder(name, glance, it -> it.get().map(value::applyAsDouble).orElse(Double.NaN));
  }

  private static double longestSeconds(Backlog.Stuck stuck) {
    return stuck.longest() == null ? 0 : seconds(stuck.longest());
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1000.0;
  }
}
