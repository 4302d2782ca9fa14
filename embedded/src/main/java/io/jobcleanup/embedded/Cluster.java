package io.jobcleanup.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URLEncoder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One PostgreSQL cluster on disk and the server on it. Whatever changes either is done under a lock
 * that holds between threads and processes.
 */
final class Cluster {
  static final String LOOPBACK = "127.0.0.1";
  static final String USER = "job_cleanup";
  static final String DATABASE = "job_cleanup";

  private static final Logger log = LoggerFactory.getLogger(Cluster.class);

  /** How long a server may take to start or stop: recovery after a kill is in it. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final long POLL_MILLIS = 20;
  private static final int CONNECT_TIMEOUT_SECONDS = 5;
  private static final int LOG_LINES_SHOWN = 20;
  private static final long LOG_BYTES_KEPT = 10 << 20;
  private static final String CANNOT_CONNECT_NOW = "57P03";
  private static final String CONNECTION_FAILURE_CLASS = "08";

  /** The first version that can be told how to copy; those before copy files always. */
  private static final int CHOOSES_HOW_TO_COPY = 15;

  private static final Pattern SETTING = Pattern.compile("[a-z_][a-z0-9_.]*");

  /**
   * File locks are between processes only: a second thread of ours would get an exception instead
   * of its turn.
   */
  private static final ReentrantLock THREADS = new ReentrantLock();

  private final Path base;
  private final Path data;
  private final Path serverLog;
  private final Map<String, String> settings;
  private final boolean durable;
  private final Binaries binaries;
  private final ServerAccount account;
  private final String password;
  private volatile int port;

  private Cluster(Path base, Map<String, String> settings, boolean durable) throws IOException {
    for (String name : settings.keySet()) {
      if (!SETTING.matcher(name).matches()) {
        throw new IllegalArgumentException(
            "setting '%s' is no PostgreSQL setting: names match %s".formatted(name, SETTING));
      }
    }
    this.base = base;
    this.data = base.resolve("postgres");
    this.serverLog = base.resolve("postgres.log");
    this.settings = settings;
    this.durable = durable;
    this.binaries = Binaries.unpacked();
    this.account = ServerAccount.forCluster(base, data, !durable);
    try (Lock held = lock()) {
      this.password = readOrMakePassword();
      if (!Files.isDirectory(data)) {
        create();
      }
    }
  }

  /** Opens the cluster in {@code base}, made if it isn't there; doesn't start it. */
  static Cluster in(Path base, Map<String, String> settings, boolean durable) throws IOException {
    return new Cluster(Files.createDirectories(base).toRealPath(), settings, durable);
  }

  Path base() {
    return base;
  }

  Path pgpass() {
    return base.resolve("pgpass");
  }

  String password() {
    return password;
  }

  /** The port of the server when it was last seen; 0 before it first was. */
  int port() {
    return port;
  }

  Optional<PidFile> running() throws IOException {
    return PidFile.in(data).filter(PidFile::alive);
  }

  /**
   * Starts the server, or finds the one that somebody has started.
   *
   * @return whether the server was started by this call
   */
  boolean start() throws IOException {
    try (Lock held = lock()) {
      Instant deadline = Instant.now().plus(PATIENCE);
      while (true) {
        Optional<PidFile> server = running();
        if (server.isPresent()) {
          port = server.get().port();
          if (answers()) {
            return false;
          }
        } else {
          @Nullable String failure = tryStart();
          if (failure == null) {
            createOurDatabase();
            return true;
          }
          if (!passing(failure)) {
            throw new EmbeddedPostgresException(
                "PostgreSQL in %s didn't start:%n%s".formatted(data, failure));
          }
        }
        if (Instant.now().isAfter(deadline)) {
          throw new EmbeddedPostgresException(
              "PostgreSQL in %s doesn't answer after %d s:%n%s"
                  .formatted(data, PATIENCE.toSeconds(), logSince(0)));
        }
        pause();
      }
    }
  }

  /**
   * Stops the server, whoever started it; does nothing where none runs.
   *
   * @param mode pg_ctl's: fast, or immediate, after which the next start has to recover
   */
  void stop(String mode) throws IOException {
    try (Lock held = lock()) {
      if (running().isEmpty()) {
        return;
      }
      Shell.Result result = pgCtl("stop", "--mode=" + mode);
      if (!result.ok() && running().isPresent()) {
        throw new EmbeddedPostgresException(
            "PostgreSQL in %s didn't stop: %s%n%s".formatted(data, result.output(), logSince(0)));
      }
    }
  }

  /** Makes our own database, empty, where it isn't there yet. */
  private void createOurDatabase() {
    try (Connection connection = connect("postgres");
        var exists = connection.prepareStatement("SELECT FROM pg_database WHERE datname = ?")) {
      exists.setString(1, DATABASE);
      if (!exists.executeQuery().next()) {
        createDatabase(connection, DATABASE, "template1");
      }
    } catch (SQLException e) {
      throw cannotCreate(DATABASE, e);
    }
  }

  /** Makes a database with all that is in {@code template}, to which nobody may be connected. */
  void createDatabase(String name, String template) {
    try (Connection connection = connect("postgres")) {
      createDatabase(connection, name, template);
    } catch (SQLException e) {
      throw cannotCreate(name, e);
    }
  }

  private void createDatabase(Connection connection, String name, String template)
      throws SQLException {
    // Where nothing waits for the disk, copying files is much cheaper than logging what is in them.
    boolean asFiles =
        !durable && connection.getMetaData().getDatabaseMajorVersion() >= CHOOSES_HOW_TO_COPY;
    try (Statement create = connection.createStatement()) {
      create.execute(
          "CREATE DATABASE %s TEMPLATE %s%s"
              .formatted(quoted(name), quoted(template), asFiles ? " STRATEGY file_copy" : ""));
    }
  }

  private static String quoted(String name) {
    return "\"" + name.replace("\"", "\"\"") + "\"";
  }

  private static EmbeddedPostgresException cannotCreate(String name, SQLException e) {
    return new EmbeddedPostgresException(
        "database '%s' can't be created: %s".formatted(name, e.getMessage()), e);
  }

  Connection connect(String database) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", USER);
    properties.setProperty("password", password);
    properties.setProperty("connectTimeout", String.valueOf(CONNECT_TIMEOUT_SECONDS));
    return DriverManager.getConnection(url(database), properties);
  }

  String url(String database) {
    return "jdbc:postgresql://%s:%d/%s"
        .formatted(LOOPBACK, port, URLEncoder.encode(database, StandardCharsets.UTF_8));
  }

  /** Whether the running server lets us in; false while it is still coming up or going down. */
  private boolean answers() {
    if (port == 0) {
      return false;
    }
    try {
      createOurDatabase();
      return true;
    } catch (EmbeddedPostgresException e) {
      if (e.getCause() instanceof SQLException sql
          && sql.getSQLState() != null
          && (sql.getSQLState().equals(CANNOT_CONNECT_NOW)
              || sql.getSQLState().startsWith(CONNECTION_FAILURE_CLASS))) {
        return false;
      }
      throw new EmbeddedPostgresException(
          "PostgreSQL in %s runs, but refuses us with the password in %s: %s"
              .formatted(data, pgpass(), e.getMessage()),
          e.getCause());
    }
  }

  /** Starts the server once; the answer is what it said when it failed. */
  private @Nullable String tryStart() throws IOException {
    if (PidFile.in(data).isPresent()) {
      PidFile.disown(data);
    }
    long logStart = prepareLog();
    port = choosePort();
    // pg_ctl gives the server a session of its own, so neither a Ctrl-C nor our end reaches it.
    Shell.Result result = pgCtl("start", "--log=" + serverLog, "--options=-p " + port);
    if (result.ok()) {
      return null;
    }
    String said = logSince(logStart);
    return said.isBlank() ? result.output() : said;
  }

  /**
   * Whether another try may go better: the port was taken after we looked, or backends of a killed
   * server still end.
   */
  private static boolean passing(String failure) {
    return failure.contains("could not create any TCP/IP sockets")
        || failure.contains("pre-existing shared memory block");
  }

  private Shell.Result pgCtl(String verb, String... options) throws IOException {
    List<String> command =
        new ArrayList<>(List.of(binaries.program("pg_ctl"), verb, "--pgdata=" + data));
    command.addAll(List.of("--wait", "--timeout=" + PATIENCE.toSeconds()));
    command.addAll(List.of(options));
    return Shell.run(account.command(command));
  }

  private void create() throws IOException {
    // Made beside its place and moved there when it's whole, so that a crash leaves nothing half
    // done.
    Path fresh = base.resolve("postgres.new");
    Path passwordFile = base.resolve("postgres.password");
    Binaries.delete(fresh);
    Files.createDirectory(
        fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    account.own(fresh);
    try {
      writePrivately(passwordFile, password);
      account.own(passwordFile);
      List<String> command =
          new ArrayList<>(
              List.of(
                  binaries.program("initdb"),
                  "--pgdata=" + fresh,
                  "--username=" + USER,
                  "--pwfile=" + passwordFile,
                  "--auth=scram-sha-256",
                  "--encoding=UTF8",
                  "--locale=C",
                  "--data-checksums"));
      if (!durable) {
        command.add("--no-sync");
      }
      Shell.Result result = Shell.run(account.command(command));
      if (!result.ok()) {
        throw new EmbeddedPostgresException(
            "initdb failed in %s:%n%s".formatted(fresh, result.output()));
      }
    } finally {
      Files.deleteIfExists(passwordFile);
    }
    Files.writeString(
        fresh.resolve("postgresql.conf"),
        configuration(),
        StandardOpenOption.APPEND,
        StandardOpenOption.DSYNC);
    Files.move(fresh, data, StandardCopyOption.ATOMIC_MOVE);
    log.info("Created embedded PostgreSQL directory={} version={}", data, binaries.version());
  }

  private String configuration() {
    Map<String, String> all =
        new TreeMap<>(
            Map.of(
                "listen_addresses", LOOPBACK,
                "unix_socket_directories", "",
                "timezone", "UTC",
                "log_timezone", "UTC"));
    all.putAll(settings);
    StringBuilder lines = new StringBuilder("\n# What job-cleanup wants otherwise than initdb\n");
    all.forEach(
        (name, value) -> lines.append("%s = '%s'%n".formatted(name, value.replace("'", "''"))));
    return lines.toString();
  }

  private String readOrMakePassword() throws IOException {
    if (Files.exists(pgpass())) {
      String line = Files.readString(pgpass()).strip();
      return line.substring(line.lastIndexOf(':') + 1);
    }
    if (Files.isDirectory(data)) {
      throw new EmbeddedPostgresException(
          "%s is missing, and with it the password of PostgreSQL in %s: put it back, or remove both to start anew"
              .formatted(pgpass(), data));
    }
    byte[] random = new byte[24];
    new SecureRandom().nextBytes(random);
    String made = HexFormat.of().formatHex(random);
    writePrivately(pgpass(), "%s:*:*:%s:%s%n".formatted(LOOPBACK, USER, made));
    return made;
  }

  private static void writePrivately(Path file, String text) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    Files.createFile(
        fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    // On disk before the data that it opens.
    Files.writeString(fresh, text, StandardOpenOption.WRITE, StandardOpenOption.DSYNC);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * The port of the last start where it's still free, so that addresses written down stay good;
   * else another.
   */
  private int choosePort() throws IOException {
    Path file = base.resolve("port");
    if (Files.exists(file)) {
      String kept = Files.readString(file).strip();
      if (kept.matches("[0-9]{1,5}") && bindable(Integer.parseInt(kept)) > 0) {
        return Integer.parseInt(kept);
      }
    }
    int free = bindable(0);
    Files.writeString(file, free + "\n");
    return free;
  }

  /** The port bound when {@code wanted} is asked for (0: any), or -1 where it's taken. */
  private static int bindable(int wanted) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(
          new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), wanted));
      return socket.getLocalPort();
    } catch (IOException e) {
      return -1;
    }
  }

  /** Makes the log ready to be written by the server; answers its size now. */
  private long prepareLog() throws IOException {
    if (Files.exists(serverLog, LinkOption.NOFOLLOW_LINKS)
        && Files.size(serverLog) > LOG_BYTES_KEPT) {
      Files.move(serverLog, base.resolve("postgres.log.old"), StandardCopyOption.REPLACE_EXISTING);
    }
    if (!Files.exists(serverLog, LinkOption.NOFOLLOW_LINKS)) {
      Files.createFile(
          serverLog,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    account.own(serverLog);
    return Files.size(serverLog);
  }

  private String logSince(long position) throws IOException {
    byte[] all = Files.exists(serverLog) ? Files.readAllBytes(serverLog) : new byte[0];
    int from = (int) Math.min(position, all.length);
    List<String> lines =
        new String(all, from, all.length - from, StandardCharsets.UTF_8).lines().toList();
    return String.join(
            "\n", lines.subList(Math.max(0, lines.size() - LOG_LINES_SHOWN), lines.size()))
        .replace(password, "(password)");
  }

  private static void pause() {
    try {
      Thread.sleep(POLL_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EmbeddedPostgresException("interrupted while waiting for PostgreSQL", e);
    }
  }

  private Lock lock() throws IOException {
    THREADS.lock();
    try {
      FileChannel channel =
          FileChannel.open(
              base.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      return new Lock(channel, channel.lock());
    } catch (IOException | RuntimeException e) {
      THREADS.unlock();
      throw e;
    }
  }

  private record Lock(FileChannel channel, FileLock fileLock) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      try {
        channel.close();
      } finally {
        THREADS.unlock();
      }
    }
  }
}
