package io.jobcleanup.server.cli;

import io.jobcleanup.JobCleanup;
import io.jobcleanup.RefundQuery;
import io.jobcleanup.RefundRecord;
import io.jobcleanup.Waiver;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.account.Actor;
import io.jobcleanup.server.answer.Json;
import io.jobcleanup.server.answer.RefundAnswer;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Tells what was given back, what is owed, and writes off what is owed. */
@Command(
    name = "refunds",
    header = "Tell what was given back, and what is owed.",
    description = {
      "",
      "When, why, by which run, recorded in which ledger row; what is owed, why, and when it is"
          + " tried next; what was written off, by whom and why. The newest first. Only waive"
          + " changes anything."
    },
    synopsisSubcommandLabel = "[waive]",
    footer = {"", "One user, one job:  job-cleanup refunds --user U --job J"})
final class RefundsCommand implements Callable<Integer> {
  @Option(names = "--user", paramLabel = "USER", description = "Only what is this user's.")
  @Nullable String user;

  @Option(
      names = "--job",
      paramLabel = "JOB",
      description = "Only of this job: its key, or source:key.")
  @Nullable String job;

  @Option(names = "--owed", description = "Only what is owed still.")
  boolean owed;

  @Option(
      names = "--limit",
      paramLabel = "REFUNDS",
      converter = Options.LimitConverter.class,
      description = "The most refunds to show (default: 20); --json has all.")
  int limit = 20;

  @Mixin Options.MappingFile mapping = new Options.MappingFile();
  @Mixin Options.AsJson json = new Options.AsJson();

  private final Surroundings surroundings;

  RefundsCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    RefundQuery query = new RefundQuery(user, job, owed);
    try (Session session = Session.open(surroundings)) {
      JobCleanup cleanup = session.cleanup(mapping.file);
      if (json.wanted) {
        RefundAnswer.stream(cleanup, query, surroundings.out());
      } else {
        new RefundsText(surroundings.out(), cleanup, query).print(limit);
      }
      return ExitCode.FINE.number();
    }
  }

  @Command(
      name = "waive",
      header = "Write off what is owed for a job.",
      description = {
        "",
        "No run gives it back any more. Who did so, when and why is kept for ever; it can't be "
            + "taken back."
      },
      footer = {"", "What is owed:  job-cleanup refunds --owed"})
  int waive(
      @Parameters(paramLabel = "JOB", description = "The job's key, or source:key.") String of,
      @Option(
              names = "--reason",
              paramLabel = "REASON",
              required = true,
              description = "Why, at most 500 characters.")
          String reason,
      @Mixin Options.MappingFile file,
      @Mixin Options.AsJson asJson) {
    try (Session session = Session.open(surroundings)) {
      String by = Objects.requireNonNullElse(Actor.atCommandLine().name(), "unknown");
      List<RefundRecord> waived =
          switch (waive(session.cleanup(file.file), of, reason, by)) {
            case Waiver.Waived done -> done.refunds();
            case Waiver.NothingOwed nothing -> throw nothingOwed(of, nothing.refunds());
            case Waiver.Ambiguous several ->
                throw new ProgramException(
                    ExitCode.MISCONFIGURED,
                    "\"%s\" is several jobs for which something is owed: name one of %s."
                        .formatted(
                            Words.printable(of),
                            Words.printable(String.join(", ", several.jobs()))));
          };
      if (asJson.wanted) {
        surroundings.out().println(Json.write(RefundAnswer.writtenOff(waived)));
      } else {
        waived.forEach(
            it ->
                surroundings
                    .out()
                    .printf(
                        "Written off: %s owed to %s for job %s.%n",
                        RefundsText.tokens(it), RefundsText.payer(it), Words.printable(it.job())));
        surroundings.out().println("No run gives that back any more.");
      }
      return ExitCode.FINE.number();
    }
  }

  private static Waiver waive(JobCleanup cleanup, String job, String reason, String by) {
    try {
      return cleanup.waive(job, reason, by);
    } catch (IllegalArgumentException e) {
      throw new ProgramException(
          ExitCode.MISCONFIGURED, "Nothing was written off: %s.".formatted(e.getMessage()), e);
    }
  }

  private static ProgramException nothingOwed(String job, List<RefundRecord> refunds) {
    String name = Words.printable(job);
    return new ProgramException(
        ExitCode.MISCONFIGURED,
        refunds.isEmpty()
            ? "Nothing is owed for a job \"%s\": we have no refund of it. What our records say:  job-cleanup refunds --job %s"
                .formatted(name, name)
            : "Nothing is owed for job %s: %s."
                .formatted(
                    name,
                    Words.printable(
                        refunds.stream()
                            .map(RefundsText::standing)
                            .collect(Collectors.joining("; ")))));
  }
}
