package io.jobcleanup.server.cli;

import io.jobcleanup.Backlog;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.Diagnosis;
import io.jobcleanup.Diagnosis.Finding;
import io.jobcleanup.Diagnosis.Level;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.answer.Json;
import io.jobcleanup.server.settings.Settings.Migrate;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;

/**
 * Looks at connection, mapping, privileges and indexes, and says how to mend each. Never writes.
 */
@Command(
    name = "doctor",
    header = "Check whether all is there that a run takes.",
    description = {
      "",
      "Looks at connection, mapping, privileges, indexes, clock, row-level security "
          + "and triggers, and says what mends each, to be pasted. Changes nothing."
    },
    footer = {
      "",
      "Exit code 0 with warnings only, 4 with a fault, 3 where the database doesn't answer."
    })
final class DoctorCommand implements Callable<Integer> {
  private static final String CONTINUED = " ".repeat(24);
  private static final String SHOW_OWED =
      "job-cleanup sql \"select job_key, payer, amount, cause, next_try_at"
          + " from job_cleanup.refund where state = 'OWED'\"";

  @Mixin Options.MappingFile mapping = new Options.MappingFile();
  @Mixin Options.AsJson json = new Options.AsJson();

  private final Surroundings surroundings;

  DoctorCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  private record Answer(boolean ok, List<Point> faults, List<Point> warnings) {}

  private record Point(String about, String message, List<String> remedy) {}

  @Override
  public Integer call() {
    Diagnosis diagnosis;
    ExitCode code;
    try (Session session = Session.open(surroundings)) {
      JobCleanup cleanup = session.cleanup(mapping.file);
      diagnosis = withWhatIsOwed(cleanup, cleanup.diagnose());
      if (session.settings().migrate() == Migrate.NEVER) {
        diagnosis =
            new Diagnosis(diagnosis.findings().stream().map(DoctorCommand::unmade).toList());
      }
      code = diagnosis.ok() ? ExitCode.FINE : ExitCode.UNUSABLE;
    } catch (ProgramException e) {
      if (e.code() != ExitCode.UNREACHABLE) {
        throw e;
      }
      diagnosis =
          new Diagnosis(List.of(new Finding(Level.FAULT, "database", e.getMessage(), List.of())));
      code = e.code();
    }
    if (json.wanted) {
      surroundings
          .out()
          .println(
              Json.write(
                  new Answer(
                      diagnosis.ok(),
                      points(diagnosis, Level.FAULT),
                      points(diagnosis, Level.WARNING))));
    } else {
      print(diagnosis);
    }
    return code.number();
  }

  /** What is owed is asked for where nothing is wrong that would keep it from being known. */
  private static Diagnosis withWhatIsOwed(JobCleanup cleanup, Diagnosis diagnosis) {
    Backlog backlog = diagnosis.ok() ? cleanup.backlog() : null;
    if (backlog == null || backlog.owedRefunds() == 0) {
      return diagnosis;
    }
    List<Finding> findings = new ArrayList<>(diagnosis.findings());
    findings.add(
        new Finding(
            Level.WARNING,
            "refunds",
            "%s owed, %s; each run tries those that are due. To whom, and why not yet:"
                .formatted(
                    backlog.owedRefunds() == 1
                        ? "1 refund is"
                        : Words.number(backlog.owedRefunds()) + " refunds are",
                    CleanupResult.tokens(backlog.owedTokens())),
            List.of(SHOW_OWED)));
    return new Diagnosis(findings);
  }

  /** Where no run makes our schema, one that is missing or old keeps runs from working. */
  private static Finding unmade(Finding finding) {
    return finding.level() == Level.WARNING && finding.about().equals("our schema")
        ? new Finding(
            Level.FAULT,
            finding.about(),
            "job_cleanup is missing or older than this version, and job-cleanup.migrate is never:",
            finding.remedy())
        : finding;
  }

  private static List<Point> points(Diagnosis diagnosis, Level level) {
    return diagnosis.of(level).stream()
        .map(it -> new Point(it.about(), it.message(), it.remedy()))
        .toList();
  }

  private void print(Diagnosis diagnosis) {
    PrintStream out = surroundings.out();
    for (Finding finding : diagnosis.findings()) {
      String[] message = finding.message().split("\n", -1);
      out.println(
          "  %s %-15s %s"
              .formatted(label(finding.level()), finding.about(), Words.printable(message[0])));
      for (int i = 1; i < message.length; i++) {
        out.println(CONTINUED + Words.printable(message[i]));
      }
      for (String remedy : finding.remedy()) {
        remedy.lines().forEach(line -> out.println(CONTINUED + Words.printable(line)));
      }
    }
    out.println();
    int faults = diagnosis.of(Level.FAULT).size();
    int warnings = diagnosis.of(Level.WARNING).size();
    out.println(
        faults + warnings == 0
            ? "All is well."
            : "%s, %s"
                .formatted(
                    faults == 0 ? "No fault" : Words.count(faults, "fault"),
                    warnings == 0 ? "no warning" : Words.count(warnings, "warning")));
  }

  private String label(Level level) {
    return switch (level) {
      case OK -> coloured("green", "ok   ");
      case WARNING -> coloured("yellow", "warn ");
      case FAULT -> coloured("red", "FAULT");
    };
  }

  private String coloured(String colour, String text) {
    return surroundings.colour() ? Ansi.ON.string("@|%s %s|@".formatted(colour, text)) : text;
  }
}
