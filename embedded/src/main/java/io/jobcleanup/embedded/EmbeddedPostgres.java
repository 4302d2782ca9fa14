package io.jobcleanup.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL server of our own beside the program: a durable one for whoever has no database yet
 * ({@link #at}), or one that is thrown away after a test ({@link #temporary}). It listens on
 * loopback only, wants a password, and keeps UTC.
 *
 * <p>Safe for use by several threads; starts and stops take turns, between processes too.
 */
public final class EmbeddedPostgres implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(EmbeddedPostgres.class);

  private static final Map<String, String> TEMPORARY_SETTINGS =
      Map.of("fsync", "off", "full_page_writes", "off", "max_connections", "200");

  private final Cluster cluster;
  private final Path home;
  private final @Nullable Thread removal;
  private volatile boolean startedByUs;

  private EmbeddedPostgres(Cluster cluster, Path home, boolean temporary) {
    this.cluster = cluster;
    this.home = home;
    this.removal = temporary ? new Thread(this::remove, "embedded-postgres-removal") : null;
  }

  /**
   * Makes sure that the durable server of {@code home} runs: created where there is none yet,
   * started where it doesn't run, else the one that another process has started. Its data survive
   * restarts, kills and power cuts (fsync is on), and it goes on running when this process ends,
   * until {@link #stop}.
   *
   * @param home directory of the cluster, its log, its port and its password; made if absent
   * @throws EmbeddedPostgresException if it can't be created, started or reached
   */
  public static EmbeddedPostgres at(Path home) {
    return started(home.toAbsolutePath(), home, Map.of(), false);
  }

  /** Starts a throw-away server with its usual settings; see {@link #temporary(Map)}. */
  public static EmbeddedPostgres temporary() {
    return temporary(Map.of());
  }

  /**
   * Starts a throw-away server in a directory of its own, removed on {@link #close} and when this
   * process ends. It takes 200 connections and, unless {@code settings} say so, doesn't wait for
   * the disk.
   *
   * @param settings lines of postgresql.conf, such as {@code deadlock_timeout=200ms}; they come
   *     before ours
   * @throws IllegalArgumentException if a setting's name can't be one
   * @throws EmbeddedPostgresException if it can't be started, an unknown setting included
   */
  public static EmbeddedPostgres temporary(Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(TEMPORARY_SETTINGS);
    all.putAll(settings);
    Path directory;
    try {
      directory = Files.createTempDirectory("job-cleanup-postgres-");
    } catch (IOException e) {
      throw new EmbeddedPostgresException(
          "no temporary directory can be made: " + e.getMessage(), e);
    }
    try {
      return started(directory, directory, all, true);
    } catch (RuntimeException e) {
      try {
        Binaries.delete(directory);
      } catch (IOException left) {
        e.addSuppressed(left);
      }
      throw e;
    }
  }

  private static EmbeddedPostgres started(
      Path base, Path home, Map<String, String> settings, boolean temporary) {
    try {
      EmbeddedPostgres postgres =
          new EmbeddedPostgres(Cluster.in(base, settings, !temporary), home, temporary);
      if (postgres.removal != null) {
        Runtime.getRuntime().addShutdownHook(postgres.removal);
      }
      try {
        postgres.start();
      } catch (RuntimeException e) {
        postgres.close();
        throw e;
      }
      return postgres;
    } catch (IOException e) {
      throw new EmbeddedPostgresException(
          "PostgreSQL can't be set up in %s: %s".formatted(base, e), e);
    }
  }

  /** The address of {@link #database}, without user and password. */
  public String jdbcUrl() {
    return jdbcUrl(database());
  }

  /** The address of {@code database} on this server, without user and password. */
  public String jdbcUrl(String database) {
    return cluster.url(database);
  }

  /** The role to connect as; it owns the server. */
  public String user() {
    return Cluster.USER;
  }

  /** The password of {@link #user}: not for logs. */
  public String password() {
    return cluster.password();
  }

  /** The database that is there from the start. */
  public String database() {
    return Cluster.DATABASE;
  }

  /**
   * The port on 127.0.0.1; it stays the same over restarts unless somebody else takes it meanwhile.
   */
  public int port() {
    return cluster.port();
  }

  /**
   * A command line that opens the database in psql; the password is in the file that it names, not
   * in the line.
   */
  public String psqlLine() {
    String pgpass = home.resolve("pgpass").toString();
    String quoted =
        pgpass.matches("[A-Za-z0-9_./-]+") ? pgpass : "'" + pgpass.replace("'", "'\\''") + "'";
    return "PGPASSFILE=%s psql -h %s -p %d -U %s %s"
        .formatted(quoted, Cluster.LOOPBACK, port(), user(), database());
  }

  /** Whether this object started the server, rather than finding it running. */
  public boolean startedByUs() {
    return startedByUs;
  }

  /**
   * The server's process id.
   *
   * @throws IllegalStateException if it doesn't run
   */
  public long pid() {
    try {
      return cluster
          .running()
          .orElseThrow(() -> new IllegalStateException("PostgreSQL doesn't run"))
          .pid();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Opens a connection to {@link #database}, which the caller closes.
   *
   * @throws SQLException if the server doesn't run or has no connection left
   */
  public Connection connect() throws SQLException {
    return connect(database());
  }

  /**
   * Opens a connection to {@code database}, which the caller closes.
   *
   * @throws SQLException if the server doesn't run, has no such database or no connection left
   */
  public Connection connect(String database) throws SQLException {
    return cluster.connect(database);
  }

  /**
   * Makes an empty database beside {@link #database}.
   *
   * @return its address, as {@link #jdbcUrl(String)} gives it
   * @throws EmbeddedPostgresException if there is one of that name already
   */
  public String createDatabase(String name) {
    return createDatabase(name, "template1");
  }

  /**
   * Makes a database beside {@link #database} with all that is in another one.
   *
   * @param template the other one, to which nobody may be connected
   * @return its address, as {@link #jdbcUrl(String)} gives it
   * @throws EmbeddedPostgresException if there is one of that name already, or somebody is
   *     connected to the other one
   */
  public String createDatabase(String name, String template) {
    cluster.createDatabase(name, template);
    return jdbcUrl(name);
  }

  /**
   * Starts the server; does nothing where it runs.
   *
   * @throws EmbeddedPostgresException if it doesn't start, with what it said
   */
  public void start() {
    try {
      startedByUs = cluster.start();
    } catch (IOException e) {
      throw new EmbeddedPostgresException(
          "PostgreSQL can't be started in %s: %s".formatted(cluster.base(), e), e);
    }
    log.info("Embedded PostgreSQL runs port={} startedByUs={}", port(), startedByUs);
  }

  /**
   * Stops the server, whoever started it: sessions are cut off, and all that was committed is on
   * disk.
   *
   * @throws EmbeddedPostgresException if it doesn't stop
   */
  public void stop() {
    stop("fast");
  }

  /**
   * Stops the server as a crash would, short of losing what the system has taken: the next start
   * recovers.
   */
  public void stopImmediately() {
    stop("immediate");
  }

  /** Stops the server and starts it again, on the same port where that's still free. */
  public void restart() {
    stop();
    start();
  }

  private void stop(String mode) {
    try {
      cluster.stop(mode);
    } catch (IOException e) {
      throw new EmbeddedPostgresException(
          "PostgreSQL can't be stopped in %s: %s".formatted(cluster.base(), e), e);
    }
  }

  /**
   * Removes a throw-away server with its data. A durable one goes on: others may be using it by
   * now.
   */
  @Override
  public void close() {
    if (removal == null) {
      return;
    }
    try {
      Runtime.getRuntime().removeShutdownHook(removal);
    } catch (IllegalStateException e) {
      return; // The process is ending, and the hook is at it.
    }
    remove();
  }

  private void remove() {
    try {
      if (Files.isDirectory(cluster.base())) {
        cluster.stop("immediate");
        Binaries.delete(cluster.base());
      }
    } catch (IOException e) {
      throw new EmbeddedPostgresException(
          "%s can't be removed: %s".formatted(cluster.base(), e), e);
    }
  }
}
