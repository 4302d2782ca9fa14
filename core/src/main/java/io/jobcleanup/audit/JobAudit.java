package io.jobcleanup.audit;

import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobId;
import io.jobcleanup.mapping.Expression;
import io.jobcleanup.mapping.Jobs;
import io.jobcleanup.mapping.Refund;
import io.jobcleanup.mapping.Source;
import io.jobcleanup.mapping.Value;
import io.jobcleanup.postgres.AuditTrail;
import io.jobcleanup.postgres.LedgerRows.Told;
import io.jobcleanup.postgres.SourceStatements.Looked;
import io.jobcleanup.run.Job;
import io.jobcleanup.verdict.RefundKey;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Judges what we did to a job by what the host's tables show now.
 *
 * @param source the source
 * @param keyColumns how many columns a job's key has
 * @param chargeKeyColumns how many columns a charge's key has; 0 where there are no charges
 */
record JobAudit(Source source, int keyColumns, int chargeKeyColumns) {

  /**
   * A ledger row that one of our refunds names.
   *
   * @param table its table
   * @param told what the mapping says that it holds
   * @param row what it holds; null where it is gone
   */
  record Entry(String table, Map<String, Told> told, @Nullable Map<String, @Nullable String> row) {}

  /**
   * All that is known of one job.
   *
   * @param id the job
   * @param refunds our refunds for it
   * @param job what the tables show now; null where the row is gone, or can't be worked out
   * @param there whether its row is there
   * @param ours whether it carries a text of ours
   * @param charges the keys of those charges of its refunds that are there
   * @param entries the ledger rows of its refunds, by the refunds' keys
   * @param others the names of ledger rows that record a refund of it and aren't ours
   */
  record Books(
      JobId id,
      List<AuditTrail.Refund> refunds,
      @Nullable Job job,
      boolean there,
      boolean ours,
      Set<String> charges,
      Map<String, Entry> entries,
      List<String> others) {}

  /** Judges one job. */
  List<Discovery> judge(Books books) {
    List<Discovery> found = new ArrayList<>();
    AuditTrail.Refund first = books.refunds().getFirst();
    if (!books.there()) {
      found.add(
          Discovery.notice(
              Check.JOB_GONE,
              books.id().toString(),
              first.payer(),
              null,
              "its row is gone from %s, where %s".formatted(first.jobTable(), gaveBack(first))));
    }
    for (AuditTrail.Refund refund : books.refunds()) {
      Judgement judgement = new Judgement(books, refund, found);
      judgement.record();
      judgement.history();
      judgement.entry();
      judgement.charge();
      judgement.owed();
      judgement.payer();
    }
    if (books.job() != null) {
      boolean chargesThere = found.stream().noneMatch(it -> it.check() == Check.CHARGE_GONE);
      if (chargesThere) {
        sums(books, books.job()).ifPresent(found::add);
      }
      late(books, books.job()).ifPresent(found::add);
    }
    return found;
  }

  /** One refund on its way through the checks. */
  private final class Judgement {
    private final Books books;
    private final AuditTrail.Refund refund;
    private final List<Discovery> found;
    private final String job;

    Judgement(Books books, AuditTrail.Refund refund, List<Discovery> found) {
      this.books = books;
      this.refund = refund;
      this.found = found;
      this.job = books.id().toString();
    }

    private void wrong(Check check, @Nullable String row, String message) {
      found.add(Discovery.wrong(check, job, refund.payer(), row, message));
    }

    /** Whether our record is in itself as we write it. */
    void record() {
      boolean paid = refund.state() == AuditTrail.State.PAID;
      boolean complete =
          refund.amount() != null && refund.paidAt() != null && refund.paidRunId() != null;
      if (paid && !complete) {
        wrong(
            Check.REFUND_RECORD_CHANGED,
            null,
            "the refund %s is PAID, but its record lacks %s"
                .formatted(
                    refund.key(),
                    refund.amount() == null
                        ? "the amount"
                        : refund.paidAt() == null ? "when" : "the run that paid it"));
      }
      if (!paid && (refund.paidAt() != null || refund.paidRunId() != null)) {
        wrong(
            Check.REFUND_RECORD_CHANGED,
            null,
            "the refund %s is %s, but its record says that run %s paid it"
                .formatted(refund.key(), refund.state(), refund.paidRunId()));
      }
      if (!expectedKey().equals(refund.key())) {
        wrong(
            Check.REFUND_RECORD_CHANGED,
            null,
            "the refund %s is of another line than its key says: %s"
                .formatted(refund.key(), expectedKey()));
      }
    }

    private String expectedKey() {
      return refund.chargeKey() != null && refund.chargeTable() != null && chargeKeyColumns > 0
          ? RefundKey.ofCharge(
              refund.chargeTable(), JobId.parseKey(refund.chargeKey(), chargeKeyColumns))
          : RefundKey.ofJob(
              refund.jobTable(), JobId.parseKey(refund.jobKey(), keyColumns), refund.attempt());
    }

    /** Whether our history tells of it. */
    void history() {
      if (refund.runThere() ? !refund.jobThere() : refund.recent()) {
        wrong(
            Check.HISTORY_GONE,
            null,
            "run %s failed the job at %s, and the history %s"
                .formatted(
                    refund.runId(),
                    at(refund.failedAt()),
                    refund.runThere() ? "of that run doesn't have it" : "has no such run"));
      }
      boolean atOnce =
          refund.state() == AuditTrail.State.PAID && refund.runId().equals(refund.paidRunId());
      boolean told = Set.of("Refunded", "RefundOwed").contains(String.valueOf(refund.outcome()));
      if (refund.outcome() != null && atOnce && !told) {
        wrong(
            Check.HISTORY_CHANGED,
            null,
            "run %s gave %s back, and the history says %s"
                .formatted(refund.runId(), tokens(refund.amount()), refund.outcome()));
      }
    }

    /** Whether its ledger row is as we wrote it. */
    void entry() {
      Entry entry = books.entries().get(refund.key());
      if (refund.ledgerKey() == null || entry == null) {
        return;
      }
      String name = entry.table() + " " + refund.ledgerKey();
      Map<String, @Nullable String> row = entry.row();
      if (row == null) {
        String message =
            "the ledger row of the %s that were given back at %s is gone"
                .formatted(tokens(refund.amount()), at(refund.paidAt()));
        found.add(
            new Discovery(
                Check.LEDGER_ROW_GONE, books.there(), job, refund.payer(), name, message));
        return;
      }
      List<String> differences = new ArrayList<>();
      entry
          .told()
          .forEach(
              (column, told) -> {
                String expected = expected(told);
                if (expected != null && !same(expected, row.get(column))) {
                  differences.add(
                      "%s is %s, and was %s".formatted(column, row.get(column), expected));
                }
              });
      if (!differences.isEmpty()) {
        wrong(
            Check.LEDGER_ROW_CHANGED,
            name,
            "the ledger row of the refund was changed: " + String.join("; ", differences));
      }
    }

    private @Nullable String expected(Told told) {
      BigDecimal amount = refund.amount();
      return switch (told) {
        case Told.Payer payer -> refund.payer();
        case Told.Amount written ->
            amount == null ? null : (written.negative() ? amount.negate() : amount).toPlainString();
        case Told.Job of -> refund.jobKey();
        case Told.Key of -> refund.key();
        case Told.BalanceAfter after ->
            refund.balanceAfter() == null ? null : refund.balanceAfter().toPlainString();
        case Told.Constant constant -> constant.text();
      };
    }

    /** Whether no more is owed than was taken. */
    void owed() {
      Looked line = books.job() == null ? null : books.job().charges().get(refund.key());
      BigDecimal taken =
          line == null ? null : line.charge() == null ? line.cost() : line.chargeAmount();
      if (refund.state() == AuditTrail.State.OWED
          && refund.amount() != null
          && taken != null
          && refund.amount().compareTo(taken) > 0) {
        wrong(
            Check.REFUND_RECORD_CHANGED,
            null,
            "it is owed %s, and took %s".formatted(tokens(refund.amount()), plain(taken)));
      }
    }

    /** Whether the charge that it gave back is there. */
    void charge() {
      if (refund.chargeKey() == null || !books.there()) {
        return;
      }
      if (!books.charges().contains(refund.chargeKey())) {
        wrong(
            Check.CHARGE_GONE,
            refund.chargeTable() + " " + refund.chargeKey(),
            "the charge is gone whose %s %s"
                .formatted(
                    tokens(refund.amount()),
                    refund.state() == AuditTrail.State.PAID
                        ? "were given back at " + at(refund.paidAt())
                        : "are to be given back"));
      } else if (books.job() != null
          && !books.job().charges().containsKey(refund.key())
          && !chargesAreMarked()) {
        wrong(
            Check.CHARGE_CHANGED,
            refund.chargeTable() + " " + refund.chargeKey(),
            "the charge whose %s were given back is no charge of this job any more, by the mapping's match"
                .formatted(tokens(refund.amount())));
      }
    }

    /** Whether it went to whom the job belongs. */
    void payer() {
      if (refund.payerThen() != null
          && refund.payer() != null
          && (refund.paidRunId() == null || refund.runId().equals(refund.paidRunId()))
          && !refund.payerThen().equals(refund.payer())) {
        wrong(
            Check.REFUND_RECORD_CHANGED,
            null,
            "the refund is recorded for %s, and the history says %s"
                .formatted(refund.payer(), refund.payerThen()));
      }
      String now = books.job() == null ? null : books.job().payer();
      if (refund.state() == AuditTrail.State.PAID
          && now != null
          && refund.payer() != null
          && !now.equals(refund.payer())) {
        found.add(
            Discovery.notice(
                Check.PAYER_CHANGED,
                job,
                refund.payer(),
                null,
                "%s went to %s, and the job is %s's now"
                    .formatted(tokens(refund.amount()), refund.payer(), now)));
      }
    }
  }

  /** Whether as much was given back as was taken. */
  private Optional<Discovery> sums(Books books, Job job) {
    Refund mapped = source.refund();
    if (mapped == null) {
      return Optional.empty();
    }
    BigDecimal ours = BigDecimal.ZERO;
    BigDecimal taken = BigDecimal.ZERO;
    Set<String> lines = new HashSet<>(job.charges().keySet());
    for (AuditTrail.Refund refund : books.refunds()) {
      if (refund.amount() == null) {
        return Optional.empty();
      }
      ours = ours.add(refund.given());
      if (!lines.contains(refund.key())) {
        // A line that is told no more: another attempt's, or a charge that its mark has hidden.
        taken = taken.add(refund.amount());
      }
    }
    if (costIsWritten(mapped) && job.row().charge() == null) {
      return Optional.empty();
    }
    boolean onlyItsCostIsLeft =
        job.row().charge() == null
            && books.refunds().stream().anyMatch(it -> it.chargeKey() != null);
    taken = job.cost() == null || onlyItsCostIsLeft ? taken : taken.add(job.cost());
    Expression already = mapped.already();
    BigDecimal shown =
        already == null || already.mentions("charge") || job.row().already() == null
            ? ours
            : job.row().already();
    BigDecimal given = ours.max(shown);
    String user = books.refunds().getFirst().payer();
    if (given.compareTo(taken) > 0 && ours.signum() > 0) {
      return Optional.of(
          Discovery.wrong(
              Check.GIVEN_BACK_TOO_MUCH,
              books.id().toString(),
              user,
              books.others().isEmpty() ? rows(books) : String.join(", ", books.others()),
              "it took %s, and %s were given back: %s by us%s"
                  .formatted(
                      tokens(taken),
                      plain(given),
                      plain(ours),
                      given.compareTo(ours) > 0
                          ? ", %s by others".formatted(plain(given.subtract(ours)))
                          : "")));
    }
    boolean allPaid = books.refunds().stream().allMatch(it -> it.state() == AuditTrail.State.PAID);
    boolean settled = !job.row().processing() && !job.row().completed();
    if (given.compareTo(taken) < 0
        && allPaid
        && settled
        && books.ours()
        && job.row().givenBack()
        && !Boolean.TRUE.equals(job.row().alreadyAll())) {
      return Optional.of(
          Discovery.wrong(
              Check.NOT_GIVEN_BACK,
              books.id().toString(),
              user,
              unpaid(books, job),
              "it took %s, and %s were given back".formatted(tokens(taken), plain(given))));
    }
    return Optional.empty();
  }

  /** The ledger rows of our refunds, by name. */
  private static @Nullable String rows(Books books) {
    return books.refunds().stream()
        .filter(it -> it.ledgerKey() != null)
        .map(it -> it.ledgerTable() + " " + it.ledgerKey())
        .findFirst()
        .orElse(null);
  }

  /** A charge that no refund of ours is for, or one that took more than was given back for it. */
  private static @Nullable String unpaid(Books books, Job job) {
    Map<String, BigDecimal> paid = new LinkedHashMap<>();
    books.refunds().forEach(it -> paid.put(it.key(), it.amount()));
    return job.charges().entrySet().stream()
        .filter(
            it -> {
              BigDecimal given = paid.get(it.getKey());
              BigDecimal took = it.getValue().chargeAmount();
              return given == null || (took != null && took.compareTo(given) > 0);
            })
        .map(Map.Entry::getValue)
        .map(it -> charge(job, it))
        .filter(it -> it != null)
        .findFirst()
        .orElse(null);
  }

  private static @Nullable String charge(Job job, Looked row) {
    return row.charge() == null
        ? null
        : job.source().chargeTable() + " " + JobId.keyText(row.charge());
  }

  /** Whether we write to charges, so that they may look like none afterwards. */
  private boolean chargesAreMarked() {
    Refund mapped = source.refund();
    return mapped != null && mapped.charge() != null && !mapped.charge().mark().isEmpty();
  }

  /** Whether failing or marking a job changes what it says that it cost. */
  private boolean costIsWritten(Refund mapped) {
    Jobs jobs = source.jobs();
    return mapped.cost() instanceof Value.Column cost
        && Stream.of(jobs.fail(), mapped.mark()).anyMatch(it -> it.containsKey(cost.name()));
  }

  /** Whether a worker completed the job though its latest charge had been given back. */
  private Optional<Discovery> late(Books books, Job job) {
    if (!job.row().completed()) {
      return Optional.empty();
    }
    String latest = null;
    for (String key : job.charges().keySet()) {
      latest = key;
    }
    boolean allKnown =
        job.charges().keySet().stream()
            .allMatch(key -> books.refunds().stream().anyMatch(it -> it.key().equals(key)));
    String last = latest;
    return books.refunds().stream()
        .filter(it -> it.state() == AuditTrail.State.PAID)
        .filter(it -> allKnown && it.key().equals(last))
        .findFirst()
        .map(
            it -> {
              String message = "it is %s, though %s".formatted(job.row().status(), gaveBack(it));
              return new Discovery(
                  Check.LATE_COMPLETION,
                  !it.knownLate(),
                  books.id().toString(),
                  it.payer(),
                  it.ledgerKey() == null ? null : it.ledgerTable() + " " + it.ledgerKey(),
                  message);
            });
  }

  private static String gaveBack(AuditTrail.Refund refund) {
    return switch (refund.state()) {
      case PAID ->
          "%s were given back to %s at %s by run %s"
              .formatted(
                  tokens(refund.amount()), refund.payer(), at(refund.paidAt()), refund.paidRunId());
      case OWED -> "%s are owed to %s".formatted(tokens(refund.amount()), refund.payer());
      case WAIVED -> "%s were written off".formatted(tokens(refund.amount()));
    };
  }

  /** Whether a column holds what was written, however its type spells or cuts it. */
  static boolean same(String expected, @Nullable String actual) {
    if (actual == null) {
      return false;
    }
    if (expected.equalsIgnoreCase(actual.stripTrailing())) {
      return true;
    }
    try {
      return new BigDecimal(expected).compareTo(new BigDecimal(actual)) == 0;
    } catch (NumberFormatException e) {
      return !actual.isEmpty() && expected.startsWith(actual);
    }
  }

  private static String at(@Nullable Instant moment) {
    return moment == null ? "?" : moment.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static String tokens(@Nullable BigDecimal amount) {
    return amount == null ? "an unknown amount" : CleanupResult.tokens(amount);
  }

  private static String plain(BigDecimal amount) {
    return CleanupResult.plain(amount);
  }
}
