package io.jobcleanup.server.demo;

import io.jobcleanup.embedded.EmbeddedPostgres;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A {@link Worker} in a JVM of its own. */
final class WorkerProcess implements AutoCloseable {
  private static final String NESTED_JAR_MAIN =
      "org.springframework.boot.loader.launch.PropertiesLauncher";

  private final Process process;
  private final BufferedReader output;

  private WorkerProcess(Process process) {
    this.process = process;
    this.output = process.inputReader(StandardCharsets.UTF_8);
  }

  static WorkerProcess start(EmbeddedPostgres postgres, Path errors) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    if (ClassLoader.getSystemClassLoader().equals(Worker.class.getClassLoader())) {
      command.add(Worker.class.getName());
    } else {
      // The classes are in jars within the jar, which only Spring Boot's loader can open.
      command.addAll(List.of("-Dloader.main=" + Worker.class.getName(), NESTED_JAR_MAIN));
    }
    command.addAll(List.of(postgres.jdbcUrl(), postgres.user()));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(file(errors)));
    builder.environment().put(Worker.PASSWORD_VARIABLE, postgres.password());
    Process process = builder.start();
    process.getOutputStream().close();
    return new WorkerProcess(process);
  }

  private static File file(Path path) {
    return path.toFile();
  }

  /** Waits for the next job that it claims; null once it has ended. */
  @Nullable String nextClaim() throws IOException {
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith(Worker.CLAIMED)) {
        return line.substring(Worker.CLAIMED.length());
      }
    }
    return null;
  }

  long pid() {
    return process.pid();
  }

  boolean alive() {
    return process.isAlive();
  }

  /** Ends it as the system does when memory runs out: at once, with no word to anybody. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor(10, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
