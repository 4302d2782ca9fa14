package io.jobcleanup.server.answer;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobReport;
import io.jobcleanup.OwedTotals;
import java.math.BigDecimal;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A cleanup's result in the JSON of the specification.
 *
 * @param success whether the run took place; jobs may have failed all the same
 * @param result what it did
 * @param message the same in a sentence
 */
public record CleanupAnswer(boolean success, Result result, String message) {

  /** Counts are jobs; tokens are the host's own units. */
  public record Result(
      long totalFound,
      long cleanedUp,
      long failed,
      BigDecimal tokensRefunded,
      List<Job> jobs,
      List<Failure> errors,
      Owed owed,
      String runId,
      boolean dryRun,
      boolean remaining,
      long held,
      boolean jobsTruncated) {}

  /** One job; {@code processingDuration} in milliseconds, {@code error} only where it failed. */
  public record Job(
      String id,
      @Nullable String userId,
      BigDecimal tokensRefunded,
      @Nullable BigDecimal tokensCost,
      long processingDuration,
      String source,
      String outcome,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String error) {}

  /** One job that failed, and why. */
  public record Failure(String jobId, String error) {}

  /** What became of refunds owed from earlier runs. */
  public record Owed(
      long paid, BigDecimal tokensPaid, long stillOwed, BigDecimal tokensStillOwed) {}

  /** The answer to a run that took place. */
  public static CleanupAnswer of(CleanupResult result) {
    return new CleanupAnswer(true, resultOf(result), result.message());
  }

  /** What a run did. */
  public static Result resultOf(CleanupResult result) {
    OwedTotals owed = result.owed();
    return new Result(
        result.totalFound(),
        result.cleanedUp(),
        result.failed(),
        Json.plain(result.tokensRefunded()),
        result.jobs().stream().map(it -> job(it, result.dryRun())).toList(),
        result.errors().stream()
            .map(
                it ->
                    new Failure(
                        it.job().text(), Objects.requireNonNullElse(it.outcome().error(), "")))
            .toList(),
        new Owed(
            owed.paid(),
            Json.plain(owed.tokensPaid()),
            owed.stillOwed(),
            Json.plain(owed.tokensStillOwed())),
        result.runId(),
        result.dryRun(),
        result.remaining(),
        result.held(),
        result.jobsTruncated());
  }

  private static Job job(JobReport report, boolean dryRun) {
    return new Job(
        report.job().text(),
        report.payer(),
        Json.plain(report.outcome().tokensRefunded()),
        Json.plainOrNull(report.cost()),
        report.processingDuration().toMillis(),
        report.job().source(),
        dryRun ? "Found" : report.outcome().label(),
        report.outcome().error());
  }
}
