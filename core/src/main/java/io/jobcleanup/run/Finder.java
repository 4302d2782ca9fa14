package io.jobcleanup.run;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobReport;
import io.jobcleanup.Outcome;
import io.jobcleanup.OwedTotals;
import io.jobcleanup.StuckJob;
import io.jobcleanup.mapping.Balance;
import io.jobcleanup.postgres.Books;
import io.jobcleanup.postgres.Books.Refusal;
import io.jobcleanup.postgres.Database;
import io.jobcleanup.postgres.Deadline;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.postgres.SourceStatements.BalanceRow;
import io.jobcleanup.postgres.SourceStatements.Looked;
import io.jobcleanup.postgres.SqlFault;
import io.jobcleanup.run.Detection.Candidate;
import io.jobcleanup.verdict.Verdict.Due;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Looks at stuck jobs without writing anything or locking a row: what a run would do about each.
 */
public final class Finder {

  private final Database database;
  private final Books books = new Books();
  private final List<SourceStatements> sources;
  private final Duration defaultTimeout;
  private final boolean recordsThere;

  /**
   * A look at a host's tables.
   *
   * @param recordsThere whether our schema is there
   */
  public Finder(
      Database database,
      List<SourceStatements> sources,
      Duration defaultTimeout,
      boolean recordsThere) {
    this.database = database;
    this.sources = sources;
    this.defaultTimeout = defaultTimeout;
    this.recordsThere = recordsThere;
  }

  /**
   * Lists stuck jobs, oldest first, up to a number; those too that the host refused to let us fail.
   */
  public List<StuckJob> find(CleanupOptions options, int most) {
    return find(options, most, true);
  }

  private List<StuckJob> find(CleanupOptions options, int most, boolean refusedToo) {
    Instant now = database.read(books::now);
    Map<SourceStatements, Deadline> deadlines =
        Run.deadlines(sources, now, options, defaultTimeout);
    Detection detection = new Detection(database, deadlines, recordsThere && !refusedToo);
    List<StuckJob> found = new ArrayList<>();
    while (found.size() < most) {
      List<Candidate> page = detection.next(Math.min(Run.CHUNK, most - found.size()));
      if (page.isEmpty()) {
        break;
      }
      found.addAll(look(page, deadlines));
    }
    return found;
  }

  /** What a dry run answers. */
  public CleanupResult dryRun(CleanupOptions options) {
    Instant now = database.read(books::now);
    Map<SourceStatements, Deadline> deadlines =
        Run.deadlines(sources, now, options, defaultTimeout);
    long counted =
        new Detection(database, deadlines, recordsThere)
            .count(options.drain() ? Long.MAX_VALUE : options.batchSize());
    int most = (int) Math.min(counted, CleanupResult.MAX_JOBS);
    List<JobReport> jobs = find(options, most, false).stream().map(Finder::report).toList();
    // Where the mapping's timeout fails for some row, more are counted than are stuck.
    long count = jobs.size() < most ? jobs.size() : counted;
    return new CleanupResult(
        Uuid7.of(now, 0).toString(),
        true,
        count,
        0,
        0,
        BigDecimal.ZERO,
        jobs,
        count > jobs.size(),
        List.of(),
        OwedTotals.NONE,
        0,
        count > 0);
  }

  private static JobReport report(StuckJob job) {
    return new JobReport(
        job.job(), job.payer(), job.cost(), job.stuckFor(), new Outcome.PassedOver());
  }

  private List<StuckJob> look(List<Candidate> page, Map<SourceStatements, Deadline> deadlines) {
    Map<SourceStatements, List<List<String>>> keys = new LinkedHashMap<>();
    page.forEach(
        it -> keys.computeIfAbsent(it.source(), source -> new ArrayList<>()).add(it.key()));
    Map<String, StuckJob> seen = new HashMap<>();
    keys.forEach(
        (source, each) -> {
          Deadline deadline = deadlines.getOrDefault(source, Deadline.NONE);
          List<StuckJob> together;
          try {
            together = look(source, each, deadline);
          } catch (RuntimeException e) {
            failed(e);
            together =
                page.stream()
                    .filter(it -> it.source().equals(source))
                    .flatMap(it -> alone(it, deadline).stream())
                    .toList();
          }
          together.forEach(job -> seen.put(job.job().toString(), job));
        });
    return page.stream()
        .map(it -> seen.get(it.source().job(it.key()).toString()))
        .filter(Objects::nonNull)
        .toList();
  }

  private List<StuckJob> look(SourceStatements source, List<List<String>> keys, Deadline deadline) {
    List<Job> jobs =
        database.read(
            tx ->
                new Assessment(books, source, recordsThere)
                    .assess(tx, source.look(tx, keys, deadline)));
    List<String> texts = jobs.stream().map(Job::keyText).toList();
    Map<String, Refusal> refusals =
        recordsThere ? database.read(tx -> books.refusals(tx, source, texts)) : Map.of();
    return jobs.stream()
        .filter(job -> job.row().stuck())
        .map(job -> stuck(job, refusals.get(job.keyText())))
        .toList();
  }

  /** Looks at one of several jobs for one of which an expression of the mapping fails. */
  private List<StuckJob> alone(Candidate candidate, Deadline deadline) {
    SourceStatements source = candidate.source();
    List<List<String>> key = List.of(candidate.key());
    try {
      return look(source, key, deadline);
    } catch (RuntimeException ofRefund) {
      String cause = failed(ofRefund);
      try {
        return database.read(tx -> source.lookAtJobs(tx, key, deadline)).stream()
            .filter(Looked::stuck)
            .map(
                row ->
                    doubtful(candidate, row.status(), row.timeoutMs(), deadline, "owed: " + cause))
            .toList();
      } catch (RuntimeException ofJob) {
        return List.of(
            doubtful(candidate, "unknown", null, deadline, "it can't be judged: " + failed(ofJob)));
      }
    }
  }

  private static StuckJob doubtful(
      Candidate candidate, String status, @Nullable Long timeoutMs, Deadline deadline, String why) {
    return new StuckJob(
        candidate.source().job(candidate.key()),
        status,
        candidate.since(),
        Job.between(candidate.since(), deadline.now()),
        timeoutMs == null ? null : Duration.ofMillis(timeoutMs),
        candidate.payer(),
        null,
        BigDecimal.ZERO,
        why);
  }

  /** What an expression of the mapping failed with; throws what is another fault. */
  static String failed(RuntimeException e) {
    SqlFault fault = SqlFault.of(e);
    if (fault == null || fault.passing()) {
      throw e;
    }
    return fault.toString();
  }

  private static StuckJob stuck(Job job, @Nullable Refusal refusal) {
    String refused =
        refusal != null && refusal.nextTryAt().isAfter(job.row().now())
            ? "refused by the host: " + refusal.cause()
            : null;
    return new StuckJob(
        job.id(),
        job.row().status(),
        job.since(),
        job.duration(),
        job.timeout(),
        job.payer(),
        job.cost(),
        refused == null ? wouldGiveBack(job) : BigDecimal.ZERO,
        refused == null ? why(job) : refused);
  }

  /** What a run would give back. */
  static BigDecimal wouldGiveBack(Job job) {
    BigDecimal sum = BigDecimal.ZERO;
    for (Due due : job.verdict().due()) {
      if (due.doubt() == null && due.amount() != null && obstacle(job, due) == null) {
        sum = sum.add(due.amount());
      }
    }
    return sum;
  }

  private static @Nullable String obstacle(Job job, Due due) {
    Looked row = job.charges().getOrDefault(due.line().key(), job.row());
    SourceStatements source = job.source();
    for (int balance = 0; balance < row.balances().size(); balance++) {
      BalanceRow seen = row.balances().get(balance);
      if (!seen.moves()) {
        continue;
      }
      if (!seen.there() && source.balance(balance).missing() == Balance.Missing.OWED) {
        return "no row in %s for %s".formatted(source.balanceTable(balance), job.payer());
      }
      BigDecimal amount = due.amount();
      String overflow =
          amount == null || !seen.there() ? null : source.overflow(balance, seen, amount);
      if (overflow != null) {
        return overflow;
      }
    }
    return null;
  }

  /** Why a run would give back just that. */
  static String why(Job job) {
    List<String> reasons = new ArrayList<>();
    for (Due due : job.verdict().due()) {
      String obstacle = due.doubt() == null ? obstacle(job, due) : due.doubt();
      if (obstacle != null) {
        reasons.add("owed: " + obstacle);
      }
    }
    if (!reasons.isEmpty()) {
      return String.join("; ", reasons);
    }
    if (!job.verdict().due().isEmpty()) {
      return "";
    }
    return switch (job.verdict().nothing()) {
      case COST_NOTHING -> "it cost nothing";
      case ALREADY_REFUNDED -> "already given back by us";
      case PAID_BY_HOST -> "already given back by the host";
    };
  }
}
