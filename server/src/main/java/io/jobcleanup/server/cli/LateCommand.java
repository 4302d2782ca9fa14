package io.jobcleanup.server.cli;

import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.LateCompletion;
import io.jobcleanup.LateTotals;
import io.jobcleanup.Page;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.answer.Json;
import io.jobcleanup.server.answer.LateAnswer;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists jobs that workers completed after runs had failed them, and guards against it. */
@Command(
    name = "late",
    header = "List jobs that were completed after they were given back.",
    description = {
      "",
      "A worker that comes back after its job was failed, and completes it all the same. Each run "
          + "looks for those that were failed in the last 7 days. Changes nothing."
    },
    synopsisSubcommandLabel = "[COMMAND]")
final class LateCommand implements Callable<Integer> {
  private static final int LISTED = 20;
  private static final int MOST_IN_JSON = 10_000;
  private static final int WIDTH_OF_DELIVERED = 60;

  @Mixin Options.MappingFile mapping = new Options.MappingFile();
  @Mixin Options.AsJson json = new Options.AsJson();

  private final Surroundings surroundings;

  LateCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  static final class Instead {
    @Option(names = "--print", description = "Print the SQL instead, for whoever owns the tables.")
    boolean print;

    @Option(names = "--drop", description = "Take it off again.")
    boolean drop;
  }

  @Override
  public Integer call() {
    try (Session session = Session.open(surroundings)) {
      JobCleanup cleanup = session.cleanup(mapping.file);
      if (json.wanted) {
        surroundings.out().println(Json.write(all(cleanup)));
      } else {
        print(cleanup.lateTotals(), cleanup.lateCompletions(null, LISTED).items());
      }
      return ExitCode.FINE.number();
    }
  }

  @Command(
      name = "guard",
      header = "Keep settled jobs settled, by a trigger on the job table.",
      description = {
        "",
        "An update that would take a job that a run failed straight into a processing or completed "
            + "state hits no row, and is recorded. Retries by way of another state pass."
      },
      footer = {"", "Exit code 4 where our role doesn't own the table, or the table is in use."})
  int guard(
      @Parameters(
              paramLabel = "SOURCE",
              arity = "0..1",
              description = "The source whose jobs are kept (default: all).")
          @Nullable String source,
      @ArgGroup @Nullable Instead instead,
      @Mixin Options.MappingFile file) {
    PrintStream out = surroundings.out();
    try (Session session = Session.open(surroundings)) {
      JobCleanup cleanup = session.cleanup(file.file);
      if (instead != null && instead.print) {
        out.print(known(() -> cleanup.guardScript(source)));
        return ExitCode.FINE.number();
      }
      if (instead != null && instead.drop) {
        List<String> tables = known(() -> cleanup.dropGuard(source));
        out.println(
            tables.isEmpty()
                ? "There is no guard."
                : "The guard is taken off %s.".formatted(joined(tables)));
        return ExitCode.FINE.number();
      }
      List<String> tables = known(() -> cleanup.guard(source));
      out.println(
          tables.isEmpty()
              ? "The guard is there already, and fits the mapping."
              : "The guard is on %s. What it prevents:  job-cleanup late"
                  .formatted(joined(tables)));
      return ExitCode.FINE.number();
    }
  }

  private static String joined(List<String> tables) {
    return Words.printable(tables.stream().distinct().collect(Collectors.joining(", ")));
  }

  /** The only argument that can be wrong is the source. */
  private static <T> T known(Supplier<T> work) {
    try {
      return work.get();
    } catch (IllegalArgumentException e) {
      throw new ProgramException(
          ExitCode.MISCONFIGURED, Words.printable(capitalized(e.getMessage())), e);
    }
  }

  private static String capitalized(@Nullable String sentence) {
    String text = String.valueOf(sentence);
    return Character.toUpperCase(text.charAt(0)) + text.substring(1) + ".";
  }

  private static LateAnswer.LateOnes all(JobCleanup cleanup) {
    List<LateCompletion> late = new ArrayList<>();
    Page<LateCompletion> page = cleanup.lateCompletions(null, Page.MAX_ITEMS);
    late.addAll(page.items());
    while (page.next() != null && late.size() < MOST_IN_JSON) {
      page = cleanup.lateCompletions(page.next(), Page.MAX_ITEMS);
      late.addAll(page.items());
    }
    return LateAnswer.listed(late, page.next());
  }

  private void print(LateTotals totals, List<LateCompletion> late) {
    PrintStream out = surroundings.out();
    out.println(answer(totals));
    if (totals.prevented() > 0) {
      out.printf(
          "%s prevented by the guard.%n",
          totals.prevented() == 1
              ? "1 attempt was"
              : Words.number(totals.prevented()) + " attempts were");
    }
    if (late.isEmpty()) {
      return;
    }
    boolean oneSource = late.stream().map(LateCompletion::source).distinct().count() == 1;
    TextTable table =
        new TextTable(
            List.of("JOB", "PAYER", "GIVEN BACK", "FAILED", "FOUND", "BECAME", "DELIVERED"),
            Set.of(2));
    late.forEach(
        it ->
            table.add(
                List.of(
                    oneSource ? it.job() : it.source() + ":" + it.job(),
                    Objects.requireNonNullElse(it.payer(), "-"),
                    givenBack(it),
                    it.failedAt() == null ? "-" : Words.fullMoment(it.failedAt()),
                    Words.fullMoment(it.foundAt()),
                    it.prevented() ? "not %s: prevented".formatted(it.status()) : it.status(),
                    delivered(it))));
    out.println();
    table.lines("  ").forEach(out::println);
    long more = totals.completed() + totals.prevented() - late.size();
    if (more > 0) {
      out.printf("  … and %s: --json lists them%n", Words.count(more, "more job"));
    }
    if (totals.completed() > 0) {
      out.printf(
          "%nHave the worker's UPDATE hit only what is still its own:"
              + " docs/how-to/workers-beside-a-cleaner.md%nOr have the database do it:  job-cleanup"
              + " late guard%n");
    }
  }

  private static String answer(LateTotals totals) {
    return totals.completed() == 0
        ? "No job was completed after it had been given back, as far as runs have seen."
        : totals.completed() == 1
            ? "1 job was completed after it had been given back: %s."
                .formatted(CleanupResult.tokens(totals.tokens()))
            : "%s jobs were completed after they had been given back: %s."
                .formatted(Words.number(totals.completed()), CleanupResult.tokens(totals.tokens()));
  }

  private static String givenBack(LateCompletion late) {
    if (late.tokensOwed().signum() > 0) {
      return CleanupResult.tokens(late.tokensOwed()) + " owed";
    }
    return late.tokensRefunded().signum() == 0 ? "-" : CleanupResult.tokens(late.tokensRefunded());
  }

  /** What isn't said in the line already, as far as there is room. */
  private static String delivered(LateCompletion late) {
    String text =
        LateAnswer.delivered(late).entrySet().stream()
            .filter(it -> !String.valueOf(it.getValue()).equals(late.job()))
            .filter(it -> !String.valueOf(it.getValue()).equals(late.payer()))
            .map(it -> it.getKey() + ": " + it.getValue())
            .collect(Collectors.joining(", "));
    return text.length() <= WIDTH_OF_DELIVERED ? text : cut(text);
  }

  private static String cut(String text) {
    int end = WIDTH_OF_DELIVERED;
    return text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end) + "…";
  }
}
