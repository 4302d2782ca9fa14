package io.jobcleanup.server.settings;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.server.log.LogFormat;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
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
 * @param history how long runs are remembered
 * @param databaseUrl {@code DATABASE_URL} as it was written, a secret; null for the embedded
 *     database
 * @param web where the service listens, and as whom it is known
 * @param cron the cron endpoint
 * @param schedule when the service runs by itself
 * @param firstAdmin who is made admin while there is none; null where nobody was named
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
    History history,
    @Nullable String databaseUrl,
    Web web,
    Cron cron,
    Schedule schedule,
    @Nullable FirstAdmin firstAdmin) {

  /** What an email looks like, as far as it matters: 255 visible characters at most, one @. */
  public static final Pattern EMAIL = Pattern.compile("[^\\s@\\p{C}]{1,64}@[^\\s@\\p{C}]{1,189}");

  /**
   * How long runs are remembered.
   *
   * @param keep {@code job-cleanup.history.keep}; null for ever
   */
  public record History(@Nullable Duration keep) {}

  /**
   * Where the service listens, and as whom it is known.
   *
   * @param port {@code PORT}: the HTTP port; 0 takes a free one
   * @param managementPort {@code MANAGEMENT_PORT}: the port of health and metrics, 0 takes a free
   *     one; null where they share {@code port}
   * @param publicUrl {@code job-cleanup.public-url}: the origin that browsers know the service by,
   *     scheme, host and a port that isn't the scheme's own; null where it is as the Host header
   *     says
   * @param trustedProxies {@code job-cleanup.trusted-proxies}: whose forwarded addresses are
   *     believed
   */
  public record Web(
      int port,
      @Nullable Integer managementPort,
      @Nullable URI publicUrl,
      List<AddressRange> trustedProxies) {
    /** Takes a copy. */
    public Web {
      trustedProxies = List.copyOf(trustedProxies);
    }
  }

  /**
   * The cron endpoint.
   *
   * @param secrets {@code CRON_SECRET} and {@code CRON_SECRET_PREVIOUS}, each of which opens it;
   *     where there is none, it is closed
   * @param maxDuration {@code job-cleanup.cron.max-duration}: how long a call drains at most
   */
  public record Cron(List<Secret> secrets, Duration maxDuration) {
    /** Takes a copy. */
    public Cron {
      secrets = List.copyOf(secrets);
    }
  }

  /**
   * When the service runs by itself.
   *
   * @param cron {@code job-cleanup.schedule.cron}: five fields as in crontab(5)
   * @param zone {@code job-cleanup.schedule.zone}: the time zone that they mean
   * @param enabled {@code job-cleanup.schedule.enabled}; null where nothing was said: then it runs,
   *     but for the rule of the first run
   */
  public record Schedule(String cron, ZoneId zone, @Nullable Boolean enabled) {}

  /**
   * Who is made admin while there is none.
   *
   * @param email {@code ADMIN_EMAIL}
   * @param password {@code ADMIN_PASSWORD}
   */
  public record FirstAdmin(String email, Secret password) {}

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
        new History(JobCleanup.DEFAULT_HISTORY),
        null,
        new Web(3000, null, null, List.of()),
        new Cron(List.of(), Duration.ofSeconds(50)),
        new Schedule("*/15 * * * *", ZoneId.of("UTC"), null),
        null);
  }

  /** Without the database's address, which holds a password. */
  @Override
  public String toString() {
    return ("Settings[timeout=%s, batchSize=%d, logPerJob=%s, migrate=%s, mapping=%s, home=%s,"
            + " web=%s, cron=%s, schedule=%s, firstAdmin=%s]")
        .formatted(
            timeout, batchSize, logPerJob, migrate, mapping, home, web, cron, schedule, firstAdmin);
  }
}
