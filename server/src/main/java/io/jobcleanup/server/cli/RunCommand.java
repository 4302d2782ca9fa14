package io.jobcleanup.server.cli;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.JobReport;
import io.jobcleanup.Outcome;
import io.jobcleanup.Rehearsal;
import io.jobcleanup.Trigger;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.answer.CleanupAnswer;
import io.jobcleanup.server.answer.Json;
import io.jobcleanup.server.answer.RehearsalAnswer;
import io.jobcleanup.server.settings.Settings.Migrate;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** One cleanup, or batch after batch until nothing more can be settled. */
@Command(
    name = "run",
    header = "Fail stuck jobs and give their tokens back.",
    description = {
      "",
      "One cleanup of at most --batch-size jobs, or with --drain batch after batch."
    },
    footer = {
      "",
      "Exit code 1 where some job failed: a refund is owed, or the host refused the job.",
      "Look first:  job-cleanup run --rehearse"
    })
final class RunCommand implements Callable<Integer> {
  private static final int LISTED = 10;

  /** Somewhat more than a transaction may take, rest included. */
  private static final Duration PATIENCE = Duration.ofSeconds(4);

  @Option(names = "--dry-run", description = "Look only; nothing is changed.")
  boolean dryRun;

  @Option(
      names = "--rehearse",
      description =
          "Settle in a transaction that is rolled back; show each row before and after, and what was locked.")
  boolean rehearse;

  @Option(names = "--all", description = "With --rehearse: show all jobs, not just the first 10.")
  boolean all;

  @Option(
      names = "--batch-size",
      paramLabel = "JOBS",
      converter = BatchSizeConverter.class,
      description = "The most jobs to settle, 1 to 10000 (default: 100); with --drain, per batch.")
  @Nullable Integer batchSize;

  @Option(
      names = "--drain",
      description = "Go on until all that is stuck now has been tried; with a count that moves.")
  boolean drain;

  @Mixin Options.Timeout timeout = new Options.Timeout();
  @Mixin Options.MappingFile mapping = new Options.MappingFile();
  @Mixin Options.AsJson json = new Options.AsJson();

  private final Surroundings surroundings;

  RunCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    if (rehearse && (dryRun || drain)) {
      throw new ProgramException(
          ExitCode.MISCONFIGURED,
          "--rehearse and %s don't go together.".formatted(dryRun ? "--dry-run" : "--drain"));
    }
    if (all && !rehearse) {
      throw new ProgramException(ExitCode.MISCONFIGURED, "--all is for --rehearse.");
    }
    try (Session session = Session.open(surroundings)) {
      if (rehearse) {
        return rehearse(session);
      }
      Tally tally = new Tally(surroundings, drain && !json.wanted);
      JobCleanup cleanup = session.cleanup(mapping.file, tally);
      if (!dryRun) {
        prepareSchema(session, cleanup);
      }
      long start = System.nanoTime();
      CountDownLatch ended = new CountDownLatch(1);
      Thread interrupted = new Thread(() -> interrupt(cleanup, ended, tally));
      Runtime.getRuntime().addShutdownHook(interrupted);
      try {
        CleanupResult result =
            cleanup.cleanupStuckJobs(
                options(session), Trigger.COMMAND, System.getProperty("user.name"));
        surroundings.err().clearPassing();
        tell(result, tally, Duration.ofNanos(System.nanoTime() - start));
        return (result.failed() > 0 ? ExitCode.FAILED : ExitCode.FINE).number();
      } finally {
        surroundings.err().clearPassing();
        ended.countDown();
        forget(interrupted);
      }
    }
  }

  private int rehearse(Session session) {
    Rehearsal rehearsal = session.cleanup(mapping.file).rehearse(options(session));
    if (json.wanted) {
      surroundings.out().println(Json.write(RehearsalAnswer.of(rehearsal)));
    } else {
      new RehearsalText(surroundings, all).print(rehearsal);
    }
    boolean failed =
        rehearsal.jobs().stream().anyMatch(it -> it.report().outcome().error() != null);
    return (failed ? ExitCode.FAILED : ExitCode.FINE).number();
  }

  private void tell(CleanupResult result, Tally tally, Duration took) {
    if (json.wanted) {
      surroundings.out().println(Json.write(CleanupAnswer.of(result)));
    } else if (dryRun) {
      printDryRun(result);
    } else {
      print(result, tally, took);
    }
  }

  /** Lets the run end its transaction and say in its records how far it came, where it can. */
  private void interrupt(JobCleanup cleanup, CountDownLatch ended, Tally tally) {
    cleanup.stop();
    try {
      ended.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    tellOfInterruption(tally);
  }

  private void tellOfInterruption(Tally tally) {
    surroundings.err().clearPassing();
    surroundings
        .err()
        .println(
            "Interrupted: %s had been settled, %s given back. What is stuck still is found by the next run."
                .formatted(
                    Words.count(tally.settled(), "job"),
                    CleanupResult.tokens(tally.refunded().tokens())));
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The program is being ended just now: the hook speaks.
    }
  }

  private CleanupOptions options(Session session) {
    return new CleanupOptions(
        timeout.duration,
        dryRun,
        batchSize == null ? session.settings().batchSize() : batchSize,
        drain,
        null);
  }

  static void prepareSchema(Session session, JobCleanup cleanup) {
    if (session.settings().migrate() == Migrate.AUTO) {
      cleanup.migrate();
    } else if (!cleanup.migrated()) {
      throw new ProgramException(
          ExitCode.UNUSABLE,
          "The schema job_cleanup isn't there, or isn't as this version needs it, and"
              + " job-cleanup.migrate is never. Make it:  job-cleanup migrate"
              + "   Or read its SQL first:  job-cleanup migrate --print");
    }
  }

  private void printDryRun(CleanupResult result) {
    PrintStream out = surroundings.out();
    out.println(result.message());
    if (result.totalFound() == 0) {
      return;
    }
    TextTable table = new TextTable(List.of("JOB", "PAYER", "STUCK FOR", "COST"), Set.of(2, 3));
    result.jobs().stream()
        .limit(2 * LISTED)
        .forEach(
            job ->
                table.add(
                    List.of(
                        job.job().text(),
                        Objects.requireNonNullElse(job.payer(), "-"),
                        Words.lasting(job.processingDuration()),
                        job.cost() == null ? "-" : CleanupResult.tokens(job.cost()))));
    out.println();
    table.lines("  ").forEach(out::println);
    tellOfMore(result.totalFound() - 2 * LISTED);
    out.println();
    out.println(
        "What each would change:  job-cleanup run --rehearse       Settle them:  job-cleanup run");
  }

  private void print(CleanupResult result, Tally tally, Duration took) {
    PrintStream out = surroundings.out();
    long refused = tally.refused().jobs();
    long settled = result.totalFound() - refused;
    if (result.totalFound() == 0) {
      out.println(
          result.remaining()
              ? "Nothing could be settled: what is stuck is held by others. Run it again in a "
                  + "moment."
              : result.message() + ".");
    } else {
      out.printf(
          "Settled %s, gave back %s%s in %s s%s.   run %s%n%n",
          Words.count(settled, "stuck job"),
          CleanupResult.tokens(result.tokensRefunded()),
          payers(result),
          String.format(Locale.ROOT, "%.1f", took.toMillis() / 1000.0),
          troubles(tally),
          result.runId());
      printCounts(tally);
      printErrors(result, tally);
    }
    printOwed(result);
    if (result.held() > 0) {
      out.printf(
          "%n%s held by somebody just now, and left to the next run. By whom:  job-cleanup find JOB%n",
          result.held() == 1 ? "1 stuck job is" : result.held() + " stuck jobs are");
    }
    if (result.remaining() && result.totalFound() > 0) {
      out.println();
      out.println("More is stuck. Settle all of it:  job-cleanup run --drain");
    }
  }

  private static String payers(CleanupResult result) {
    if (result.jobsTruncated() || result.tokensRefunded().signum() == 0) {
      return "";
    }
    long payers =
        result.jobs().stream()
            .filter(it -> it.outcome().tokensRefunded().signum() > 0)
            .map(JobReport::payer)
            .distinct()
            .count();
    return " to " + Words.count(payers, "payer");
  }

  private static String troubles(Tally tally) {
    List<String> troubles = new ArrayList<>();
    if (tally.owed().jobs() > 0) {
      troubles.add(
          "%s owed"
              .formatted(
                  tally.owed().jobs() == 1
                      ? "1 refund is"
                      : Words.number(tally.owed().jobs()) + " refunds are"));
    }
    if (tally.refused().jobs() > 0) {
      troubles.add(
          "%s refused"
              .formatted(
                  tally.refused().jobs() == 1
                      ? "1 job was"
                      : Words.number(tally.refused().jobs()) + " jobs were"));
    }
    return troubles.isEmpty() ? "" : "; " + String.join(", ", troubles);
  }

  private void printCounts(Tally tally) {
    TextTable counts = new TextTable(List.of("", "JOBS", ""), Set.of(1));
    counts.add(
        List.of(
            "refunded",
            Words.number(tally.refunded().jobs()),
            CleanupResult.tokens(tally.refunded().tokens())));
    counts.add(List.of("nothing to give", Words.number(tally.nothing().jobs()), ""));
    counts.add(
        List.of(
            "owed",
            Words.number(tally.owed().jobs()),
            tally.owed().jobs() == 0 ? "" : CleanupResult.tokens(tally.owed().tokens())));
    if (tally.refused().jobs() > 0) {
      counts.add(List.of("refused", Words.number(tally.refused().jobs()), ""));
    }
    counts.lines("  ").stream().skip(1).forEach(surroundings.out()::println);
  }

  private void printErrors(CleanupResult result, Tally tally) {
    if (result.errors().isEmpty()) {
      return;
    }
    PrintStream out = surroundings.out();
    out.println();
    result.errors().stream()
        .limit(LISTED)
        .forEach(
            report -> {
              String line =
                  switch (report.outcome()) {
                    case Outcome.RefundOwed owed ->
                        "OWED     %s   %s to %s: %s"
                            .formatted(
                                report.job().text(),
                                owed.owed() == null
                                    ? "? tokens"
                                    : CleanupResult.tokens(owed.owed()),
                                Objects.requireNonNullElse(report.payer(), "nobody"),
                                owed.cause());
                    case Outcome.Refused refused ->
                        "REFUSED  %s   %s".formatted(report.job().text(), refused.cause());
                    case Outcome.Refunded other -> "";
                    case Outcome.NothingToRefund other -> "";
                    case Outcome.AlreadyRefunded other -> "";
                    case Outcome.PaidByHost other -> "";
                    case Outcome.PassedOver other -> "";
                  };
              out.println("  " + Words.printable(line));
            });
    tellOfMore(result.failed() - LISTED);
    out.println();
    if (tally.owed().jobs() > 0) {
      out.println(
          "What is owed is tried again by the next two runs, then after a delay that grows from 1m"
              + " to 1h.");
    }
    if (tally.refused().jobs() > 0) {
      out.println(
          "What was refused is tried again by runs after a delay that grows from 1m to 1h.");
    }
  }

  private void printOwed(CleanupResult result) {
    PrintStream out = surroundings.out();
    if (result.owed().paid() > 0) {
      out.printf(
          "%nPaid %s owed from earlier runs: %s.%n",
          Words.count(result.owed().paid(), "refund"),
          CleanupResult.tokens(result.owed().tokensPaid()));
    }
    if (result.owed().stillOwed() > 0) {
      out.printf(
          "%nStill owed from earlier runs: %s, %s.%n",
          Words.count(result.owed().stillOwed(), "refund"),
          CleanupResult.tokens(result.owed().tokensStillOwed()));
    }
  }

  private void tellOfMore(long more) {
    if (more > 0) {
      surroundings.out().printf("  … and %s: --json lists them%n", Words.count(more, "more job"));
    }
  }

  static final class BatchSizeConverter implements picocli.CommandLine.ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      int size = text.matches("\\d{1,9}") ? Integer.parseInt(text) : 0;
      if (size < 1 || size > CleanupOptions.MAX_BATCH_SIZE) {
        throw new TypeConversionException(
            "is \"%s\", allowed are whole numbers from 1 to %d"
                .formatted(text, CleanupOptions.MAX_BATCH_SIZE));
      }
      return size;
    }
  }
}
