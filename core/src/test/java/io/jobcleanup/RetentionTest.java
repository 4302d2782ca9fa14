package io.jobcleanup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.jobcleanup.support.PrismaHost;
import io.jobcleanup.support.TestDatabase;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How long the history is kept: runs go, refunds stay. */
class RetentionTest {

  private final PrismaHost host = PrismaHost.create().user("u1", 100);
  private final TestDatabase database = host.database();
  private final JobCleanup cleanup = cleanup(Duration.ofDays(30));

  private JobCleanup cleanup(Duration keep) {
    return JobCleanup.builder(database).keepHistory(keep).build();
  }

  /** Lets all runs so far have been so long ago. */
  private void daysPass(int days) {
    database.execute(
        "update job_cleanup.run set started_at = started_at - interval '%1$d days', completed_at = completed_at - interval '%1$d days'"
            .formatted(days));
  }

  private List<String> runs() {
    return cleanup.runs(null, 1000).items().stream().map(RunRecord::id).toList();
  }

  @Test
  void oldRunsGoWithWhatTheyDidAndRefundsStay() {
    host.aStuckJob("j1").insert();
    cleanup.migrate();
    String old = cleanup.cleanupStuckJobs().runId();
    daysPass(31);

    String next = cleanup.cleanupStuckJobs().runId();

    assertThat(runs()).containsExactly(next);
    assertThat(cleanup.jobsOfRun(old, null, 10).items()).isEmpty();
    assertThat(cleanup.runsOfJob("j1", 10)).isEmpty();
    RefundRecord refund =
        cleanup
            .refunds(RefundQuery.all().withJob("j1").withPayer("u1"), null, 10)
            .items()
            .getFirst();
    assertThat(refund.state()).isEqualTo(RefundRecord.State.PAID);
    assertThat(refund.paidRun()).isEqualTo(old);
    host.again("j1");
    assertThat(cleanup.cleanupStuckJobs().tokensRefunded()).isZero();
    assertThat(host.balance("u1")).isEqualByComparingTo("110");
  }

  @Test
  void youngRunsStayAndSoDoAllWhereTheHistoryIsKeptForEver() {
    cleanup.migrate();
    String first = cleanup.cleanupStuckJobs().runId();
    daysPass(29);
    String second = cleanup.cleanupStuckJobs().runId();
    assertThat(runs()).containsExactly(second, first);
    daysPass(1000);

    String third = cleanup(null).cleanupStuckJobs().runId();

    assertThat(runs()).containsExactly(third, second, first);
  }

  @Test
  void lastGoodRunIsNotForgottenNorIsOneThatMayBeUnderWay() {
    cleanup.migrate();
    database.execute(
        """
        insert into job_cleanup.run (id, trigger, dry_run, batch_size, drain, state, started_at, completed_at)
        values ('00000000-0000-7000-8000-000000000001', 'CRON', false, 1, true, 'COMPLETED', now() - interval '90 days', now() - interval '90 days'),
               ('00000000-0000-7000-8000-000000000002', 'CRON', false, 1, true, 'COMPLETED', now() - interval '80 days', now() - interval '80 days'),
               ('00000000-0000-7000-8000-000000000003', 'CRON', false, 1, true, 'FAILED', now() - interval '70 days', now() - interval '70 days'),
               ('00000000-0000-7000-8000-000000000004', 'CRON', false, 1, true, 'RUNNING', now() - interval '60 days', null),
               ('00000000-0000-7000-8000-000000000005', 'CRON', false, 1, true, 'RUNNING', now() - interval '5 days', null)
        """);
    assertThat(runs()).hasSize(5);

    forget();

    assertThat(runs())
        .containsExactly(
            "00000000-0000-7000-8000-000000000005", "00000000-0000-7000-8000-000000000002");
    assertThat(cleanup.sinceGoodRun().orElseThrow()).isGreaterThan(Duration.ofDays(79));
  }

  /** As a run does at its end, without becoming the last good one itself. */
  private void forget() {
    io.jobcleanup.postgres.Database ours = new io.jobcleanup.postgres.Database(database, null);
    ours.write(
        tx -> {
          new io.jobcleanup.postgres.Books().forgetOldRuns(tx, Duration.ofDays(1));
          return true;
        });
  }

  @Test
  void oneRunForgetsSoManyRowsAndTheNextTheRest() {
    cleanup.migrate();
    database.execute(
        """
        insert into job_cleanup.run (id, trigger, dry_run, batch_size, drain, state, started_at)
        select gen_random_uuid(), 'CRON', false, 1, true, 'FAILED', now() - interval '90 days' + n * interval '1 second'
        from generate_series(1, 3) n;
        insert into job_cleanup.run_job (run_id, job_table, job_key, source, outcome, tokens_refunded, duration_ms, settled_at)
        select id, 'public.x', n::text, 'x', 'NothingToRefund', 0, 0, now()
        from job_cleanup.run, generate_series(1, 6000) n\
        """);

    forget();
    assertThat(database.value("select count(*) from job_cleanup.run_job")).isEqualTo("8000");
    assertThat(database.value("select count(*) from job_cleanup.run")).isEqualTo("3");
    forget();
    assertThat(database.value("select count(*) from job_cleanup.run_job")).isEqualTo("0");
    assertThat(database.value("select count(*) from job_cleanup.run")).isEqualTo("0");
  }

  @Test
  void historyIsKeptForADayAtLeast() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> JobCleanup.builder(database).keepHistory(Duration.ofHours(23)));
  }
}
