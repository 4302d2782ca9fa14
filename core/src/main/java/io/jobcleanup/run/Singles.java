package io.jobcleanup.run;

import io.jobcleanup.JobId;
import io.jobcleanup.JobReport;
import io.jobcleanup.Outcome;
import io.jobcleanup.postgres.Books;
import io.jobcleanup.postgres.Deadline;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.postgres.Tx;
import io.jobcleanup.run.StageException.Stage;
import io.jobcleanup.verdict.Chain;
import io.jobcleanup.verdict.Verdict.Due;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Settles jobs one by one in one transaction, each behind a savepoint, so that the broken ones are
 * told apart and the others go through. Used once, by one thread.
 */
final class Singles {

  /** How many ids a job may need. */
  static final int IDS_PER_JOB = 1000;

  /** A job that the host refused, to be recorded after the transaction that found it out. */
  record Refusal(JobReport report, Instant since) {
    Map<String, @Nullable String> line() {
      Map<String, @Nullable String> line = new HashMap<>();
      line.put("job_key", report.job().text());
      line.put("cause", report.outcome().error());
      line.put("stuck_since", since.toString());
      return line;
    }
  }

  /**
   * What the transaction did, to be told once it is committed.
   *
   * @param reports the jobs that were settled
   * @param passedOver the keys of those that somebody held, or that aren't stuck any more
   * @param refusals the jobs that the host refused
   * @param left the keys of those that the transaction had no time for: the first of them wants one
   *     of its own
   */
  record Done(
      List<JobReport> reports,
      List<List<String>> passedOver,
      List<Refusal> refusals,
      List<List<String>> left) {}

  private final Tx tx;
  private final SourceStatements source;
  private final Books books;
  private final Deadline deadline;
  private final JobWriter writer;
  private final Chain chain;
  private final List<JobReport> reports = new ArrayList<>();
  private final List<List<String>> passedOver = new ArrayList<>();
  private final List<Refusal> refusals = new ArrayList<>();
  private final Map<List<String>, Job> prepared = new HashMap<>();
  private int ids;

  /** In a transaction whose budget has been started. */
  Singles(Tx tx, SourceStatements source, Books books, Deadline deadline, JobWriter writer) {
    this.tx = tx;
    this.source = source;
    this.books = books;
    this.deadline = deadline;
    this.writer = writer;
    this.chain = new Chain();
  }

  Done settle(List<List<String>> keys) {
    Deque<List<String>> waiting = new ArrayDeque<>(keys);
    boolean together = prepareAll(keys);
    while (!waiting.isEmpty()) {
      List<String> key = waiting.removeFirst();
      Map<Chain.Account, Map<String, BigDecimal>> before = chain.all();
      try {
        if (together ? prepared.containsKey(key) : prepare(key)) {
          reports.addAll(write(key, null));
        } else {
          passedOver.add(key);
        }
      } catch (StageException e) {
        chain.restore(before);
        if (e.isBug() || e.connectionLost()) {
          throw e;
        }
        if (e.outlasted() && keys.size() > 1) {
          waiting.addFirst(key);
          return new Done(reports, passedOver, refusals, List.copyOf(waiting));
        }
        if (e.outlasted()) {
          refuse(key, "it takes longer than a transaction of ours may: " + e.reason());
        } else if (e.passing()) {
          passedOver.add(key);
        } else if (e.stage() == Stage.JOB) {
          refuse(key, e.reason());
        } else {
          withoutPaying(key, e);
        }
      }
    }
    return new Done(reports, passedOver, refusals, List.of());
  }

  /**
   * Prepares all jobs at once, as is possible where it is a write that fails; tells whether it was.
   */
  private boolean prepareAll(List<List<String>> keys) {
    try {
      alone(Stage.HOLD, () -> preparation(keys))
          .jobs()
          .forEach(job -> prepared.put(job.key(), job));
      return true;
    } catch (StageException e) {
      if (e.isBug() || e.connectionLost()) {
        throw e;
      }
      return e.lockNotToBeHad();
    }
  }

  /** Prepares one job; tells whether it is stuck, and all that it needs could be held. */
  private boolean prepare(List<String> key) {
    List<Job> alone =
        alone(
            Stage.JOB,
            () -> Preparation.withoutRefunds(tx, books, source, List.of(key), deadline).jobs());
    if (alone.isEmpty()) {
      return false;
    }
    prepared.put(key, alone.getFirst());
    List<Job> whole = alone(Stage.REFUND, () -> preparation(List.of(key)).jobs());
    whole.forEach(job -> prepared.put(key, job));
    return !whole.isEmpty();
  }

  private Preparation preparation(List<List<String>> keys) {
    return Preparation.of(tx, books, source, keys, deadline, Preparation.Claim.STUCK);
  }

  /**
   * Fails a job whose refund was refused: lines that collided with the host's own rows count as
   * paid by it, and the others are paid; where nothing collided, all of them are owed.
   */
  private void withoutPaying(List<String> key, StageException because) {
    Job job = prepared.get(key);
    Set<Due> byHost = job != null && meansAlready(because, job) ? collisions(job) : Set.of();
    if (job != null && !byHost.isEmpty()) {
      prepared.put(key, job.paidByHost(byHost));
    }
    boolean mended = !byHost.isEmpty();
    Map<Chain.Account, Map<String, BigDecimal>> before = chain.all();
    try {
      reports.addAll(write(key, mended ? null : because.reason()));
    } catch (StageException e) {
      chain.restore(before);
      if (e.isBug() || e.connectionLost()) {
        throw e;
      }
      if (e.passing() || e.outlasted()) {
        passedOver.add(key);
      } else if (mended && e.stage() == Stage.REFUND) {
        withoutPaying(key, e);
      } else {
        refuse(key, e.reason());
      }
    }
  }

  /** Which lines of a job the host's own rows stand for: each is tried alone, and undone. */
  private Set<Due> collisions(Job job) {
    Set<Due> collisions = new HashSet<>();
    for (Due due : job.verdict().due()) {
      Map<Chain.Account, Map<String, BigDecimal>> before = chain.all();
      try {
        tx.undone(
            () ->
                writer
                    .unseen()
                    .write(tx, List.of(job.giving(List.of(due))), null, chain, ids, true));
      } catch (StageException e) {
        if (e.isBug() || e.connectionLost() || e.outlasted()) {
          throw e;
        }
        if (meansAlready(e, job)) {
          collisions.add(due);
        }
      } finally {
        chain.restore(before);
      }
    }
    return collisions;
  }

  private boolean meansAlready(StageException e, Job job) {
    boolean paidBefore = !job.paidBefore().isEmpty();
    return e.collision()
        .filter(index -> source.collisionMeansAlready(index, paidBefore))
        .isPresent();
  }

  private List<JobReport> write(List<String> key, @Nullable String cause) {
    Job job = prepared.get(key);
    if (job == null) {
      throw new IllegalStateException(
          "job " + JobId.keyText(key) + " is written before it was prepared");
    }
    int first = ids;
    ids += IDS_PER_JOB;
    return alone(Stage.JOB, () -> writer.write(tx, List.of(job), cause, chain, first, true));
  }

  private void refuse(List<String> key, String cause) {
    Job job = prepared.get(key);
    Outcome outcome = new Outcome.Refused(cause);
    refusals.add(
        job == null
            ? new Refusal(
                new JobReport(source.job(key), null, null, Duration.ZERO, outcome), deadline.now())
            : new Refusal(JobWriter.report(job, outcome), job.since()));
  }

  /** Does some work behind a savepoint; what it or the savepoint throws is known by its stage. */
  private <T> T alone(Stage stage, Supplier<T> work) {
    return StageException.at(stage, () -> tx.behindSavepoint(() -> StageException.at(stage, work)));
  }
}
