package io.jobcleanup.support;

import io.jobcleanup.embedded.EmbeddedPostgres;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Logger;
import javax.sql.DataSource;

/**
 * A database of one test, and plain ways to ask and change it as a host would: by its own
 * connections.
 */
public final class TestDatabase implements DataSource {

  private static final AtomicInteger COUNT = new AtomicInteger();

  private final String name;
  private final String url;
  private final String user;
  private final String password;

  private TestDatabase(String name, String url, String user, String password) {
    this.name = name;
    this.url = url;
    this.user = user;
    this.password = password;
  }

  /** A new, empty database. */
  public static TestDatabase create() {
    return of(TestPostgres.server(), "template1");
  }

  /** A new, empty database on a server of one's own. */
  public static TestDatabase create(EmbeddedPostgres server) {
    return of(server, "template1");
  }

  /** A new database with all that is in this one, to which nobody may be connected. */
  TestDatabase copy() {
    return of(TestPostgres.server(), name);
  }

  private static TestDatabase of(EmbeddedPostgres server, String template) {
    String name = "test_" + COUNT.incrementAndGet();
    return new TestDatabase(
        name, server.createDatabase(name, template), server.user(), server.password());
  }

  String name() {
    return name;
  }

  /** The same database, as another role. */
  public TestDatabase as(String role, String rolePassword) {
    return new TestDatabase(name, url, role, rolePassword);
  }

  /** The same database, reached by another port and without TLS. */
  public TestDatabase through(int port) {
    return new TestDatabase(
        name, url.replaceFirst(":\\d+/", ":" + port + "/") + "?sslmode=disable", user, password);
  }

  /** Its address, without user and password. */
  public String url() {
    return url;
  }

  public String user() {
    return user;
  }

  public String password() {
    return password;
  }

  @Override
  public Connection getConnection() throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", user);
    properties.setProperty("password", password);
    // Not even asked for: that would be another round trip.
    properties.setProperty("sslmode", "disable");
    properties.setProperty("gssEncMode", "disable");
    return DriverManager.getConnection(url, properties);
  }

  /** Runs statements, separated by semicolons. */
  public TestDatabase execute(String sql) {
    try (Connection connection = getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
      return this;
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  /** Runs one statement with parameters, and says how many rows it touched. */
  public int update(String sql, Object... parameters) {
    try (Connection connection = getConnection();
        PreparedStatement statement = prepare(connection, sql, parameters)) {
      return statement.executeUpdate();
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  /** All rows, each as its columns joined by {@code |}, null as an empty text. */
  public List<String> rows(String sql, Object... parameters) {
    try (Connection connection = getConnection();
        PreparedStatement statement = prepare(connection, sql, parameters);
        ResultSet result = statement.executeQuery()) {
      List<String> rows = new ArrayList<>();
      while (result.next()) {
        List<String> columns = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          columns.add(result.getString(i) == null ? "" : result.getString(i));
        }
        rows.add(String.join("|", columns));
      }
      return rows;
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  /** The one value of the one row. */
  public String value(String sql, Object... parameters) {
    List<String> rows = rows(sql, parameters);
    if (rows.size() != 1) {
      throw new IllegalStateException(rows.size() + " rows instead of one: " + sql);
    }
    return rows.getFirst();
  }

  /** The one value of the one row, a number. */
  public BigDecimal number(String sql, Object... parameters) {
    return new BigDecimal(value(sql, parameters));
  }

  private static PreparedStatement prepare(Connection connection, String sql, Object... parameters)
      throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    for (int i = 0; i < parameters.length; i++) {
      statement.setObject(i + 1, parameters[i]);
    }
    return statement;
  }

  @Override
  public Connection getConnection(String as, String with) throws SQLException {
    return as(as, with).getConnection();
  }

  @Override
  public PrintWriter getLogWriter() {
    return new PrintWriter(System.err, true);
  }

  @Override
  public void setLogWriter(PrintWriter out) {}

  @Override
  public void setLoginTimeout(int seconds) {}

  @Override
  public int getLoginTimeout() {
    return 0;
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException();
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    throw new SQLException("not a wrapper of " + type);
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return false;
  }
}
