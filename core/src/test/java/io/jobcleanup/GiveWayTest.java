package io.jobcleanup;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.support.DelegatingDataSource;
import io.jobcleanup.support.PrismaHost;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** We never wait for a host that waits for us, and never overwrite what it has just done. */
class GiveWayTest {

  /** A session of the host with a transaction open. */
  private static final class HostSession implements AutoCloseable {
    private final Connection connection;

    HostSession(PrismaHost host, String sql) throws SQLException {
      connection = host.database().getConnection();
      connection.setAutoCommit(false);
      execute(sql);
    }

    void execute(String sql) throws SQLException {
      try (Statement statement = connection.createStatement()) {
        statement.execute(sql);
      }
    }

    void executeAndCommit(String sql) {
      try {
        execute(sql);
        commit();
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    void commit() throws SQLException {
      connection.commit();
    }

    @Override
    public void close() throws SQLException {
      connection.rollback();
      connection.close();
    }
  }

  private static PrismaHost hostWithTwoJobs() {
    return PrismaHost.create()
        .user("u1", 100)
        .user("u2", 100)
        .aStuckJob("j1")
        .charged()
        .insert()
        .aStuckJob("j2")
        .of("u2")
        .charged()
        .insert();
  }

  @Test
  void jobThatSomebodyHoldsIsPassedOverAndSettledByTheNextRun() throws Exception {
    PrismaHost host = hostWithTwoJobs();
    try (HostSession worker =
        new HostSession(
            host,
            "update image_enhancement_jobs set \"updatedAt\" = \"updatedAt\" where id = 'j1'")) {
      CleanupResult result = host.run();

      assertThat(result.totalFound()).isEqualTo(1);
      assertThat(result.failed()).isZero();
      assertThat(result.held()).isEqualTo(1);
      assertThat(result.remaining()).isFalse();
    }
    assertThat(host.status("j1")).isEqualTo("PROCESSING");
    assertThat(host.run().cleanedUp()).isEqualTo(1);
  }

  @Test
  void jobThatWasHeldAndIsFreeAgainIsToldToRemain() throws Exception {
    PrismaHost host = hostWithTwoJobs();
    host.cleanup();
    try (HostSession worker =
        new HostSession(host, "select from image_enhancement_jobs where id = 'j1' for update")) {
      // Released after the last try, and before the run asks whether something remains.
      JobCleanup cleanup =
          JobCleanup.builder(before(host, "from job_cleanup.refund", release(worker, 2))).build();

      CleanupResult result = cleanup.cleanupStuckJobs();

      assertThat(result.totalFound()).isEqualTo(1);
      assertThat(result.remaining()).isTrue();
    }
  }

  /** Ends a session of the host at the given call. */
  private static Runnable release(HostSession session, int call) {
    AtomicInteger calls = new AtomicInteger();
    return () -> {
      if (calls.incrementAndGet() == call) {
        session.executeAndCommit("select 1");
      }
    };
  }

  @Test
  void jobWhoseBalanceSomebodyHoldsIsPassedOver() throws Exception {
    PrismaHost host = hostWithTwoJobs();
    try (HostSession spender =
        new HostSession(
            host, "select from user_token_balances where \"userId\" = 'u1' for update")) {
      assertThat(host.run().totalFound()).isEqualTo(1);
      assertThat(host.status("j1")).isEqualTo("PROCESSING");
      assertThat(host.status("j2")).isEqualTo("FAILED");
    }
    assertThat(host.run().cleanedUp()).isEqualTo(1);
    assertThat(host.balance("u1")).isEqualByComparingTo("100");
  }

  @Test
  void jobsExplanationNamesWhoHoldsItsBalance() throws Exception {
    PrismaHost host = hostWithTwoJobs();
    try (HostSession spender =
        new HostSession(
            host, "update user_token_balances set balance = balance - 1 where \"userId\" = 'u1'")) {
      JobExplanation held = host.cleanup().explain("j1", CleanupOptions.defaults()).getFirst();
      assertThat(held.heldBy())
          .singleElement()
          .asString()
          .startsWith("session ")
          .endsWith(", by its row in public.user_token_balances");
      assertThat(held.would()).isEqualTo("pass it over while it is held");
      assertThat(host.cleanup().explain("j2", CleanupOptions.defaults()).getFirst().heldBy())
          .isEmpty();
      spender.commit();
    }
    assertThat(host.cleanup().explain("j1", CleanupOptions.defaults()).getFirst().heldBy())
        .isEmpty();
  }

  @Test
  void jobWhosePayerIsLockedAsAMutexIsPassedOver() throws Exception {
    PrismaHost host = hostWithTwoJobs();
    try (HostSession mutex =
        new HostSession(host, "select from users where id = 'u1' for update")) {
      assertThat(host.run().totalFound()).isEqualTo(1);
      assertThat(host.status("j1")).isEqualTo("PROCESSING");
      mutex.execute("update image_enhancement_jobs set status = 'COMPLETED' where id = 'j1'");
      mutex.commit();
    }
    assertThat(host.status("j1")).isEqualTo("COMPLETED");
    assertThat(host.run().totalFound()).isZero();
  }

  @Test
  void userWithAChildRowJustInsertedIsNotTakenForHeld() throws Exception {
    PrismaHost host = hostWithTwoJobs();
    try (HostSession other =
        new HostSession(
            host,
            "insert into token_transactions (id, \"userId\", amount, type, \"balanceAfter\") values ('x', 'u1', 1, 'EARN_BONUS', 91)")) {
      assertThat(host.run().totalFound()).isEqualTo(2);
    }
  }

  @Test
  void tableThatIsLockedAsAWholeIsNotWaitedForLongAndNothingIsHeldAgainstItsJobs()
      throws Exception {
    PrismaHost host = hostWithTwoJobs();
    JobCleanup cleanup = host.cleanup();
    try (HostSession ddl =
        new HostSession(host, "lock table token_transactions in exclusive mode")) {
      CleanupResult result = cleanup.cleanupStuckJobs();

      assertThat(result.totalFound()).isZero();
    }
    assertThat(host.database().value("select count(*) from job_cleanup.refusal")).isEqualTo("0");
    assertThat(cleanup.cleanupStuckJobs().cleanedUp()).isEqualTo(2);
  }

  @Test
  void tableThatIsLockedForGoodIsToldInWords() throws Exception {
    PrismaHost host = hostWithTwoJobs();
    JobCleanup cleanup = host.cleanup();
    try (HostSession ddl =
        new HostSession(host, "lock table image_enhancement_jobs in access exclusive mode")) {
      assertThat(org.assertj.core.api.Assertions.catchThrowable(cleanup::cleanupStuckJobs))
          .isInstanceOf(UnusableDatabaseException.class)
          .hasMessageContaining("locked as a whole by another session");
      assertThat(cleanup.diagnose().ok()).isFalse();
    }
  }

  @Test
  void refundThatTheHostCommitsWhileWeAreAtItIsSeen() throws Exception {
    PrismaHost host = hostWithTwoJobs();
    try (HostSession support =
        new HostSession(
            host,
            "update user_token_balances set balance = balance + 10 where \"userId\" = 'u1'")) {
      assertThat(host.run().totalFound()).isEqualTo(1);
      support.execute(
          "insert into token_transactions (id, \"userId\", amount, type, \"sourceId\", \"balanceAfter\") values ('s', 'u1', 10, 'REFUND', 'j1', 100)");
      support.commit();
    }

    CleanupResult result = host.run();

    assertThat(result.jobs().getFirst().outcome()).isEqualTo(new Outcome.PaidByHost());
    assertThat(host.balance("u1")).isEqualByComparingTo("100");
  }

  @Test
  void hostThatWaitsForATransactionOfOursIsNeverKilledAsADeadlock() throws Exception {
    PrismaHost host = hostWithTwoJobs();
    host.database()
        .execute(
            """
            create table counters (name text primary key, n int not null);
            insert into counters values ('refunds', 0);
            create function counted() returns trigger language plpgsql as
              $$ begin update counters set n = n + 1 where name = 'refunds'; return new; end $$;
            create trigger counted before insert on token_transactions for each row execute function counted()""");
    host.cleanup();
    try (HostSession first =
        new HostSession(host, "update counters set n = n + 1 where name = 'refunds'")) {
      AtomicReference<CompletableFuture<Void>> waiting = new AtomicReference<>();
      JobCleanup cleanup =
          JobCleanup.builder(
                  before(
                      host,
                      "insert into \"public\".\"token_transactions\"",
                      () -> {
                        // The host holds the counter and waits for our job; the insert will have us
                        // wait for the counter.
                        if (waiting.get() == null) {
                          waiting.set(
                              CompletableFuture.runAsync(
                                  () ->
                                      first.executeAndCommit(
                                          "update image_enhancement_jobs set \"retryCount\" = 1")));
                          awaitBlocked(host);
                        }
                      }))
              .build();

      assertThat(cleanup.cleanupStuckJobs().failed()).isZero();

      waiting.get().get(30, TimeUnit.SECONDS);
    }
    host.run();
    assertThat(host.status("j1")).isEqualTo("FAILED");
    assertThat(host.status("j2")).isEqualTo("FAILED");
    assertThat(host.balance("u1")).isEqualByComparingTo("100");
  }

  @Test
  void jobClaimedAnewAfterWeLookedAtItIsNotFailed() {
    PrismaHost host = hostWithTwoJobs();
    host.cleanup();
    AtomicInteger claimed = new AtomicInteger(-1);
    JobCleanup cleanup =
        JobCleanup.builder(
                before(
                    host,
                    "update \"public\".\"image_enhancement_jobs\"",
                    () ->
                        claimed.compareAndSet(
                            -1,
                            host.database()
                                .update(
                                    "update image_enhancement_jobs set \"processingStartedAt\" = now() at time zone 'UTC'"
                                        + " where id in (select id from image_enhancement_jobs where id = 'j1' for update skip locked)"))))
            .build();

    cleanup.cleanupStuckJobs();

    assertThat(claimed.get()).as("the hook ran").isNotEqualTo(-1);
    assertThat(host.status("j1")).isEqualTo(claimed.get() == 1 ? "PROCESSING" : "FAILED");
  }

  private static void awaitBlocked(PrismaHost host) {
    while (host.database()
        .rows(
            "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
        .isEmpty()) {
      Thread.onSpinWait();
    }
  }

  @Test
  void jobCompletedBetweenDetectionAndClaimKeepsItsResult() {
    PrismaHost host = hostWithTwoJobs();
    JobCleanup cleanup =
        JobCleanup.builder(host.database())
            .listener(
                new CleanupListener() {
                  @Override
                  public void found(String runId, long count) {
                    host.database()
                        .execute(
                            "update image_enhancement_jobs set status = 'COMPLETED' where id = 'j1'");
                  }
                })
            .build();
    cleanup.migrate();

    assertThat(cleanup.cleanupStuckJobs().totalFound()).isEqualTo(1);
    assertThat(host.status("j1")).isEqualTo("COMPLETED");
  }

  @Test
  void serversDefaultIsolationDoesNotMatter() {
    for (String level : List.of("repeatable read", "serializable")) {
      PrismaHost host = hostWithTwoJobs();
      host.database()
          .execute(
              "do $$ begin execute format('alter database %I set default_transaction_isolation to ''"
                  + level
                  + "''', current_database()); end $$");
      assertThat(host.run().cleanedUp()).isEqualTo(2);
    }
  }

  @Test
  void refundThatTheHostCommitsBetweenOurClaimAndOurHoldIsSeen() {
    PrismaHost host = hostWithTwoJobs();
    host.cleanup();
    AtomicBoolean refunded = new AtomicBoolean();
    JobCleanup cleanup =
        JobCleanup.builder(
                before(
                    host,
                    "for no key update of held",
                    () -> {
                      if (!refunded.getAndSet(true)) {
                        host.refund("j1", "u1", 10);
                      }
                    }))
            .build();

    CleanupResult result = cleanup.cleanupStuckJobs();

    assertThat(refunded).isTrue();
    assertThat(result.cleanedUp()).isEqualTo(2);
    assertThat(result.tokensRefunded()).isEqualByComparingTo("10");
    assertThat(host.balance("u1")).isEqualByComparingTo("100");
  }

  @Test
  void chargeThatAnotherRunGivesBackForAnotherJobMeanwhileIsNotGivenBackTwice() {
    PrismaHost host = hostWithTwoJobs();
    host.database()
        .execute(
            """
            update image_enhancement_jobs set "imageId" = 'album';
            delete from token_transactions where "sourceId" = 'j2';
            update token_transactions set "sourceId" = 'album' where "sourceId" = 'j1';
            create table paid (key text, amount numeric)""");
    Mapping shared =
        Mapping.parse(
            Mapping.builtInText()
                .replace("= job.id and charge", "= job.\\\"imageId\\\" and charge"));
    TokenRefunder pays =
        (connection, order) -> {
          try (Statement statement = connection.createStatement()) {
            statement.execute(
                "insert into paid values ('%s', %s)".formatted(order.key(), order.amount()));
          }
        };
    JobCleanup other = JobCleanup.builder(host.database()).mapping(shared).refunder(pays).build();
    other.migrate();
    AtomicBoolean overtaken = new AtomicBoolean();
    JobCleanup cleanup =
        JobCleanup.builder(host.database())
            .mapping(shared)
            .refunder(
                (connection, order) -> {
                  if (!overtaken.getAndSet(true)) {
                    assertThat(other.cleanupStuckJobs().tokensRefunded())
                        .isEqualByComparingTo("10");
                  }
                  pays.refund(connection, order);
                })
            .build();

    CleanupResult result = cleanup.cleanupStuckJobs(CleanupOptions.defaults().withBatchSize(1));

    assertThat(overtaken).isTrue();
    assertThat(result.jobs().getFirst().outcome()).isEqualTo(new Outcome.AlreadyRefunded());
    assertThat(host.database().rows("select amount from paid")).containsExactly("10");
  }

  /** The host's database, where something happens right before a statement of ours is sent. */
  private static DataSource before(PrismaHost host, String statement, Runnable happens) {
    return new DelegatingDataSource(host.database()) {
      @Override
      public Connection getConnection() throws SQLException {
        Connection connection = super.getConnection();
        return (Connection)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Connection.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("prepareStatement")
                      && ((String) arguments[0]).contains(statement)) {
                    happens.run();
                  }
                  try {
                    return method.invoke(connection, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getTargetException();
                  }
                });
      }
    };
  }
}
