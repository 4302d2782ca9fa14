package io.jobcleanup.run;

import io.jobcleanup.JobId;
import io.jobcleanup.JobReport;
import io.jobcleanup.Outcome;
import io.jobcleanup.TokenRefunder;
import io.jobcleanup.postgres.Books;
import io.jobcleanup.postgres.Database;
import io.jobcleanup.postgres.Deadline;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.postgres.Tx;
import io.jobcleanup.run.StageException.Stage;
import io.jobcleanup.verdict.Chain;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
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
  private final JobWriter writer;
  private final String run;
  private final Deadline deadline;
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
      Deadline deadline,
      Duration budget,
      Pace pace,
      int most) {
    this.database = database;
    this.books = books;
    this.source = source;
    this.writer = new JobWriter(source, books, refunder, run, null);
    this.run = run;
    this.deadline = deadline;
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
        tx -> source.lookAtJobs(tx, keys, deadline).stream().filter(it -> it.stuck()).count());
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
                  writer.write(tx, prepared.jobs(), null, new Chain(), 0, false);
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
        // jobs are the mend. One that is lost again and again without that ends the run.
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
    return Preparation.of(tx, books, source, keys, deadline, Preparation.Claim.STUCK);
  }

  /** Settles jobs one by one; gives the keys of those passed over. */
  private List<List<String>> oneByOne(List<List<String>> keys, Consumer<JobReport> committed) {
    List<List<String>> passedOver = new ArrayList<>();
    Deque<List<String>> queue = new ArrayDeque<>(keys);
    boolean alone = false;
    int attempt = 1;
    while (!queue.isEmpty()) {
      List<List<String>> next = take(queue, alone ? 1 : SINGLES_PER_TRANSACTION);
      Singles.Done done;
      long began = System.nanoTime();
      try {
        done =
            paced(
                tx -> {
                  Preparation.startBudget(tx, budget);
                  return new Singles(tx, source, books, deadline, writer).settle(next);
                });
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
      done.reports().forEach(committed);
      record(done.refusals());
      done.refusals().forEach(refusal -> committed.accept(refusal.report()));
      passedOver.addAll(done.passedOver());
      done.left().reversed().forEach(queue::addFirst);
      alone = !done.left().isEmpty();
    }
    return passedOver;
  }

  private void record(List<Singles.Refusal> refusals) {
    if (refusals.isEmpty()) {
      return;
    }
    database.write(
        tx -> {
          books.refuse(tx, source, refusals.stream().map(Singles.Refusal::line).toList());
          writer.recordJobs(tx, refusals.stream().map(Singles.Refusal::report).toList());
          return refusals.size();
        });
  }
}
