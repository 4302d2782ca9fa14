package io.jobcleanup.postgres;

import io.jobcleanup.JobId;
import io.jobcleanup.Page;
import io.jobcleanup.RunJob;
import io.jobcleanup.RunRecord;
import io.jobcleanup.Trigger;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads what our records say of earlier runs. Stateless; safe for use by several threads. */
public final class History {

  private static final String RUNS = Sql.of("runs");
  private static final String RUN = Sql.of("run-by-id");
  private static final String RUN_JOBS = Sql.of("run-jobs");
  private static final String RUNS_OF_JOB = Sql.of("runs-of-job", Map.of("job", JobName.CONDITION));
  private static final String SINCE_GOOD_RUN = Sql.of("since-good-run");
  private static final String EVER_ASKED_FOR = Sql.of("ever-asked-for");

  /** Later than every run. */
  private static final String NEWEST = "ffffffff-ffff-ffff-ffff-ffffffffffff";

  private static final int POSITION_PARTS = 2;

  /**
   * Runs, the newest first.
   *
   * @param after the id of the last one that was seen; null begins with the newest
   * @param most how many
   */
  public Page<RunRecord> runs(Tx tx, @Nullable String after, int most) {
    List<RunRecord> runs =
        tx.list(
            RUNS,
            Map.of("after", after == null ? NEWEST : after, "limit", most + 1),
            History::runRecord);
    return page(runs, most, RunRecord::id);
  }

  /** One run; empty where there is none of that id. */
  public Optional<RunRecord> run(Tx tx, String id) {
    return tx.list(RUN, Map.of("id", id), History::runRecord).stream().findFirst();
  }

  /**
   * What a run did to jobs, by their tables and keys.
   *
   * @param after the position that the page before gave; null begins at the first
   * @param most how many
   */
  public Page<RunJob> jobs(Tx tx, String run, @Nullable String after, int most) {
    record Placed(String position, RunJob job) {}
    List<String> position = after == null ? List.of("", "") : JobId.parseKey(after, POSITION_PARTS);
    Page<Placed> page =
        page(
            tx.list(
                RUN_JOBS,
                Map.of(
                    "run",
                    run,
                    "table",
                    position.getFirst(),
                    "key",
                    position.getLast(),
                    "limit",
                    most + 1),
                row ->
                    new Placed(
                        JobId.keyText(
                            List.of(row.getString("job_table"), row.getString("job_key"))),
                        runJob(row))),
            most,
            Placed::position);
    return new Page<>(page.items().stream().map(Placed::job).toList(), page.next());
  }

  /**
   * What runs did to a job, the newest first.
   *
   * @param most how many
   */
  public List<RunJob> ofJob(Tx tx, JobName job, int most) {
    Map<String, @Nullable Object> parameters = new HashMap<>(job.parameters());
    parameters.put("limit", most);
    return tx.list(RUNS_OF_JOB, parameters, History::runJob);
  }

  /** How long ago the last run that went to its end ended; empty where there was none. */
  public Optional<Duration> sinceGoodRun(Tx tx) {
    return tx.list(SINCE_GOOD_RUN, Map.of(), row -> Duration.ofMillis(row.getLong("ms"))).stream()
        .findFirst();
  }

  /** Whether anybody but a schedule ever started a run. */
  public boolean everAskedFor(Tx tx) {
    return tx.one(EVER_ASKED_FOR, Map.of(), row -> row.getBoolean(1));
  }

  static <T> Page<T> page(List<T> read, int most, Function<T, String> position) {
    return read.size() <= most
        ? new Page<>(read, null)
        : new Page<>(read.subList(0, most), position.apply(read.get(most - 1)));
  }

  private static RunRecord runRecord(ResultSet row) throws SQLException {
    Long timeout = row.getObject("timeout_ms", Long.class);
    OffsetDateTime completed = row.getObject("completed_at", OffsetDateTime.class);
    return new RunRecord(
        row.getString("id"),
        Trigger.valueOf(row.getString("trigger")),
        row.getString("actor"),
        timeout == null ? null : Duration.ofMillis(timeout),
        row.getInt("batch_size"),
        row.getBoolean("drain"),
        RunRecord.State.valueOf(row.getString("state")),
        instant(row, "started_at"),
        Duration.ofMillis(row.getLong("age_ms")),
        completed == null ? null : completed.toInstant(),
        row.getLong("total_found"),
        row.getLong("cleaned_up"),
        row.getLong("failed"),
        row.getBigDecimal("tokens_refunded"),
        row.getLong("owed_paid"),
        row.getBigDecimal("owed_tokens_paid"),
        row.getString("error"));
  }

  private static RunJob runJob(ResultSet row) throws SQLException {
    return new RunJob(
        row.getString("run_id"),
        row.getString("source"),
        row.getString("job_key"),
        row.getString("payer"),
        row.getBigDecimal("cost"),
        row.getBigDecimal("tokens_refunded"),
        Duration.ofMillis(row.getLong("duration_ms")),
        row.getString("outcome"),
        row.getString("cause"),
        instant(row, "settled_at"));
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}
