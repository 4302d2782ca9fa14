package io.jobcleanup.server;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs the program as whoever types it would, within this process or in one of its own. */
final class Program {
  private Program() {}

  /** How a call ended, and what it said. */
  record Ended(int code, String out, String err) {
    String all() {
      return out + err;
    }
  }

  static Ended run(Map<String, String> variables, String... arguments) {
    return run(variables, "", false, arguments);
  }

  static Ended run(
      Map<String, String> variables, String typed, boolean terminal, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        Main.run(
            List.of(arguments),
            variables,
            new ByteArrayInputStream(typed.getBytes(StandardCharsets.UTF_8)),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            terminal);
    return new Ended(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  static Ended inOwnProcess(
      Path directory, Map<String, String> variables, List<String> jvm, String... arguments)
      throws IOException, InterruptedException {
    return ended(command(jvm, arguments), directory, variables);
  }

  /** What starts the program in a process of its own. */
  static List<String> command(List<String> jvm, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(jvm);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  static Ended ended(List<String> command, Path directory, Map<String, String> variables)
      throws IOException, InterruptedException {
    return ended(command, directory, variables, process -> {});
  }

  /** What is done to a process while it runs. */
  interface Deed {
    void to(Process process) throws IOException, InterruptedException;
  }

  static Ended ended(
      List<String> command, Path directory, Map<String, String> variables, Deed meanwhile)
      throws IOException, InterruptedException {
    Path out = Files.createTempFile(directory, "out", "");
    Path err = Files.createTempFile(directory, "err", "");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().remove("DATABASE_URL");
    builder.environment().putAll(variables);
    Process process = builder.start();
    process.getOutputStream().close();
    meanwhile.to(process);
    if (!process.waitFor(90, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("still running: " + command);
    }
    return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
  }
}
