package io.jobcleanup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.jobcleanup.support.PrismaHost;
import io.jobcleanup.support.TestDatabase;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A crash at any instant leaves each job untouched, or failed with its refund paid or owed. */
class CrashTest {

  private static PrismaHost hostWithJobs(int jobs) {
    PrismaHost host = PrismaHost.create().user("u1", 1000);
    IntStream.range(0, jobs).forEach(i -> host.aStuckJob("j" + i).charged().insert());
    return host;
  }

  private static void assertBooksBalance(PrismaHost host, int jobs) {
    assertThat(
            host.database()
                .number("select count(*) from token_transactions where type = 'REFUND'")
                .intValue())
        .isEqualTo(jobs);
    assertThat(host.balance("u1")).isEqualByComparingTo("1000");
    assertThat(
            host.database()
                .value("select count(*) from image_enhancement_jobs where status <> 'FAILED'"))
        .isEqualTo("0");
  }

  @Test
  void backendKilledInMidTransactionLeavesNothingAndTheRunGoesOn() {
    PrismaHost host = hostWithJobs(3);
    AtomicInteger kills = new AtomicInteger();
    JobCleanup cleanup =
        JobCleanup.builder(host.database())
            .refunder(
                (connection, order) -> {
                  if (kills.getAndIncrement() == 1) {
                    int backend =
                        connection.unwrap(org.postgresql.PGConnection.class).getBackendPID();
                    host.database().rows("select pg_terminate_backend(?)", backend);
                  }
                  try (var statement = connection.createStatement()) {
                    statement.execute(
                        "update user_token_balances set balance = balance + %s where \"userId\" = '%s'"
                            .formatted(order.amount(), order.payer()));
                  }
                })
            .build();
    cleanup.migrate();

    CleanupResult result = cleanup.cleanupStuckJobs();

    assertThat(kills.get()).isGreaterThan(3);
    assertThat(result.cleanedUp()).isEqualTo(3);
    assertThat(host.balance("u1")).isEqualByComparingTo("1000");
  }

  @Test
  void sessionEndedForAPauseOfOursIsAPassingFault() {
    PrismaHost host = hostWithJobs(3);
    AtomicInteger calls = new AtomicInteger();
    JobCleanup cleanup =
        JobCleanup.builder(host.database())
            .refunder(
                (connection, order) -> {
                  int backend =
                      connection.unwrap(org.postgresql.PGConnection.class).getBackendPID();
                  if (calls.incrementAndGet() <= 4) {
                    // A frozen JVM: the server ends the session, and nothing is said until it is.
                    while (!host.database()
                        .rows("select 1 from pg_stat_activity where pid = ?", backend)
                        .isEmpty()) {
                      Thread.onSpinWait();
                    }
                  }
                  try (var statement = connection.createStatement()) {
                    statement.execute(
                        "update user_token_balances set balance = balance + %s where \"userId\" = '%s'"
                            .formatted(order.amount(), order.payer()));
                  }
                })
            .build();
    cleanup.migrate();

    cleanup.cleanupStuckJobs();
    cleanup.cleanupStuckJobs();

    assertThat(calls.get()).isGreaterThan(4);
    assertThat(host.balance("u1")).isEqualByComparingTo("1000");
    assertThat(host.database().value("select count(*) from job_cleanup.refusal")).isEqualTo("0");
  }

  @Test
  void commitWhoseAnswerIsLostIsNeitherRepeatedNorForgotten() {
    for (boolean committed : new boolean[] {true, false}) {
      PrismaHost host = hostWithJobs(5);
      host.cleanup();
      AtomicInteger lost = new AtomicInteger();
      JobCleanup cleanup =
          JobCleanup.builder(new LosingDataSource(host.database(), committed, lost)).build();

      CleanupResult result = cleanup.cleanupStuckJobs();

      assertThat(lost).hasValue(1);
      assertThat(result.cleanedUp()).as("committed: " + committed).isEqualTo(5);
      assertThat(result.tokensRefunded()).isEqualByComparingTo("50");
      assertBooksBalance(host, 5);
    }
  }

  @Test
  void databaseThatIsLostForGoodEndsTheRunAndSaysWhatWasCommitted() {
    PrismaHost host = hostWithJobs(5);
    host.cleanup();
    AtomicInteger connections = new AtomicInteger();
    JobCleanup cleanup =
        JobCleanup.builder(
                new io.jobcleanup.support.DelegatingDataSource(host.database()) {
                  @Override
                  public Connection getConnection() throws SQLException {
                    if (connections.incrementAndGet() > 8) {
                      throw new SQLException("connection refused", "08001");
                    }
                    return super.getConnection();
                  }
                })
            .build();

    Throwable thrown =
        catchThrowable(
            () ->
                cleanup.cleanupStuckJobs(
                    CleanupOptions.defaults().withBatchSize(1).withDrain(true)));

    assertThat(thrown)
        .isInstanceOf(UnreachableDatabaseException.class)
        .hasMessageContaining("mid-run");
    long settled = ((UnreachableDatabaseException) thrown).committed().orElseThrow().cleanedUp();
    assertThat(host.database().number("select count(*) from job_cleanup.run_job").longValue())
        .isEqualTo(settled);
    host.run();
    assertBooksBalance(host, 5);
  }

  @Test
  void severalProcessesMakeOurSchemaAtOnce() throws Exception {
    PrismaHost host = hostWithJobs(1);
    try (ExecutorService threads = Executors.newFixedThreadPool(6)) {
      List<Callable<CleanupResult>> calls = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        calls.add(host::run);
      }
      long cleaned = 0;
      for (Future<CleanupResult> each : threads.invokeAll(calls)) {
        cleaned += each.get().cleanedUp();
      }
      assertThat(cleaned).isEqualTo(1);
    }
    assertBooksBalance(host, 1);
  }

  /**
   * Cuts the connection when a settling transaction commits, once: before or after the server has
   * done it.
   */
  private static final class LosingDataSource extends io.jobcleanup.support.DelegatingDataSource {
    private final boolean afterCommit;
    private final AtomicInteger lost;

    LosingDataSource(TestDatabase database, boolean afterCommit, AtomicInteger lost) {
      super(database);
      this.afterCommit = afterCommit;
      this.lost = lost;
    }

    @Override
    public Connection getConnection() throws SQLException {
      Connection connection = super.getConnection();
      return (Connection)
          Proxy.newProxyInstance(
              getClass().getClassLoader(),
              new Class<?>[] {Connection.class},
              (proxy, method, arguments) -> {
                if (method.getName().equals("commit") && lost.get() == 0 && settles(connection)) {
                  lost.incrementAndGet();
                  if (afterCommit) {
                    connection.commit();
                  }
                  connection.abort(Runnable::run);
                  throw new SQLException("the connection was cut", "08006");
                }
                try {
                  return method.invoke(connection, arguments);
                } catch (InvocationTargetException e) {
                  throw e.getTargetException();
                }
              });
    }

    private static boolean settles(Connection connection) throws SQLException {
      try (var statement = connection.createStatement();
          var rows =
              statement.executeQuery(
                  "select exists (select from job_cleanup.run_job where xmin::text = pg_current_xact_id_if_assigned()::xid::text)")) {
        rows.next();
        return rows.getBoolean(1);
      }
    }
  }
}
