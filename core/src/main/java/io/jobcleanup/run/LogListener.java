package io.jobcleanup.run;

import io.jobcleanup.CleanupListener;
import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobReport;
import io.jobcleanup.LateCompletion;
import io.jobcleanup.Outcome;
import io.jobcleanup.RefundOrder;
import io.jobcleanup.Trigger;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the specification's log lines, with what they tell as key-value pairs. Safe for use by
 * several threads.
 */
public final class LogListener implements CleanupListener {

  private static final Logger LOG = LoggerFactory.getLogger("io.jobcleanup.Cleanup");
  private static final int JOBS_LOGGED = 100;

  private final boolean perJob;
  private final Map<String, AtomicLong> jobs = new ConcurrentHashMap<>();

  /**
   * A writer of log lines.
   *
   * @param perJob whether single jobs have lines, the first hundred of a run; warnings and errors
   *     always have
   */
  public LogListener(boolean perJob) {
    this.perJob = perJob;
  }

  @Override
  public void started(String runId, Trigger trigger, CleanupOptions options) {
    LOG.atInfo()
        .addKeyValue("runId", runId)
        .addKeyValue("trigger", trigger)
        .log("Starting stuck jobs cleanup");
  }

  @Override
  public void found(String runId, long count) {
    LOG.atInfo().addKeyValue("count", count).log("Found stuck jobs");
  }

  @Override
  public void settled(String runId, JobReport report) {
    boolean line =
        perJob
            && jobs.computeIfAbsent(runId, run -> new AtomicLong()).incrementAndGet()
                <= JOBS_LOGGED;
    String job = report.job().text();
    if (line) {
      LOG.atInfo()
          .addKeyValue("jobId", job)
          .addKeyValue(
              "tokensCost", report.cost() == null ? "?" : CleanupResult.plain(report.cost()))
          .log("Cleaning up stuck job");
    }
    switch (report.outcome()) {
      case Outcome.RefundOwed owed ->
          LOG.atWarn()
              .addKeyValue("jobId", job)
              .addKeyValue("userId", report.payer())
              .addKeyValue("tokens", owed.owed() == null ? "?" : CleanupResult.plain(owed.owed()))
              .addKeyValue("cause", owed.cause())
              .log("Refund owed");
      case Outcome.Refused refused ->
          LOG.atError()
              .addKeyValue("jobId", job)
              .addKeyValue("error", refused.cause())
              .log("Failed to clean up job");
      case Outcome.AlreadyRefunded already -> {
        LOG.atWarn()
            .addKeyValue("jobId", job)
            .addKeyValue("userId", report.payer())
            .log("Already refunded, not refunded again");
        done(line, report);
      }
      case Outcome.Refunded refunded -> done(line, report);
      case Outcome.NothingToRefund nothing -> done(line, report);
      case Outcome.PaidByHost byHost -> done(line, report);
      case Outcome.PassedOver passedOver ->
          throw new IllegalArgumentException("a job passed over isn't settled");
    }
  }

  private static void done(boolean line, JobReport report) {
    if (line) {
      LOG.atInfo()
          .addKeyValue("tokensRefunded", CleanupResult.plain(report.outcome().tokensRefunded()))
          .addKeyValue("processingDuration", report.processingDuration().toSeconds() + "s")
          .addKeyValue("jobId", report.job().text())
          .addKeyValue("outcome", report.outcome().label())
          .log("Job cleaned up successfully");
    }
  }

  @Override
  public void owedPaid(String runId, RefundOrder order) {
    LOG.atInfo()
        .addKeyValue("jobId", order.job().text())
        .addKeyValue("userId", order.payer())
        .addKeyValue("tokens", CleanupResult.plain(order.amount()))
        .log("Owed refund paid");
  }

  @Override
  public void foundLate(String runId, LateCompletion late) {
    LOG.atWarn()
        .addKeyValue("jobId", late.job())
        .addKeyValue("userId", late.payer())
        .addKeyValue("tokens", CleanupResult.plain(late.tokensRefunded()))
        .addKeyValue("status", late.status())
        .addKeyValue("failedByRun", late.runId())
        .log("Completed after it was failed and given back");
  }

  @Override
  public void failed(CleanupResult committed, Duration took) {
    jobs.remove(committed.runId());
  }

  @Override
  public void completed(CleanupResult result, Duration took) {
    AtomicLong count = jobs.remove(result.runId());
    if (count != null && count.get() > JOBS_LOGGED) {
      LOG.atInfo()
          .addKeyValue("count", count.get() - JOBS_LOGGED)
          .log("Further jobs not logged one by one");
    }
    LOG.atInfo()
        .addKeyValue("totalFound", result.totalFound())
        .addKeyValue("cleanedUp", result.cleanedUp())
        .addKeyValue("tokensRefunded", CleanupResult.plain(result.tokensRefunded()))
        .addKeyValue("failed", result.failed())
        .addKeyValue("took", took.toMillis() + "ms")
        .addKeyValue("runId", result.runId())
        .log("Cleanup completed");
  }
}
