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
final class Instance implements AutoCloseable {
  private static final Pattern NAME = Pattern.compile("Schedule started .*instance=(\\S+)");
  private static final Duration PAUSE = Duration.ofMillis(50);

  private final Process process;
  private final Path log;

  private Instance(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  static Instance start(Path directory, Map<String, String> variables, String... jvm)
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

  Instance ready() {
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

  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void kill() {
    process.destroyForcibly();
  }

  /** Ends it as a service manager does, and tells how long that took. */
  Duration terminate() throws InterruptedException {
    long start = System.nanoTime();
    process.destroy();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      throw new AssertionError("doesn't end:\n" + log());
    }
    return Duration.ofNanos(System.nanoTime() - start);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  /** Waits for something to be so. */
  static void await(String what, Duration most, BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > most.toNanos()) {
        throw new AssertionError("not within %s: %s".formatted(most, what));
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }
}
