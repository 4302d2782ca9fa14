package io.jobcleanup.server.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.jobcleanup.embedded.EmbeddedPostgres;
import io.jobcleanup.embedded.EmbeddedPostgresException;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.settings.Settings;
import java.io.EOFException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The database that the program works on, and a small pool of connections to it. Safe for use by
 * several threads.
 */
public final class HostDatabase implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HostDatabase.class);

  private static final Duration PAUSE = Duration.ofMillis(250);
  private static final Duration LONGEST = Duration.ofDays(1);
  private static final Duration SERVICE_PATIENCE = Duration.ofMillis(1_500);
  private static final Duration VALIDATION = Duration.ofSeconds(1);
  private static final String CANNOT_CONNECT_NOW = "57P03";
  private static final String TOO_MANY_CONNECTIONS = "53300";
  private static final String NO_SUCH_DATABASE = "3D000";
  private static final String WRONG_PASSWORD = "28P01";
  private static final String CONNECTION_CLASS = "08";
  private static final String AUTHORIZATION_CLASS = "28";

  private final DatabaseUrl url;
  private final HikariDataSource pool;
  private final DataSource dataSource;
  private final DataSource forCallers;
  private final OutageLog outages;
  private final @Nullable String psqlLine;

  private HostDatabase(
      DatabaseUrl url,
      HikariDataSource pool,
      DataSource dataSource,
      DataSource forCallers,
      OutageLog outages,
      @Nullable String psqlLine) {
    this.url = url;
    this.pool = pool;
    this.dataSource = dataSource;
    this.forCallers = forCallers;
    this.outages = outages;
    this.psqlLine = psqlLine;
  }

  /**
   * Connects to the database of {@code DATABASE_URL}; where there is none, to the embedded one,
   * which is made and started as needed.
   *
   * @throws ProgramException if the address can't be understood, or the database doesn't answer
   *     within its {@code connect_timeout}, or doesn't let us in
   */
  public static HostDatabase open(Settings settings) {
    return open(settings, LONGEST);
  }

  /**
   * As {@link #open(Settings)}, for whoever has people waiting: once open, it says within 3 s that
   * the database doesn't answer, whatever {@code connect_timeout} is.
   */
  public static HostDatabase openForService(Settings settings) {
    lookBeforeLending();
    HostDatabase database = open(settings, SERVICE_PATIENCE);
    ImpatientDataSource dataSource =
        ImpatientDataSource.of(database.pool, new Probe(database.url), database.outages);
    return new HostDatabase(
        database.url,
        database.pool,
        dataSource,
        dataSource.lane(Math.max(1, database.url.connectionLimit() / 2)),
        database.outages,
        database.psqlLine);
  }

  /** A pool would hand out unseen what was used half a second ago: by now its server may hang. */
  static void lookBeforeLending() {
    System.setProperty("com.zaxxer.hikari.aliveBypassWindowMs", "0");
  }

  private static HostDatabase open(Settings settings, Duration patience) {
    if (settings.databaseUrl() == null) {
      return openEmbedded(settings, patience);
    }
    DatabaseUrl url = DatabaseUrl.parse(settings.databaseUrl());
    if (!url.ignored().isEmpty()) {
      log.atInfo()
          .addKeyValue("parameters", String.join(",", url.ignored()))
          .log("Ignored parameters of DATABASE_URL that mean nothing here");
    }
    HikariDataSource pool = connect(url, "DATABASE_URL", patience);
    return new HostDatabase(url, pool, pool, pool, new OutageLog(), null);
  }

  private static HostDatabase openEmbedded(Settings settings, Duration patience) {
    try {
      EmbeddedPostgres postgres = EmbeddedPostgres.at(settings.home());
      DatabaseUrl url = DatabaseUrl.of(postgres.jdbcUrl(), postgres.user(), postgres.password());
      HikariDataSource pool = connect(url, "JOB_CLEANUP_HOME", patience);
      SpecificationTables.createOnce(pool);
      return new HostDatabase(url, pool, pool, pool, new OutageLog(), postgres.psqlLine());
    } catch (EmbeddedPostgresException e) {
      throw new ProgramException(
          ExitCode.UNREACHABLE, "The embedded database isn't there: " + e.getMessage(), e);
    } catch (SQLException e) {
      throw new ProgramException(
          ExitCode.UNUSABLE, "The embedded database can't be set up: " + e.getMessage(), e);
    }
  }

  private static HikariDataSource connect(DatabaseUrl url, String setting, Duration poolPatience) {
    long start = System.nanoTime();
    long patience = TimeUnit.SECONDS.toNanos(url.connectTimeoutSeconds());
    while (true) {
      try (Connection probe = url.dataSource().getConnection()) {
        return pool(url, poolPatience);
      } catch (SQLException e) {
        if (!maySoonWork(e) || System.nanoTime() - start > patience - PAUSE.toNanos()) {
          throw unreachable(url, setting, e, System.nanoTime() - start);
        }
        pause();
      }
    }
  }

  static HikariDataSource pool(DatabaseUrl url, Duration patience) {
    HikariConfig config = new HikariConfig();
    config.setPoolName("job-cleanup");
    config.setDataSource(url.dataSource());
    config.setMaximumPoolSize(url.connectionLimit());
    config.setMinimumIdle(0);
    config.setConnectionTimeout(
        Math.min(TimeUnit.SECONDS.toMillis(url.connectTimeoutSeconds()), patience.toMillis()));
    config.setValidationTimeout(VALIDATION.toMillis());
    // We have just been let in; the pool itself would take a second to say that we weren't.
    config.setInitializationFailTimeout(-1);
    return new HikariDataSource(config);
  }

  /** Whether another try within seconds may go better: the server may be just coming up. */
  private static boolean maySoonWork(Throwable cause) {
    if (find(cause, UnknownHostException.class).isPresent()
        || find(cause, SSLException.class).isPresent()) {
      return false;
    }
    String state = state(cause);
    return state.startsWith(CONNECTION_CLASS)
        || state.equals(CANNOT_CONNECT_NOW)
        || state.equals(TOO_MANY_CONNECTIONS);
  }

  private static ProgramException unreachable(
      DatabaseUrl url, String setting, Throwable cause, long triedNanos) {
    String server = "The database at " + url.address();
    String state = state(cause);
    String sentence =
        switch (state) {
          case NO_SUCH_DATABASE ->
              "The server at %s has no database \"%s\". Is %s right?"
                  .formatted(url.address(), url.database(), setting);
          case WRONG_PASSWORD ->
              "%s doesn't let \"%s\" in: user or password is wrong. Is %s right?"
                  .formatted(server, url.user(), setting);
          case TOO_MANY_CONNECTIONS ->
              ("%s has no connection left for us (tried for %s). Raise max_connections, or "
                      + "close some.")
                  .formatted(server, seconds(triedNanos));
          case CANNOT_CONNECT_NOW ->
              "%s is starting up or shutting down (tried for %s). Try again in a moment."
                  .formatted(server, seconds(triedNanos));
          default ->
              state.startsWith(AUTHORIZATION_CLASS)
                  ? "%s doesn't let \"%s\" in: %s. Is %s right?"
                      .formatted(server, url.user(), message(cause), setting)
                  : "%s doesn't answer (%s, tried for %s). Is it up, and is %s right?"
                      .formatted(server, reason(cause), seconds(triedNanos), setting);
        };
    return new ProgramException(ExitCode.UNREACHABLE, sentence, cause);
  }

  private static String reason(Throwable cause) {
    if (find(cause, UnknownHostException.class).isPresent()) {
      return "unknown host";
    }
    if (find(cause, NoRouteToHostException.class).isPresent()) {
      return "no route to host";
    }
    if (find(cause, ConnectException.class).isPresent()) {
      return "connection refused";
    }
    if (find(cause, SocketTimeoutException.class).isPresent()) {
      return "no reply";
    }
    Optional<SSLException> tls = find(cause, SSLException.class);
    if (tls.isPresent()) {
      return "TLS: " + tls.get().getMessage();
    }
    if (find(cause, EOFException.class).isPresent()) {
      return "it closed the connection";
    }
    return message(cause);
  }

  private static <T extends Throwable> Optional<T> find(Throwable from, Class<T> type) {
    for (Throwable at = from; at != null; at = at.getCause()) {
      if (type.isInstance(at)) {
        return Optional.of(type.cast(at));
      }
    }
    return Optional.empty();
  }

  private static String state(Throwable cause) {
    return find(cause, SQLException.class)
        .map(it -> it.getSQLState() == null ? "" : it.getSQLState())
        .orElse("");
  }

  private static String message(Throwable cause) {
    return String.valueOf(cause.getMessage())
        .replaceFirst("^(FATAL|ERROR): ", "")
        .replaceFirst("\\.$", "");
  }

  private static String seconds(long nanos) {
    return Math.max(1, Math.round(nanos / 1e9)) + " s";
  }

  private static void pause() {
    try {
      TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ProgramException(
          ExitCode.UNREACHABLE, "Interrupted while waiting for the database.", e);
    }
  }

  /** Where connections come from. */
  public DataSource dataSource() {
    return dataSource;
  }

  /**
   * As {@link #dataSource}, for finding out who makes a request: half of the connections at most,
   * however many come at once.
   */
  public DataSource forCallers() {
    return forCallers;
  }

  /** Who is told of requests that are lost to its being away. */
  public OutageLog outages() {
    return outages;
  }

  /** Its address. */
  public DatabaseUrl url() {
    return url;
  }

  /** How to open the embedded database in psql; empty where it isn't the embedded one. */
  public Optional<String> psqlLine() {
    return Optional.ofNullable(psqlLine);
  }

  @Override
  public void close() {
    pool.close();
  }
}
