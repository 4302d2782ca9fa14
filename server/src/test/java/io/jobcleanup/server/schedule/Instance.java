package io.jobcleanup.server.schedule;

import io.jobcleanup.server.Main;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The service in a process of its own. */
public final class Instance implements AutoCloseable {
  private static final Pattern PORT = Pattern.compile(" Ready port=(\\d+)");
  private static final Pattern NAME = Pattern.compile("Schedule started .*instance=(\\S+)");
  private static final Duration PAUSE = Duration.ofMillis(50);

  private final Process process;
  private final Path log;

  private Instance(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /** Starts it on a free port. */
  public static Instance start(Path directory, Map<String, String> variables, String... jvm)
      throws IOException {
    Path log = Files.createTempFile(directory, "instance", ".log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of(jvm));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.add("serve");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().putAll(variables);
    builder.environment().put("PORT", "0");
    return new Instance(builder.start(), log);
  }

  /** Waits until it answers. */
  public Instance ready() {
    await(
        "an instance is ready",
        Duration.ofSeconds(90),
        () -> log().contains(" Ready ") || !process.isAlive());
    if (!process.isAlive()) {
      throw new AssertionError("ended at once:\n" + log());
    }
    return this;
  }

  /** As the schedule's table calls it. */
  String name() {
    Matcher name = NAME.matcher(log());
    if (!name.find()) {
      throw new AssertionError("no schedule was started:\n" + log());
    }
    return name.group(1);
  }

  /** Where it listens. */
  public int port() {
    Matcher port = PORT.matcher(log());
    if (!port.find()) {
      throw new AssertionError("not ready:\n" + log());
    }
    return Integer.parseInt(port.group(1));
  }

  /** All that it has said so far. */
  public String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends it as a crash does. */
  public void kill() {
    process.destroyForcibly();
  }

  /** Stops it as it is, with all locks and connections that it has, until {@link #thaw}. */
  public void freeze() throws IOException, InterruptedException {
    signal("STOP");
  }

  /** Has it go on. */
  public void thaw() throws IOException, InterruptedException {
    signal("CONT");
  }

  private void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start().waitFor();
  }

  /** Tells it to end, as a service manager does. */
  public void beginToTerminate() {
    process.destroy();
  }

  /** Waits for its end, and gives its exit code. */
  public int awaitEnd() throws InterruptedException {
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      throw new AssertionError("doesn't end:\n" + log());
    }
    return process.exitValue();
  }

  /** Ends it as a service manager does, and tells how long that took. */
  Duration terminate() throws InterruptedException {
    long start = System.nanoTime();
    beginToTerminate();
    awaitEnd();
    return Duration.ofNanos(System.nanoTime() - start);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  /** Waits for something to be so. */
  public static void await(String what, Duration most, BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > most.toNanos()) {
        throw new AssertionError("not within %s: %s".formatted(most, what));
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }
}
