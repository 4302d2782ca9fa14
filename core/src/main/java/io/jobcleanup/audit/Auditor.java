package io.jobcleanup.audit;

import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobId;
import io.jobcleanup.Verification;
import io.jobcleanup.audit.JobAudit.Entry;
import io.jobcleanup.mapping.Value;
import io.jobcleanup.postgres.AccountBooks;
import io.jobcleanup.postgres.AccountBooks.Account;
import io.jobcleanup.postgres.AccountBooks.Break;
import io.jobcleanup.postgres.AuditTrail;
import io.jobcleanup.postgres.AuditTrail.Unrecorded;
import io.jobcleanup.postgres.Books;
import io.jobcleanup.postgres.Database;
import io.jobcleanup.postgres.Deadline;
import io.jobcleanup.postgres.LedgerRows;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.postgres.SqlFault;
import io.jobcleanup.postgres.Tx;
import io.jobcleanup.run.Assessment;
import io.jobcleanup.run.Job;
import io.jobcleanup.verdict.RefundKey;
import io.jobcleanup.verdict.Verdict.Due;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Audits the books of all sources as they are at one moment. Reads piece by piece, so that its
 * memory doesn't grow with the tables. Used by one thread.
 */
public final class Auditor {
  private static final int JOBS_AT_ONCE = 500;
  private static final int ACCOUNTS_AT_ONCE = 20_000;

  /** What others failed is looked at so far: it may be years of it. */
  private static final int MOST_UNRECORDED = 10_000;

  private final Database database;
  private final List<SourceStatements> sources;
  private final boolean recordsThere;
  private final @Nullable Duration keepHistory;
  private final Consumer<String> progress;
  private final Books books = new Books();
  private final AuditTrail trail = new AuditTrail();

  /**
   * An audit.
   *
   * @param recordsThere whether our schema is there; without it, nothing is a fault of ours
   * @param keepHistory for how long runs are remembered; null for ever
   * @param progress hears now and then what is being looked at
   */
  public Auditor(
      Database database,
      List<SourceStatements> sources,
      boolean recordsThere,
      @Nullable Duration keepHistory,
      Consumer<String> progress) {
    this.database = database;
    this.sources = List.copyOf(sources);
    this.recordsThere = recordsThere;
    this.keepHistory = keepHistory;
    this.progress = progress;
  }

  /** Audits. */
  public Verification verify() {
    return database.readOneMoment(
        tx -> {
          Report report = new Report(recordsThere ? trail.accepted(tx) : Map.of());
          if (recordsThere) {
            refunds(tx, report);
            sources.forEach(source -> unrecorded(tx, source, report));
            history(tx, report);
          }
          accounts(tx, report);
          return report.verification();
        });
  }

  private void refunds(Tx tx, Report report) {
    Map<String, SourceStatements> byTable = new HashMap<>();
    sources.forEach(it -> byTable.putIfAbsent(it.jobTable(), it));
    long all = trail.countRefunds(tx);
    Map<String, List<AuditTrail.Refund>> jobs = new LinkedHashMap<>();
    Map<String, Long> unknown = new LinkedHashMap<>();
    // One table after the other, so a batch is of one source.
    String[] table = {""};
    long[] done = {0};
    Runnable settle =
        () -> {
          SourceStatements source = byTable.get(table[0]);
          if (source != null && !jobs.isEmpty()) {
            jobs(tx, source, jobs, report);
            progress.accept("refunds: %,d of %,d compared".formatted(done[0], all));
          }
          jobs.clear();
        };
    trail.refunds(
        tx,
        keepHistory,
        refund -> {
          if (!refund.jobTable().equals(table[0])
              || (jobs.size() >= JOBS_AT_ONCE && !jobs.containsKey(refund.jobKey()))) {
            settle.run();
            table[0] = refund.jobTable();
          }
          done[0]++;
          report.refund(refund.given());
          if (byTable.containsKey(refund.jobTable())) {
            jobs.computeIfAbsent(refund.jobKey(), key -> new ArrayList<>()).add(refund);
          } else {
            unknown.merge(refund.jobTable(), 1L, Long::sum);
          }
        });
    settle.run();
    unknown.forEach(
        (name, count) ->
            report.add(
                Discovery.notice(
                    Check.NOT_IN_MAPPING,
                    null,
                    null,
                    null,
                    "%,d refunds are of jobs in %s, which the mapping doesn't name"
                        .formatted(count, name))));
  }

  private void jobs(
      Tx tx, SourceStatements source, Map<String, List<AuditTrail.Refund>> refunds, Report report) {
    List<List<String>> keys =
        refunds.keySet().stream().map(it -> JobId.parseKey(it, source.keyColumns())).toList();
    Seen seen = look(tx, source, keys, report);
    source.beOf(tx);
    Map<List<String>, Map<String, @Nullable String>> rows = source.jobRows(tx, keys);
    Set<String> charges = charges(tx, source, refunds);
    Map<String, Entry> entries = entries(tx, source, refunds);
    Map<String, List<String>> others = others(tx, source, refunds, seen);
    JobAudit audit = new JobAudit(source.source(), source.keyColumns(), source.chargeKeyColumns());
    refunds.forEach(
        (key, ofJob) -> {
          List<String> parts = JobId.parseKey(key, source.keyColumns());
          Map<String, @Nullable String> row = rows.get(parts);
          audit
              .judge(
                  new JobAudit.Books(
                      source.job(parts),
                      ofJob,
                      seen.jobs().get(key),
                      row != null,
                      row != null && isOurs(source, row),
                      charges,
                      entries,
                      others.getOrDefault(key, List.of())))
              .forEach(report::add);
        });
  }

  /** Jobs as they are assessed now, by their keys. */
  private record Seen(Map<String, Job> jobs) {}

  private Seen look(Tx tx, SourceStatements source, List<List<String>> keys, Report report) {
    Map<String, Job> jobs = new HashMap<>();
    try {
      tx.behindSavepoint(() -> assess(tx, source, keys))
          .forEach(job -> jobs.put(job.keyText(), job));
    } catch (RuntimeException e) {
      SqlFault fault = SqlFault.of(e);
      if (fault == null || fault.connectionLost()) {
        throw e;
      }
      if (keys.size() > 1) {
        for (List<String> key : keys) {
          jobs.putAll(look(tx, source, List.of(key), report).jobs());
        }
      } else {
        report.add(
            Discovery.notice(
                Check.UNREADABLE,
                source.job(keys.getFirst()).toString(),
                null,
                null,
                "what it took can't be worked out: " + fault));
      }
    }
    return new Seen(jobs);
  }

  private List<Job> assess(Tx tx, SourceStatements source, List<List<String>> keys) {
    return new Assessment(books, source, recordsThere)
        .assess(tx, source.look(tx, keys, Deadline.NONE));
  }

  private static boolean isOurs(SourceStatements source, Map<String, @Nullable String> row) {
    return source.source().jobs().fail().entrySet().stream()
        .filter(
            it ->
                it.getValue() instanceof Value.Computed computed
                    && computed.expression().isJust("message"))
        .map(it -> row.get(it.getKey()))
        .anyMatch(it -> it != null && it.startsWith("Job timed out after "));
  }

  private static Set<String> charges(
      Tx tx, SourceStatements source, Map<String, List<AuditTrail.Refund>> refunds) {
    String table = source.chargeTable();
    if (table == null) {
      return Set.of();
    }
    List<List<String>> keys = new ArrayList<>();
    refunds.values().stream()
        .flatMap(List::stream)
        .filter(it -> table.equals(it.chargeTable()) && it.chargeKey() != null)
        .forEach(it -> keys.add(JobId.parseKey(it.chargeKey() + "", source.chargeKeyColumns())));
    source.beOf(tx);
    Set<String> there = new HashSet<>();
    source.chargeRows(tx, keys).keySet().forEach(it -> there.add(JobId.keyText(it)));
    return there;
  }

  private static Map<String, Entry> entries(
      Tx tx, SourceStatements source, Map<String, List<AuditTrail.Refund>> refunds) {
    Map<String, Entry> entries = new HashMap<>();
    for (LedgerRows ledger : LedgerRows.of(source)) {
      Map<String, String> wanted = new HashMap<>();
      refunds.values().stream()
          .flatMap(List::stream)
          .filter(it -> ledger.table().equals(it.ledgerTable()) && it.ledgerKey() != null)
          .filter(it -> !entries.containsKey(it.key()))
          .forEach(it -> wanted.put(it.key(), it.ledgerKey() + ""));
      Map<String, Map<String, @Nullable String>> rows = ledger.read(tx, wanted.values());
      wanted.forEach(
          (refund, key) ->
              entries.put(refund, new Entry(ledger.table(), ledger.told(), rows.get(key))));
    }
    return entries;
  }

  /** The names of the ledger rows that record refunds of jobs, ours left out. */
  private static Map<String, List<String>> others(
      Tx tx, SourceStatements source, Map<String, List<AuditTrail.Refund>> refunds, Seen seen) {
    Set<String> doubtful = new HashSet<>();
    refunds.forEach(
        (key, ofJob) -> {
          Job job = seen.jobs().get(key);
          BigDecimal shown = job == null ? null : job.row().already();
          BigDecimal ours =
              ofJob.stream().map(AuditTrail.Refund::given).reduce(BigDecimal.ZERO, BigDecimal::add);
          if (shown != null && shown.compareTo(ours) > 0) {
            doubtful.add(key);
          }
        });
    Map<String, List<String>> others = new HashMap<>();
    for (LedgerRows ledger : LedgerRows.of(source)) {
      ledger
          .ofJobs(tx, doubtful)
          .forEach(
              (job, rows) -> {
                Set<String> ours = new HashSet<>();
                refunds.getOrDefault(job, List.of()).forEach(it -> ours.add(it.ledgerKey() + ""));
                rows.stream()
                    .filter(it -> !ours.contains(it))
                    .map(ledger::named)
                    .forEach(it -> others.computeIfAbsent(job, k -> new ArrayList<>()).add(it));
              });
    }
    return others;
  }

  private void unrecorded(Tx tx, SourceStatements source, Report report) {
    if (source.source().refund() == null) {
      return;
    }
    progress.accept("failed jobs of %s without a record".formatted(source.jobTable()));
    List<Unrecorded> failed = trail.unrecorded(tx, source, MOST_UNRECORDED + 1);
    if (failed.size() > MOST_UNRECORDED) {
      report.cannotSee(
          "%s: more than %,d jobs were failed by others; the others were not looked at"
              .formatted(source.source().path(), MOST_UNRECORDED));
    }
    for (int from = 0; from < Math.min(failed.size(), MOST_UNRECORDED); from += JOBS_AT_ONCE) {
      List<Unrecorded> some = failed.subList(from, Math.min(failed.size(), from + JOBS_AT_ONCE));
      Seen seen = look(tx, source, some.stream().map(Unrecorded::key).toList(), report);
      for (Unrecorded each : some) {
        Job job = seen.jobs().get(JobId.keyText(each.key()));
        if (job != null) {
          unrecorded(job, each.ours(), report);
        }
      }
    }
  }

  private static void unrecorded(Job job, boolean ours, Report report) {
    if (ours) {
      report.add(
          Discovery.wrong(
              Check.REFUND_RECORD_GONE,
              job.id().toString(),
              job.payer(),
              null,
              "it says that we failed it and gave its tokens back, or owe them, and neither our refunds nor our history have it"));
      return;
    }
    BigDecimal due =
        job.verdict().due().stream()
            .map(Due::amount)
            .filter(it -> it != null)
            .reduce(BigDecimal.ZERO, (sum, each) -> each == null ? sum : sum.add(each));
    if (due.signum() > 0) {
      report.add(
          Discovery.notice(
              Check.FAILED_WITHOUT_REFUND,
              job.id().toString(),
              job.payer(),
              null,
              "it is %s and took %s, of which %s were not given back"
                  .formatted(
                      job.row().status(),
                      CleanupResult.tokens(job.cost() == null ? due : job.cost()),
                      CleanupResult.plain(due))));
    }
  }

  private void history(Tx tx, Report report) {
    progress.accept("history against refunds");
    trail.disagreements(
        tx,
        it ->
            report.add(
                Discovery.wrong(
                    it.recorded().signum() == 0 ? Check.REFUND_RECORD_GONE : Check.HISTORY_CHANGED,
                    it.source() + ":" + it.jobKey(),
                    it.payer(),
                    null,
                    "by its history, run %s gave back %s for it (%s); by our refunds it was %s"
                        .formatted(
                            it.runId(),
                            CleanupResult.tokens(it.told()),
                            it.outcome(),
                            CleanupResult.plain(it.recorded())))));
    trail.wrongSums(
        tx,
        keepHistory,
        it ->
            report.add(
                Discovery.wrong(
                    Check.HISTORY_CHANGED,
                    null,
                    null,
                    null,
                    "run %s gave back %s as it says, %s if its jobs are added up, and %s if our refunds are"
                        .formatted(
                            it.runId(),
                            CleanupResult.tokens(it.said()),
                            CleanupResult.plain(it.summed()),
                            CleanupResult.plain(it.paid())))));
  }

  private void accounts(Tx tx, Report report) {
    Set<String> done = new HashSet<>();
    for (SourceStatements source : sources) {
      AccountBooks.View view = AccountBooks.of(source);
      if (view.unseen() != null) {
        report.cannotSee(view.unseen());
      }
      AccountBooks accounts = view.books();
      if (accounts == null || !done.add(accounts.identity())) {
        continue;
      }
      progress.accept(
          "%s against %s: adding up".formatted(accounts.balanceTable(), accounts.ledgerTable()));
      AccountBooks.Counts counts = accounts.counts(tx);
      if (counts.entries() > 0 && !accounts.signed(tx)) {
        report.cannotSee(
            "%s: its amounts don't tell which way they moved a balance, so they can't be added up"
                .formatted(accounts.ledgerTable()));
        continue;
      }
      report.compared(counts.accounts(), counts.entries());
      accounts(tx, accounts, report);
    }
  }

  private void accounts(Tx tx, AccountBooks accounts, Report report) {
    AccountAudit audit =
        new AccountAudit(
            accounts.balanceTable(),
            accounts.ledgerTable(),
            recordsThere && accounts.baselineKept());
    List<Account> some = new ArrayList<>();
    long[] done = {0};
    Runnable judge =
        () -> {
          judge(tx, accounts, audit, some, report);
          done[0] += some.size();
          progress.accept(
              "%s: %,d balances looked at more closely"
                  .formatted(accounts.balanceTable(), done[0]));
          some.clear();
        };
    accounts.doubtful(
        tx,
        recordsThere,
        account -> {
          some.add(account);
          if (some.size() == ACCOUNTS_AT_ONCE) {
            judge.run();
          }
        });
    if (!some.isEmpty()) {
      judge.run();
    }
  }

  private void judge(
      Tx tx, AccountBooks accounts, AccountAudit audit, List<Account> some, Report report) {
    List<String> broken = new ArrayList<>();
    Map<String, BigDecimal> loops = new HashMap<>();
    for (Account each : some) {
      if (Boolean.FALSE.equals(each.chained()) && each.balance() != null) {
        broken.add(each.payer());
        if (each.moved().signum() == 0) {
          loops.put(each.payer(), each.balance());
        }
      }
    }
    Map<String, List<Break>> breaks = accounts.breaks(tx, broken);
    Set<String> reached = accounts.reached(tx, loops);
    for (Account each : some) {
      List<Break> own = breaks.getOrDefault(each.payer(), List.of());
      audit.judge(each, own, reached.contains(each.payer())).stream()
          .map(it -> recordsThere ? it : it.asNotice())
          .forEach(report::add);
      changedCharges(tx, accounts, each, own, report);
    }
  }

  /** Charges that were given back and tell another balance than the rows around them. */
  private void changedCharges(
      Tx tx, AccountBooks accounts, Account account, List<Break> breaks, Report report) {
    Set<String> displaced =
        recordsThere ? AccountAudit.displaced(breaks, account.balance()) : Set.of();
    if (displaced.isEmpty()) {
      return;
    }
    for (SourceStatements source : sources) {
      if (!accounts.ledgerTable().equals(source.chargeTable())) {
        continue;
      }
      Map<String, String> byKey = new LinkedHashMap<>();
      displaced.forEach(
          row ->
              byKey.put(
                  RefundKey.ofCharge(
                      accounts.ledgerTable(), JobId.parseKey(row, source.chargeKeyColumns())),
                  row));
      books
          .refundsOf(tx, source, List.of(), byKey.keySet())
          .forEach(
              refund ->
                  report.add(
                      Discovery.wrong(
                          Check.CHARGE_CHANGED,
                          AuditTrail.job(source, refund.jobKey()).toString(),
                          account.payer(),
                          accounts.ledgerTable() + " " + byKey.get(refund.key()),
                          "the charge that was given back tells a balance that doesn't fit the rows around it")));
    }
  }
}
