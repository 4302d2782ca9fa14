package io.jobcleanup.server;

import io.jobcleanup.server.cli.Cli;
import io.jobcleanup.server.cli.Surroundings;
import io.jobcleanup.server.log.LogFormat;
import io.jobcleanup.server.log.Logging;
import io.jobcleanup.server.log.TerminalStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import org.springframework.core.env.StandardEnvironment;

/** The program: one command, then the end of the process. */
public final class Main {

  private Main() {}

  /** Runs the command that the arguments name, and ends the process with its {@link ExitCode}. */
  public static void main(String[] arguments) {
    int code =
        run(
            List.of(arguments),
            System.getenv(),
            System.in,
            utf8(FileDescriptor.out),
            utf8(FileDescriptor.err),
            terminal());
    System.exit(code);
  }

  /**
   * Runs a command within this process.
   *
   * @param terminal whether a person watches
   * @return the exit code
   */
  static int run(
      List<String> arguments,
      Map<String, String> variables,
      InputStream in,
      PrintStream out,
      PrintStream err,
      boolean terminal) {
    // The driver opens each session in the JVM's zone, and times without one would then mean
    // another.
    TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
    TerminalStream lines = new TerminalStream(err);
    Logging.configure(lines, LogFormat.LOGFMT, Map.of(), new StandardEnvironment());
    try {
      return new Cli(new Surroundings(variables, in, out, lines, terminal)).execute(arguments);
    } finally {
      out.flush();
      err.flush();
    }
  }

  @SuppressWarnings(
      "SystemConsoleNull") // With java.base's own console null says what it always did.
  private static boolean terminal() {
    // JDK 22 to 24 would load a line editor, and give a console where there is no terminal, too.
    System.setProperty("jdk.console", "java.base");
    return System.console() != null;
  }

  private static PrintStream utf8(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
  }
}
