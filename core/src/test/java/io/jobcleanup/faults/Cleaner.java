package io.jobcleanup.faults;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.support.TestDatabase;
import java.io.IOException;
import java.nio.file.Path;
import org.postgresql.ds.PGSimpleDataSource;

/** A program of its own that drains a database. */
final class Cleaner {
  static final int BATCH_SIZE = 40;

  /** How a process ends that was killed with SIGKILL. */
  static final int KILLED = 128 + 9;

  private static final String PASSWORD = "CLEANER_PASSWORD";

  private Cleaner() {}

  public static void main(String[] args) {
    PGSimpleDataSource database = new PGSimpleDataSource();
    database.setUrl(args[0]);
    database.setUser(args[1]);
    database.setPassword(System.getenv(PASSWORD));
    JobCleanup.builder(database)
        .build()
        .cleanupStuckJobs(CleanupOptions.defaults().withBatchSize(BATCH_SIZE).withDrain(true));
  }

  static Process start(TestDatabase database) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Cleaner.class.getName(),
                database.url(),
                database.user())
            .inheritIO();
    builder.environment().put(PASSWORD, database.password());
    return builder.start();
  }
}
