package io.jobcleanup.run;

import io.jobcleanup.JobId;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.postgres.SourceStatements.Looked;
import io.jobcleanup.verdict.Verdict;
import io.jobcleanup.verdict.Verdict.Due;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A job as it was seen, with what is to become of it.
 *
 * @param source the source it is in
 * @param row its row; with the first charge where it has some
 * @param charges its rows by refund key, one per charge
 * @param payer whose tokens they are
 * @param cost what it cost, its charges added up
 * @param paidBefore what we gave back for it before, by refund key
 * @param verdict what is to be given back
 * @param refundKnown whether its refund could be worked out at all
 */
public record Job(
    SourceStatements source,
    Looked row,
    Map<String, Looked> charges,
    @Nullable String payer,
    @Nullable BigDecimal cost,
    Map<String, BigDecimal> paidBefore,
    Verdict verdict,
    boolean refundKnown) {

  /** Longer than any job takes: since may be PostgreSQL's -infinity. */
  private static final Duration LONGEST = Duration.ofDays(365_000);

  /** The same job with some of its lines alone to be given back. */
  Job giving(List<Due> due) {
    return with(new Verdict(due, verdict.nothing()));
  }

  /** The same job, after the host's own rows were found to have given some of its lines back. */
  Job paidByHost(Set<Due> lines) {
    List<Due> due = new ArrayList<>(verdict.due());
    due.removeAll(lines);
    return with(new Verdict(due, Verdict.Nothing.PAID_BY_HOST));
  }

  private Job with(Verdict other) {
    return new Job(source, row, charges, payer, cost, paidBefore, other, refundKnown);
  }

  /** Its name. */
  public JobId id() {
    return source.job(row.key());
  }

  List<String> key() {
    return row.key();
  }

  /** Its key as our tables keep it. */
  public String keyText() {
    return JobId.keyText(row.key());
  }

  Instant since() {
    return row.since() == null ? row.now() : row.since();
  }

  /** How long it has been processed, by the database's clock. */
  Duration duration() {
    return between(since(), row.now());
  }

  /** The timeout that it is judged by; null where it has to end by a time of its own. */
  @Nullable Duration timeout() {
    return row.timeoutMs() == null ? null : Duration.ofMillis(row.timeoutMs());
  }

  static Duration between(Instant since, Instant now) {
    Duration duration = Duration.between(since, now);
    return duration.compareTo(LONGEST) > 0 ? LONGEST : duration;
  }

  long seconds() {
    return duration().toSeconds();
  }
}
