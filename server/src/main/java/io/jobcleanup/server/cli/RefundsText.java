package io.jobcleanup.server.cli;

import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.Page;
import io.jobcleanup.RefundQuery;
import io.jobcleanup.RefundRecord;
import io.jobcleanup.RefundTotals;
import io.jobcleanup.RunJob;
import io.jobcleanup.server.answer.Pages;
import io.jobcleanup.server.answer.RefundAnswer;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Refunds as a person reads them: one job with all that is known, several in a table. */
final class RefundsText {
  private final PrintStream out;
  private final JobCleanup cleanup;
  private final RefundQuery query;

  RefundsText(PrintStream out, JobCleanup cleanup, RefundQuery query) {
    this.out = out;
    this.cleanup = cleanup;
    this.query = query;
  }

  void print(int limit) {
    List<RefundRecord> refunds =
        Pages.of(after -> cleanup.refunds(query, after, Math.min(limit, Page.MAX_ITEMS)))
            .limit(limit)
            .toList();
    RefundTotals totals = cleanup.refundTotals(query);
    String job = query.job();
    if (job != null && refunds.isEmpty()) {
      printNothingOf(job);
      return;
    }
    if (refunds.isEmpty()) {
      out.printf("%s%n", nothing());
      return;
    }
    if (job == null) {
      printTable(refunds, totals);
    } else {
      refunds.forEach(this::printWhole);
    }
    if (totals.refunds() > refunds.size()) {
      out.printf(
          "  %s of %s: --limit shows more, --json lists all%n",
          Words.number(refunds.size()), Words.number(totals.refunds()));
    }
    if (job == null || totals.refunds() > 1) {
      out.printf("%n%s%n", sums(totals));
    }
    if (totals.owed() > 0) {
      out.printf(
          "Try to pay what is owed:  job-cleanup run       Write it off:  job-cleanup refunds waive"
              + " %s --reason REASON%n",
          job == null ? "JOB" : Words.printable(job));
    }
  }

  private String nothing() {
    String whom = query.payer() == null ? "" : " to " + Words.printable(query.payer());
    return query.owed()
        ? "Nothing is owed%s.".formatted(whom)
        : "Nothing was ever given back%s by us, and nothing is owed.".formatted(whom);
  }

  // A job of which there is no such refund: its history, or that of others, tells why.

  private void printNothingOf(String job) {
    String name = Words.printable(job);
    List<RefundRecord> others =
        cleanup.refunds(RefundQuery.all().withJob(job), null, Page.MAX_ITEMS).items();
    if (!others.isEmpty()) {
      out.printf(
          "%s  %s%n%n",
          name,
          query.owed() && query.payer() == null
              ? "nothing is owed"
              : "nothing %s %s by us"
                  .formatted(
                      query.owed() ? "is owed to" : "was given back to",
                      Words.printable(String.valueOf(query.payer()))));
      others.forEach(it -> line("but", standing(it)));
      return;
    }
    List<RunJob> history = cleanup.runsOfJob(job, RefundAnswer.MOST_RUNS_OF_JOB);
    if (history.isEmpty()) {
      out.printf(
          "%s  nothing was given back by us, and nothing is owed: no run that we remember touched"
              + " it%n%n",
          name);
    } else {
      out.printf("%s  nothing was given back by us, and nothing is owed%n%n", name);
      history.forEach(
          it -> line("why", "%s; run %s, %s".formatted(outcome(it), it.run(), when(it))));
      out.println();
    }
    out.printf("How it stands now:  job-cleanup find %s%n", name);
  }

  private static String when(RunJob job) {
    String cause = job.cause();
    return Words.fullMoment(job.settledAt()) + (cause == null ? "" : ": " + cause);
  }

  private static String outcome(RunJob job) {
    return switch (job.outcome()) {
      case "NothingToRefund" -> "it cost nothing";
      case "AlreadyRefunded" -> "we had given it back before";
      case "PaidByHost" -> "the host had given it back itself";
      case "Refused" -> "the host refused to let it be failed";
      default -> job.outcome() + ", though its refund is missing in our records";
    };
  }

  // One refund with all that is known of it.

  private void printWhole(RefundRecord refund) {
    out.printf(
        "%s  %s: %s to %s%n%n",
        Words.printable(refund.job()), state(refund), tokens(refund), payer(refund));
    switch (refund.state()) {
      case PAID -> {
        line("given back", moment(refund.paidAt()) + ", by run " + refund.paidRun());
        line("ledger row", ledgerRow(refund));
      }
      case OWED -> {
        line("owed", cause(refund));
        line("tried", tried(refund));
      }
      case WAIVED -> {
        line("written off", moment(refund.waivedAt()) + by(refund));
        line("reason", cause(refund));
      }
    }
    line("why", why(refund));
    line(
        "charge",
        refund.charge() == null
            ? "the job's own cost"
            : "%s %s".formatted(refund.chargeTable(), refund.charge()));
    line("source", refund.source() + ", " + refund.jobTable());
    out.println();
  }

  private static String why(RefundRecord refund) {
    return "the job was failed %s by run %s: processed for %s%s"
        .formatted(
            moment(refund.failedAt()),
            refund.run(),
            Words.lasting(refund.processingDuration()),
            refund.timeout() == null ? "" : ", timeout " + Words.setting(refund.timeout()));
  }

  private static String ledgerRow(RefundRecord refund) {
    if (refund.ledgerKey() == null) {
      return "none";
    }
    return "%s %s%s"
        .formatted(
            refund.ledgerTable(),
            refund.ledgerKey(),
            refund.balanceAfter() == null
                ? ""
                : ", balance %s after it".formatted(CleanupResult.plain(refund.balanceAfter())));
  }

  private static String tried(RefundRecord refund) {
    return "%s, last %s; next by a run from %s on"
        .formatted(
            refund.tries() == 1 ? "once" : refund.tries() + " times",
            moment(refund.lastTriedAt()),
            moment(refund.nextTryAt()));
  }

  private void line(String label, String value) {
    out.println("  %-12s %s".formatted(label, Words.printable(value)).stripTrailing());
  }

  // Several refunds in a table.

  private void printTable(List<RefundRecord> refunds, RefundTotals totals) {
    out.printf("%s, the newest first%n%n", Words.count(totals.refunds(), "refund"));
    TextTable table =
        new TextTable(List.of("JOB FAILED", "JOB", "PAYER", "TOKENS", "", ""), Set.of(3));
    boolean oneSource = refunds.stream().map(RefundRecord::source).distinct().count() == 1;
    for (RefundRecord each : refunds) {
      table.add(
          List.of(
              Words.fullMoment(each.failedAt()),
              oneSource ? each.job() : each.source() + ":" + each.job(),
              Objects.requireNonNullElse(each.payer(), "-"),
              each.amount() == null ? "?" : CleanupResult.plain(each.amount()),
              state(each),
              detail(each)));
    }
    table.lines("  ").forEach(out::println);
  }

  private static String detail(RefundRecord refund) {
    return switch (refund.state()) {
      case PAID ->
          "by run %s%s"
              .formatted(
                  refund.paidRun(),
                  refund.ledgerKey() == null ? "" : ", ledger row " + refund.ledgerKey());
      case OWED -> "%s; next try %s".formatted(cause(refund), moment(refund.nextTryAt()));
      case WAIVED -> moment(refund.waivedAt()) + by(refund) + ": " + cause(refund);
    };
  }

  private static String sums(RefundTotals totals) {
    List<String> sums = new ArrayList<>();
    if (totals.paid() > 0) {
      sums.add(sum("Given back", totals.tokensPaid(), totals.paid()));
    }
    if (totals.owed() > 0) {
      sums.add(
          sum("Owed", totals.tokensOwed(), totals.owed())
              + (totals.oldestOwed() == null
                  ? ""
                  : ", the oldest for " + Words.lasting(totals.oldestOwed())));
    }
    if (totals.waived() > 0) {
      sums.add(sum("Written off", totals.tokensWaived(), totals.waived()));
    }
    return String.join(". ", sums) + ".";
  }

  private static String sum(String what, BigDecimal tokens, long refunds) {
    return "%s: %s in %s"
        .formatted(what, CleanupResult.tokens(tokens), Words.count(refunds, "refund"));
  }

  // Words about one refund.

  /** How a refund stands, in a sentence without an end. */
  static String standing(RefundRecord refund) {
    return switch (refund.state()) {
      case PAID ->
          "%s given back to %s at %s by run %s"
              .formatted(tokens(refund), payer(refund), moment(refund.paidAt()), refund.paidRun());
      case OWED -> "%s owed to %s: %s".formatted(tokens(refund), payer(refund), cause(refund));
      case WAIVED ->
          "%s to %s written off at %s%s: %s"
              .formatted(
                  tokens(refund),
                  payer(refund),
                  moment(refund.waivedAt()),
                  by(refund),
                  cause(refund));
    };
  }

  static String tokens(RefundRecord refund) {
    return refund.amount() == null ? "? tokens" : CleanupResult.tokens(refund.amount());
  }

  static String payer(RefundRecord refund) {
    return refund.payer() == null ? "nobody" : Words.printable(refund.payer());
  }

  private static String state(RefundRecord refund) {
    return switch (refund.state()) {
      case PAID -> "given back";
      case OWED -> "owed";
      case WAIVED -> "written off";
    };
  }

  private static String by(RefundRecord refund) {
    return refund.waivedBy() == null ? "" : " by " + refund.waivedBy();
  }

  private static String cause(RefundRecord refund) {
    return Objects.requireNonNullElse(refund.cause(), "for no reason that we know");
  }

  private static String moment(@Nullable Instant moment) {
    return moment == null ? "?" : Words.fullMoment(moment);
  }
}
