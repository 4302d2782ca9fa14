package io.jobcleanup.run;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.JobId;
import io.jobcleanup.Rehearsal;
import io.jobcleanup.Rehearsal.RehearsedJob;
import io.jobcleanup.Rehearsal.RowChange;
import io.jobcleanup.TokenRefunder;
import io.jobcleanup.Trigger;
import io.jobcleanup.UnusableDatabaseException;
import io.jobcleanup.postgres.Books;
import io.jobcleanup.postgres.Database;
import io.jobcleanup.postgres.Deadline;
import io.jobcleanup.postgres.Schema;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.postgres.SqlFault;
import io.jobcleanup.postgres.Touched;
import io.jobcleanup.postgres.Touched.TouchedRow;
import io.jobcleanup.postgres.Tx;
import io.jobcleanup.run.Detection.Candidate;
import io.jobcleanup.run.StageException.Stage;
import io.jobcleanup.verdict.Chain;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Settles stuck jobs in one transaction that is rolled back, and tells what changed. Used by one
 * thread.
 */
public final class Rehearser {
  private final Database database;
  private final Schema schema;
  private final Books books = new Books();
  private final List<SourceStatements> sources;
  private final CleanupOptions options;
  private final Duration defaultTimeout;
  private final @Nullable TokenRefunder refunder;
  private final Schema.State state;

  /**
   * A rehearsal on a host's tables.
   *
   * @param refunder the host's own code, null where the mapping says what to write
   * @param state how our schema stands: where it isn't there, it is made and undone with the rest
   */
  public Rehearser(
      Database database,
      Schema schema,
      List<SourceStatements> sources,
      CleanupOptions options,
      Duration defaultTimeout,
      @Nullable TokenRefunder refunder,
      Schema.State state) {
    this.database = database;
    this.schema = schema;
    this.sources = sources;
    this.options = options;
    this.defaultTimeout = defaultTimeout;
    this.refunder = refunder;
    this.state = state;
  }

  /** What one transaction found out. */
  private record Found(
      List<RehearsedJob> jobs,
      List<JobId> passedOver,
      boolean untried,
      Touched.Found touched,
      Map<String, Integer> locked,
      long lockedAtNanos) {}

  /** Rehearses the oldest stuck jobs, as many as fit into a transaction and the batch size. */
  public Rehearsal rehearse() {
    Duration budget = database.budget();
    Instant now = database.read(books::now);
    Map<SourceStatements, Deadline> deadlines =
        Run.deadlines(sources, now, options, defaultTimeout);
    Detection detection = new Detection(database, deadlines, state == Schema.State.CURRENT);
    List<Candidate> candidates = detection.next(Math.min(Run.CHUNK, options.batchSize()));
    boolean more = !detection.next(1).isEmpty();
    Touched touched = new Touched(sources);
    Map<String, Long> sequences = database.read(touched::sequences);
    boolean singly = false;
    for (int most = candidates.size(); ; ) {
      List<Candidate> some = candidates.subList(0, most);
      boolean alone = singly;
      long began = System.nanoTime();
      try {
        Found found =
            database.undone(tx -> settle(tx, some, deadlines, touched, now, budget, alone));
        Duration held = Duration.ofNanos(System.nanoTime() - found.lockedAtNanos());
        return rehearsal(found, held, more || most < candidates.size(), touched, sequences);
      } catch (StageException e) {
        // A session that the server ended for its slowness looks like any other lost one.
        boolean outlasted =
            e.outlasted() || (e.connectionLost() && Preparation.outlasted(began, budget));
        if (e.isBug() || (e.connectionLost() && !outlasted)) {
          throw e;
        }
        if (most <= 1 && (singly || outlasted)) {
          throw new UnusableDatabaseException("the rehearsal can't go on: " + e.reason(), e);
        }
        if (outlasted || singly) {
          most = Math.max(1, most / 2);
        }
        singly = !outlasted;
      }
    }
  }

  private Found settle(
      Tx tx,
      List<Candidate> candidates,
      Map<SourceStatements, Deadline> deadlines,
      Touched touched,
      Instant now,
      Duration budget,
      boolean singly) {
    String run = Uuid7.of(now, 0).toString();
    StageException.run(
        Stage.HOLD,
        () -> {
          if (state == Schema.State.ABSENT) {
            schema.make(tx);
          }
          books.startRun(tx, run, Trigger.CODE, null, options);
        });
    Preparation.startBudget(tx, budget);
    final long lockedAtNanos = System.nanoTime();
    Witness witness = new Witness();
    List<RehearsedJob> jobs = new ArrayList<>();
    List<JobId> passedOver = new ArrayList<>();
    Map<String, Integer> locked = new LinkedHashMap<>();
    boolean untried = false;
    int ids = 0;
    for (Map.Entry<SourceStatements, List<List<String>>> each : bySource(candidates).entrySet()) {
      SourceStatements source = each.getKey();
      List<List<String>> keys = each.getValue();
      Deadline deadline = deadlines.getOrDefault(source, Deadline.NONE);
      JobWriter writer = new JobWriter(source, books, refunder, run, witness);
      List<List<String>> left;
      if (singly) {
        Singles.Done done = new Singles(tx, source, books, deadline, writer).settle(keys);
        done.refusals().forEach(it -> jobs.add(new RehearsedJob(it.report(), List.of())));
        untried |= !done.left().isEmpty();
        left = done.passedOver();
      } else {
        Preparation prepared =
            StageException.at(
                Stage.HOLD,
                () -> Preparation.of(tx, books, source, keys, deadline, Preparation.Claim.STUCK));
        writer.write(tx, prepared.jobs(), null, new Chain(), ids, false);
        StageException.run(
            Stage.REFUND,
            () -> {
              tx.checkConstraintsNow();
              tx.deferConstraints();
            });
        ids += Singles.IDS_PER_JOB * prepared.jobs().size();
        prepared.locked().forEach((table, rows) -> locked.merge(table, rows, Integer::sum));
        left = prepared.passedOver();
      }
      left.forEach(key -> passedOver.add(source.job(key)));
    }
    jobs.addAll(0, witness.jobs());
    Touched.Found besides = StageException.at(Stage.HOLD, () -> touched.find(tx));
    return new Found(jobs, passedOver, untried, besides, locked, lockedAtNanos);
  }

  private static Map<SourceStatements, List<List<String>>> bySource(List<Candidate> candidates) {
    Map<SourceStatements, List<List<String>>> bySource = new LinkedHashMap<>();
    candidates.forEach(
        it -> bySource.computeIfAbsent(it.source(), source -> new ArrayList<>()).add(it.key()));
    return bySource;
  }

  private Rehearsal rehearsal(
      Found found, Duration held, boolean more, Touched touched, Map<String, Long> sequences) {
    Map<TouchedRow, RowChange> changes = changes(found.touched().rows());
    List<RehearsedJob> jobs = new ArrayList<>();
    List<RowChange> besides = new ArrayList<>(changes.values());
    for (RehearsedJob job : found.jobs()) {
      List<RowChange> rows = new ArrayList<>(job.rows());
      changes.forEach(
          (row, change) -> {
            if (!row.job().isEmpty()
                && JobId.keyText(row.job()).equals(job.report().job().text())) {
              rows.add(change);
              besides.remove(change);
            }
          });
      jobs.add(new RehearsedJob(job.report(), rows));
    }
    Map<String, Long> drawn = new LinkedHashMap<>();
    database
        .read(touched::sequences)
        .forEach(
            (name, last) -> {
              long numbers = last - sequences.getOrDefault(name, 0L);
              if (numbers > 0) {
                drawn.put(name, numbers);
              }
            });
    return new Rehearsal(
        jobs,
        besides,
        found.touched().notRead(),
        found.passedOver(),
        more || found.untried(),
        found.locked(),
        held,
        drawn);
  }

  /** Compares rows with what they are outside of the transaction, now that it is undone. */
  private Map<TouchedRow, RowChange> changes(List<TouchedRow> rows) {
    Map<String, List<TouchedRow>> byTable = new LinkedHashMap<>();
    rows.forEach(
        it -> byTable.computeIfAbsent(it.table().name(), name -> new ArrayList<>()).add(it));
    Map<TouchedRow, RowChange> changes = new LinkedHashMap<>();
    byTable.forEach(
        (table, touched) -> {
          List<List<String>> keys =
              touched.stream().map(TouchedRow::key).filter(key -> !key.isEmpty()).toList();
          Map<List<String>, Map<String, @Nullable String>> before =
              keys.isEmpty() ? new HashMap<>() : before(touched.getFirst().table(), keys);
          for (TouchedRow row : touched) {
            changes.put(
                row,
                Witness.changed(
                    table, JobId.keyText(row.key()), before.get(row.key()), row.values()));
          }
        });
    return changes;
  }

  /** Under the settings of the mapping, which may be what lets us see the rows. */
  private Map<List<String>, Map<String, @Nullable String>> before(
      Touched.Wanted table, List<List<String>> keys) {
    try {
      return database.read(
          tx -> {
            sources.forEach(source -> source.beOf(tx));
            return table.rows(tx, keys);
          });
    } catch (RuntimeException e) {
      if (SqlFault.of(e) == null) {
        throw e;
      }
      return Map.of();
    }
  }
}
