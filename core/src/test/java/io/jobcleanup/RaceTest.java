package io.jobcleanup;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.support.PrismaHost;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Many cleaners at once, among a host that goes on working and locks in every order. */
class RaceTest {

  private static final int JOBS = 5_100;
  private static final int USERS = 51;
  private static final int CLEANERS = 8;
  private static final int HOSTS = HostOrder.values().length;

  @Test
  void eightCleanersAmongAHostSettleEachJobOnceAndKillNoneOfItsStatements() throws Exception {
    PrismaHost host = PrismaHost.create();
    host.database()
        .execute(
            """
            insert into users (id, email) select 'u' || n, 'u' || n || '@example.org' from generate_series(0, %1$d - 1) n;
            insert into user_token_balances ("userId", balance, "updatedAt") select id, 1000000, now() from users;
            insert into token_transactions (id, "userId", amount, type, "balanceAfter")
              select 'earn-' || id, id, 1000000, 'EARN_PURCHASE', 1000000 from users;
            insert into image_enhancement_jobs (id, "userId", "tokensCost", status, "processingStartedAt", "updatedAt")
              select 'j' || n, 'u' || n %% %1$d, 10, 'PROCESSING',
                     now() at time zone 'UTC' - interval '1 hour' + n * interval '1 millisecond', now() at time zone 'UTC'
              from generate_series(0, %2$d - 1) n;
            create table audit (n bigint generated always as identity, "userId" text, what text);
            create table totals ("userId" text primary key, changes bigint not null);
            insert into totals select id, 0 from users;
            create function noted() returns trigger language plpgsql as $$ begin
              update totals set changes = changes + 1 where "userId" = new."userId";
              insert into audit ("userId", what) values (new."userId", tg_table_name); return null; end $$;
            create trigger noted after update on user_token_balances for each row execute function noted();
            """
                .formatted(USERS, JOBS));
    JobCleanup cleanup = host.cleanup();
    AtomicBoolean over = new AtomicBoolean();
    AtomicInteger completed = new AtomicInteger();
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      List<Future<Integer>> work = new ArrayList<>();
      List<Future<List<CleanupResult>>> cleaners = new ArrayList<>();
      for (int i = 0; i < HOSTS; i++) {
        int seed = i;
        work.add(
            threads.submit(
                () -> host(host, over, new Random(seed), completed, HostOrder.values()[seed])));
      }
      for (int i = 0; i < CLEANERS; i++) {
        cleaners.add(threads.submit(clean(cleanup)));
      }
      List<CleanupResult> results = new ArrayList<>();
      try {
        for (Future<List<CleanupResult>> cleaner : cleaners) {
          results.addAll(cleaner.get());
        }
      } finally {
        over.set(true);
      }
      for (Future<Integer> each : work) {
        assertThat(each.get()).isPositive();
      }

      assertThat(cleanup.cleanupStuckJobs(CleanupOptions.defaults().withDrain(true)).failed())
          .isZero();
      long failed =
          host.database()
              .number("select count(*) from image_enhancement_jobs where status = 'FAILED'")
              .longValue();
      assertThat(failed + completed.get()).isEqualTo(JOBS);
      assertThat(completed.get()).isPositive();
      assertThat(results.stream().mapToLong(CleanupResult::failed).sum()).isZero();
      assertThat(results.stream().filter(it -> it.cleanedUp() > 0).count())
          .as("several shared the work")
          .isGreaterThan(1);
      assertThat(host.database().number("select count(*) from job_cleanup.run_job").longValue())
          .isEqualTo(failed);
    }
    assertThat(
            host.database()
                .rows(
                    """
                    select j.id from image_enhancement_jobs j
                    left join token_transactions t on t."sourceId" = j.id and t.type = 'REFUND'
                    group by j.id, j.status having count(t.id) <> case j.status when 'FAILED' then 1 else 0 end"""))
        .as("each failed job has one refund, and no other has one")
        .isEmpty();
    assertThat(
            host.database()
                .rows(
                    """
                    select b."userId", b.balance, sum(t.amount) from user_token_balances b
                    join token_transactions t using ("userId") group by 1, 2 having b.balance <> sum(t.amount)"""))
        .as("each balance is the sum of its ledger")
        .isEmpty();
    assertThat(
            host.database()
                .rows(
                    """
                    (select "userId", "balanceAfter" - amount as b from token_transactions where type <> 'EARN_PURCHASE'
                     except all select "userId", "balanceAfter" from token_transactions)"""))
        .as("every row follows upon another one's balance")
        .isEmpty();
  }

  private static Callable<List<CleanupResult>> clean(JobCleanup cleanup) {
    return () -> {
      List<CleanupResult> results = new ArrayList<>();
      CleanupResult result;
      do {
        result = cleanup.cleanupStuckJobs(CleanupOptions.defaults().withBatchSize(100));
        results.add(result);
      } while (result.remaining());
      return results;
    };
  }

  /** In which order a host takes its locks. */
  private enum HostOrder {
    BALANCE_BEFORE_JOB,
    USER_MUTEX_FIRST,
    /** What our write of a balance makes a trigger lock, this host locks before everything else. */
    TRIGGERS_ROW_FIRST
  }

  /**
   * Completes random jobs and charges for it, until told to stop; any deadlock or other error fails
   * the test.
   */
  private static int host(
      PrismaHost host, AtomicBoolean over, Random random, AtomicInteger completed, HostOrder order)
      throws SQLException {
    int done = 0;
    try (Connection connection = host.database().getConnection()) {
      connection.setAutoCommit(false);
      while (!over.get()) {
        // Each host has users of its own: among themselves they would deadlock without our help.
        int number = random.nextInt(USERS / HOSTS) * HOSTS + order.ordinal();
        String user = "u" + number;
        int job = random.nextInt(JOBS / USERS) * USERS + number;
        String complete =
            "update image_enhancement_jobs set status = 'COMPLETED' where id = 'j%d' and status = 'PROCESSING'"
                .formatted(job);
        String spend =
            "update user_token_balances set balance = balance - 1 where \"userId\" = '%s' returning balance"
                .formatted(user);
        try (Statement statement = connection.createStatement()) {
          switch (order) {
            case BALANCE_BEFORE_JOB -> {}
            case USER_MUTEX_FIRST ->
                statement.execute("select from users where id = '%s' for update".formatted(user));
            case TRIGGERS_ROW_FIRST ->
                statement.execute(
                    "select from totals where \"userId\" = '%s' for update".formatted(user));
          }
          int balance = balance(statement, spend);
          int hit = statement.executeUpdate(complete);
          statement.execute(
              "insert into token_transactions (id, \"userId\", amount, type, \"balanceAfter\") values (gen_random_uuid(), '%s', -1, 'SPEND_ENHANCEMENT', %d)"
                  .formatted(user, balance));
          connection.commit();
          completed.addAndGet(hit);
          done++;
        }
      }
    }
    return done;
  }

  private static int balance(Statement statement, String spend) throws SQLException {
    try (ResultSet result = statement.executeQuery(spend)) {
      result.next();
      return result.getInt(1);
    }
  }
}
