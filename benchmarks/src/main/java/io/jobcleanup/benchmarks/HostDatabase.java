package io.jobcleanup.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.jobcleanup.Diagnosis;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/** A database with the specification's tables, filled as a benchmark needs it. */
final class HostDatabase implements AutoCloseable {

  /** What every user has before anything is given back. */
  static final int BALANCE = 1_000_000;

  /** What every job cost. */
  static final int COST = 10;

  private final String name;
  private final DataSource dataSource;

  private HostDatabase(String name, DataSource dataSource) {
    this.name = name;
    this.dataSource = dataSource;
  }

  /** Opens a database that is there. */
  static HostDatabase open(EmbeddedPostgres postgres, String name) {
    return new HostDatabase(name, new HikariDataSource(config(postgres, name)));
  }

  /** Opens a database that is there as the program would: its sessions are named after it. */
  static HostDatabase openAsProgram(EmbeddedPostgres postgres, String name) {
    HikariConfig config = config(postgres, name);
    config.addDataSourceProperty("ApplicationName", "job-cleanup");
    return new HostDatabase(name, new HikariDataSource(config));
  }

  private static HikariConfig config(EmbeddedPostgres postgres, String name) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(postgres.jdbcUrl(name));
    config.setUsername(postgres.user());
    config.setPassword(postgres.password());
    config.setMinimumIdle(0);
    config.setMaximumPoolSize(16);
    return config;
  }

  /** One connection to this database whose round trips are counted. */
  HikariDataSource countingPool(EmbeddedPostgres postgres) {
    HikariConfig config = config(postgres, name);
    config.setMaximumPoolSize(1);
    config.addDataSourceProperty("socketFactory", CountingSocketFactory.class.getName());
    return new HikariDataSource(config);
  }

  /** The same database through another data source, which the caller closes. */
  HostDatabase over(DataSource other) {
    return new HostDatabase(name, other);
  }

  /** The same database, what goes there written down. */
  HostDatabase traced(Trace trace) {
    return over(trace.over(dataSource));
  }

  String name() {
    return name;
  }

  /** A database without any tables, made anew. */
  static HostDatabase empty(EmbeddedPostgres postgres, String name) {
    return copy(postgres, "template0", name);
  }

  /** An empty host with users, and our schema in it. */
  static HostDatabase create(EmbeddedPostgres postgres, String name, int users) {
    postgres.createDatabase(name);
    HostDatabase database = open(postgres, name);
    database.execute(resource("tables.sql"));
    database.fill(
        """
        insert into users (id, email) select 'user' || n, 'user' || n || '@example.org' from generate_series(1, %1$d) n;
        insert into user_token_balances ("userId", balance, "updatedAt")
        select 'user' || n, %2$d, localtimestamp from generate_series(1, %1$d) n
        """
            .formatted(users, BALANCE));
    database.cleanup().migrate();
    return database;
  }

  /** A copy of a database that nobody is connected to. */
  static HostDatabase copy(EmbeddedPostgres postgres, String template, String name) {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("drop database if exists " + name + " with (force)");
      statement.execute(
          "create database %s template %s strategy file_copy".formatted(name, template));
    } catch (SQLException e) {
      throw new IllegalStateException("database " + template + " can't be copied", e);
    }
    return open(postgres, name);
  }

  Connection connect() throws SQLException {
    return dataSource.getConnection();
  }

  /** The library as an embedder has it, but for its lines about single jobs. */
  JobCleanup cleanup() {
    return builder().build();
  }

  /** The same, to be told more. */
  JobCleanup.Builder builder() {
    return JobCleanup.builder(dataSource).logPerJob(false);
  }

  /** Builds the indexes that doctor proposes. */
  void buildProposedIndexes() {
    for (Diagnosis.Finding finding : cleanup().diagnose().of(Diagnosis.Level.WARNING)) {
      if (finding.about().equals("index")) {
        finding.remedy().forEach(this::execute);
      }
    }
  }

  /**
   * Adds jobs that were charged, all with the same cost.
   *
   * @param prefix what their ids begin with
   * @param count how many
   * @param users among how many users they are spread
   * @param status their status
   * @param started when their processing began, as SQL over the job's number {@code n}
   */
  void addJobs(String prefix, int count, int users, String status, String started) {
    fill(
        """
        insert into image_enhancement_jobs (id, "userId", "tokensCost", status, "processingStartedAt", "updatedAt")
        select '%1$s' || lpad(cast(n as text), 18, '0'), 'user' || 1 + abs(hashint4(n) %% %3$d), %6$d, '%4$s', %5$s, %5$s
        from generate_series(1, %2$d) n;
        insert into token_transactions (id, "userId", amount, type, source, "sourceId", "balanceAfter")
        select 'charge-' || id, "userId", -%6$d, 'SPEND_ENHANCEMENT', 'image_enhancement', id, 0
        from image_enhancement_jobs where id like '%1$s%%'
        """
            .formatted(prefix, count, users, status, started, COST));
  }

  /** Adds jobs that have been processed for half an hour and more. */
  void addStuckJobs(int count, int users) {
    addJobs(
        "stuck",
        count,
        users,
        "PROCESSING",
        "(now() at time zone 'UTC') - interval '1 hour' + n * interval '30 minutes' / " + count);
  }

  /** Brings statistics, visibility and disk up to date, so that no run pays for the filling. */
  void settle() {
    execute("vacuum (analyze)");
    execute("checkpoint");
  }

  /** Runs statements that needn't be checked by foreign keys. */
  void fill(String sql) {
    execute("set session_replication_role to replica;" + sql + ";reset session_replication_role");
  }

  /** Runs statements. */
  void execute(String sql) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  /** The one number that a query gives. */
  long number(String sql) {
    try (Connection connection = connect();
        PreparedStatement statement = connection.prepareStatement(sql);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  /**
   * Checks that every stuck job was failed and given back once, with a chain of balances that has
   * no gap.
   *
   * @throws IllegalStateException if a figure measured would be one of wrong work
   */
  void checkSettled(int jobs) {
    expect(
        0,
        "select count(*) from image_enhancement_jobs where id like 'stuck%' and status <> 'FAILED'");
    expect(jobs, "select count(*) from token_transactions where type = 'REFUND'");
    expect(
        0,
        """
        select count(*) from user_token_balances b
        where b.balance <> %d + (select coalesce(sum(t.amount), 0) from token_transactions t
                                 where t."userId" = b."userId" and t.type = 'REFUND')
        """
            .formatted(BALANCE));
    expect(
        0,
        """
        select count(*)
        from (select "balanceAfter" - amount
                - lag("balanceAfter", 1, %d) over (partition by "userId" order by "balanceAfter") as gap
              from token_transactions where type = 'REFUND') chain
        where gap <> 0
        """
            .formatted(BALANCE));
  }

  /** Checks that our own records tell of every stuck job. */
  void checkRecorded(int jobs) {
    expect(jobs, "select count(*) from job_cleanup.refund where state = 'PAID'");
    expect(jobs, "select count(*) from job_cleanup.run_job where outcome = 'Refunded'");
  }

  private void expect(long expected, String sql) {
    long found = number(sql);
    if (found != expected) {
      throw new IllegalStateException("%d instead of %d: %s".formatted(found, expected, sql));
    }
  }

  static String resource(String name) {
    try (InputStream in = HostDatabase.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " isn't on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    if (dataSource instanceof HikariDataSource pool) {
      pool.close();
    }
  }
}
