package io.jobcleanup.server.cli;

import io.jobcleanup.embedded.EmbeddedPostgres;
import io.jobcleanup.embedded.EmbeddedPostgresException;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Stops the embedded database, which otherwise runs on between commands. */
@Command(
    name = "stop",
    header = "Stop the embedded database.",
    description = {
      "",
      "It runs on between commands, so that psql and other programs can use it. The "
          + "next command that needs it starts it again, with all its data."
    })
final class StopCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  StopCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    Path home = Session.settings(surroundings).home();
    if (!Files.exists(home.resolve("postgres").resolve("postmaster.pid"))) {
      surroundings.out().printf("No embedded database runs in %s.%n", home);
      return ExitCode.FINE.number();
    }
    try {
      EmbeddedPostgres.at(home).stop();
    } catch (EmbeddedPostgresException e) {
      throw new ProgramException(
          ExitCode.UNREACHABLE, "The embedded database doesn't stop: " + e.getMessage(), e);
    }
    surroundings.out().printf("The embedded database in %s is stopped; its data are kept.%n", home);
    return ExitCode.FINE.number();
  }
}
