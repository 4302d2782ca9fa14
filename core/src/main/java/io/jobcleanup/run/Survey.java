package io.jobcleanup.run;

import io.jobcleanup.Backlog;
import io.jobcleanup.CleanupOptions;
import io.jobcleanup.RefundTotals;
import io.jobcleanup.postgres.Books;
import io.jobcleanup.postgres.Database;
import io.jobcleanup.postgres.Deadline;
import io.jobcleanup.postgres.Refunds;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.run.Detection.Candidate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Counts what waits for a run, by what the indexes tell, without looking at single jobs. */
public final class Survey {

  private final Database database;
  private final Books books = new Books();
  private final List<SourceStatements> sources;
  private final Duration defaultTimeout;
  private final boolean recordsThere;

  /**
   * A survey of a host's tables.
   *
   * @param defaultTimeout the timeout where the mapping gives none
   * @param recordsThere whether our schema is there
   */
  public Survey(
      Database database,
      List<SourceStatements> sources,
      Duration defaultTimeout,
      boolean recordsThere) {
    this.database = database;
    this.sources = sources;
    this.defaultTimeout = defaultTimeout;
    this.recordsThere = recordsThere;
  }

  /** Counts. */
  public Backlog backlog() {
    Instant now = database.read(books::now);
    RefundTotals owed =
        recordsThere
            ? database.read(tx -> new Refunds().totals(tx, Refunds.Which.OWED))
            : RefundTotals.NONE;
    return new Backlog(
        Run.deadlines(sources, now, CleanupOptions.defaults(), defaultTimeout).entrySet().stream()
            .map(each -> stuck(each.getKey(), each.getValue(), now))
            .toList(),
        owed.owed(),
        owed.tokensOwed(),
        owed.oldestOwed());
  }

  private Backlog.Stuck stuck(SourceStatements source, Deadline deadline, Instant now) {
    Detection detection = new Detection(database, Map.of(source, deadline), false);
    String name = source.source().name();
    List<Candidate> oldest = detection.next(1);
    return oldest.isEmpty()
        ? new Backlog.Stuck(name, 0, null)
        : new Backlog.Stuck(
            name,
            // Somebody may have settled them all since the oldest was read.
            Math.max(1, detection.count(Backlog.MOST_COUNTED)),
            Duration.between(oldest.getFirst().since(), now));
  }
}
