package io.jobcleanup.faults;

import io.jobcleanup.JobCleanup;
import io.jobcleanup.Verification;
import io.jobcleanup.audit.Auditor;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.postgres.Database;
import io.jobcleanup.postgres.Host;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.support.DelegatingDataSource;
import io.jobcleanup.support.PrismaHost;
import io.jobcleanup.support.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.PooledConnection;
import org.postgresql.ds.PGConnectionPoolDataSource;

/** The host that a {@link Model} is compared with, on a real database. Used by one thread. */
final class ModelHost implements AutoCloseable {

  /** As one of our own sessions, so that no run makes way for it. */
  private static final class OneConnection extends DelegatingDataSource {
    private final PooledConnection kept;

    OneConnection(TestDatabase database) throws SQLException {
      super(database);
      PGConnectionPoolDataSource source = new PGConnectionPoolDataSource();
      source.setUrl(database.url());
      source.setUser(database.user());
      source.setPassword(database.password());
      source.setApplicationName("job-cleanup");
      kept = source.getPooledConnection();
    }

    @Override
    public Connection getConnection() throws SQLException {
      return kept.getConnection();
    }
  }

  private static final String STUCK_SINCE = "timestamp '2020-01-01' + interval '1 second' * ";

  private final TestDatabase database;
  private final OneConnection connection;
  private final JobCleanup cleanup;
  private final Auditor auditor;
  private int rows;

  ModelHost() throws SQLException {
    database = TestDatabase.create();
    PrismaHost.in(database, PrismaHost.Times.ZONELESS).cleanup();
    connection = new OneConnection(database);
    cleanup = JobCleanup.builder(connection).build();
    Database ours = new Database(connection, null);
    List<SourceStatements> sources = ours.read(tx -> Host.bind(tx, Mapping.builtIn()));
    auditor = new Auditor(ours, sources, true, null, line -> {});
  }

  TestDatabase database() {
    return database;
  }

  JobCleanup cleanup() {
    return cleanup;
  }

  /** As {@link JobCleanup#verify} does it, but for the mapping, which isn't compared each time. */
  Verification verify() {
    return auditor.verify();
  }

  @Override
  public void close() throws SQLException {
    connection.kept.close();
  }

  /** Nothing has happened yet, but for some users with tokens. */
  void beginAnew(Model model) {
    execute(
        "truncate users, image_enhancement_jobs, user_token_balances, token_transactions,"
            + " job_cleanup.run, job_cleanup.run_job, job_cleanup.refund, job_cleanup.refusal,"
            + " job_cleanup.baseline, job_cleanup.late_completion, job_cleanup.accepted_finding cascade");
    rows = 0;
    model.balances.forEach(
        (user, balance) -> {
          execute("insert into users (id, email) values ('%1$s', '%1$s')".formatted(user));
          balanceIs(user, 0);
          move(user, balance, "EARN_PURCHASE", null);
        });
  }

  void balanceIs(String user, int balance) {
    execute(
        "insert into user_token_balances (\"userId\", balance, \"updatedAt\") values ('%s', %d, now())"
            .formatted(user, balance));
  }

  void balanceIsGone(String user) {
    execute("delete from user_token_balances where \"userId\" = '%s'".formatted(user));
  }

  void order(Model.Job job) {
    int tokens = job.lines.getFirst().tokens;
    execute(
        """
        insert into image_enhancement_jobs (id, "userId", "tokensCost", status, "updatedAt")
        values ('%s', '%s', %d, 'PENDING', now())"""
            .formatted(job.id, job.user, tokens));
    charge(job, tokens);
  }

  void charge(Model.Job job, int tokens) {
    move(job.user, -tokens, "SPEND_ENHANCEMENT", job.linked ? job.id : null);
  }

  void giveBack(Model.Job job, int tokens) {
    move(job.user, tokens, "REFUND", job.id);
  }

  private void move(String user, int tokens, String type, String job) {
    execute(
        """
        with moved as (
          update user_token_balances set balance = balance + %2$d where "userId" = '%1$s' returning balance)
        insert into token_transactions (id, "userId", amount, type, source, "sourceId", "balanceAfter")
        select 'h%3$06d', '%1$s', %2$d, '%4$s', 'host', %5$s, balance from moved"""
            .formatted(user, tokens, rows++, type, job == null ? "null" : "'" + job + "'"));
  }

  void is(Model.Job job) {
    execute(
        """
        update image_enhancement_jobs
        set status = '%s', "errorMessage" = %s, "processingStartedAt" = %s, "updatedAt" = now()
        where id = '%s'"""
            .formatted(
                job.status,
                job.is(Model.Status.FAILED) ? "'the worker says no'" : "null",
                job.stuckSince > 0
                    ? STUCK_SINCE + job.stuckSince
                    : job.is(Model.Status.PROCESSING) ? "now() at time zone 'UTC'" : "null",
                job.id));
  }

  /** A refund that is owed may be tried again at once. */
  void waitForOwedRefunds() {
    execute("update job_cleanup.refund set next_try_at = now() where state = 'OWED'");
  }

  /** All that the tables hold, row by row, as {@link Model#rows} tells it. */
  List<String> rows() {
    List<String> found = new ArrayList<>();
    found.addAll(
        query(
            """
            select format('%s has %s, by its ledger %s', u.id, coalesce(b.balance::text, 'none'), sum(t.amount))
            from users u left join user_token_balances b on b."userId" = u.id
            join token_transactions t on t."userId" = u.id
            group by u.id, b.balance order by u.id"""));
    found.addAll(
        query(
            """
            select format('%s of %s is %s: %s by us in %s rows, %s by the host;%s', j.id, j."userId", j.status,
              coalesce(sum(t.amount) filter (where t.source = 'enhancement_failed'), 0),
              count(*) filter (where t.source = 'enhancement_failed'),
              coalesce(sum(t.amount) filter (where t.source <> 'enhancement_failed'), 0),
              (select string_agg(' ' || r.state || ' ' || r.amount, '' order by r.refund_key)
               from job_cleanup.refund r where r.job_key = j.id))
            from image_enhancement_jobs j
            left join token_transactions t on t."sourceId" = j.id and t.type = 'REFUND'
            group by j.id order by j.id"""));
    return found;
  }

  private void execute(String sql) {
    try (Connection borrowed = connection.getConnection();
        Statement statement = borrowed.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  private List<String> query(String sql) {
    try (Connection borrowed = connection.getConnection();
        Statement statement = borrowed.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      List<String> found = new ArrayList<>();
      while (result.next()) {
        found.add(result.getString(1));
      }
      return found;
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }
}
