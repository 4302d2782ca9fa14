package io.jobcleanup.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What a measurement was made on, without which its figures mean nothing. */
final class Machine {

  private static final int SYNCS = 200;
  private static final int PAGE_BYTES = 8192;

  private Machine() {}

  /**
   * The facts, by name, in the order in which they are shown.
   *
   * @param postgres the server's version and settings
   */
  static Map<String, String> facts(Map<String, String> postgres) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("measured", Instant.now().truncatedTo(ChronoUnit.MINUTES).toString());
    facts.put("CPU", cpuModel() + ", " + Runtime.getRuntime().availableProcessors() + " cores");
    facts.put("memory", memory());
    facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    facts.put("JDK", System.getProperty("java.vendor") + " " + System.getProperty("java.version"));
    facts.putAll(postgres);
    facts.put("fsync of 8 KiB", "%s ms".formatted(syncMillis().text(2)));
    facts.put(
        "load before",
        "%.2f".formatted(ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage()));
    return facts;
  }

  private static String cpuModel() {
    return firstField(Path.of("/proc/cpuinfo"), "model name", System.getProperty("os.arch", "?"));
  }

  private static String memory() {
    String total = firstField(Path.of("/proc/meminfo"), "MemTotal", "?");
    return total.endsWith(" kB")
        ? "%.1f GiB".formatted(Long.parseLong(total.substring(0, total.length() - 3)) / 1048576.0)
        : total;
  }

  private static String firstField(Path file, String name, String otherwise) {
    if (!Files.isReadable(file)) {
      return otherwise;
    }
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .filter(line -> line.startsWith(name))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(otherwise);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** How long the disk takes to keep one page, where the server's data are. */
  private static Samples syncMillis() {
    try {
      Path file = Files.createTempFile("job-cleanup-fsync-", null);
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.allocate(SYNCS * PAGE_BYTES));
        channel.force(true);
        List<Double> millis = new ArrayList<>();
        for (int i = 0; i < SYNCS; i++) {
          channel.write(ByteBuffer.allocate(PAGE_BYTES), (long) i * PAGE_BYTES);
          long began = System.nanoTime();
          channel.force(false);
          millis.add((System.nanoTime() - began) / 1e6);
        }
        return Samples.of(millis);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
