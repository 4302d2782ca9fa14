package io.jobcleanup.server.cli;

import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.Page;
import io.jobcleanup.RunJob;
import io.jobcleanup.RunRecord;
import io.jobcleanup.mapping.Durations;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.answer.Json;
import io.jobcleanup.server.answer.Pages;
import io.jobcleanup.server.answer.RunAnswer;
import io.jobcleanup.server.answer.RunExport;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** Lists the history of runs, or shows one; for people and for other programs. */
@Command(
    name = "runs",
    header = "List what runs did, for people or as CSV.",
    description = {"", "The newest first. Dry runs leave no trace. Changes nothing."},
    synopsisSubcommandLabel = "[show]",
    footer = {"", "What one run did to which job:  job-cleanup runs show RUN"})
final class RunsCommand implements Callable<Integer> {
  private static final int LISTED = 20;

  @Option(
      names = "--since",
      paramLabel = "WHEN",
      converter = SinceConverter.class,
      description = "Only runs begun since then: 12h, 7d, or 2026-11-01 (UTC).")
  @Nullable Since since;

  @Option(
      names = "--limit",
      paramLabel = "RUNS",
      converter = Options.LimitConverter.class,
      description = "The most runs (default: 20 for people, else all).")
  @Nullable Integer limit;

  @Mixin Options.Export export = new Options.Export();
  @Mixin Options.AsJson json = new Options.AsJson();

  private final Surroundings surroundings;

  RunsCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  /** Since when; judged by the database's clock. */
  record Since(Predicate<RunRecord> test) {}

  @Override
  public Integer call() {
    Optional<RunExport.Form> form = export.form(json);
    PrintStream out = surroundings.out();
    long atMost = limit == null ? Long.MAX_VALUE : limit;
    try (Session session = Session.open(surroundings)) {
      JobCleanup cleanup = session.cleanup(null);
      if (form.isPresent()) {
        RunExport.runs(form.get(), runs(cleanup, atMost), out);
      } else if (json.wanted) {
        Stream<RunRecord> runs = runs(cleanup, atMost);
        Json.stream(
            out,
            writer -> {
              writer.writeStartObject();
              writer.writeArrayPropertyStart("runs");
              runs.forEach(it -> writer.writePOJO(RunAnswer.run(it)));
              writer.writeEndArray();
              writer.writeEndObject();
            });
      } else {
        int most = limit == null ? LISTED : limit;
        print(runs(cleanup, most + 1L).toList(), most);
      }
      return ExitCode.FINE.number();
    }
  }

  private Stream<RunRecord> runs(JobCleanup cleanup, long most) {
    int page = (int) Math.min(most, Page.MAX_ITEMS);
    return Pages.of(after -> cleanup.runs(after, page))
        .takeWhile(run -> since == null || since.test().test(run))
        .limit(most);
  }

  private void print(List<RunRecord> runs, int most) {
    PrintStream out = surroundings.out();
    if (runs.isEmpty()) {
      out.printf(
          "No run%s.   Look what is stuck:  job-cleanup find%n",
          since == null ? " so far" : " since then");
      return;
    }
    TextTable table =
        new TextTable(
            List.of("RUN", "STARTED", "BY", "TOOK", "SETTLED", "FAILED", "GAVE BACK", ""),
            Set.of(3, 4, 5, 6));
    runs.stream()
        .limit(most)
        .forEach(
            run ->
                table.add(
                    List.of(
                        run.id(),
                        Words.fullMoment(run.startedAt()),
                        startedBy(run),
                        took(run),
                        Words.number(run.cleanedUp()),
                        Words.number(run.failed()),
                        CleanupResult.tokens(run.tokensRefunded().add(run.owedTokensPaid())),
                        standing(run))));
    table.lines("").forEach(out::println);
    if (runs.size() > most) {
      out.println("…");
    }
    out.println();
    if (runs.size() > most) {
      out.println("More:  job-cleanup runs --limit 1000       All:  job-cleanup runs --csv");
    }
    out.printf("One of them:  job-cleanup runs show %s%n", runs.getFirst().id());
  }

  @Command(
      name = "show",
      header = "Show a run, and what it did to jobs.",
      description = {"", "For people the first 20 jobs, else all."})
  int show(
      @Parameters(paramLabel = "RUN", description = "The run's id.") String id,
      @Mixin Options.Export form,
      @Mixin Options.AsJson asJson) {
    Optional<RunExport.Form> wanted = form.form(asJson);
    PrintStream out = surroundings.out();
    try (Session session = Session.open(surroundings)) {
      JobCleanup cleanup = session.cleanup(null);
      RunRecord run =
          cleanup
              .run(id)
              .orElseThrow(
                  () ->
                      new ProgramException(
                          ExitCode.MISCONFIGURED,
                          "There is no run \"%s\". Which there are:  job-cleanup runs"
                              .formatted(Words.printable(id))));
      if (wanted.isPresent()) {
        RunExport.jobs(wanted.get(), jobs(cleanup, id), out);
      } else if (asJson.wanted) {
        Stream<RunJob> jobs = jobs(cleanup, id);
        Json.stream(
            out,
            writer -> {
              writer.writeStartObject();
              writer.writePOJOProperty("run", RunAnswer.run(run));
              writer.writeArrayPropertyStart("jobs");
              jobs.forEach(it -> writer.writePOJO(RunAnswer.job(it)));
              writer.writeEndArray();
              writer.writeEndObject();
            });
      } else {
        print(run, cleanup.jobsOfRun(id, null, LISTED));
      }
      return ExitCode.FINE.number();
    }
  }

  private static Stream<RunJob> jobs(JobCleanup cleanup, String run) {
    return Pages.of(after -> cleanup.jobsOfRun(run, after, Page.MAX_ITEMS));
  }

  private void print(RunRecord run, Page<RunJob> jobs) {
    PrintStream out = surroundings.out();
    out.printf("%s  %s%n%n", run.id(), Words.printable(standing(run)));
    line("started", "%s by %s".formatted(Words.fullMoment(run.startedAt()), startedBy(run)));
    if (run.completedAt() != null) {
      line("ended", "%s, after %s".formatted(Words.fullMoment(run.completedAt()), took(run)));
    }
    line(
        "asked for",
        "%s%s%s"
            .formatted(
                Words.count(run.batchSize(), "job"),
                run.drain() ? " a batch, until nothing is left" : " at most",
                run.timeout() == null ? "" : ", timeout " + Words.setting(run.timeout())));
    line(
        "settled",
        "%s, gave back %s; %s"
            .formatted(
                Words.count(run.cleanedUp(), "job"),
                CleanupResult.tokens(run.tokensRefunded()),
                run.failed() == 1 ? "1 failed" : Words.number(run.failed()) + " failed"));
    if (run.owedPaid() > 0) {
      line(
          "paid owed",
          "%s from earlier runs, %s"
              .formatted(
                  Words.count(run.owedPaid(), "refund"),
                  CleanupResult.tokens(run.owedTokensPaid())));
    }
    if (jobs.items().isEmpty()) {
      return;
    }
    TextTable table =
        new TextTable(List.of("JOB", "PAYER", "COST", "GAVE BACK", "OUTCOME", ""), Set.of(2, 3));
    jobs.items()
        .forEach(
            job ->
                table.add(
                    List.of(
                        job.job(),
                        Objects.requireNonNullElse(job.payer(), "-"),
                        job.cost() == null ? "-" : CleanupResult.plain(job.cost()),
                        CleanupResult.plain(job.tokensRefunded()),
                        job.outcome(),
                        Objects.requireNonNullElse(job.cause(), ""))));
    out.println();
    table.lines("  ").forEach(out::println);
    if (jobs.next() != null) {
      out.println("  … and more: --csv or --json lists them");
    }
    out.printf(
        "%nWhat became of one:  job-cleanup refunds --job %s%n",
        Words.printable(jobs.items().getFirst().job()));
  }

  private void line(String label, String value) {
    surroundings.out().println("  %-12s %s".formatted(label, Words.printable(value)));
  }

  private static String startedBy(RunRecord run) {
    String how = run.trigger().name().toLowerCase(Locale.ROOT);
    return run.actor() == null ? how : how + ", " + run.actor();
  }

  private static String took(RunRecord run) {
    if (run.completedAt() == null) {
      return "-";
    }
    Duration took = Duration.between(run.startedAt(), run.completedAt());
    return took.toSeconds() < 60
        ? String.format(Locale.ROOT, "%.1fs", took.toMillis() / 1000.0)
        : Words.lasting(took);
  }

  private static String standing(RunRecord run) {
    return switch (run.state()) {
      case COMPLETED -> "went to its end";
      case FAILED -> "failed: " + run.error();
      case RUNNING ->
          run.seemsLost()
              ? "didn't end: its process died, or it is a very long one. What it had settled stays"
              : "under way";
    };
  }

  static final class SinceConverter implements ITypeConverter<Since> {
    @Override
    public Since convert(String text) {
      try {
        Instant day = LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
        return new Since(run -> !run.startedAt().isBefore(day));
      } catch (DateTimeParseException e) {
        // It is a duration, or wrong.
      }
      try {
        Duration longest = Durations.between("1s", "36500d", text);
        return new Since(run -> run.age().compareTo(longest) <= 0);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(
            "%s; or a date such as 2026-11-01"
                .formatted(Words.printable(String.valueOf(e.getMessage()))));
      }
    }
  }
}
