package io.jobcleanup.server.answer;

import io.jobcleanup.JobExplanation;
import io.jobcleanup.StuckJob;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Jobs in JSON. */
public final class JobAnswer {
  private JobAnswer() {}

  /** Jobs that are stuck, the oldest first. */
  public record Found(List<StuckOne> jobs) {}

  /** What is known about jobs that were asked for by name. */
  public record Explained(List<ExplainedOne> jobs) {}

  /** A job that is stuck; durations in milliseconds. */
  public record StuckOne(
      String id,
      String source,
      String status,
      Instant since,
      long processingDuration,
      @Nullable Long timeoutMs,
      @Nullable String userId,
      @Nullable BigDecimal tokensCost,
      BigDecimal wouldGiveBack,
      String why) {}

  /** All that is known about a job; durations in milliseconds. */
  public record ExplainedOne(
      String id,
      String source,
      String status,
      boolean stuck,
      String reason,
      @Nullable Instant since,
      Instant now,
      @Nullable Long timeoutMs,
      @Nullable Instant expiresAt,
      List<String> heldBy,
      @Nullable String userId,
      @Nullable BigDecimal balance,
      @Nullable BigDecimal tokensCost,
      List<String> charges,
      List<String> givenBack,
      BigDecimal wouldGiveBack,
      String would) {}

  /** The answer that lists stuck jobs. */
  public static Found found(List<StuckJob> jobs) {
    return new Found(jobs.stream().map(JobAnswer::found).toList());
  }

  /** The answer that explains jobs. */
  public static Explained explained(List<JobExplanation> jobs) {
    return new Explained(jobs.stream().map(JobAnswer::explained).toList());
  }

  private static @Nullable Long millis(@Nullable Duration duration) {
    return duration == null ? null : duration.toMillis();
  }

  private static StuckOne found(StuckJob job) {
    return new StuckOne(
        job.job().text(),
        job.job().source(),
        job.status(),
        job.since(),
        job.stuckFor().toMillis(),
        millis(job.timeout()),
        job.payer(),
        Json.plainOrNull(job.cost()),
        Json.plain(job.wouldGiveBack()),
        job.why());
  }

  private static ExplainedOne explained(JobExplanation job) {
    return new ExplainedOne(
        job.job().text(),
        job.job().source(),
        job.status(),
        job.stuck(),
        job.reason(),
        job.since(),
        job.now(),
        millis(job.timeout()),
        job.expires(),
        job.heldBy(),
        job.payer(),
        Json.plainOrNull(job.balance()),
        Json.plainOrNull(job.cost()),
        job.charges(),
        job.givenBack(),
        Json.plain(job.wouldGiveBack()),
        job.would());
  }
}
