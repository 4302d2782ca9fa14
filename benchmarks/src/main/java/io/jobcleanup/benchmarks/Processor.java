package io.jobcleanup.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Time on a processor: unlike time by the clock it hardly depends on what else the machine does.
 *
 * @param programMillis of the calling thread
 * @param serverMillis of all sessions of one database; 0 where the system doesn't tell
 */
record Processor(double programMillis, double serverMillis) {

  private static final int USER_TICKS = 11;
  private static final int SYSTEM_TICKS = 12;
  private static final double MILLIS_PER_TICK = 10;

  /** What was used so far. */
  static Processor used(String database) throws IOException {
    return new Processor(
        ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() / 1e6, sessions(database));
  }

  /** What was used since then, per thousand jobs. */
  Processor since(Processor then, int jobs) {
    return new Processor(
        (programMillis - then.programMillis) * 1000 / jobs,
        (serverMillis - then.serverMillis) * 1000 / jobs);
  }

  private static double sessions(String database) throws IOException {
    Path processes = Path.of("/proc");
    if (!Files.isDirectory(processes)) {
      return 0;
    }
    double millis = 0;
    try (DirectoryStream<Path> all = Files.newDirectoryStream(processes, "[0-9]*")) {
      for (Path process : all) {
        millis += session(process, database);
      }
    }
    return millis;
  }

  private static double session(Path process, String database) {
    try {
      String title = Files.readString(process.resolve("cmdline"));
      if (!title.startsWith("postgres: ") || !title.contains(" " + database + " 127.0.0.1")) {
        return 0;
      }
      String stat = Files.readString(process.resolve("stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return (Long.parseLong(fields[USER_TICKS]) + Long.parseLong(fields[SYSTEM_TICKS]))
          * MILLIS_PER_TICK;
    } catch (IOException e) {
      return 0; // The process has ended while we looked.
    }
  }
}
