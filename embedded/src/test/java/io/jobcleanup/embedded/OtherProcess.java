package io.jobcleanup.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A second program that wants the embedded database of the same home. */
final class OtherProcess {
  private OtherProcess() {}

  /** What the other program saw. */
  record Seen(long pid, int port, boolean startedByUs) {}

  public static void main(String[] args) {
    EmbeddedPostgres postgres = EmbeddedPostgres.at(Path.of(args[0]));
    System.out.println(
        "seen " + postgres.pid() + " " + postgres.port() + " " + postgres.startedByUs());
  }

  static Process start(Path home) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new ProcessBuilder(
            java,
            "-cp",
            System.getProperty("java.class.path"),
            OtherProcess.class.getName(),
            home.toString())
        .redirectErrorStream(true)
        .start();
  }

  static Seen seenBy(Process process) throws IOException {
    // Ends only when nobody holds the pipe any more, so a server that kept it would be noticed
    // here.
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String[] words =
        output
            .lines()
            .filter(line -> line.startsWith("seen "))
            .findFirst()
            .orElseThrow(() -> new AssertionError("the other process said: " + output))
            .split(" ");
    return new Seen(
        Long.parseLong(words[1]), Integer.parseInt(words[2]), Boolean.parseBoolean(words[3]));
  }
}
