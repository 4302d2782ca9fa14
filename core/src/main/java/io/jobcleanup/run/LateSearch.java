package io.jobcleanup.run;

import io.jobcleanup.CleanupListener;
import io.jobcleanup.LateCompletion;
import io.jobcleanup.postgres.Budget;
import io.jobcleanup.postgres.Database;
import io.jobcleanup.postgres.LateBooks;
import io.jobcleanup.postgres.LateBooks.Settled;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.postgres.SourceStatements.Completed;
import io.jobcleanup.postgres.SqlFault;
import io.jobcleanup.postgres.Tx;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks whether workers have completed jobs that runs of the last days had failed, and records
 * them. For each source those that were failed last, as a worker that comes back does so soon; and
 * some from a random place on, so that each job's turn comes. Bounded in time, and whatever goes
 * wrong is no harm to the run.
 */
final class LateSearch {

  /** How long after its failing a job is looked at. */
  static final Duration WINDOW = Duration.ofDays(7);

  /** How many of a source's jobs that were failed last are looked at. */
  private static final int NEWEST = 1000;

  /** How many further ones are looked at. */
  private static final int FURTHER = 2000;

  /** How long it may take, all sources together. */
  private static final Duration LONGEST = Duration.ofMillis(500);

  private static final Logger LOG = LoggerFactory.getLogger("io.jobcleanup.Cleanup");

  private final Database database;
  private final List<SourceStatements> sources;
  private final CleanupListener listener;
  private final LateBooks books = new LateBooks();
  private final long began = System.nanoTime();

  LateSearch(Database database, List<SourceStatements> sources, CleanupListener listener) {
    this.database = database;
    this.sources =
        new ArrayList<>(sources.stream().filter(SourceStatements::tellsCompletion).toList());
    this.listener = listener;
  }

  /**
   * Looks.
   *
   * @param run the run that has just ended
   * @param now the database's time
   */
  void look(String run, Instant now) {
    String since = Uuid7.of(now.minus(WINDOW), 0).toString();
    // Where the time isn't enough for all, it isn't always the same that go without.
    Collections.shuffle(sources, ThreadLocalRandom.current());
    for (SourceStatements source : sources) {
      try {
        look(run, source, since);
      } catch (RuntimeException e) {
        SqlFault fault = SqlFault.of(e);
        LOG.atWarn()
            .addKeyValue("source", source.source().name())
            .addKeyValue("cause", fault == null ? e.getMessage() : fault)
            .log("Late completions can't be looked for");
        if (fault != null && fault.connectionLost()) {
          return;
        }
      }
    }
  }

  private void look(String run, SourceStatements source, String since) {
    if (lookAtSome(run, source, since, 0, NEWEST) < NEWEST || timeIsUp()) {
      return;
    }
    long all = read(tx -> books.countSettled(tx, source, since));
    long first = ThreadLocalRandom.current().nextLong(Math.max(1, all));
    if (!timeIsUp()) {
      lookAtSome(run, source, since, first, FURTHER);
    }
  }

  /** Looks at some jobs in a transaction of its own; says how many there are. */
  private int lookAtSome(String run, SourceStatements source, String since, long offset, int most) {
    record Seen(List<Settled> jobs, List<Completed> completed) {}
    Seen seen =
        read(
            tx -> {
              List<Settled> jobs = books.settled(tx, source, since, offset, most);
              return new Seen(jobs, jobs.isEmpty() ? List.of() : source.completedLate(tx, jobs));
            });
    if (!seen.completed().isEmpty()) {
      List<LateCompletion> recorded =
          database.write(tx -> books.record(tx, source, seen.jobs(), seen.completed()));
      recorded.forEach(late -> listener.foundLate(run, late));
    }
    return seen.jobs().size();
  }

  private <T> T read(Function<Tx, T> question) {
    return database.read(
        tx -> {
          tx.holdWithin(new Budget(LONGEST.minus(elapsed()), System::nanoTime));
          return question.apply(tx);
        });
  }

  private boolean timeIsUp() {
    return elapsed().compareTo(LONGEST) >= 0;
  }

  private Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - began);
  }
}
