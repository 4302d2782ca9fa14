package io.jobcleanup.server.cli;

import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.server.ExitCode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Prints the mapping of the specification's tables, to be saved and changed. Asks no database. */
@Command(
    name = "map",
    header = "Print the built-in mapping.",
    description = {
      "",
      "To be saved as mapping.yaml and changed to fit other tables. Asks no database."
    },
    footer = {"", "Start your own:  job-cleanup map --default > mapping.yaml"})
final class MapCommand implements Callable<Integer> {
  @Option(names = "--default", required = true, description = "The built-in one.")
  boolean builtIn;

  private final Surroundings surroundings;

  MapCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    surroundings.out().print(Mapping.builtInText());
    return ExitCode.FINE.number();
  }
}
