package io.jobcleanup.server;

import io.jobcleanup.embedded.EmbeddedPostgres;
import io.jobcleanup.server.database.SpecificationTables;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A host's database with the specification's tables, and a role whose password must never be seen.
 */
public final class Host implements AutoCloseable {
  public static final String CANARY = "Canary-7f3a!";
  private static final String CANARY_ENCODED = "Canary-7f3a%21";
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final EmbeddedPostgres postgres;
  private final String name;
  private final Connection connection;

  private Host(EmbeddedPostgres postgres, String name) throws SQLException {
    this.postgres = postgres;
    this.name = name;
    this.connection = postgres.connect(name);
  }

  public static Host on(EmbeddedPostgres postgres) throws SQLException {
    Host host = empty(postgres);
    SpecificationTables.create(host.connection);
    return host;
  }

  public static Host empty(EmbeddedPostgres postgres) throws SQLException {
    String name = "host_" + NUMBER.incrementAndGet();
    postgres.createDatabase(name);
    Host host = new Host(postgres, name);
    host.execute(
        """
        do $$ begin
          if not exists (select from pg_roles where rolname = 'app') then
            create role app login superuser password '%s';
          end if;
        end $$
        """
            .formatted(CANARY));
    return host;
  }

  /** The same after the server was away, over a new connection. */
  public Host again() throws SQLException {
    return new Host(postgres, name);
  }

  public String url() {
    return "postgresql://app:%s@127.0.0.1:%d/%s".formatted(CANARY_ENCODED, postgres.port(), name);
  }

  /** Connections of the database's owner, each a new one. */
  public DataSource dataSource() {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setUrl(postgres.jdbcUrl(name));
    dataSource.setUser(postgres.user());
    dataSource.setPassword(postgres.password());
    return dataSource;
  }

  public Map<String, String> variables(String... more) {
    Map<String, String> variables = new HashMap<>(Map.of("DATABASE_URL", url()));
    for (int i = 0; i < more.length; i += 2) {
      variables.put(more[i], more[i + 1]);
    }
    return variables;
  }

  public void user(String id, int balance) throws SQLException {
    execute("insert into users (id, \"updatedAt\") values ('%s', now())".formatted(id));
    execute(
        """
        insert into user_token_balances (id, "userId", balance, "updatedAt")
        values ('balance-%s', '%s', %d, now())
        """
            .formatted(id, id, balance));
  }

  public void stuckJob(String id, String user, int cost) throws SQLException {
    execute(
        """
        insert into image_enhancement_jobs
          (id, "userId", "imageUrl", tier, "tokensCost", status, "processingStartedAt", "updatedAt")
        values ('%s', '%s', '', 'TIER_1K', %d, 'PROCESSING',
          (now() at time zone 'UTC') - interval '10 minutes', now())
        """
            .formatted(id, user, cost));
  }

  public void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  public String query(String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? row.getString(1) : "(no row)";
    }
  }

  public String status(String job) throws SQLException {
    return query("select status from image_enhancement_jobs where id = '%s'".formatted(job));
  }

  public String balance(String user) throws SQLException {
    return query("select balance from user_token_balances where \"userId\" = '%s'".formatted(user));
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
