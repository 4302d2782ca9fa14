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
 * @param terminal whether a person watches, so that colour and a moving line make sense
 */
public record Surroundings(
    Map<String, String> variables,
    InputStream in,
    PrintStream out,
    TerminalStream err,
    boolean terminal) {}
