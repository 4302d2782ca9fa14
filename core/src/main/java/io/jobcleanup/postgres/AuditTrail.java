package io.jobcleanup.postgres;

import io.jobcleanup.Finding;
import io.jobcleanup.JobId;
import io.jobcleanup.mapping.Jobs;
import io.jobcleanup.mapping.Value;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What our own tables say, read for an audit. Stateless; safe for use by several threads. */
public final class AuditTrail {

  private static final String REFUNDS = Sql.of("audited-refunds");
  private static final String HISTORY = Sql.of("history-against-refunds");
  private static final String RUN_SUMS = Sql.of("run-sums");
  private static final String ACCEPTED = Sql.of("accepted-findings");
  private static final String ACCEPT = Sql.of("accept-finding");

  /** What became of a refund. */
  public enum State {
    PAID,
    OWED,
    WAIVED
  }

  /**
   * A refund of ours, with what our history says of it.
   *
   * @param key its key
   * @param source the source when it was written
   * @param attempt the mapping's attempt; null where there is none
   * @param chargeKey the charge; null where the job itself is the line
   * @param amount how much; null while in doubt
   * @param runId the run that failed the job
   * @param paidRunId the run that paid it; null where none did
   * @param balanceAfter the balance that the ledger row was written with; null where not known
   * @param runThere whether the history has the run that failed the job
   * @param jobThere whether the history says what that run did to the job, or is old enough to have
   *     forgotten it
   * @param outcome what it says; null where it says nothing
   * @param payerThen who it says the payer was; null where it doesn't
   * @param recent whether the job was failed within a day: the history reaches back so far at least
   * @param knownLate whether a late completion is recorded for it
   */
  public record Refund(
      String key,
      String source,
      String jobTable,
      String jobKey,
      @Nullable String attempt,
      @Nullable String chargeTable,
      @Nullable String chargeKey,
      @Nullable String payer,
      @Nullable BigDecimal amount,
      State state,
      @Nullable String cause,
      String runId,
      @Nullable String paidRunId,
      Instant failedAt,
      @Nullable Instant paidAt,
      @Nullable String ledgerTable,
      @Nullable String ledgerKey,
      @Nullable BigDecimal balanceAfter,
      boolean runThere,
      boolean jobThere,
      @Nullable String outcome,
      @Nullable String payerThen,
      boolean recent,
      boolean knownLate) {

    /** How much it gave back. */
    public BigDecimal given() {
      return state == State.PAID && amount != null ? amount : BigDecimal.ZERO;
    }
  }

  /**
   * What the history says that a run gave back for a job, and the refunds say otherwise.
   *
   * @param outcome what the history says came of the job
   * @param told what the history says was given back
   * @param recorded what the refunds say
   */
  public record Disagreement(
      String source,
      String jobTable,
      String jobKey,
      @Nullable String payer,
      String runId,
      String outcome,
      BigDecimal told,
      BigDecimal recorded) {}

  /**
   * A run whose sum isn't that of its jobs, or of the refunds that it paid.
   *
   * @param said what the run says it gave back
   * @param summed what its jobs add up to, with what was owed before
   * @param paid what the refunds add up to that it paid
   */
  public record WrongSum(String runId, BigDecimal said, BigDecimal summed, BigDecimal paid) {}

  /**
   * A failed job that we have no record of.
   *
   * @param ours whether it carries a text of ours that speaks of a refund, and was failed since our
   *     schema is there
   */
  public record Unrecorded(List<String> key, boolean ours) {}

  /** Why somebody took responsibility for a finding. */
  public record Accepted(String reason, @Nullable String by) {}

  /**
   * Reads all refunds, job by job.
   *
   * @param keep for how long the history is kept; null for ever
   */
  public void refunds(Tx tx, @Nullable Duration keep, Consumer<Refund> consumer) {
    tx.forEach(
        REFUNDS,
        kept(keep),
        row -> {
          OffsetDateTime paidAt = row.getObject("paid_at", OffsetDateTime.class);
          return new Refund(
              row.getString("refund_key"),
              row.getString("source"),
              row.getString("job_table"),
              row.getString("job_key"),
              row.getString("attempt"),
              row.getString("charge_table"),
              row.getString("charge_key"),
              row.getString("payer"),
              row.getBigDecimal("amount"),
              State.valueOf(row.getString("state")),
              row.getString("cause"),
              row.getString("run_id"),
              row.getString("paid_run_id"),
              row.getObject("failed_at", OffsetDateTime.class).toInstant(),
              paidAt == null ? null : paidAt.toInstant(),
              row.getString("ledger_table"),
              row.getString("ledger_key"),
              row.getBigDecimal("balance_after"),
              row.getBoolean("run_there"),
              row.getBoolean("job_there"),
              row.getString("outcome"),
              row.getString("payer_then"),
              row.getBoolean("recent"),
              row.getBoolean("known_late"));
        },
        consumer);
  }

  private static Map<String, @Nullable Object> kept(@Nullable Duration keep) {
    Map<String, @Nullable Object> parameters = new HashMap<>();
    parameters.put("keep_ms", keep == null ? null : keep.toMillis());
    return parameters;
  }

  /** How many refunds there are. */
  public long countRefunds(Tx tx) {
    return tx.one("select count(*) from job_cleanup.refund", Map.of(), row -> row.getLong(1));
  }

  /** Reads where history and refunds disagree. */
  public void disagreements(Tx tx, Consumer<Disagreement> consumer) {
    tx.forEach(
        HISTORY,
        Map.of(),
        row ->
            new Disagreement(
                row.getString("source"),
                row.getString("job_table"),
                row.getString("job_key"),
                row.getString("payer"),
                row.getString("run_id"),
                row.getString("outcome"),
                row.getBigDecimal("told"),
                row.getBigDecimal("recorded")),
        consumer);
  }

  /**
   * Reads the runs whose sum isn't that of their jobs, or of the refunds that they paid.
   *
   * @param keep for how long the history is kept; null for ever
   */
  public void wrongSums(Tx tx, @Nullable Duration keep, Consumer<WrongSum> consumer) {
    tx.forEach(
        RUN_SUMS,
        kept(keep),
        row ->
            new WrongSum(
                row.getString("id"),
                row.getBigDecimal("said"),
                row.getBigDecimal("summed"),
                row.getBigDecimal("paid")),
        consumer);
  }

  /**
   * Failed jobs of a source that neither refunds nor history know, those with our text first; none
   * where the mapping doesn't tell which state it fails them into.
   *
   * @param limit the most to read
   */
  public List<Unrecorded> unrecorded(Tx tx, SourceStatements source, int limit) {
    SourceTables tables = source.tables();
    Jobs jobs = source.source().jobs();
    if (!(jobs.status() instanceof Value.Column status)
        || !(jobs.fail().get(status.name()) instanceof Value.Constant failed)
        || failed.text() == null) {
      return List.of();
    }
    source.beOf(tx);
    RowSql rows = new RowSql(tables);
    String message = Schema.columnOf(jobs.fail(), "message");
    String failedAt = Schema.columnOf(jobs.fail(), "now");
    String ours =
        message == null || failedAt == null
            ? "false"
            : "coalesce(job.%s like 'Job timed out after %%s. Automatically cleaned up%%refund%%' and %s, false)"
                .formatted(Sql.identifier(message), since(tables, failedAt));
    List<Table.Column> key = tables.jobKey();
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < key.size(); i++) {
      parts.add("cast(job.%s as text) as k%d".formatted(key.get(i).quoted(), i));
    }
    return tx.list(
        Sql.of(
            "failed-unrecorded",
            Map.of(
                "key", String.join(", ", parts),
                "ours", ours,
                "jobs", tables.jobs().quoted(),
                "failed", rows.statusIsOneOf(List.of(failed.text())),
                "where", jobs.where() == null ? "true" : "(" + rows.expression(jobs.where()) + ")",
                "job_table", Sql.literal(tables.jobs().display()),
                "job_key", Names.keyText("job", key))),
        Map.of("limit", limit),
        row -> {
          List<String> values = new ArrayList<>();
          for (int i = 0; i < key.size(); i++) {
            values.add(row.getString("k" + i));
          }
          return new Unrecorded(values, row.getBoolean("ours"));
        });
  }

  /** Whether a job was failed since our schema is there. */
  private static String since(SourceTables tables, String column) {
    Table.Column failedAt = SourceTables.column(tables.jobs(), column);
    return "job.%s >= (select %s from job_cleanup.installation)"
        .formatted(
            failedAt.quoted(),
            Names.moment("installed_at", failedAt, tables.source().jobs().time().of(column)));
  }

  /** What somebody took responsibility for, by the findings' ids. */
  public Map<String, Accepted> accepted(Tx tx) {
    Map<String, Accepted> accepted = new HashMap<>();
    tx.list(
        ACCEPTED,
        Map.of(),
        row ->
            accepted.put(
                row.getString("finding"),
                new Accepted(row.getString("reason"), row.getString("accepted_by"))));
    return accepted;
  }

  /** Records that somebody takes responsibility for a finding. */
  public void accept(Tx tx, Finding finding, String reason, @Nullable String by) {
    Map<String, @Nullable Object> parameters = new HashMap<>();
    parameters.put("finding", finding.id());
    parameters.put("description", finding.message());
    parameters.put("reason", reason);
    parameters.put("accepted_by", by);
    tx.update(ACCEPT, parameters);
  }

  /** A job of a source by the key that our tables keep. */
  public static JobId job(SourceStatements source, String key) {
    return source.job(JobId.parseKey(key, source.keyColumns()));
  }
}
