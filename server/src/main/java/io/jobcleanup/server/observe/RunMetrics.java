package io.jobcleanup.server.observe;

import io.jobcleanup.CleanupListener;
import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobReport;
import io.jobcleanup.Outcome;
import io.jobcleanup.RefundOrder;
import io.jobcleanup.RunRecord;
import io.jobcleanup.Trigger;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.mapping.Source;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Counts what this process's runs do. All series are there from the start, so that a rate sees the
 * first one of its kind. Safe for use by several threads.
 */
final class RunMetrics implements CleanupListener {
  private static final String RUN = "job.cleanup.run";
  private static final String JOBS = "job.cleanup.jobs";
  private static final String TOKENS = "job.cleanup.tokens.refunded";
  private static final String OWED_PAID = "job.cleanup.owed.refunds.paid";

  /** What can start a run in this process. */
  private static final Set<Trigger> OURS = Set.of(Trigger.API, Trigger.CRON, Trigger.SCHEDULE);

  private final MeterRegistry registry;
  private final Map<String, Trigger> triggers = new ConcurrentHashMap<>();

  RunMetrics(MeterRegistry registry, Mapping mapping) {
    this.registry = registry;
    for (Trigger trigger : OURS) {
      timer(trigger, RunRecord.State.COMPLETED);
      timer(trigger, RunRecord.State.FAILED);
    }
    for (Source source : mapping.sources()) {
      outcomes().forEach(outcome -> countJobs(source.name(), outcome, 0));
      countTokens(source.name(), BigDecimal.ZERO);
      countOwedPaid(source.name(), 0);
    }
  }

  private static Stream<String> outcomes() {
    return Stream.of(Outcome.class.getPermittedSubclasses())
        .filter(outcome -> outcome != Outcome.PassedOver.class)
        .map(Class::getSimpleName);
  }

  @Override
  public void started(String runId, Trigger trigger, CleanupOptions options) {
    triggers.put(runId, trigger);
  }

  @Override
  public void settled(String runId, JobReport report) {
    countJobs(report.job().source(), report.outcome().label(), 1);
    countTokens(report.job().source(), report.outcome().tokensRefunded());
  }

  @Override
  public void owedPaid(String runId, RefundOrder order) {
    countOwedPaid(order.job().source(), 1);
    countTokens(order.job().source(), order.amount());
  }

  @Override
  public void failed(CleanupResult committed, Duration took) {
    ended(committed, RunRecord.State.FAILED, took);
  }

  @Override
  public void completed(CleanupResult result, Duration took) {
    ended(result, RunRecord.State.COMPLETED, took);
  }

  private void ended(CleanupResult result, RunRecord.State state, Duration took) {
    Trigger trigger = triggers.remove(result.runId());
    if (trigger != null) {
      timer(trigger, state).record(took);
    }
  }

  private Timer timer(Trigger trigger, RunRecord.State result) {
    return Timer.builder(RUN)
        .description("Runs of this process, and how long they took")
        .tag("trigger", trigger.name())
        .tag("result", result.name())
        .register(registry);
  }

  private void countJobs(String source, String outcome, double jobs) {
    registry.counter(JOBS, "source", source, "outcome", outcome).increment(jobs);
  }

  private void countTokens(String source, BigDecimal tokens) {
    registry.counter(TOKENS, "source", source).increment(tokens.doubleValue());
  }

  private void countOwedPaid(String source, double refunds) {
    registry.counter(OWED_PAID, "source", source).increment(refunds);
  }
}
