package io.jobcleanup.server.cli;

import io.jobcleanup.server.log.TerminalStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;

/**
 * What a command finds around it.
 *
 * @param variables the environment variables
 * @param in standard input
 * @param out standard output: the answer, nothing else
 * @param err standard error: log lines, progress, and what goes wrong
 * @param terminal whether a person watches and can answer
 */
public record Surroundings(
    Map<String, String> variables,
    InputStream in,
    PrintStream out,
    TerminalStream err,
    boolean terminal) {

  /**
   * Whether colour makes sense: on a terminal, unless <a href="https://no-color.org">NO_COLOR</a>
   * is set.
   */
  boolean colour() {
    return terminal && variables.getOrDefault("NO_COLOR", "").isEmpty();
  }
}
