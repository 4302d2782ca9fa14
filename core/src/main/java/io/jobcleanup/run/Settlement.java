package io.jobcleanup.run;

import io.jobcleanup.JobId;
import io.jobcleanup.JobReport;
import io.jobcleanup.Outcome;
import io.jobcleanup.TokenRefunder;
import io.jobcleanup.postgres.Books;
import io.jobcleanup.postgres.Database;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.postgres.Tx;
import io.jobcleanup.postgres.UnexpectedWriteException;
import io.jobcleanup.run.Payment.Item;
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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Settles stuck jobs of one source: fails them and gives their tokens back, many in one
 * transaction. Where the host refuses something, the same jobs are settled again one by one, each
 * behind a savepoint: the broken ones are told apart, and the others go through.
 */
final class Settlement {

  /** More than 64 subtransactions in one transaction slow every session of the host. */
  private static final int SINGLES_PER_TRANSACTION = 50;

  /**
   * What the first transaction takes on, while the JVM is cold and while we are alone; each that
   * succeeds may double it.
   */
  static final int FIRST_CHUNK = 100;

  /** The same while others are at work. */
  private static final int FIRST_CHUNK_AMONG_OTHERS = 25;

  /** How often jobs are tried again for a fault that may pass. */
  private static final int TRIES = 3;

  /**
   * What became of the jobs that were neither settled nor refused.
   *
   * @param passedOver the keys of those that somebody held, or that aren't stuck any more
   * @param untried how many were left alone, since enough had been refused
   * @param notReached the keys of those that weren't come to
   */
  record Left(List<List<String>> passedOver, int untried, List<List<String>> notReached) {}

  /** What one transaction did. */
  private record Settled(List<JobReport> reports, List<List<String>> passedOver) {}

  private final Database database;
  private final Books books;
  private final SourceStatements source;
  private final @Nullable TokenRefunder refunder;
  private final String run;
  private final Instant cut;
  private final Duration timeout;
  private final Duration budget;
  private final Pace pace;
  private final int most;
  private int chunk;
  private Duration worked = Duration.ZERO;

  /**
   * Settles nothing yet.
   *
   * @param most how many jobs one transaction takes on at most
   */
  Settlement(
      Database database,
      Books books,
      SourceStatements source,
      @Nullable TokenRefunder refunder,
      String run,
      Instant cut,
      Duration timeout,
      Duration budget,
      Pace pace,
      int most) {
    this.database = database;
    this.books = books;
    this.source = source;
    this.refunder = refunder;
    this.run = run;
    this.cut = cut;
    this.timeout = timeout;
    this.budget = budget;
    this.pace = pace;
    this.most = most;
    this.chunk = Math.min(most, pace.alone() ? FIRST_CHUNK : FIRST_CHUNK_AMONG_OTHERS);
  }

  SourceStatements source() {
    return source;
  }

  /**
   * Settles jobs, in as many transactions as their time limit asks for.
   *
   * @param keys the jobs' keys, oldest first
   * @param goOn asked before each transaction: whether it is still to be begun
   * @param refusals how many jobs the run may still have refused: behind them, those that can't be
   *     settled together are left untried
   * @param committed hears of each job as soon as it is committed: what comes later may be lost
   */
  Left settle(
      List<List<String>> keys,
      BooleanSupplier goOn,
      Allowance refusals,
      Consumer<JobReport> committed) {
    List<List<String>> passedOver = new ArrayList<>();
    int untried = 0;
    Deque<List<String>> queue = new ArrayDeque<>(keys);
    while (!queue.isEmpty() && goOn.getAsBoolean()) {
      List<List<String>> next = take(queue, chunk);
      Settled settled = together(next);
      if (settled != null) {
        settled.reports().forEach(committed);
        passedOver.addAll(settled.passedOver());
        chunk = pace.next(next.size(), worked, most);
      } else if (next.size() > SINGLES_PER_TRANSACTION) {
        // Halved until the broken job is found among few, and until a transaction fits into its
        // time.
        chunk = Math.max(SINGLES_PER_TRANSACTION, next.size() / 2);
        next.reversed().forEach(queue::addFirst);
      } else {
        int granted = refusals.take(next.size());
        untried += next.size() - granted;
        AtomicInteger refused = new AtomicInteger();
        passedOver.addAll(
            oneByOne(
                next.subList(0, granted),
                report -> {
                  refused.addAndGet(report.outcome() instanceof Outcome.Refused ? 1 : 0);
                  committed.accept(report);
                }));
        refusals.giveBack(granted - refused.get());
        chunk = Math.min(most, chunk * 2);
      }
    }
    return new Left(passedOver, untried, List.copyOf(queue));
  }

  /** Does some work in a transaction of its own, after the rest that the one before has earned. */
  private <T> T paced(Function<Tx, T> work) {
    pace.rest(worked);
    long began = System.nanoTime();
    try {
      return database.write(
          tx -> {
            pace.look(tx);
            return work.apply(tx);
          });
    } finally {
      worked = Duration.ofNanos(System.nanoTime() - began);
    }
  }

  /** How many of some jobs are stuck still. */
  long stillStuck(List<List<String>> keys) {
    return database.read(
        tx -> source.lookAtJobs(tx, keys, cut).stream().filter(it -> it.stuck()).count());
  }

  /** Whether one of some jobs, and all it needs, could be held just now. Writes nothing. */
  boolean couldSettle(List<List<String>> keys) {
    try {
      return database.write(
          tx -> {
            Preparation.startBudget(tx, budget);
            return !StageException.at(Stage.HOLD, () -> prepare(tx, keys)).jobs().isEmpty();
          });
    } catch (StageException e) {
      if (e.isBug()) {
        throw e;
      }
      return false;
    }
  }

  private static List<List<String>> take(Deque<List<String>> queue, int most) {
    List<List<String>> taken = new ArrayList<>();
    while (!queue.isEmpty() && taken.size() < most) {
      taken.add(queue.removeFirst());
    }
    return taken;
  }

  /** Settles jobs in one transaction; null where they have to be tried in smaller numbers. */
  private @Nullable Settled together(List<List<String>> keys) {
    for (int attempt = 1; ; attempt++) {
      long began = System.nanoTime();
      try {
        return paced(
            tx -> {
              Preparation.startBudget(tx, budget);
              Preparation prepared = StageException.at(Stage.HOLD, () -> prepare(tx, keys));
              List<JobReport> reports =
                  write(tx, prepared.jobs(), null, Payment.chainOf(source), 0, false);
              StageException.run(Stage.REFUND, tx::checkConstraintsNow);
              return new Settled(reports, prepared.passedOver());
            });
      } catch (Database.CommitUnknownException e) {
        Settled settled = afterLostCommit(keys);
        if (settled != null) {
          return settled;
        }
        if (attempt == TRIES) {
          throw e;
        }
      } catch (StageException e) {
        if (e.isBug()) {
          throw e;
        }
        if (e.stage() == Stage.HOLD && e.lockNotToBeHad()) {
          return new Settled(List.of(), keys);
        }
        // A session that the server ended for its slowness looks like any other lost one: fewer
        // jobs
        // are the mend. One that is lost again and again without that ends the run.
        boolean lost = e.connectionLost() && !Preparation.outlasted(began, budget);
        boolean again =
            lost || (e.passing() && !e.outlasted() && !e.lockNotToBeHad() && !e.connectionLost());
        if (!again || attempt == TRIES) {
          if (lost) {
            throw e;
          }
          return null;
        }
      }
    }
  }

  /** What a transaction did whose COMMIT got no answer: our own record, written in it, tells. */
  private @Nullable Settled afterLostCommit(List<List<String>> keys) {
    List<String> texts = keys.stream().map(JobId::keyText).toList();
    Map<String, JobReport> settled = new HashMap<>();
    for (JobReport report : database.read(tx -> books.settledInRun(tx, run, source, texts))) {
      settled.put(report.job().text(), report);
    }
    if (settled.isEmpty()) {
      return null;
    }
    List<List<String>> others = new ArrayList<>(keys);
    others.removeIf(key -> settled.containsKey(JobId.keyText(key)));
    return new Settled(List.copyOf(settled.values()), others);
  }

  private Preparation prepare(Tx tx, List<List<String>> keys) {
    return Preparation.of(tx, books, source, keys, cut, Preparation.Claim.STUCK);
  }

  /** What the transactions of {@link #oneByOne} have done so far. */
  private static final class Singles {
    final List<JobReport> reports = new ArrayList<>();
    final List<List<String>> passedOver = new ArrayList<>();
    final List<Refusal> refusals = new ArrayList<>();
    final Deque<List<String>> left = new ArrayDeque<>();
    boolean nextAlone;
  }

  /** A job that the host refused, to be recorded after the transaction that found it out. */
  private record Refusal(JobReport report, Instant since) {
    Map<String, @Nullable String> line() {
      Map<String, @Nullable String> line = new HashMap<>();
      line.put("job_key", report.job().text());
      line.put("cause", report.outcome().error());
      line.put("stuck_since", since.toString());
      return line;
    }
  }

  /** Settles jobs one by one; gives the keys of those passed over. */
  private List<List<String>> oneByOne(List<List<String>> keys, Consumer<JobReport> committed) {
    List<List<String>> passedOver = new ArrayList<>();
    Deque<List<String>> queue = new ArrayDeque<>(keys);
    boolean alone = false;
    int attempt = 1;
    while (!queue.isEmpty()) {
      List<List<String>> next = take(queue, alone ? 1 : SINGLES_PER_TRANSACTION);
      Singles singles;
      long began = System.nanoTime();
      try {
        singles = paced(tx -> singles(tx, next));
        attempt = 1;
      } catch (Database.CommitUnknownException e) {
        Settled settled = afterLostCommit(next);
        if (settled != null) {
          settled.reports().forEach(committed);
          passedOver.addAll(settled.passedOver());
        } else if (attempt++ == TRIES) {
          throw e;
        } else {
          next.reversed().forEach(queue::addFirst);
        }
        continue;
      } catch (StageException e) {
        boolean lost = e.connectionLost() && !Preparation.outlasted(began, budget);
        if (e.isBug() || !e.passing() || (lost && attempt == TRIES)) {
          throw e;
        }
        if (attempt++ == TRIES) {
          passedOver.addAll(next);
        } else {
          next.reversed().forEach(queue::addFirst);
        }
        continue;
      }
      singles.reports.forEach(committed);
      record(singles.refusals);
      singles.refusals.forEach(refusal -> committed.accept(refusal.report()));
      passedOver.addAll(singles.passedOver);
      List.copyOf(singles.left).reversed().forEach(queue::addFirst);
      alone = singles.nextAlone;
    }
    return passedOver;
  }

  private Singles singles(Tx tx, List<List<String>> keys) {
    Singles singles = new Singles();
    Deque<List<String>> waiting = new ArrayDeque<>(keys);
    boolean alone = keys.size() == 1;
    Preparation.startBudget(tx, budget);
    Map<List<String>, Job> prepared = new HashMap<>();
    Set<List<String>> passedOver = new HashSet<>();
    boolean together = prepareAll(tx, keys, prepared, passedOver);
    Set<List<String>> mended = new HashSet<>();
    Chain chain = Payment.chainOf(source);
    int ids = 0;
    while (!waiting.isEmpty()) {
      List<String> key = waiting.removeFirst();
      if (passedOver.contains(key)) {
        singles.passedOver.add(key);
        continue;
      }
      Map<List<String>, List<BigDecimal>> before = chain.all();
      String cause;
      try {
        if (!together && !mended.contains(key)) {
          Preparation one = alone(tx, Stage.JOB, () -> claimOnly(tx, key));
          if (one.jobs().isEmpty()) {
            singles.passedOver.add(key);
            continue;
          }
          prepared.put(key, one.jobs().getFirst());
          Preparation whole = alone(tx, Stage.REFUND, () -> prepare(tx, List.of(key)));
          if (whole.jobs().isEmpty()) {
            singles.passedOver.add(key);
            continue;
          }
          prepared.put(key, whole.jobs().getFirst());
        }
        singles.reports.addAll(writeOne(tx, prepared, key, null, chain, ids));
        ids += 1000;
        continue;
      } catch (StageException e) {
        chain.restore(before);
        if (e.isBug() || e.connectionLost()) {
          throw e;
        }
        if (e.outlasted()) {
          if (!alone) {
            singles.nextAlone = true;
            singles.left.add(key);
            singles.left.addAll(waiting);
            return singles;
          }
          singles.refusals.add(
              refusal(
                  prepared.get(key),
                  key,
                  "it takes longer than a transaction of ours may: " + e.reason()));
          continue;
        }
        if (e.passing()) {
          singles.passedOver.add(key);
          continue;
        }
        if (e.stage() == Stage.JOB) {
          singles.refusals.add(refusal(prepared.get(key), key, e.reason()));
          continue;
        }
        Job job = prepared.get(key);
        Set<Due> byHost =
            job != null && meansAlready(e) ? collisions(tx, job, chain, ids) : Set.of();
        if (job != null && !byHost.isEmpty()) {
          prepared.put(key, job.paidByHost(byHost));
          mended.add(key);
          waiting.addFirst(key);
          continue;
        }
        cause = e.reason();
      }
      withoutPaying(tx, singles, prepared, key, cause, chain, ids);
    }
    return singles;
  }

  private boolean meansAlready(StageException e) {
    return e.collision().filter(source::collisionMeansAlready).isPresent();
  }

  /** Which lines of a job the host's own rows stand for: each is tried alone, and undone. */
  private Set<Due> collisions(Tx tx, Job job, Chain chain, int ids) {
    Set<Due> collisions = new HashSet<>();
    for (Due due : job.verdict().due()) {
      Map<List<String>, List<BigDecimal>> before = chain.all();
      try {
        tx.undone(() -> write(tx, List.of(job.giving(List.of(due))), null, chain, ids, true));
      } catch (StageException e) {
        if (e.isBug() || e.connectionLost() || e.outlasted()) {
          throw e;
        }
        if (meansAlready(e)) {
          collisions.add(due);
        }
      } finally {
        chain.restore(before);
      }
    }
    return collisions;
  }

  /**
   * Fails a job without paying its refund.
   *
   * @param cause why the refund is owed
   */
  private void withoutPaying(
      Tx tx,
      Singles singles,
      Map<List<String>, Job> prepared,
      List<String> key,
      String cause,
      Chain chain,
      int ids) {
    Map<List<String>, List<BigDecimal>> before = chain.all();
    try {
      singles.reports.addAll(writeOne(tx, prepared, key, cause, chain, ids));
    } catch (StageException e) {
      chain.restore(before);
      if (e.isBug() || e.connectionLost()) {
        throw e;
      }
      if (e.passing() || e.outlasted()) {
        singles.passedOver.add(key);
      } else {
        singles.refusals.add(refusal(prepared.get(key), key, e.reason()));
      }
    }
  }

  private Preparation claimOnly(Tx tx, List<String> key) {
    return Preparation.withoutRefunds(tx, books, source, List.of(key), cut);
  }

  /**
   * Prepares all jobs at once, as is possible where it is a write that fails; tells whether it was.
   */
  private boolean prepareAll(
      Tx tx,
      List<List<String>> keys,
      Map<List<String>, Job> prepared,
      Set<List<String>> passedOver) {
    try {
      Preparation all = alone(tx, Stage.HOLD, () -> prepare(tx, keys));
      all.jobs().forEach(job -> prepared.put(job.key(), job));
      passedOver.addAll(all.passedOver());
      return true;
    } catch (StageException e) {
      if (e.isBug() || e.connectionLost()) {
        throw e;
      }
      if (e.lockNotToBeHad()) {
        passedOver.addAll(keys);
        return true;
      }
      return false;
    }
  }

  private List<JobReport> writeOne(
      Tx tx,
      Map<List<String>, Job> prepared,
      List<String> key,
      @Nullable String cause,
      Chain chain,
      int ids) {
    Job job = prepared.get(key);
    if (job == null) {
      throw new IllegalStateException(
          "job " + JobId.keyText(key) + " is written before it was prepared");
    }
    return alone(tx, Stage.JOB, () -> write(tx, List.of(job), cause, chain, ids, true));
  }

  /** Does some work behind a savepoint; what it or the savepoint throws is known by its stage. */
  private static <T> T alone(Tx tx, Stage stage, Supplier<T> work) {
    return StageException.at(stage, () -> tx.behindSavepoint(() -> StageException.at(stage, work)));
  }

  /**
   * Writes jobs and their refunds.
   *
   * @param cause why no refund can be paid; null where they can
   * @param singly whether deferred checks are to be made stage by stage, to tell what fails
   */
  private List<JobReport> write(
      Tx tx, List<Job> jobs, @Nullable String cause, Chain chain, int ids, boolean singly) {
    if (jobs.isEmpty()) {
      return List.of();
    }
    Instant now = jobs.getFirst().row().now();
    Payment payment =
        new Payment(tx, source, books, refunder, run, chain, job -> Terms.now(job, timeout));
    List<Item> items = cause == null ? Payment.items(jobs) : owedItems(jobs.getFirst(), cause);
    StageException.run(Stage.REFUND, () -> payment.plan(items, now, ids));
    Map<JobId, List<Item>> byJob = Payment.byJob(items);
    Map<JobId, Outcome> outcomes = new HashMap<>();
    List<Map<String, @Nullable String>> lines = new ArrayList<>();
    for (Job job : jobs) {
      Outcome outcome = Payment.outcome(job, byJob.getOrDefault(job.id(), List.of()));
      outcomes.put(job.id(), outcome);
      Terms terms = Terms.now(job, timeout);
      Map<String, @Nullable String> line = terms.values(job, run, now);
      line.put("n", Integer.toString(lines.size()));
      line.put("message", terms.message(outcome));
      line.put("uuid", Uuid7.of(now, ids + items.size() + lines.size()).toString());
      lines.add(line);
    }
    StageException.run(
        Stage.JOB,
        () -> {
          source.evaluateFail(tx, lines);
          int written = source.fail(tx, lines).size();
          if (written != jobs.size()) {
            throw new UnexpectedWriteException(
                "a trigger or policy on %s dropped the update, or put the status back"
                    .formatted(source.jobTable()));
          }
          if (singly) {
            tx.checkConstraintsNow();
            tx.deferConstraints();
          }
        });
    payment.pay(items);
    List<JobReport> reports =
        jobs.stream()
            .map(job -> report(job, outcomes.getOrDefault(job.id(), new Outcome.PassedOver())))
            .toList();
    StageException.run(
        Stage.REFUND,
        () -> {
          if (singly) {
            tx.checkConstraintsNow();
            tx.deferConstraints();
          }
          recordJobs(tx, reports);
          books.forgetRefusals(tx, source, jobs.stream().map(Job::keyText).toList());
        });
    return reports;
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

  private static JobReport report(Job job, Outcome outcome) {
    return new JobReport(job.id(), job.payer(), job.cost(), job.duration(), outcome);
  }

  private Refusal refusal(@Nullable Job job, List<String> key, String cause) {
    Outcome outcome = new Outcome.Refused(cause);
    return job == null
        ? new Refusal(new JobReport(source.job(key), null, null, Duration.ZERO, outcome), cut)
        : new Refusal(report(job, outcome), job.since());
  }

  private void record(List<Refusal> refusals) {
    if (refusals.isEmpty()) {
      return;
    }
    database.write(
        tx -> {
          books.refuse(tx, source, refusals.stream().map(Refusal::line).toList());
          recordJobs(tx, refusals.stream().map(Refusal::report).toList());
          return refusals.size();
        });
  }

  private void recordJobs(Tx tx, List<JobReport> reports) {
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
