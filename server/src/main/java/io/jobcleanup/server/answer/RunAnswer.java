package io.jobcleanup.server.answer;

import io.jobcleanup.Page;
import io.jobcleanup.RunJob;
import io.jobcleanup.RunRecord;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The history of runs in JSON. */
public final class RunAnswer {
  private RunAnswer() {}

  /**
   * Runs, the newest first.
   *
   * @param next what to give as {@code after} for the next page; null where there is none
   */
  public record Listed(List<PastRun> runs, @Nullable String next) {}

  /**
   * One run and what it did to jobs.
   *
   * @param next what to give as {@code after} for the next jobs; null where there are none
   */
  public record Shown(PastRun run, List<PastJob> jobs, @Nullable String next) {}

  /** One run; durations in milliseconds, counts are jobs. */
  public record PastRun(
      String runId,
      String trigger,
      @Nullable String actor,
      String state,
      Instant startedAt,
      @Nullable Instant completedAt,
      @Nullable Long timeoutMs,
      int batchSize,
      boolean drain,
      long totalFound,
      long cleanedUp,
      long failed,
      BigDecimal tokensRefunded,
      PaidBefore owed,
      @Nullable String error) {}

  /** What a run paid of refunds owed from earlier ones. */
  public record PaidBefore(long paid, BigDecimal tokensPaid) {}

  /** What a run did to a job; durations in milliseconds. */
  public record PastJob(
      String runId,
      String id,
      String source,
      @Nullable String userId,
      BigDecimal tokensRefunded,
      @Nullable BigDecimal tokensCost,
      long processingDuration,
      String outcome,
      @Nullable String error,
      Instant settledAt) {}

  /** The answer that lists runs. */
  public static Listed listed(Page<RunRecord> page) {
    return new Listed(page.items().stream().map(RunAnswer::run).toList(), page.next());
  }

  /** The answer that shows a run. */
  public static Shown shown(RunRecord run, Page<RunJob> jobs) {
    return new Shown(run(run), jobs.items().stream().map(RunAnswer::job).toList(), jobs.next());
  }

  /** A run. */
  public static PastRun run(RunRecord run) {
    return new PastRun(
        run.id(),
        run.trigger().name(),
        run.actor(),
        run.state().name(),
        run.startedAt(),
        run.completedAt(),
        run.timeout() == null ? null : run.timeout().toMillis(),
        run.batchSize(),
        run.drain(),
        run.totalFound(),
        run.cleanedUp(),
        run.failed(),
        Json.plain(run.tokensRefunded()),
        new PaidBefore(run.owedPaid(), Json.plain(run.owedTokensPaid())),
        run.error());
  }

  /** What a run did to a job. */
  public static PastJob job(RunJob job) {
    return new PastJob(
        job.run(),
        job.job(),
        job.source(),
        job.payer(),
        Json.plain(job.tokensRefunded()),
        Json.plainOrNull(job.cost()),
        job.processingDuration().toMillis(),
        job.outcome(),
        job.cause(),
        job.settledAt());
  }
}
