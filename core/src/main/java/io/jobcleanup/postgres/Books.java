package io.jobcleanup.postgres;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobId;
import io.jobcleanup.JobReport;
import io.jobcleanup.Outcome;
import io.jobcleanup.Trigger;
import io.jobcleanup.verdict.Delays;
import io.jobcleanup.verdict.Recorded;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Our own records: runs, what they did to jobs, refunds, refusals. Stateless; safe for use by
 * several threads.
 */
public final class Books {

  /**
   * Our record of a refund.
   *
   * @param key the refund's key
   * @param jobTable the job's table
   * @param jobKey the job's key
   * @param recorded what became of it
   * @param paidAt when it was paid; null where it wasn't
   * @param cause why it is owed or waived; null where it is paid
   */
  public record KnownRefund(
      String key,
      String jobTable,
      String jobKey,
      Recorded recorded,
      @Nullable Instant paidAt,
      @Nullable String cause) {}

  /** A refund that is owed, by its key. */
  public record OwedKey(String refundKey, String jobTable, String jobKey) {}

  /**
   * A refund that is owed, locked.
   *
   * @param seconds how long the job had been processed when it was failed
   * @param timeoutMs the timeout it was judged by
   * @param runId the run that failed it
   * @param failedAt when that was
   */
  public record Owed(
      String refundKey,
      String jobKey,
      @Nullable BigDecimal amount,
      String seconds,
      @Nullable String timeoutMs,
      String runId,
      String failedAt) {}

  /** A job that the host refused to let us fail. */
  public record Refusal(String cause, int tries, Instant nextTryAt) {}

  /** A refused job whose delay is over. */
  public record DueRefusal(String jobKey, Instant stuckSince) {}

  private static final List<String> JOB_COLUMNS =
      List.of("job_key", "payer", "outcome", "tokens", "cost", "duration_ms", "cause");
  private static final List<String> REFUND_COLUMNS =
      List.of(
          "refund_key",
          "job_key",
          "attempt",
          "charge_key",
          "payer",
          "amount",
          "state",
          "cause",
          "seconds",
          "timeout_ms",
          "now",
          "ledger_table",
          "ledger_key",
          "balance_after");
  private static final int DISTINCT_DELAYS = 12;

  /** How many rows of the history one run forgets. */
  static final int MOST_FORGOTTEN = 10_000;

  private static final String START_RUN = Sql.of("start-run");
  private static final String FINISH_RUN = Sql.of("finish-run");
  private static final LineSql RECORD_JOBS = line("record-jobs", JOB_COLUMNS);
  private static final LineSql RECORD_REFUNDS = line("record-refunds", REFUND_COLUMNS);
  private static final String REFUNDS_OF_JOBS = Sql.of("refunds-of-jobs");
  private static final String FORGET_REFUSALS = Sql.of("forget-refusals");
  private static final String FORGET_OLD_REFUSALS = Sql.of("forget-old-refusals");
  private static final String FORGET_OLD_RUN_JOBS =
      Sql.of("forget-old-run-jobs", Map.of("old", Sql.of("old-runs")));
  private static final String FORGET_OLD_RUNS =
      Sql.of("forget-old-runs", Map.of("old", Sql.of("old-runs")));
  private static final LineSql RECORD_REFUSALS =
      line("record-refusals", List.of("job_key", "cause", "stuck_since"));
  private static final String DUE_REFUSALS = Sql.of("due-refusals");
  private static final String REFUSALS_OF_JOBS = Sql.of("refusals-of-jobs");
  private static final String DUE_OWED = Sql.of("due-owed");
  private static final String HOLD_OWED = Sql.of("hold-owed");
  private static final String DEFER_OWED = Sql.of("defer-owed");
  private static final String CLOSE_OWED = Sql.of("close-owed");
  private static final String OWED_TOTALS = Sql.of("owed-totals");
  private static final String SETTLED_IN_RUN = Sql.of("settled-in-run");

  private static LineSql line(String template, List<String> columns) {
    LineSql.Columns line = new LineSql.Columns();
    columns.forEach(line::use);
    return line.statement(Sql.of(template, Map.of("line", line.from())));
  }

  /** The database's time. */
  public Instant now(Tx tx) {
    return tx.one(
        "select clock_timestamp() as now",
        Map.of(),
        row -> row.getObject("now", OffsetDateTime.class).toInstant());
  }

  /** Records that a run begins; gives the database's time. */
  public Instant startRun(
      Tx tx, String run, Trigger trigger, @Nullable String actor, CleanupOptions options) {
    Map<String, @Nullable Object> parameters = new HashMap<>();
    parameters.put("id", run);
    parameters.put("trigger", trigger.name());
    parameters.put("actor", actor);
    parameters.put("timeout_ms", options.timeout() == null ? null : options.timeout().toMillis());
    parameters.put("batch_size", options.batchSize());
    parameters.put("drain", options.drain());
    return tx.one(
        START_RUN, parameters, row -> row.getObject("now", OffsetDateTime.class).toInstant());
  }

  /** Records how a run ended; {@code error} is null where it ended well. */
  public void finishRun(Tx tx, CleanupResult result, @Nullable String error) {
    Map<String, @Nullable Object> parameters = new HashMap<>();
    parameters.put("id", result.runId());
    parameters.put("state", error == null ? "COMPLETED" : "FAILED");
    parameters.put("total_found", result.totalFound());
    parameters.put("cleaned_up", result.cleanedUp());
    parameters.put("failed", result.failed());
    parameters.put("tokens_refunded", result.tokensRefunded());
    parameters.put("owed_paid", result.owed().paid());
    parameters.put("owed_tokens_paid", result.owed().tokensPaid());
    parameters.put("error", error);
    tx.update(FINISH_RUN, parameters);
    tx.update(FORGET_OLD_REFUSALS, Map.of());
  }

  /**
   * Forgets the oldest of the runs that are older than they are to be kept, and what they did to
   * jobs: so many rows that nobody waits for it. Refunds stay.
   */
  public void forgetOldRuns(Tx tx, Duration keep) {
    Map<String, Object> parameters = Map.of("keep_ms", keep.toMillis(), "limit", MOST_FORGOTTEN);
    int jobs = tx.update(FORGET_OLD_RUN_JOBS, parameters);
    if (jobs < MOST_FORGOTTEN) {
      tx.update(
          FORGET_OLD_RUNS, Map.of("keep_ms", keep.toMillis(), "limit", MOST_FORGOTTEN - jobs));
    }
  }

  /** Records what a run did to jobs of one source, as lines with the columns of run_job. */
  public void recordJobs(
      Tx tx, String run, SourceStatements source, List<Map<String, @Nullable String>> lines) {
    if (lines.isEmpty()) {
      return;
    }
    Map<String, Object> parameters = RECORD_JOBS.parameters(lines);
    parameters.put("run", run);
    parameters.put("job_table", source.jobTable());
    parameters.put("source", source.source().name());
    tx.update(RECORD_JOBS.sql(), parameters);
  }

  /**
   * Records refunds, as lines with the columns of refund.
   *
   * @return the keys of those that went through: all but those that are paid or waived already
   */
  public Set<String> recordRefunds(
      Tx tx, String run, SourceStatements source, List<Map<String, @Nullable String>> lines) {
    if (lines.isEmpty()) {
      return Set.of();
    }
    Map<String, @Nullable Object> parameters = new HashMap<>(RECORD_REFUNDS.parameters(lines));
    parameters.put("run", run);
    parameters.put("source", source.source().name());
    parameters.put("job_table", source.jobTable());
    parameters.put("charge_table", source.chargeTable());
    return new HashSet<>(tx.list(RECORD_REFUNDS.sql(), parameters, row -> row.getString(1)));
  }

  /** What we recorded about some jobs, and about some refunds of whatever job. */
  public List<KnownRefund> refundsOf(
      Tx tx, SourceStatements source, Collection<String> jobKeys, Collection<String> refundKeys) {
    return tx.list(
        REFUNDS_OF_JOBS,
        Map.of(
            "job_table", source.jobTable(),
            "job_keys", jobKeys.toArray(String[]::new),
            "refund_keys", refundKeys.toArray(String[]::new)),
        row -> {
          OffsetDateTime paidAt = row.getObject("paid_at", OffsetDateTime.class);
          return new KnownRefund(
              row.getString("refund_key"),
              row.getString("job_table"),
              row.getString("job_key"),
              new Recorded(
                  Recorded.State.valueOf(row.getString("state")), row.getBigDecimal("amount")),
              paidAt == null ? null : paidAt.toInstant(),
              row.getString("cause"));
        });
  }

  /** Forgets that jobs were refused. */
  public void forgetRefusals(Tx tx, SourceStatements source, Collection<String> jobKeys) {
    if (!jobKeys.isEmpty()) {
      tx.update(
          FORGET_REFUSALS,
          Map.of("job_table", source.jobTable(), "job_keys", jobKeys.toArray(String[]::new)));
    }
  }

  /**
   * Records that the host refused jobs, as lines with the columns of refusal, and when to try
   * again.
   */
  public void refuse(Tx tx, SourceStatements source, List<Map<String, @Nullable String>> lines) {
    Map<String, Object> parameters = RECORD_REFUSALS.parameters(lines);
    parameters.put("job_table", source.jobTable());
    parameters.put("source", source.source().name());
    parameters.put("delays_ms", delays(Delays::afterRefusal));
    tx.update(RECORD_REFUSALS.sql(), parameters);
  }

  /** Refused jobs of a source whose delay is over, the longest stuck first. */
  public List<DueRefusal> dueRefusals(Tx tx, SourceStatements source, int limit) {
    return tx.list(
        DUE_REFUSALS,
        Map.of("job_table", source.jobTable(), "limit", limit),
        row ->
            new DueRefusal(
                row.getString("job_key"),
                row.getObject("stuck_since", OffsetDateTime.class).toInstant()));
  }

  /** What we know of those of some jobs that were refused, by the jobs' keys. */
  public Map<String, Refusal> refusals(Tx tx, SourceStatements source, Collection<String> jobKeys) {
    Map<String, Refusal> refusals = new HashMap<>();
    tx.list(
        REFUSALS_OF_JOBS,
        Map.of("job_table", source.jobTable(), "job_keys", jobKeys.toArray(String[]::new)),
        row ->
            refusals.put(
                row.getString("job_key"),
                new Refusal(
                    row.getString("cause"),
                    row.getInt("tries"),
                    row.getObject("next_try_at", OffsetDateTime.class).toInstant())));
    return refusals;
  }

  /** Refunds owed since before a run whose delay is over, least recently tried first. */
  public List<OwedKey> dueOwed(Tx tx, Collection<String> jobTables, Instant before, int limit) {
    return tx.list(
        DUE_OWED,
        Map.of(
            "job_tables", jobTables.toArray(String[]::new),
            "before", before.toString(),
            "limit", limit),
        row ->
            new OwedKey(
                row.getString("refund_key"), row.getString("job_table"), row.getString("job_key")));
  }

  /** Locks owed refunds that no other run is paying just now. */
  public List<Owed> holdOwed(Tx tx, Collection<String> refundKeys) {
    return tx.list(
        HOLD_OWED,
        Map.of("refund_keys", refundKeys.toArray(String[]::new)),
        row ->
            new Owed(
                row.getString("refund_key"),
                row.getString("job_key"),
                row.getBigDecimal("amount"),
                row.getString("seconds"),
                row.getString("timeout_ms"),
                row.getString("run_id"),
                row.getString("failed_at")));
  }

  /** Records that a refund is owed still, why, and when to try again. */
  public void deferOwed(Tx tx, String refundKey, String cause) {
    tx.update(
        DEFER_OWED,
        Map.of("refund_key", refundKey, "cause", cause, "delays_ms", delays(Delays::afterOwed)));
  }

  /** Records that the host gave an owed refund back itself. */
  public void closeOwed(Tx tx, String refundKey) {
    tx.update(CLOSE_OWED, Map.of("refund_key", refundKey));
  }

  /** How many refunds of how many tokens are owed since before a run. */
  public Map.Entry<Long, BigDecimal> owedTotals(Tx tx, Instant before) {
    return tx.one(
        OWED_TOTALS,
        Map.of("before", before.toString()),
        row -> Map.entry(row.getLong("refunds"), row.getBigDecimal("tokens")));
  }

  /** What a run did to some jobs, as far as it is committed. */
  public List<JobReport> settledInRun(
      Tx tx, String run, SourceStatements source, Collection<String> jobKeys) {
    return tx.list(
        SETTLED_IN_RUN,
        Map.of(
            "run", run, "job_table", source.jobTable(), "job_keys", jobKeys.toArray(String[]::new)),
        row ->
            new JobReport(
                source.job(JobId.parseKey(row.getString("job_key"), source.keyColumns())),
                row.getString("payer"),
                row.getBigDecimal("cost"),
                Duration.ofMillis(row.getLong("duration_ms")),
                outcome(
                    row.getString("outcome"),
                    row.getBigDecimal("tokens_refunded"),
                    row.getString("cause"))));
  }

  private static Outcome outcome(String label, BigDecimal tokens, @Nullable String cause) {
    String why = String.valueOf(cause);
    return switch (label) {
      case "Refunded" -> new Outcome.Refunded(tokens);
      case "NothingToRefund" -> new Outcome.NothingToRefund();
      case "AlreadyRefunded" -> new Outcome.AlreadyRefunded();
      case "PaidByHost" -> new Outcome.PaidByHost();
      case "RefundOwed" -> new Outcome.RefundOwed(tokens, null, why);
      case "Refused" -> new Outcome.Refused(why);
      default -> throw new IllegalStateException("run_job has an outcome " + label);
    };
  }

  private static Long[] delays(IntFunction<Duration> afterTry) {
    return IntStream.rangeClosed(1, DISTINCT_DELAYS)
        .mapToObj(afterTry)
        .map(Duration::toMillis)
        .toArray(Long[]::new);
  }
}
