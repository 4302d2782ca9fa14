package io.jobcleanup.postgres;

import io.jobcleanup.JobId;
import io.jobcleanup.Page;
import io.jobcleanup.RefundRecord;
import io.jobcleanup.RefundTotals;
import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads what our records say of refunds, and writes off what is owed. Stateless; safe for use by
 * several threads.
 */
public final class Refunds {

  /**
   * Which refunds are asked for.
   *
   * @param payer whose; null for everybody's
   * @param job of which job; null for all
   * @param owed whether only those that are owed
   */
  public record Which(@Nullable String payer, @Nullable JobName job, boolean owed) {

    /** All that are owed. */
    public static final Which OWED = new Which(null, null, true);

    String condition() {
      List<String> conditions = new ArrayList<>(List.of("true"));
      if (payer != null) {
        conditions.add("payer = :payer");
      }
      if (job != null) {
        conditions.add(JobName.CONDITION);
      }
      if (owed) {
        conditions.add("state = 'OWED'");
      }
      return String.join(" and ", conditions);
    }

    Map<String, @Nullable Object> parameters() {
      Map<String, @Nullable Object> parameters =
          new HashMap<>(job == null ? Map.of() : job.parameters());
      parameters.put("payer", payer);
      return parameters;
    }
  }

  private static final String HOLD = Sql.of("hold-waived");
  private static final String WAIVE = Sql.of("waive");
  private static final String BY_KEY = Sql.of("refunds-by-key");
  private static final String NEWEST = "infinity";
  private static final int POSITION_PARTS = 2;

  /**
   * Refunds, the newest first.
   *
   * @param after the position that the page before gave; null begins with the newest
   * @param most how many
   * @throws IllegalArgumentException if {@code after} is no position
   */
  public Page<RefundRecord> list(Tx tx, Which which, @Nullable String after, int most) {
    Map<String, @Nullable Object> parameters = which.parameters();
    if (after != null && after.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("a position has no NUL");
    }
    List<String> position =
        after == null ? List.of(NEWEST, "") : JobId.parseKey(after, POSITION_PARTS);
    parameters.put("at", after == null ? NEWEST : moment(position.getFirst()));
    parameters.put("after", position.getLast());
    parameters.put("limit", most + 1);
    return History.page(
        tx.list(listing(which), parameters, Refunds::refund),
        most,
        it -> JobId.keyText(List.of(it.failedAt().toString(), it.key())));
  }

  static String listing(Which which) {
    return Sql.of("refunds", Map.of("which", which.condition()));
  }

  private static String moment(String text) {
    try {
      // Not every moment of Java's is one of PostgreSQL's.
      if (text.matches("[0-9]{4}-.*")) {
        return Instant.parse(text).toString();
      }
    } catch (DateTimeParseException e) {
      // Said below.
    }
    throw new IllegalArgumentException("\"%s\" is no position".formatted(text));
  }

  /** What refunds add up to. */
  public RefundTotals totals(Tx tx, Which which) {
    return tx.one(
        summing(which),
        which.parameters(),
        row -> {
          BigDecimal oldest = row.getBigDecimal("oldest_owed_ms");
          return new RefundTotals(
              row.getLong("paid"),
              row.getBigDecimal("tokens_paid"),
              row.getLong("owed"),
              row.getBigDecimal("tokens_owed"),
              row.getLong("waived"),
              row.getBigDecimal("tokens_waived"),
              oldest == null ? null : Duration.ofMillis(oldest.longValue()));
        });
  }

  static String summing(Which which) {
    return Sql.of("refund-totals", Map.of("which", which.condition()));
  }

  /** Refunds by their keys, whatever became of them. */
  public List<RefundRecord> byKey(Tx tx, Collection<String> keys) {
    return tx.list(BY_KEY, keys(keys), Refunds::refund);
  }

  /** Locks those of some refunds that are owed; a run that is paying one just now is waited for. */
  public List<RefundRecord> hold(Tx tx, Collection<String> keys) {
    return tx.list(HOLD, keys(keys), Refunds::refund);
  }

  /** Writes refunds off that are held. */
  public List<RefundRecord> waive(Tx tx, Collection<String> keys, String reason, String by) {
    Map<String, Object> parameters = keys(keys);
    parameters.put("reason", reason);
    parameters.put("by", by);
    return tx.list(WAIVE, parameters, Refunds::refund);
  }

  private static Map<String, Object> keys(Collection<String> keys) {
    return new HashMap<>(Map.of("refund_keys", keys.toArray(String[]::new)));
  }

  private static RefundRecord refund(ResultSet row) throws SQLException {
    Long timeout = row.getObject("timeout_ms", Long.class);
    return new RefundRecord(
        row.getString("refund_key"),
        RefundRecord.State.valueOf(row.getString("state")),
        row.getString("source"),
        row.getString("job_table"),
        row.getString("job_key"),
        row.getString("charge_key") == null ? null : row.getString("charge_table"),
        row.getString("charge_key"),
        row.getString("payer"),
        row.getBigDecimal("amount"),
        row.getString("cause"),
        row.getString("run_id"),
        Duration.ofSeconds(row.getLong("seconds")),
        timeout == null ? null : Duration.ofMillis(timeout),
        row.getObject("failed_at", OffsetDateTime.class).toInstant(),
        row.getString("paid_run_id"),
        instant(row, "paid_at"),
        row.getString("ledger_table"),
        row.getString("ledger_key"),
        row.getBigDecimal("balance_after"),
        instant(row, "waived_at"),
        row.getString("waived_by"),
        row.getInt("tries"),
        row.getObject("last_tried_at", OffsetDateTime.class).toInstant(),
        instant(row, "next_try_at"));
  }

  private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
    OffsetDateTime moment = row.getObject(column, OffsetDateTime.class);
    return moment == null ? null : moment.toInstant();
  }
}
