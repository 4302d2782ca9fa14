package io.jobcleanup.server.cli;

import io.jobcleanup.JobCleanup;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.schema.ServiceSchema;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Makes our schema or brings it up to date, prints its SQL, or removes it. */
@Command(
    name = "migrate",
    header = "Make our schema, or bring it up to date.",
    description = {
      "",
      "The schema job_cleanup remembers what was given back. Your own tables stay as they are."
    })
final class MigrateCommand implements Callable<Integer> {
  private static final String ANSWER = "drop";

  @ArgGroup Instead instead = new Instead();

  @Option(names = "--yes", description = "With --drop: don't ask.")
  boolean yes;

  @Mixin Options.MappingFile mapping = new Options.MappingFile();

  private final Surroundings surroundings;

  MigrateCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  static final class Instead {
    @Option(
        names = "--print",
        description = "Print the SQL instead, with the grants that suffice; asks no database.")
    boolean print;

    @Option(
        names = "--drop",
        description = "Remove the schema instead, with all that it remembers.")
    boolean drop;
  }

  @Override
  public Integer call() {
    PrintStream out = surroundings.out();
    if (instead.print) {
      out.println(
          JobCleanup.schemaScript(Session.mapping(Session.settings(surroundings), mapping.file)));
      out.print(ServiceSchema.script());
      return ExitCode.FINE.number();
    }
    try (Session session = Session.open(surroundings)) {
      JobCleanup cleanup = session.cleanup(mapping.file);
      if (instead.drop) {
        confirm(session);
        cleanup.dropSchema();
        out.println("The schema job_cleanup is removed.");
        return ExitCode.FINE.number();
      }
      int applied = new ServiceSchema(session.database().dataSource()).migrate(cleanup);
      out.println(
          applied == 0
              ? "The schema job_cleanup is up to date."
              : "The schema job_cleanup is up to date: %s applied."
                  .formatted(Words.count(applied, "migration")));
      return ExitCode.FINE.number();
    }
  }

  private void confirm(Session session) {
    if (yes) {
      return;
    }
    String loss =
        "Without the schema job_cleanup nobody knows any more what was given back: "
            + "refunds that your"
            + " own ledger doesn't show could be paid again, and what is owed is forgotten. "
            + "People and API tokens of the service go, too.";
    if (!surroundings.terminal()) {
      throw new ProgramException(
          ExitCode.MISCONFIGURED,
          loss + " To remove it all the same:  job-cleanup migrate --drop --yes");
    }
    surroundings.err().println(loss);
    surroundings
        .err()
        .println("Type \"%s\" to remove it from %s:".formatted(ANSWER, session.database().url()));
    if (!ANSWER.equals(answer())) {
      throw new ProgramException(ExitCode.MISCONFIGURED, "Nothing was removed.");
    }
  }

  private String answer() {
    try {
      String line =
          new BufferedReader(new InputStreamReader(surroundings.in(), StandardCharsets.UTF_8))
              .readLine();
      return line == null ? "" : line.strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
