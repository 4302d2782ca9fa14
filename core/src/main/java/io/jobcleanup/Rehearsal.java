package io.jobcleanup;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a run would do to the host's rows, found out by doing it in a transaction that was rolled
 * back.
 *
 * @param jobs the jobs that were settled or refused, the oldest first, with the rows that changed
 *     for each
 * @param besides rows that changed without its being told for which job: by the host's triggers and
 *     functions, or further statements of the mapping
 * @param notShown tables whose changed rows are too many, or too hard to find, to be shown, each as
 *     a sentence
 * @param passedOver stuck jobs that somebody holds just now
 * @param more whether more is stuck than was rehearsed
 * @param locked how many rows of which table were locked
 * @param held how long they were
 * @param sequences what isn't undone: sequences of the host that were drawn from, with how many
 *     numbers
 */
public record Rehearsal(
    List<RehearsedJob> jobs,
    List<RowChange> besides,
    List<String> notShown,
    List<JobId> passedOver,
    boolean more,
    Map<String, Integer> locked,
    Duration held,
    Map<String, Long> sequences) {

  /** Takes copies. */
  public Rehearsal {
    jobs = List.copyOf(jobs);
    besides = List.copyOf(besides);
    notShown = List.copyOf(notShown);
    passedOver = List.copyOf(passedOver);
    locked = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(locked));
    sequences = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(sequences));
  }

  /**
   * What would become of one job.
   *
   * @param report the job and its outcome
   * @param rows the rows that change for it, in the order in which they are written
   */
  public record RehearsedJob(JobReport report, List<RowChange> rows) {

    /** Takes a copy. */
    public RehearsedJob {
      rows = List.copyOf(rows);
    }
  }

  /**
   * One row that changes.
   *
   * @param table its table, with its schema
   * @param key its key as one text; empty where the table has none
   * @param added whether it is new
   * @param columns the columns that change, in the table's order; of a new row, those that aren't
   *     null
   */
  public record RowChange(String table, String key, boolean added, List<ColumnChange> columns) {

    /** Takes a copy. */
    public RowChange {
      columns = List.copyOf(columns);
    }
  }

  /**
   * One column that changes.
   *
   * @param column its name
   * @param before its content before, as PostgreSQL spells it; null for NULL
   * @param after its content after
   */
  public record ColumnChange(String column, @Nullable String before, @Nullable String after) {}
}
