package io.jobcleanup.benchmarks;

import com.sun.management.GarbageCollectionNotificationInfo;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.jobcleanup.CleanupOptions;
import io.jobcleanup.JobCleanup;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.NotificationEmitter;
import javax.management.openmbean.CompositeData;
import tools.jackson.databind.json.JsonMapper;

/** The JVM that {@link HeapPart} starts: drains a database and tells what its heap held. */
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
      JobCleanup.builder(pool)
          .build()
          .cleanupStuckJobs(CleanupOptions.defaults().withBatchSize(1_000).withDrain(true));
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
