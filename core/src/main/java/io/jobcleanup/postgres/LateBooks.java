package io.jobcleanup.postgres;

import io.jobcleanup.LateCompletion;
import io.jobcleanup.LateTotals;
import io.jobcleanup.Page;
import io.jobcleanup.postgres.SourceStatements.Completed;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Our records of late completions. Stateless; safe for use by several threads. */
public final class LateBooks {

  /** A job that a run failed. */
  public record Settled(String runId, String jobKey) {}

  private static final String GIVEN_BACK = Sql.of("late-given-back");
  private static final String SETTLED_JOBS = Sql.of("settled-jobs");
  private static final String COUNT_SETTLED_JOBS = Sql.of("count-settled-jobs");
  private static final String AFTER = listing("late.id < cast(:after as bigint)");
  private static final String BY_IDS =
      listing("late.id = any(cast(cast(:ids as text[]) as bigint[]))");
  private static final String TOTALS = Sql.of("late-totals", Map.of("given_back", GIVEN_BACK));
  private static final LineSql RECORD = record();

  private static String listing(String which) {
    return Sql.of("late-completions", Map.of("given_back", GIVEN_BACK, "which", which));
  }

  private static LineSql record() {
    LineSql.Columns line = new LineSql.Columns();
    List.of("job_key", "run", "status", "delivered").forEach(line::use);
    return line.statement(Sql.of("record-late", Map.of("line", line.from())));
  }

  /**
   * Jobs of a source that runs of recent days failed, the newest run's first.
   *
   * @param since the id that a run would have: earlier runs aren't looked at
   * @param offset how many to leave out
   * @param most how many
   */
  public List<Settled> settled(
      Tx tx, SourceStatements source, String since, long offset, int most) {
    Map<String, Object> parameters = ofSource(source);
    parameters.put("since", since);
    parameters.put("offset", offset);
    parameters.put("limit", most);
    return tx.list(
        SETTLED_JOBS,
        parameters,
        row -> new Settled(row.getString("run_id"), row.getString("job_key")));
  }

  /** How many of them there are. */
  public long countSettled(Tx tx, SourceStatements source, String since) {
    Map<String, Object> parameters = ofSource(source);
    parameters.put("since", since);
    return tx.one(COUNT_SETTLED_JOBS, parameters, row -> row.getLong(1));
  }

  /** Records late completions among some jobs; gives those that nobody has recorded meanwhile. */
  public List<LateCompletion> record(
      Tx tx, SourceStatements source, List<Settled> jobs, List<Completed> completed) {
    List<Map<String, @Nullable String>> lines = new ArrayList<>();
    for (Completed each : completed) {
      Map<String, @Nullable String> line = new HashMap<>();
      line.put("job_key", jobs.get(each.n()).jobKey());
      line.put("run", jobs.get(each.n()).runId());
      line.put("status", each.status());
      line.put("delivered", each.delivered());
      lines.add(line);
    }
    Map<String, @Nullable Object> parameters = new HashMap<>(RECORD.parameters(lines));
    parameters.putAll(ofSource(source));
    List<String> ids = tx.list(RECORD.sql(), parameters, row -> row.getString("id"));
    return tx.list(
        BY_IDS,
        Map.of("ids", ids.toArray(String[]::new), "limit", ids.size()),
        LateBooks::lateCompletion);
  }

  /**
   * Late completions, the newest first.
   *
   * @param after the position that the page before gave; null begins with the newest
   * @param most how many
   */
  public Page<LateCompletion> list(Tx tx, @Nullable String after, int most) {
    record Placed(String position, LateCompletion late) {}
    List<Placed> read =
        tx.list(
            AFTER,
            Map.of(
                "after", after == null ? Long.toString(Long.MAX_VALUE) : after, "limit", most + 1),
            row -> new Placed(row.getString("id"), lateCompletion(row)));
    List<LateCompletion> items = read.stream().limit(most).map(Placed::late).toList();
    return new Page<>(items, read.size() <= most ? null : read.get(most - 1).position());
  }

  /** How many there are, and what had been given back. */
  public LateTotals totals(Tx tx) {
    return tx.one(
        TOTALS,
        Map.of(),
        row ->
            new LateTotals(
                row.getLong("completed"), row.getLong("prevented"), row.getBigDecimal("tokens")));
  }

  private static Map<String, Object> ofSource(SourceStatements source) {
    Map<String, Object> parameters = new HashMap<>();
    parameters.put("job_table", source.jobTable());
    parameters.put("source", source.source().name());
    return parameters;
  }

  private static LateCompletion lateCompletion(ResultSet row) throws SQLException {
    OffsetDateTime failedAt = row.getObject("failed_at", OffsetDateTime.class);
    Instant foundAt = row.getObject("found_at", OffsetDateTime.class).toInstant();
    return new LateCompletion(
        row.getString("source"),
        row.getString("job_key"),
        row.getString("run_id"),
        row.getString("payer"),
        row.getBigDecimal("paid"),
        row.getBigDecimal("owed"),
        failedAt == null ? null : failedAt.toInstant(),
        foundAt,
        row.getString("status"),
        row.getString("delivered"),
        row.getBoolean("prevented"));
  }
}
