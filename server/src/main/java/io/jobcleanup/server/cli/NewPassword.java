package io.jobcleanup.server.cli;

import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.account.Password;
import io.jobcleanup.server.settings.Secret;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Asks for a password: twice and without echo at a terminal, else one line of standard input. */
final class NewPassword {
  private NewPassword() {}

  /**
   * Reads it.
   *
   * @throws ProgramException if there is none, it is too short, or it was typed differently twice
   */
  static Password read(Surroundings surroundings, String email) {
    String typed = surroundings.terminal() ? typedTwice(email) : line(surroundings);
    try {
      return new Password(new Secret(typed));
    } catch (IllegalArgumentException e) {
      throw new ProgramException(
          ExitCode.MISCONFIGURED, e.getMessage() + " Nothing was changed.", e);
    }
  }

  @SuppressWarnings("SystemConsoleNull") // Where a terminal is, java.base's own console is there.
  private static String typedTwice(String email) {
    Console console = System.console();
    if (console == null) {
      throw new ProgramException(
          ExitCode.MISCONFIGURED,
          "The terminal can't hide what is typed. Give the password as a line of standard input.");
    }
    String first =
        typed(
            console,
            "Password for %s (%d characters and more): ".formatted(email, Password.MIN_LENGTH));
    if (!first.equals(typed(console, "Once more: "))) {
      throw new ProgramException(
          ExitCode.MISCONFIGURED, "That was typed differently twice. Nothing was changed.");
    }
    return first;
  }

  private static String typed(Console console, String prompt) {
    char[] typed = console.readPassword("%s", prompt);
    return typed == null ? "" : new String(typed);
  }

  private static String line(Surroundings surroundings) {
    try {
      String line =
          new BufferedReader(new InputStreamReader(surroundings.in(), StandardCharsets.UTF_8))
              .readLine();
      if (line == null) {
        throw new ProgramException(
            ExitCode.MISCONFIGURED,
            "There is no password on standard input: one line is read. Nothing was changed.");
      }
      return line;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
