package io.jobcleanup.server.answer;

import io.jobcleanup.JobId;
import io.jobcleanup.JobReport;
import io.jobcleanup.Rehearsal;
import io.jobcleanup.Rehearsal.RowChange;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A rehearsal in JSON; {@code lockedFor} in milliseconds.
 *
 * @param notUndone sequences that were drawn from, with how many numbers
 */
public record RehearsalAnswer(
    List<Job> jobs,
    List<Row> besides,
    List<String> notShown,
    List<String> held,
    boolean remaining,
    Map<String, Integer> rowsLocked,
    long lockedFor,
    Map<String, Long> notUndone) {

  /** One job, what would become of it, and the rows that would change for it. */
  public record Job(
      String id,
      String source,
      @Nullable String userId,
      BigDecimal tokensRefunded,
      @Nullable BigDecimal tokensCost,
      String outcome,
      @Nullable String error,
      List<Row> rows) {}

  /** One row that would change: its columns, each before and after as PostgreSQL spells them. */
  public record Row(String table, String key, boolean added, Map<String, Change> columns) {}

  /** What a column holds before and after; null is NULL. */
  public record Change(@Nullable String before, @Nullable String after) {}

  /** The answer that tells what a rehearsal showed. */
  public static RehearsalAnswer of(Rehearsal rehearsal) {
    return new RehearsalAnswer(
        rehearsal.jobs().stream().map(RehearsalAnswer::job).toList(),
        rehearsal.besides().stream().map(RehearsalAnswer::row).toList(),
        rehearsal.notShown(),
        rehearsal.passedOver().stream().map(JobId::toString).toList(),
        rehearsal.more(),
        rehearsal.locked(),
        rehearsal.held().toMillis(),
        rehearsal.sequences());
  }

  private static Job job(Rehearsal.RehearsedJob job) {
    JobReport report = job.report();
    return new Job(
        report.job().text(),
        report.job().source(),
        report.payer(),
        Json.plain(report.outcome().tokensRefunded()),
        Json.plainOrNull(report.cost()),
        report.outcome().label(),
        report.outcome().error(),
        job.rows().stream().map(RehearsalAnswer::row).toList());
  }

  private static Row row(RowChange row) {
    Map<String, Change> columns = new LinkedHashMap<>();
    row.columns().forEach(it -> columns.put(it.column(), new Change(it.before(), it.after())));
    return new Row(row.table(), row.key(), row.added(), columns);
  }
}
