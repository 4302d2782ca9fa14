package io.jobcleanup.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.Finding;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.Verification;
import io.jobcleanup.support.PrismaHost;
import io.jobcleanup.support.TestDatabase;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * Users whose jobs were paid for and then go stuck, and books that must add up whatever happens.
 */
final class PaidJobs {
  /**
   * After so many rounds a test goes on with a new database: audits of old rounds take their time.
   */
  static final int ROUNDS = 10;

  private static final int USERS = 20;
  private static final int BALANCE = 1_000_000;
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration PAUSE = Duration.ofMillis(2);

  private final PrismaHost host;
  private final JobCleanup cleanup;
  private int jobs;

  /** Of users with tokens that they bought. */
  PaidJobs(TestDatabase database) {
    this.host = PrismaHost.in(database, PrismaHost.Times.ZONELESS);
    IntStream.range(0, USERS).forEach(i -> host.user("u" + i, BALANCE));
    this.cleanup = host.cleanup();
  }

  TestDatabase database() {
    return host.database();
  }

  /** Some more jobs go stuck, each paid for by another user, at a cost of 1 to 9. */
  void goStuck(int more) {
    database()
        .execute(
            """
            do $$ declare after int; begin
              for n in %1$d .. %2$d loop
                insert into image_enhancement_jobs
                  (id, "userId", "tokensCost", status, "processingStartedAt", "updatedAt")
                values ('j' || n, 'u' || n %% %3$d, 1 + n %% 9, 'PROCESSING',
                  now() at time zone 'UTC' - interval '10 minutes', now() at time zone 'UTC');
                update user_token_balances set balance = balance - (1 + n %% 9)
                where "userId" = 'u' || n %% %3$d returning balance into after;
                insert into token_transactions (id, "userId", amount, type, "sourceId", "balanceAfter")
                values ('c' || n, 'u' || n %% %3$d, - (1 + n %% 9), 'SPEND_ENHANCEMENT', 'j' || n, after);
              end loop;
            end $$"""
                .formatted(jobs, jobs + more - 1, USERS));
    jobs += more;
  }

  /** Waits until the server has ended the sessions of whoever was cut off or killed. */
  void awaitNobodyElse() {
    long began = System.nanoTime();
    while (!database()
        .value(
            "select count(*) from pg_stat_activity where datname = current_database()"
                + " and backend_type = 'client backend' and pid <> pg_backend_pid()")
        .equals("0")) {
      assertThat(Duration.ofNanos(System.nanoTime() - began))
          .as("sessions are left over")
          .isLessThan(PATIENCE);
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  /** Nothing is settled by half, and nothing twice, whatever is still to be done. */
  void assertSound(String after) {
    Verification verification = cleanup.verify(line -> {});
    assertThat(verification.findings()).extracting(PaidJobs::name).as(after).isEmpty();
    assertThat(verification.notices()).extracting(PaidJobs::name).as(after).isEmpty();
    // What the audit can't be wrong about, asked for once more in other words.
    assertThat(
            database()
                .rows(
                    """
                    select j.id, j.status, j."tokensCost", count(t.id), sum(t.amount)
                    from image_enhancement_jobs j
                    left join token_transactions t on t."sourceId" = j.id and t.type = 'REFUND'
                    group by j.id
                    having count(t.id) <> case j.status when 'FAILED' then 1 else 0 end
                      or coalesce(sum(t.amount), 0) <> case j.status when 'FAILED' then j."tokensCost" else 0 end"""))
        .as(
            "jobs failed without their tokens given back once, or not failed and yet given back; "
                + after)
        .isEmpty();
  }

  /** A second run settles what is left, and a third finds nothing: each job is settled, once. */
  void assertThatASecondRunSettlesTheRest(String after) {
    long left = stuck();
    CleanupResult second = drain();
    assertThat(second.cleanedUp()).as(after).isEqualTo(left);
    assertThat(second.failed()).as(after).isZero();
    CleanupResult third = drain();
    assertThat(third.totalFound()).as(after).isZero();
    assertThat(third.owed().paid()).as(after).isZero();
    assertSound("a second run, " + after);
    assertThat(stuck()).as(after).isZero();
    assertThat(database().value("select sum(balance) from user_token_balances"))
        .as("tokens of all users, " + after)
        .isEqualTo(String.valueOf((long) USERS * BALANCE));
    assertThat(
            database()
                .value(
                    "select count(distinct job_key) || ' ' || count(*) from job_cleanup.run_job"
                        + " where outcome = 'Refunded'"))
        .as("jobs settled, and settlements, " + after)
        .isEqualTo(jobs + " " + jobs);
  }

  private static String name(Finding finding) {
    return "%s %s %s".formatted(finding.check(), finding.job(), finding.user());
  }

  private long stuck() {
    return database()
        .number("select count(*) from image_enhancement_jobs where status = 'PROCESSING'")
        .longValue();
  }

  private CleanupResult drain() {
    return cleanup.cleanupStuckJobs(CleanupOptions.defaults().withDrain(true));
  }
}
