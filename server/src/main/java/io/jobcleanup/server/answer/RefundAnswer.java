package io.jobcleanup.server.answer;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.Page;
import io.jobcleanup.RefundQuery;
import io.jobcleanup.RefundRecord;
import io.jobcleanup.RefundTotals;
import io.jobcleanup.RunJob;
import io.jobcleanup.server.answer.RunAnswer.PastJob;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Refunds in JSON. */
public final class RefundAnswer {
  /** How much of a job's history is told. */
  public static final int MOST_RUNS_OF_JOB = 20;

  private RefundAnswer() {}

  /**
   * Refunds, the newest first.
   *
   * @param runsOfJob what runs did to the job that was asked for, the newest first, at most {@link
   *     #MOST_RUNS_OF_JOB}; empty where none was
   * @param totals what all of them add up to; with the first page alone
   * @param next what to give as {@code after} for the next page; null where there is none
   */
  public record Refunds(
      List<PastRefund> refunds,
      List<PastJob> runsOfJob,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Totals totals,
      @Nullable String next) {}

  /** Refunds that were written off just now. */
  public record WrittenOff(List<PastRefund> waived) {}

  /** One refund; durations in milliseconds. */
  public record PastRefund(
      String id,
      String state,
      String jobId,
      String source,
      @Nullable String userId,
      @Nullable BigDecimal tokens,
      @Nullable String cause,
      String runId,
      Instant failedAt,
      long processingDuration,
      @Nullable Long timeoutMs,
      @Nullable String paidRunId,
      @Nullable Instant paidAt,
      @Nullable String ledgerTable,
      @Nullable String ledgerKey,
      @Nullable BigDecimal balanceAfter,
      @Nullable String chargeTable,
      @Nullable String chargeKey,
      @Nullable Instant waivedAt,
      @Nullable String waivedBy,
      int tries,
      Instant lastTriedAt,
      @Nullable Instant nextTryAt) {}

  /** What refunds add up to; the age of the oldest that is owed in milliseconds. */
  public record Totals(
      long paid,
      BigDecimal tokensPaid,
      long owed,
      BigDecimal tokensOwed,
      long waived,
      BigDecimal tokensWaived,
      @Nullable Long oldestOwedMs) {}

  /** The answer with one page. */
  public static Refunds page(
      JobCleanup cleanup, RefundQuery query, @Nullable String after, int most) {
    Page<RefundRecord> page = cleanup.refunds(query, after, most);
    return new Refunds(
        page.items().stream().map(RefundAnswer::refund).toList(),
        runsOfJob(cleanup, query).stream().map(RunAnswer::job).toList(),
        after == null ? totals(cleanup.refundTotals(query)) : null,
        page.next());
  }

  /** Writes the answer with all of them, page by page. */
  public static void stream(JobCleanup cleanup, RefundQuery query, OutputStream out) {
    Stream<RefundRecord> refunds = Pages.of(after -> cleanup.refunds(query, after, Page.MAX_ITEMS));
    Json.stream(
        out,
        json -> {
          json.writeStartObject();
          json.writeArrayPropertyStart("refunds");
          refunds.forEach(refund -> json.writePOJO(refund(refund)));
          json.writeEndArray();
          json.writePOJOProperty(
              "runsOfJob", runsOfJob(cleanup, query).stream().map(RunAnswer::job).toList());
          json.writePOJOProperty("totals", totals(cleanup.refundTotals(query)));
          json.writeEndObject();
        });
  }

  /** What runs did to the job that is asked for; empty where none is. */
  public static List<RunJob> runsOfJob(JobCleanup cleanup, RefundQuery query) {
    return query.job() == null ? List.of() : cleanup.runsOfJob(query.job(), MOST_RUNS_OF_JOB);
  }

  /** The answer to what was written off. */
  public static WrittenOff writtenOff(List<RefundRecord> waived) {
    return new WrittenOff(waived.stream().map(RefundAnswer::refund).toList());
  }

  private static Totals totals(RefundTotals totals) {
    return new Totals(
        totals.paid(),
        Json.plain(totals.tokensPaid()),
        totals.owed(),
        Json.plain(totals.tokensOwed()),
        totals.waived(),
        Json.plain(totals.tokensWaived()),
        totals.oldestOwed() == null ? null : totals.oldestOwed().toMillis());
  }

  private static PastRefund refund(RefundRecord refund) {
    return new PastRefund(
        refund.id(),
        refund.state().name(),
        refund.job(),
        refund.source(),
        refund.payer(),
        Json.plainOrNull(refund.amount()),
        refund.cause(),
        refund.run(),
        refund.failedAt(),
        refund.processingDuration().toMillis(),
        refund.timeout() == null ? null : refund.timeout().toMillis(),
        refund.paidRun(),
        refund.paidAt(),
        refund.ledgerTable(),
        refund.ledgerKey(),
        Json.plainOrNull(refund.balanceAfter()),
        refund.chargeTable(),
        refund.charge(),
        refund.waivedAt(),
        refund.waivedBy(),
        refund.tries(),
        refund.lastTriedAt(),
        refund.nextTryAt());
  }
}
