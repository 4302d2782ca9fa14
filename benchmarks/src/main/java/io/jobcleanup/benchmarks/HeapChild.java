package io.jobcleanup.benchmarks;

import com.sun.management.GarbageCollectionNotificationInfo;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.jobcleanup.CleanupOptions;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.Verification;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.NotificationEmitter;
import javax.management.openmbean.CompositeData;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A JVM that has little heap: does one thing to a database, {@code drain} or {@code verify}, and
 * tells what its heap held.
 */
final class HeapChild {

  private static final double MEGABYTE = 1 << 20;

  private HeapChild() {}

  public static void main(String[] arguments) throws IOException {
    AtomicLong peak = new AtomicLong();
    AtomicLong live = new AtomicLong();
    watch(peak, live);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(in.readLine());
    config.setUsername(in.readLine());
    config.setPassword(in.readLine());
    try (HikariDataSource pool = new HikariDataSource(config)) {
      long began = System.nanoTime();
      JobCleanup cleanup = JobCleanup.builder(pool).build();
      switch (arguments[0]) {
        case "drain" ->
            cleanup.cleanupStuckJobs(
                CleanupOptions.defaults().withBatchSize(1_000).withDrain(true));
        case "verify" -> {
          Verification verification = cleanup.verify(line -> System.err.println("    " + line));
          if (!verification.ok()) {
            throw new IllegalStateException(verification.findings().getFirst().toString());
          }
        }
        default -> throw new IllegalArgumentException(arguments[0]);
      }
      double seconds = (System.nanoTime() - began) / 1e9;
      System.out.println(
          JsonMapper.shared()
              .writeValueAsString(
                  Map.of(
                      "peakMegabytes", peak.get() / MEGABYTE,
                      "liveMegabytes", live.get() / MEGABYTE,
                      "seconds", seconds)));
    }
  }

  /**
   * Runs one.
   *
   * @return what it told: seconds, peakMegabytes, liveMegabytes
   */
  static JsonNode run(String what, int heapMegabytes, Lab lab, HostDatabase host)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx" + heapMegabytes + "m");
    command.add("-XX:+ExitOnOutOfMemoryError");
    command.add("-cp");
    command.add(absolute(System.getProperty("java.class.path")));
    command.add(HeapChild.class.getName());
    command.add(what);
    Process child =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    // Over standard input: a command line or an environment would show the password.
    try (Writer in = new OutputStreamWriter(child.getOutputStream(), StandardCharsets.UTF_8)) {
      in.write(
          String.join(
              "\n",
              lab.postgres().jdbcUrl(host.name()),
              lab.postgres().user(),
              lab.postgres().password(),
              ""));
    }
    String told = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int exit = child.waitFor();
    if (exit != 0) {
      throw new IllegalStateException("%s in a small heap ended with %d".formatted(what, exit));
    }
    return JsonMapper.shared().readTree(told);
  }

  private static String absolute(String classPath) {
    return String.join(
        File.pathSeparator,
        List.of(classPath.split(File.pathSeparator)).stream()
            .map(it -> Path.of(it).toAbsolutePath().toString())
            .toList());
  }

  /** Heap is fullest right before a collection, and what is alive is what one leaves. */
  private static void watch(AtomicLong peak, AtomicLong live) {
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      ((NotificationEmitter) collector)
          .addNotificationListener(
              (notification, handback) -> {
                if (notification.getUserData() instanceof CompositeData data) {
                  var gc = GarbageCollectionNotificationInfo.from(data).getGcInfo();
                  peak.accumulateAndGet(heap(gc.getMemoryUsageBeforeGc()), Math::max);
                  live.accumulateAndGet(heap(gc.getMemoryUsageAfterGc()), Math::max);
                }
              },
              notification ->
                  notification
                      .getType()
                      .equals(GarbageCollectionNotificationInfo.GARBAGE_COLLECTION_NOTIFICATION),
              null);
    }
  }

  private static long heap(Map<String, MemoryUsage> usage) {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .mapToLong(
            pool -> {
              MemoryUsage of = usage.get(pool.getName());
              return of == null ? 0 : of.getUsed();
            })
        .sum();
  }
}
