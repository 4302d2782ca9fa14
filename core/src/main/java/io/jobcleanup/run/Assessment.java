package io.jobcleanup.run;

import io.jobcleanup.JobId;
import io.jobcleanup.mapping.Charge;
import io.jobcleanup.mapping.Expression;
import io.jobcleanup.mapping.Refund;
import io.jobcleanup.postgres.Books;
import io.jobcleanup.postgres.Books.KnownRefund;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.postgres.SourceStatements.Looked;
import io.jobcleanup.postgres.Tx;
import io.jobcleanup.verdict.Facts;
import io.jobcleanup.verdict.Line;
import io.jobcleanup.verdict.Recorded;
import io.jobcleanup.verdict.RefundKey;
import io.jobcleanup.verdict.Verdict;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Puts together what the tables and our own record say of jobs, and has it decided. */
public final class Assessment {

  private final Books books;
  private final SourceStatements source;
  private final boolean recordsThere;
  private final boolean alreadyByLine;

  /**
   * For one source.
   *
   * @param recordsThere whether our schema is there
   */
  public Assessment(Books books, SourceStatements source, boolean recordsThere) {
    this.books = books;
    this.source = source;
    this.recordsThere = recordsThere;
    Refund refund = source.source().refund();
    Expression already = refund == null ? null : refund.already();
    this.alreadyByLine = already != null && already.mentions("charge");
  }

  /** Decides about jobs, in the order of their rows. */
  public List<Job> assess(Tx tx, List<Looked> rows) {
    return assess(tx, rows, true);
  }

  /** Takes up jobs whose refunds can't be worked out. */
  List<Job> assessWithoutRefunds(Tx tx, List<Looked> rows) {
    return assess(tx, rows, false);
  }

  private List<Job> assess(Tx tx, List<Looked> rows, boolean refundsKnown) {
    Map<Integer, Map<String, Looked>> jobs = new LinkedHashMap<>();
    for (Looked row : rows) {
      jobs.computeIfAbsent(row.n(), n -> new LinkedHashMap<>()).put(refundKey(row), row);
    }
    List<KnownRefund> records =
        !recordsThere || source.source().refund() == null || rows.isEmpty()
            ? List.of()
            : books.refundsOf(
                tx,
                source,
                rows.stream().map(row -> JobId.keyText(row.key())).collect(Collectors.toSet()),
                jobs.values().stream().flatMap(it -> it.keySet().stream()).toList());
    Map<String, KnownRefund> byKey =
        records.stream().collect(Collectors.toMap(KnownRefund::key, it -> it));
    return jobs.values().stream().map(it -> job(it, byKey, refundsKnown)).toList();
  }

  /** The key of the line that a row is about: its charge, or the job itself where it has none. */
  String refundKey(Looked row) {
    String chargeTable = source.chargeTable();
    return row.charge() != null && chargeTable != null
        ? RefundKey.ofCharge(chargeTable, row.charge())
        : RefundKey.ofJob(source.jobTable(), row.key(), row.attempt());
  }

  private Job job(
      Map<String, Looked> charges, Map<String, KnownRefund> records, boolean refundsKnown) {
    Looked row = charges.values().iterator().next();
    String jobKey = JobId.keyText(row.key());
    List<Line> lines = new ArrayList<>();
    Map<String, BigDecimal> paidBefore = new LinkedHashMap<>();
    for (KnownRefund record : records.values()) {
      if (record.jobKey().equals(jobKey) && record.jobTable().equals(source.jobTable())) {
        BigDecimal amount = record.recorded().amount();
        if (record.recorded().state() == Recorded.State.PAID && amount != null) {
          paidBefore.put(record.key(), amount);
        }
        if (record.recorded().state() == Recorded.State.OWED
            && !charges.containsKey(record.key())) {
          lines.add(new Line(record.key(), amount, null, record.recorded()));
        }
      }
    }
    BigDecimal cost = null;
    for (Map.Entry<String, Looked> each : charges.entrySet()) {
      BigDecimal amount = amount(each.getValue());
      cost = amount == null ? cost : cost == null ? amount : cost.add(amount);
      KnownRefund record = records.get(each.getKey());
      lines.add(
          new Line(
              each.getKey(),
              amount,
              alreadyOfLine(each.getValue(), amount),
              recorded(record, jobKey)));
    }
    Facts facts =
        new Facts(
            row.payer(),
            source.source().refund() != null && row.givenBack(),
            !alreadyByLine && Boolean.TRUE.equals(row.alreadyAll()),
            alreadyByLine || row.already() == null ? BigDecimal.ZERO : row.already(),
            paidBefore.values().stream().reduce(BigDecimal.ZERO, BigDecimal::add),
            lines);
    return new Job(
        source, row, charges, row.payer(), cost, paidBefore, Verdict.of(facts), refundsKnown);
  }

  /**
   * What our record says to a job. A charge that is owed for another job isn't this one's to be
   * paid again.
   */
  private static @Nullable Recorded recorded(@Nullable KnownRefund record, String jobKey) {
    if (record == null) {
      return null;
    }
    boolean owedElsewhere =
        record.recorded().state() == Recorded.State.OWED && !record.jobKey().equals(jobKey);
    return owedElsewhere
        ? new Recorded(Recorded.State.PAID, record.recorded().amount())
        : record.recorded();
  }

  private @Nullable BigDecimal amount(Looked row) {
    Refund refund = source.source().refund();
    Charge charge = refund == null ? null : refund.charge();
    if (charge == null || row.charge() == null) {
      return charge != null && charge.required() ? null : row.cost();
    }
    return row.chargeAmount();
  }

  private @Nullable BigDecimal alreadyOfLine(Looked row, @Nullable BigDecimal amount) {
    if (!alreadyByLine) {
      return null;
    }
    return Boolean.TRUE.equals(row.alreadyAll()) ? amount : row.already();
  }
}
