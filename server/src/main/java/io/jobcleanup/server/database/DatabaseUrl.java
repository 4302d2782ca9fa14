package io.jobcleanup.server.database;

import io.jobcleanup.mapping.Suggestion;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The address of a database as {@code DATABASE_URL} gives it: in Prisma's form, or as a JDBC URL.
 * Immutable. No method but {@link #dataSource} gives away the password, {@link #toString} included.
 */
public final class DatabaseUrl {
  /** How many connections the pool holds unless {@code connection_limit} says otherwise. */
  static final int DEFAULT_CONNECTION_LIMIT = 4;

  /** How long to try, in seconds, unless {@code connect_timeout} says otherwise. */
  static final int DEFAULT_CONNECT_TIMEOUT_SECONDS = 3;

  private static final int MAX_CONNECTION_LIMIT = 100;
  private static final int MAX_CONNECT_TIMEOUT_SECONDS = 300;
  private static final int DEFAULT_PORT = 5432;
  private static final String JDBC = "jdbc:postgresql:";
  private static final Pattern SCHEME = Pattern.compile("([a-z][a-z0-9+]*)://.*", Pattern.DOTALL);
  private static final Pattern HOST_AND_PORT =
      Pattern.compile("(?<host>\\[[0-9A-Fa-f:.%]+]|[^:\\[\\]]*)(?::(?<port>[^:\\[\\]]*))?");
  private static final Pattern HOST_NAME = Pattern.compile("[\\p{L}\\p{N}._-]+|\\[[^]]+]");
  private static final List<String> SSL_MODES =
      List.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full");
  private static final List<String> UNDERSTOOD =
      List.of(
          "schema", "pgbouncer", "sslmode", "sslrootcert", "connect_timeout", "connection_limit");

  /** Prisma's own, which mean nothing to us; a mistyped one of ours is none of them. */
  private static final List<String> PRISMA_ONLY =
      List.of(
          "pool_timeout",
          "socket_timeout",
          "sslcert",
          "sslidentity",
          "sslpassword",
          "sslaccept",
          "sslkey",
          "statement_cache_size",
          "application_name",
          "channel_binding",
          "options");

  private static final String ENCODE_HINT =
      " In user and password, write : as %3A, / as %2F, ? as %3F, # as %23, @ as %40 and % as %25.";

  private final PGSimpleDataSource dataSource;
  private final String address;
  private final @Nullable String schema;
  private final boolean pgbouncer;
  private final int connectionLimit;
  private final int connectTimeoutSeconds;
  private final List<String> ignored;

  private DatabaseUrl(
      PGSimpleDataSource dataSource,
      @Nullable String schema,
      boolean pgbouncer,
      int connectionLimit,
      int connectTimeoutSeconds,
      List<String> ignored) {
    this.dataSource = dataSource;
    this.address = addressOf(dataSource);
    this.schema = schema;
    this.pgbouncer = pgbouncer;
    this.connectionLimit = connectionLimit;
    this.connectTimeoutSeconds = connectTimeoutSeconds;
    this.ignored = List.copyOf(ignored);
  }

  /**
   * Reads an address.
   *
   * @param text {@code postgresql://}, {@code postgres://} or {@code jdbc:postgresql:} and what
   *     follows; white space around it doesn't count
   * @throws ProgramException if it can't be understood: the message names the part that is wrong,
   *     and shows nothing that could be a piece of a password
   */
  public static DatabaseUrl parse(String text) {
    String url = text.strip();
    if (url.isEmpty()) {
      throw fault("is empty. Unset it to use the embedded PostgreSQL");
    }
    if (url.startsWith(JDBC)) {
      return jdbc(url);
    }
    Matcher scheme = SCHEME.matcher(url);
    if (!scheme.matches()
        || !(scheme.group(1).equals("postgresql") || scheme.group(1).equals("postgres"))) {
      throw fault(
          "%s, allowed are postgresql://, postgres:// and jdbc:postgresql:"
              .formatted(
                  scheme.matches() && scheme.group(1).length() <= 20
                      ? "begins with %s://".formatted(scheme.group(1))
                      : "doesn't begin as an address does"));
    }
    return prisma(url.substring(scheme.group(1).length() + "://".length()));
  }

  /** The database of an embedded server. */
  static DatabaseUrl of(String jdbcUrl, String user, String password) {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setURL(jdbcUrl);
    dataSource.setUser(user);
    dataSource.setPassword(password);
    return new DatabaseUrl(
        configured(dataSource, DEFAULT_CONNECT_TIMEOUT_SECONDS),
        null,
        false,
        DEFAULT_CONNECTION_LIMIT,
        DEFAULT_CONNECT_TIMEOUT_SECONDS,
        List.of());
  }

  private static DatabaseUrl jdbc(String url) {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    try {
      dataSource.setURL(url);
    } catch (IllegalArgumentException e) {
      // The driver's message holds the whole URL, and so its password.
      throw fault(
          "isn't a JDBC URL that the PostgreSQL driver understands,"
              + " such as jdbc:postgresql://host:5432/database?user=…&password=…");
    }
    int timeout =
        dataSource.getConnectTimeout() == 10 // The driver's default, which is not to be waited for.
            ? DEFAULT_CONNECT_TIMEOUT_SECONDS
            : dataSource.getConnectTimeout();
    return new DatabaseUrl(
        configured(dataSource, timeout), null, false, DEFAULT_CONNECTION_LIMIT, timeout, List.of());
  }

  private static DatabaseUrl prisma(String rest) {
    int authorityEnd = firstOf(rest, "/?#");
    String authority = rest.substring(0, authorityEnd);
    String path = rest.substring(authorityEnd);
    if (path.indexOf('#') >= 0) {
      throw fault("has a # in it." + ENCODE_HINT);
    }
    int queryStart = path.indexOf('?');
    Map<String, String> parameters =
        queryStart < 0 ? Map.of() : parameters(path.substring(queryStart + 1));
    String database =
        decoded("database", queryStart < 0 ? path : path.substring(0, queryStart))
            .replaceFirst("^/", "");

    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    int at = authority.lastIndexOf('@');
    if (at >= 0) {
      setUser(dataSource, authority.substring(0, at));
    }
    setHosts(dataSource, authority.substring(at + 1));
    if (database.isEmpty()) {
      throw fault("names no database: postgresql://user:password@host:5432/database");
    }
    dataSource.setDatabaseName(database);
    return new Parameters(parameters).apply(dataSource);
  }

  private static void setUser(PGSimpleDataSource dataSource, String userInfo) {
    int colon = userInfo.indexOf(':');
    String user = decoded("user", colon < 0 ? userInfo : userInfo.substring(0, colon));
    if (user.isEmpty()) {
      throw fault("names no user before the @");
    }
    dataSource.setUser(user);
    if (colon >= 0) {
      dataSource.setPassword(decoded("password", userInfo.substring(colon + 1)));
    }
  }

  private static void setHosts(PGSimpleDataSource dataSource, String text) {
    List<String> hosts = new ArrayList<>();
    List<Integer> ports = new ArrayList<>();
    for (String each : text.split(",", -1)) {
      Matcher matcher = HOST_AND_PORT.matcher(each);
      if (!matcher.matches()) {
        throw fault("has a host that can't be one; IPv6 stands in brackets." + ENCODE_HINT);
      }
      String host = decoded("host", matcher.group("host"));
      if (host.isEmpty()) {
        throw fault("names no host: postgresql://user:password@host:5432/database");
      }
      if (host.startsWith("/")) {
        throw fault(
            "names a Unix socket as its host, which the driver can't use; give host and port");
      }
      if (!HOST_NAME.matcher(host).matches()) {
        throw fault("has a host with a character that hosts don't have." + ENCODE_HINT);
      }
      hosts.add(host);
      ports.add(port(matcher.group("port")));
    }
    dataSource.setServerNames(hosts.toArray(String[]::new));
    dataSource.setPortNumbers(ports.stream().mapToInt(Integer::intValue).toArray());
    if (hosts.size() > 1) {
      // Only the primary can be cleaned; a standby that answers first would refuse every write.
      dataSource.setTargetServerType("primary");
    }
  }

  private static int port(@Nullable String text) {
    if (text == null) {
      return DEFAULT_PORT;
    }
    int port = text.matches("\\d{1,5}") ? Integer.parseInt(text) : 0;
    if (port < 1 || port > 65_535) {
      // What stands there may be a password cut in two, so it isn't shown.
      throw fault("has a port that isn't a number from 1 to 65535." + ENCODE_HINT);
    }
    return port;
  }

  private static Map<String, String> parameters(String query) {
    Map<String, String> parameters = new TreeMap<>();
    for (String each : query.split("&", -1)) {
      if (each.isEmpty()) {
        continue;
      }
      int equals = each.indexOf('=');
      String name = decoded("parameters", equals < 0 ? each : each.substring(0, equals));
      String value =
          equals < 0 ? "" : decoded("parameter " + shown(name), each.substring(equals + 1));
      if (parameters.put(name, value) != null && UNDERSTOOD.contains(name)) {
        throw fault("has the parameter %s twice".formatted(name));
      }
    }
    return parameters;
  }

  /** A parameter's name, where it is one: a password cut in two by its ? isn't. */
  private static String shown(String name) {
    return UNDERSTOOD.contains(name) || PRISMA_ONLY.contains(name) ? name : "(not shown)";
  }

  private record Parameters(Map<String, String> values) {

    DatabaseUrl apply(PGSimpleDataSource dataSource) {
      List<String> ignored = new ArrayList<>();
      for (String name : values.keySet()) {
        if (name.equals("host")) {
          throw fault(
              "has the parameter host, which can't be used: give host and port before the "
                  + "database");
        }
        if (UNDERSTOOD.contains(name)) {
          continue;
        }
        if (PRISMA_ONLY.contains(name)) {
          ignored.add(name);
          continue;
        }
        // A mistyped sslmode would silently leave the connection open to listeners.
        Suggestion.nearest(name, UNDERSTOOD)
            .ifPresent(
                likely -> {
                  throw fault("has an unknown parameter. Did you mean %s?".formatted(likely));
                });
        ignored.add(name.matches("[a-z_]{1,40}") ? name : "(not shown)");
      }
      setTls(dataSource);
      String pgbouncer = values.getOrDefault("pgbouncer", "false").toLowerCase(Locale.ROOT);
      if (!pgbouncer.equals("true") && !pgbouncer.equals("false")) {
        throw fault("has pgbouncer=%s, allowed are true and false".formatted(pgbouncer));
      }
      if (pgbouncer.equals("true")) {
        dataSource.setPrepareThreshold(0);
      }
      int given =
          number(
              "connect_timeout", DEFAULT_CONNECT_TIMEOUT_SECONDS, 0, MAX_CONNECT_TIMEOUT_SECONDS);
      // Prisma's 0 waits for ever, which no command should.
      int timeout = given == 0 ? MAX_CONNECT_TIMEOUT_SECONDS : given;
      String schema = values.get("schema");
      if (schema != null && schema.isEmpty()) {
        throw fault("has an empty schema; leave it out to use the role's search path");
      }
      return new DatabaseUrl(
          configured(dataSource, timeout),
          schema,
          pgbouncer.equals("true"),
          number("connection_limit", DEFAULT_CONNECTION_LIMIT, 1, MAX_CONNECTION_LIMIT),
          timeout,
          ignored);
    }

    private void setTls(PGSimpleDataSource dataSource) {
      String mode = values.get("sslmode");
      if (mode != null && !SSL_MODES.contains(mode)) {
        throw fault("has sslmode=%s, allowed are %s".formatted(mode, String.join(", ", SSL_MODES)));
      }
      String rootCertificate = values.get("sslrootcert");
      if (rootCertificate != null) {
        dataSource.setSslRootCert(rootCertificate);
        if ("require".equals(mode)) {
          // As libpq does: who names a certificate authority wants it checked. The driver alone
          // wouldn't.
          mode = "verify-ca";
        }
      }
      if (mode != null) {
        dataSource.setSslMode(mode);
      }
    }

    private int number(String name, int standard, int least, int most) {
      String text = values.get(name);
      if (text == null) {
        return standard;
      }
      int number = text.matches("\\d{1,9}") ? Integer.parseInt(text) : -1;
      if (number < least || number > most) {
        throw fault(
            "has %s=%s, allowed are whole numbers from %d to %d"
                .formatted(name, text, least, most));
      }
      return number;
    }
  }

  private static PGSimpleDataSource configured(PGSimpleDataSource dataSource, int timeoutSeconds) {
    dataSource.setApplicationName("job-cleanup");
    dataSource.setConnectTimeout(timeoutSeconds);
    dataSource.setLoginTimeout(timeoutSeconds);
    dataSource.setTcpKeepAlive(true);
    return dataSource;
  }

  private static String addressOf(PGSimpleDataSource dataSource) {
    @Nullable String[] hosts = dataSource.getServerNames();
    int[] ports = dataSource.getPortNumbers();
    StringBuilder address = new StringBuilder();
    for (int i = 0; i < hosts.length; i++) {
      int port = ports.length > i && ports[i] > 0 ? ports[i] : DEFAULT_PORT;
      address.append(i == 0 ? "" : ", ").append(hosts[i]).append(':').append(port);
    }
    return address.toString();
  }

  private static int firstOf(String text, String characters) {
    for (int i = 0; i < text.length(); i++) {
      if (characters.indexOf(text.charAt(i)) >= 0) {
        return i;
      }
    }
    return text.length();
  }

  private static String decoded(String part, String text) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
    byte[] raw = text.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < raw.length; i++) {
      if (raw[i] != '%') {
        bytes.write(raw[i]);
        continue;
      }
      int high = i + 2 < raw.length ? Character.digit(raw[i + 1], 16) : -1;
      int low = i + 2 < raw.length ? Character.digit(raw[i + 2], 16) : -1;
      if (high < 0 || low < 0) {
        throw fault(
            "has a %% in its %s without two hex digits after it.%s".formatted(part, ENCODE_HINT));
      }
      bytes.write(high << 4 | low);
      i += 2;
    }
    try {
      String decoded =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(bytes.toByteArray()))
              .toString();
      if (decoded.indexOf('\0') >= 0) {
        throw fault("has %%00 in its %s, which PostgreSQL doesn't allow".formatted(part));
      }
      return decoded;
    } catch (CharacterCodingException e) {
      throw fault("has a %s that isn't UTF-8 once its %% are decoded".formatted(part));
    }
  }

  private static ProgramException fault(String problem) {
    return new ProgramException(ExitCode.MISCONFIGURED, "DATABASE_URL " + problem);
  }

  /** Where connections come from; each call gives the same, which knows the password. */
  public PGSimpleDataSource dataSource() {
    return dataSource;
  }

  /** Host and port, of several hosts all. */
  public String address() {
    return address;
  }

  /** The database's name. */
  public String database() {
    return String.valueOf(dataSource.getDatabaseName());
  }

  /** The role to connect as, as far as the address names one. */
  public String user() {
    return dataSource.getUser() == null ? "" : dataSource.getUser();
  }

  /** Where table names without a schema are looked up; null leaves it to the role's search path. */
  public @Nullable String schema() {
    return schema;
  }

  /** Whether a pooler stands between, so that nothing set on a session stays. */
  public boolean pgbouncer() {
    return pgbouncer;
  }

  /** How many connections the pool may hold. */
  public int connectionLimit() {
    return connectionLimit;
  }

  /** How long to try for a connection, in seconds. */
  public int connectTimeoutSeconds() {
    return connectTimeoutSeconds;
  }

  /** Names of parameters that were given and mean nothing to us. */
  public List<String> ignored() {
    return ignored;
  }

  /** For people and logs: without the password. */
  @Override
  public String toString() {
    return "postgresql://%s%s/%s"
        .formatted(user().isEmpty() ? "" : user() + "@", address, database());
  }
}
