package io.jobcleanup.server.settings;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.server.log.LogFormat;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the program was told by files and environment. Immutable.
 *
 * @param timeout {@code job-cleanup.timeout}: how long a job may be processed where neither the
 *     command nor the mapping says otherwise
 * @param batchSize {@code job-cleanup.batch-size}: the most jobs that one run settles
 * @param logPerJob {@code job-cleanup.log.per-job}: whether each settled job has log lines
 * @param logFormat {@code job-cleanup.log.format}: how log lines are written
 * @param logLevels {@code logging.level.*}: levels by logger
 * @param migrate {@code job-cleanup.migrate}: whether a run brings our schema up to date first
 * @param mapping {@code job-cleanup.mapping}: the mapping file; null where none was named
 * @param home {@code job-cleanup.home}: the directory of the embedded database and made secrets
 * @param databaseUrl {@code DATABASE_URL} as it was written, a secret; null for the embedded
 *     database
 */
public record Settings(
    Duration timeout,
    int batchSize,
    boolean logPerJob,
    LogFormat logFormat,
    Map<String, String> logLevels,
    Migrate migrate,
    @Nullable Path mapping,
    Path home,
    @Nullable String databaseUrl) {

  /** Whether our schema is brought up to date by a run. */
  public enum Migrate {
    /** A run does so first, under a lock. */
    AUTO,
    /** Only {@code migrate} does. */
    NEVER
  }

  /** Where the embedded database is kept unless something else is said. */
  static final Path DEFAULT_HOME = Path.of(".job-cleanup");

  /** Takes a copy. */
  public Settings {
    logLevels = Map.copyOf(logLevels);
  }

  /** What holds where nothing was said. */
  public static Settings defaults() {
    return new Settings(
        CleanupOptions.DEFAULT_TIMEOUT,
        CleanupOptions.DEFAULT_BATCH_SIZE,
        true,
        LogFormat.LOGFMT,
        Map.of(),
        Migrate.AUTO,
        null,
        DEFAULT_HOME,
        null);
  }

  /** Without the database's address, which holds a password. */
  @Override
  public String toString() {
    return "Settings[timeout=%s, batchSize=%d, logPerJob=%s, migrate=%s, mapping=%s, home=%s]"
        .formatted(timeout, batchSize, logPerJob, migrate, mapping, home);
  }
}
