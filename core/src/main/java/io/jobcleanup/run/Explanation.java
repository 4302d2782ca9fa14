package io.jobcleanup.run;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobExplanation;
import io.jobcleanup.JobId;
import io.jobcleanup.mapping.Jobs;
import io.jobcleanup.mapping.Value;
import io.jobcleanup.postgres.Books;
import io.jobcleanup.postgres.Books.KnownRefund;
import io.jobcleanup.postgres.Database;
import io.jobcleanup.postgres.Deadline;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.postgres.SourceStatements.BalanceRow;
import io.jobcleanup.postgres.SourceStatements.Holder;
import io.jobcleanup.postgres.SourceStatements.Looked;
import io.jobcleanup.postgres.Tx;
import io.jobcleanup.verdict.Recorded;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Explains single jobs: stuck or not, why, and what a run would do. Writes nothing, locks nothing.
 */
public final class Explanation {

  private final Database database;
  private final Books books = new Books();
  private final List<SourceStatements> sources;
  private final CleanupOptions options;
  private final Duration defaultTimeout;
  private final boolean recordsThere;

  /**
   * Explanations by a host's tables.
   *
   * @param recordsThere whether our schema is there
   */
  public Explanation(
      Database database,
      List<SourceStatements> sources,
      CleanupOptions options,
      Duration defaultTimeout,
      boolean recordsThere) {
    this.database = database;
    this.sources = sources;
    this.options = options;
    this.defaultTimeout = defaultTimeout;
    this.recordsThere = recordsThere;
  }

  /** Explains a job by its key, in every source that has it; or by source:key. */
  public List<JobExplanation> of(String job) {
    List<JobExplanation> found = new ArrayList<>();
    for (SourceStatements source : sources) {
      String prefix = source.source().name() + ":";
      Optional<JobExplanation> named =
          job.startsWith(prefix) ? of(source, job.substring(prefix.length())) : Optional.empty();
      if (named.isPresent()) {
        return List.of(named.get());
      }
      of(source, job).ifPresent(found::add);
    }
    return found;
  }

  private Optional<JobExplanation> of(SourceStatements source, String text) {
    List<String> key;
    try {
      key = JobId.parseKey(text, source.keyColumns());
    } catch (IllegalArgumentException notOfThisSource) {
      return Optional.empty();
    }
    return database.read(
        tx -> source.exists(tx, key) ? Optional.of(explain(tx, source, key)) : Optional.empty());
  }

  private JobExplanation explain(Tx tx, SourceStatements source, List<String> key) {
    Instant now = books.now(tx);
    Deadline deadline = Run.deadline(source, now, options, defaultTimeout);
    Assessment assessment = new Assessment(books, source, recordsThere);
    Job job;
    String doubt = null;
    try {
      job =
          tx.behindSavepoint(
              () -> assessment.assess(tx, source.look(tx, List.of(key), deadline)).getFirst());
    } catch (RuntimeException ofRefund) {
      doubt = Finder.failed(ofRefund);
      try {
        job =
            tx.behindSavepoint(
                () ->
                    assessment
                        .assessWithoutRefunds(tx, source.lookAtJobs(tx, List.of(key), deadline))
                        .getFirst());
      } catch (RuntimeException ofJob) {
        return unjudged(source.job(key), now, Finder.failed(ofJob));
      }
    }
    String jobKey = JobId.keyText(key);
    Books.Refusal refusal =
        recordsThere ? books.refusals(tx, source, List.of(jobKey)).get(jobKey) : null;
    boolean waiting = refusal != null && refusal.nextTryAt().isAfter(now);
    boolean stuck = job.row().stuck() && !waiting;
    Looked row = job.row();
    @Nullable BigDecimal balance = balance(row);
    BigDecimal back = stuck ? Finder.wouldGiveBack(job) : BigDecimal.ZERO;
    return new JobExplanation(
        job.id(),
        row.status(),
        stuck,
        reason(job, now, refusal, waiting),
        row.since(),
        now,
        job.timeout(),
        row.expires(),
        source.holders(tx, List.of(key)).stream().map(Holder::described).toList(),
        job.payer(),
        balance,
        job.cost(),
        charges(job),
        givenBack(tx, source, job),
        back,
        would(tx, job, stuck, doubt, back));
  }

  /** What is known of a job for which the mapping's where or timeout fails. */
  private static JobExplanation unjudged(JobId job, Instant now, String cause) {
    return new JobExplanation(
        job,
        "unknown",
        false,
        "it can't be judged: " + cause,
        null,
        now,
        null,
        null,
        List.of(),
        null,
        null,
        null,
        List.of(),
        List.of(),
        BigDecimal.ZERO,
        "leave it alone, and report it as refused where it is being processed");
  }

  /** What the first balance that the job's refund goes to holds. */
  private static @Nullable BigDecimal balance(Looked row) {
    return row.balances().stream()
        .filter(it -> it.there() && it.moves())
        .findFirst()
        .map(it -> it.contents().getFirst())
        .orElse(null);
  }

  private static String reason(
      Job job, Instant now, Books.@Nullable Refusal refusal, boolean waiting) {
    Jobs jobs = job.source().source().jobs();
    Looked row = job.row();
    if (row.stuck()) {
      return refusal == null
          ? outlived(job)
          : "the host refused it (%s); %s"
              .formatted(
                  refusal.cause(),
                  waiting
                      ? "next try in " + text(Duration.between(now, refusal.nextTryAt()))
                      : "the next run tries again");
    }
    if (!row.processing()) {
      return "its status is %s, and only %s is looked at"
          .formatted(row.status(), String.join(", ", jobs.processing()));
    }
    Instant since = row.since();
    if (since == null) {
      return "nothing tells since when it is " + row.status();
    }
    if (since.isAfter(now)) {
      return "it began in the future, at %s".formatted(since);
    }
    if (row.expires() != null && row.expires().isAfter(now)) {
      return "%s, and has until %s".formatted(row.status(), row.expires());
    }
    Duration age = Job.between(since, now);
    Duration timeout = job.timeout();
    return timeout != null && age.compareTo(timeout) < 0
        ? "%s for %s only, the timeout is %s".formatted(row.status(), text(age), text(timeout))
        : "the mapping's where leaves it out";
  }

  private static String outlived(Job job) {
    Duration timeout = job.timeout();
    return timeout == null
        ? "%s, and had until %s".formatted(job.row().status(), job.row().expires())
        : "%s for longer than %s".formatted(job.row().status(), text(timeout));
  }

  /** A duration as a person reads it: its two largest units. */
  private static String text(Duration duration) {
    if (duration.toDays() > 0) {
      return "%dd %dh".formatted(duration.toDays(), duration.toHoursPart());
    }
    if (duration.toHours() > 0) {
      return "%dh %02dm".formatted(duration.toHours(), duration.toMinutesPart());
    }
    if (duration.toMinutes() > 0) {
      return duration.toSecondsPart() == 0
          ? "%dm".formatted(duration.toMinutes())
          : "%dm %02ds".formatted(duration.toMinutes(), duration.toSecondsPart());
    }
    return "%ds".formatted(duration.toSeconds());
  }

  private static List<String> charges(Job job) {
    List<String> charges = new ArrayList<>();
    for (Looked row : job.charges().values()) {
      if (row.charge() != null && row.chargeAmount() != null) {
        charges.add(
            "%s, %s %s"
                .formatted(
                    CleanupResult.tokens(row.chargeAmount()),
                    job.source().chargeTable(),
                    JobId.keyText(row.charge())));
      } else if (row.cost() != null) {
        charges.add("%s, by the job's own cost".formatted(CleanupResult.tokens(row.cost())));
      }
    }
    return charges;
  }

  private List<String> givenBack(Tx tx, SourceStatements source, Job job) {
    List<String> given = new ArrayList<>();
    BigDecimal ours = BigDecimal.ZERO;
    if (recordsThere) {
      for (KnownRefund record : books.refundsOf(tx, source, List.of(job.keyText()), List.of())) {
        BigDecimal amount = record.recorded().amount();
        String tokens = amount == null ? "an unknown amount" : CleanupResult.tokens(amount);
        given.add(
            switch (record.recorded().state()) {
              case PAID ->
                  "%s by us, %s"
                      .formatted(
                          tokens,
                          record.paidAt() == null
                              ? "?"
                              : record.paidAt().truncatedTo(ChronoUnit.SECONDS));
              case OWED -> "%s owed: %s".formatted(tokens, record.cause());
              case WAIVED -> "%s not given back by us: %s".formatted(tokens, record.cause());
            });
        if (record.paidAt() != null && amount != null) {
          ours = ours.add(amount);
        }
      }
    }
    BigDecimal already = job.row().already();
    if (already != null && already.compareTo(ours) > 0) {
      given.add("%s by the host".formatted(CleanupResult.tokens(already.subtract(ours))));
    } else if (Boolean.TRUE.equals(job.row().alreadyAll()) && given.isEmpty()) {
      given.add("all of it, by the host");
    }
    return given;
  }

  private String would(Tx tx, Job job, boolean stuck, @Nullable String doubt, BigDecimal back) {
    if (!job.source().holders(tx, List.of(job.key())).isEmpty()) {
      return "pass it over while it is held";
    }
    if (!stuck) {
      boolean owed =
          recordsThere
              && books.refundsOf(tx, job.source(), List.of(job.keyText()), List.of()).stream()
                  .anyMatch(it -> it.recorded().state() == Recorded.State.OWED);
      return owed ? "try to pay the refund that is owed" : "leave it alone";
    }
    Jobs jobs = job.source().source().jobs();
    String failed =
        jobs.status() instanceof Value.Column column
                && jobs.fail().get(column.name()) instanceof Value.Constant constant
            ? "mark it " + constant.text()
            : "fail it";
    if (doubt != null) {
      return "%s and owe its refund: %s".formatted(failed, doubt);
    }
    if (back.signum() == 0) {
      return "%s and give nothing back: %s".formatted(failed, Finder.why(job));
    }
    BigDecimal after = after(job, back);
    return "%s and give %s back to %s%s"
        .formatted(
            failed,
            CleanupResult.tokens(back),
            job.payer(),
            after == null ? "" : " (balance %s)".formatted(CleanupResult.plain(after)));
  }

  /** What the first balance becomes that one line goes to; null where there are several lines. */
  private static @Nullable BigDecimal after(Job job, BigDecimal back) {
    List<BalanceRow> balances = job.row().balances();
    for (int balance = 0; balance < balances.size() && job.charges().size() == 1; balance++) {
      BalanceRow row = balances.get(balance);
      if (row.there() && row.moves()) {
        return job.source().after(balance, row, back);
      }
    }
    return null;
  }
}
