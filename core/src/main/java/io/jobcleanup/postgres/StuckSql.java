package io.jobcleanup.postgres;

import io.jobcleanup.mapping.Timeout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * When jobs of a source are stuck, as SQL. Cut into ranges, one for each column that may tell,
 * since one index serves one of them. Statements with these conditions take the parameters of
 * {@link Deadline}.
 *
 * @param rows the source's expressions
 * @param expires when processing has to have ended; null where no column tells
 * @param since when processing began: the first of these that isn't null
 */
record StuckSql(RowSql rows, @Nullable SinceSql expires, List<SinceSql> since) {
  private static final String ASKED_AT = "cast(:asked_at as timestamptz)";
  private static final String CUT = "cast(:cut as timestamptz)";
  private static final String TIMEOUT_MS = "cast(:timeout_ms as bigint)";

  /** Takes a copy. */
  StuckSql {
    since = List.copyOf(since);
  }

  int ranges() {
    return byRange().size();
  }

  /** The column that tells in a range. */
  SinceSql of(int range) {
    return byRange().get(range);
  }

  private List<SinceSql> byRange() {
    List<SinceSql> all = new ArrayList<>();
    if (expires != null) {
      all.add(expires);
    }
    all.addAll(since);
    return all;
  }

  /**
   * The condition that a job is in a range and stuck.
   *
   * @param byJob whether the mapping's expression gives the timeout
   */
  String in(int range, boolean byJob) {
    return inRange(range, byJob) + (byJob && !isExpires(range) ? " and " + ownReached(range) : "");
  }

  /** The same without asking the mapping's expression, which may fail: more than is stuck. */
  String roughlyIn(int range, boolean byJob) {
    return inRange(range, byJob);
  }

  private String inRange(int range, boolean byJob) {
    String limit = byJob || isExpires(range) ? ASKED_AT : CUT;
    return IntStream.range(0, range)
            .mapToObj(i -> of(i).absent() + " and ")
            .collect(Collectors.joining())
        + of(range).reached(limit);
  }

  private boolean isExpires(int range) {
    return expires != null && range == 0;
  }

  private String ownReached(int range) {
    return "%s + %s <= %s".formatted(of(range).instant(), ownTimeout(), ASKED_AT);
  }

  /** The condition that a job is stuck by whatever column tells. */
  String anyhow(boolean byJob) {
    return IntStream.range(0, ranges())
        .mapToObj(i -> "(" + in(i, byJob) + ")")
        .collect(Collectors.joining(" or ", "(", ")"));
  }

  /** The mapping's own timeout of a job as an interval; an error where it is out of range. */
  private String ownTimeout() {
    String expression =
        rows.tables().source().jobs().timeout() instanceof Timeout.Computed computed
            ? rows.expression(computed.expression())
            : "null";
    return Sql.of("own-timeout", Map.of("timeout", expression, "standard", TIMEOUT_MS));
  }

  /** When processing began, as a timestamptz. */
  String began() {
    return byRange().stream()
        .skip(expires == null ? 0 : 1)
        .map(SinceSql::instant)
        .collect(
            Collectors.joining(
                ", ",
                "coalesce(",
                expires == null ? ")" : (since.isEmpty() ? "" : ", ") + expires.instant() + ")"));
  }

  /** When processing has to have ended, as a timestamptz; null where a timeout tells. */
  String ends() {
    return expires == null ? "cast(null as timestamptz)" : expires.instant();
  }

  /** The timeout that a job is judged by, in milliseconds; null where it isn't by a timeout. */
  String timeoutMs(boolean byJob) {
    String timeout =
        byJob
            ? "cast(extract(epoch from %s) * 1000 as bigint)".formatted(ownTimeout())
            : TIMEOUT_MS;
    return expires == null
        ? timeout
        : "case when %s then %s end".formatted(expires.absent(), timeout);
  }
}
