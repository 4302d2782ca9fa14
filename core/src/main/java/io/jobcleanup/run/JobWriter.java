package io.jobcleanup.run;

import io.jobcleanup.JobId;
import io.jobcleanup.JobReport;
import io.jobcleanup.Outcome;
import io.jobcleanup.TokenRefunder;
import io.jobcleanup.postgres.Books;
import io.jobcleanup.postgres.Meddler;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.postgres.Tx;
import io.jobcleanup.postgres.UnexpectedWriteException;
import io.jobcleanup.run.Payment.Item;
import io.jobcleanup.run.StageException.Stage;
import io.jobcleanup.verdict.Chain;
import io.jobcleanup.verdict.RefundKey;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes what was decided about jobs of one source, in a transaction that holds them: the jobs,
 * their refunds, our records of both.
 *
 * @param refunder the host's own code, null where the mapping says what to write
 * @param run the run's id
 * @param witness who sees the rows before and after; null where nobody does
 */
record JobWriter(
    SourceStatements source,
    Books books,
    @Nullable TokenRefunder refunder,
    String run,
    @Nullable Witness witness) {

  /** The same, seen by nobody: for what is tried and undone. */
  JobWriter unseen() {
    return new JobWriter(source, books, refunder, run, null);
  }

  /**
   * Writes jobs and their refunds.
   *
   * @param cause why no refund can be paid; null where they can
   * @param singly whether deferred checks are to be made stage by stage, to tell what fails
   */
  List<JobReport> write(
      Tx tx, List<Job> jobs, @Nullable String cause, Chain chain, int ids, boolean singly) {
    if (jobs.isEmpty()) {
      return List.of();
    }
    Instant now = jobs.getFirst().row().now();
    Payment payment = new Payment(tx, source, books, refunder, run, chain, Terms::now);
    List<Item> items = cause == null ? Payment.items(jobs) : owedItems(jobs.getFirst(), cause);
    List<Job> refunding = cause == null ? jobs : List.of();
    StageException.run(Stage.REFUND, () -> payment.plan(items, refunding, now, ids));
    Map<JobId, List<Item>> byJob = Payment.byJob(items);
    Map<JobId, Outcome> outcomes = new HashMap<>();
    List<Map<String, @Nullable String>> lines = new ArrayList<>();
    List<Map<String, @Nullable String>> markedLines = new ArrayList<>();
    for (Job job : jobs) {
      Outcome outcome = Payment.outcome(job, byJob.getOrDefault(job.id(), List.of()));
      outcomes.put(job.id(), outcome);
      Terms terms = Terms.now(job);
      Map<String, @Nullable String> line = terms.values(job, run, now);
      line.put("n", Integer.toString(lines.size()));
      line.put("message", terms.message(outcome));
      line.put("uuid", Uuid7.of(now, ids + items.size() + lines.size()).toString());
      line.put("payer", job.payer());
      line.put("key", RefundKey.ofJob(source.jobTable(), job.key(), job.row().attempt()));
      line.put("given", outcome.tokensRefunded().toPlainString());
      BigDecimal inAll = Payment.inAll(job, outcome);
      line.put("amount", inAll.toPlainString());
      boolean marked = source.marksJobs() && inAll.signum() > 0;
      line.put("marked", Boolean.toString(marked));
      lines.add(line);
      if (marked) {
        markedLines.add(line);
      }
    }
    StageException.run(Stage.REFUND, () -> source.evaluateMarkOfJob(tx, markedLines));
    StageException.run(Stage.JOB, () -> source.evaluateFail(tx, lines));
    Witness.Before before = witness == null ? null : witness.before(tx, source, jobs, items);
    // A mark belongs to the refund: without it the job may well let itself be failed.
    StageException.run(
        markedLines.isEmpty() ? Stage.JOB : Stage.REFUND,
        () -> {
          int written =
              markedLines.isEmpty()
                  ? source.fail(tx, lines).size()
                  : RefusedWriteException.unless(
                      "the update of " + source.jobTable(), () -> source.fail(tx, lines).size());
          if (written != jobs.size()) {
            throw new UnexpectedWriteException(
                "%s on %s dropped the update, or put the status back"
                    .formatted(Meddler.of(tx, source.jobTable()), source.jobTable()));
          }
          if (singly) {
            checkDeferred(tx);
          }
        });
    payment.pay(items);
    if (singly) {
      StageException.run(
          Stage.REFUND,
          () ->
              RefusedWriteException.unless(
                  "what is checked at the end",
                  () -> {
                    checkDeferred(tx);
                    return tx;
                  }));
    }
    StageException.run(
        Stage.JOB,
        () -> {
          source.also(tx, lines);
          if (singly) {
            checkDeferred(tx);
          }
        });
    List<JobReport> reports =
        jobs.stream()
            .map(job -> report(job, outcomes.getOrDefault(job.id(), new Outcome.PassedOver())))
            .toList();
    StageException.run(
        Stage.REFUND,
        () -> {
          recordJobs(tx, reports);
          books.forgetRefusals(tx, source, jobs.stream().map(Job::keyText).toList());
        });
    if (before != null) {
      before.after(tx, jobs, reports);
    }
    return reports;
  }

  private static void checkDeferred(Tx tx) {
    tx.checkConstraintsNow();
    tx.deferConstraints();
  }

  /**
   * The lines of a job, none of which can be paid; where not even they are known, one of an unknown
   * amount.
   */
  private List<Item> owedItems(Job job, String cause) {
    List<Item> items = Payment.items(List.of(job));
    for (Item item : items) {
      item.cause = cause;
    }
    if (!job.refundKnown()) {
      items.add(new Item(job, Payment.unknown(job, cause)));
    }
    return items;
  }

  static JobReport report(Job job, Outcome outcome) {
    return new JobReport(job.id(), job.payer(), job.cost(), job.duration(), outcome);
  }

  /** Records what became of jobs in the history. */
  void recordJobs(Tx tx, List<JobReport> reports) {
    List<Map<String, @Nullable String>> lines = new ArrayList<>();
    for (JobReport report : reports) {
      Map<String, @Nullable String> line = new HashMap<>();
      line.put("job_key", report.job().text());
      line.put("payer", report.payer());
      line.put("outcome", report.outcome().label());
      line.put("tokens", report.outcome().tokensRefunded().toPlainString());
      line.put("cost", report.cost() == null ? null : report.cost().toPlainString());
      line.put("duration_ms", Long.toString(report.processingDuration().toMillis()));
      line.put("cause", report.outcome().error());
      lines.add(line);
    }
    books.recordJobs(tx, run, source, lines);
  }
}
