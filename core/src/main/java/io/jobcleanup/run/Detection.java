package io.jobcleanup.run;

import io.jobcleanup.mapping.Jobs;
import io.jobcleanup.mapping.Timeout;
import io.jobcleanup.postgres.Database;
import io.jobcleanup.postgres.Deadline;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.postgres.SourceStatements.Found;
import io.jobcleanup.postgres.SqlFault;
import io.jobcleanup.postgres.Tx;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Walks through the stuck jobs of all sources, oldest first, page by page, each once: jobs that are
 * held or refused don't stand in the way of those behind them. Locks nothing. Used by one thread.
 */
final class Detection {

  /**
   * A job that was stuck when it was seen.
   *
   * @param source where it is
   * @param key its key
   * @param since when its processing began
   * @param payer whose tokens it probably took; null where a column of the job doesn't tell
   */
  record Candidate(
      SourceStatements source, List<String> key, Instant since, @Nullable String payer) {}

  /** The jobs of one source that began by one of its since columns: one index serves one range. */
  private static final class Range {
    final SourceStatements source;
    final int number;
    final Deque<Found> page = new ArrayDeque<>();
    @Nullable Found last;
    boolean exhausted;

    Range(SourceStatements source, int number) {
      this.source = source;
      this.number = number;
    }
  }

  private final Database database;
  private final Map<SourceStatements, Deadline> deadlines;
  private final boolean refusals;
  private final List<Range> ranges = new ArrayList<>();
  private final Set<SourceStatements> unfiltered = new HashSet<>();

  /**
   * Begins at the oldest.
   *
   * @param deadlines per source by what its jobs are called stuck
   * @param refusals whether our record of refused jobs is there to be left out
   */
  Detection(Database database, Map<SourceStatements, Deadline> deadlines, boolean refusals) {
    this.database = database;
    this.deadlines = deadlines;
    this.refusals = refusals;
    for (SourceStatements source : deadlines.keySet()) {
      for (int range = 0; range < source.ranges(); range++) {
        ranges.add(new Range(source, range));
      }
    }
  }

  /** Counts what is stuck, up to a limit. */
  long count(long limit) {
    long count = 0;
    for (Map.Entry<SourceStatements, Deadline> each : deadlines.entrySet()) {
      long left = limit - count;
      if (left > 0) {
        count +=
            filtered(
                each.getKey(),
                filtered ->
                    database.read(
                        tx -> each.getKey().count(tx, each.getValue(), left, refusals, filtered)));
      }
    }
    return count;
  }

  /** The next stuck jobs, oldest first; fewer than asked for only where there are no more. */
  List<Candidate> next(int most) {
    List<Candidate> candidates = new ArrayList<>();
    while (candidates.size() < most) {
      fill(most - candidates.size());
      Range oldest =
          ranges.stream()
              .filter(range -> !range.page.isEmpty())
              .min(Comparator.comparing(range -> range.page.getFirst().since()))
              .orElse(null);
      if (oldest == null) {
        break;
      }
      Found found = oldest.page.removeFirst();
      candidates.add(new Candidate(oldest.source, found.key(), found.since(), found.payer()));
    }
    return candidates;
  }

  private void fill(int most) {
    for (Range range : ranges) {
      if (range.page.isEmpty() && !range.exhausted) {
        Deadline deadline = deadlines.getOrDefault(range.source, Deadline.NONE);
        List<Found> page =
            filtered(
                range.source,
                filtered ->
                    database.read(
                        (Tx tx) ->
                            range.source.detect(
                                tx, range.number, deadline, range.last, most, refusals, filtered)));
        range.page.addAll(page);
        range.exhausted = page.size() < most;
        if (!page.isEmpty()) {
          range.last = page.getLast();
        }
      }
    }
  }

  /**
   * Asks with the mapping's {@code where} and {@code timeout}; where they fail for some row,
   * without them: the claim judges them job by job, and tells the broken ones apart.
   */
  private <T> T filtered(SourceStatements source, Function<Boolean, T> question) {
    if (!unfiltered.contains(source)) {
      try {
        return question.apply(true);
      } catch (RuntimeException e) {
        SqlFault fault = SqlFault.of(e);
        if (!mayFail(source) || fault == null || fault.passing()) {
          throw e;
        }
        unfiltered.add(source);
      }
    }
    return question.apply(false);
  }

  private static boolean mayFail(SourceStatements source) {
    Jobs jobs = source.source().jobs();
    return jobs.where() != null || jobs.timeout() instanceof Timeout.Computed;
  }
}
