package io.jobcleanup.server.cli;

import io.jobcleanup.JobCleanup;
import io.jobcleanup.MappingDraft;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Drafts a mapping for the tables that are there, or prints that of the specification's. Never
 * writes to the database.
 */
@Command(
    name = "map",
    header = "Draft a mapping for your tables.",
    description = {
      "",
      "Reads the database's catalogue and rows, and guesses: which tables hold jobs, what their "
          + "statuses mean, who pays, and how tokens are given back. Each guess has its evidence "
          + "beside it, each doubt is a line that begins with \"# ?\". Of values only statuses, "
          + "types and the like are shown. Changes nothing."
    },
    footer = {
      "",
      "Exit code 4 where no table looks like one of jobs.",
      "Start your own:  job-cleanup map --output mapping.yaml"
    })
final class MapCommand implements Callable<Integer> {
  @Option(
      names = "--default",
      description = "Print the built-in mapping instead; asks no database.")
  boolean builtIn;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "Write to a file instead. One that is there already stays as it is.")
  @Nullable Path output;

  @Option(
      names = "--table",
      paramLabel = "NAME",
      description = "The table that holds the jobs, where you know it: name or schema.name.")
  @Nullable String table;

  private final Surroundings surroundings;

  MapCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    if (builtIn && table != null) {
      throw new ProgramException(
          ExitCode.MISCONFIGURED,
          "--default prints the built-in mapping, whatever the tables: it takes no --table.");
    }
    if (output != null && Files.exists(output)) {
      throw alreadyThere(output, null);
    }
    if (builtIn) {
      print(Mapping.builtInText());
      return ExitCode.FINE.number();
    }
    MappingDraft draft;
    try (Session session = Session.open(surroundings)) {
      draft =
          JobCleanup.builder(session.database().dataSource())
              .schema(session.database().url().schema())
              .build()
              .draftMapping(table, this::tell);
    } catch (IllegalArgumentException e) {
      throw new ProgramException(ExitCode.MISCONFIGURED, e.getMessage() + ".", e);
    } finally {
      surroundings.err().clearPassing();
    }
    draft.notes().forEach(note -> surroundings.err().println(Words.printable(note) + "."));
    if (draft.sources().isEmpty()) {
      surroundings.err().println(nothingFound(draft));
      return ExitCode.UNUSABLE.number();
    }
    print(draft.text());
    surroundings
        .err()
        .println(
            "Drafted %s with %s for you%s."
                .formatted(
                    Words.count(draft.sources().size(), "source"),
                    Words.count(draft.questions(), "question"),
                    output == null ? "" : ": " + output));
    return ExitCode.FINE.number();
  }

  private static String nothingFound(MappingDraft draft) {
    return draft.tables() == 0
        ? "There are no tables in this database, or none that our role may see. Is DATABASE_URL the right one?"
        : ("None of %s looks like one of jobs: a status with a value like processing or running, and times. "
                + "If you know it:  job-cleanup map --table NAME")
            .formatted(Words.count(draft.tables(), "table"));
  }

  private void tell(String progress) {
    if (surroundings.terminal()) {
      surroundings.err().showPassing(Words.printable(progress));
    }
  }

  private void print(String text) {
    if (output == null) {
      surroundings.out().print(text);
      return;
    }
    try {
      Files.writeString(output, text, StandardCharsets.UTF_8, StandardOpenOption.CREATE_NEW);
    } catch (FileAlreadyExistsException e) {
      throw alreadyThere(output, e);
    } catch (IOException e) {
      throw new ProgramException(
          ExitCode.MISCONFIGURED, "%s can't be written: %s.".formatted(output, e.getMessage()), e);
    }
  }

  private static ProgramException alreadyThere(Path file, @Nullable Throwable cause) {
    return new ProgramException(
        ExitCode.MISCONFIGURED,
        "%s is there already, and stays as it is. Remove it, or name another file.".formatted(file),
        cause);
  }
}
