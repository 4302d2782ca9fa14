package io.jobcleanup.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Runs PostgreSQL's programs and the few system tools that we need. */
final class Shell {
  private Shell() {}

  /** What a command said, on both its outputs, and how it ended. */
  record Result(int exitCode, String output) {
    boolean ok() {
      return exitCode == 0;
    }
  }

  /**
   * Runs {@code command} to its end.
   *
   * @throws IOException if there is no such program, or it can't be started
   * @throws EmbeddedPostgresException if the calling thread is interrupted meanwhile
   */
  static Result run(List<String> command) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            // The caller's directory may be closed to the account that the server runs as.
            .directory(Path.of("/").toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectErrorStream(true);
    // The server outlives us: it must not carry our secrets, nor obey a PGDATA or PGOPTIONS meant
    // for others.
    Map<String, String> environment = builder.environment();
    String path = environment.getOrDefault("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
    environment.clear();
    environment.putAll(Map.of("PATH", path, "LC_ALL", "C", "TZ", "UTC"));

    Process process = builder.start();
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Result(process.waitFor(), output.strip());
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new EmbeddedPostgresException("interrupted while running " + command.get(0), e);
    }
  }
}
