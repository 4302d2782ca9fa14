package io.jobcleanup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.support.PrismaHost;
import io.jobcleanup.support.TestDatabase;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Jobs that a worker completes after a run has failed them. */
class LateCompletionsTest {

  private final PrismaHost host = PrismaHost.create().user("u1", 100);
  private final TestDatabase database = host.database();
  private final List<LateCompletion> heard = new ArrayList<>();
  private final JobCleanup cleanup =
      JobCleanup.builder(database)
          .listener(
              new CleanupListener() {
                @Override
                public void foundLate(String runId, LateCompletion late) {
                  heard.add(late);
                }
              })
          .build();

  private void complete(String job) {
    database.update(
        "update image_enhancement_jobs set status = 'COMPLETED', \"imageId\" = 'late' where id = ?",
        job);
  }

  private List<String> late() {
    cleanup.cleanupStuckJobs();
    return cleanup.lateCompletions(null, 100).items().stream().map(LateCompletion::job).toList();
  }

  @Test
  void lateCompletionIsFoundOnceWithWhatItCostAndDelivered() {
    cleanup.migrate();
    host.aStuckJob("j1").charged().insert();
    String run = cleanup.cleanupStuckJobs().runId();
    complete("j1");

    assertThat(late()).containsExactly("j1");
    assertThat(late()).containsExactly("j1");

    LateCompletion found = cleanup.lateCompletions(null, 1).items().getFirst();
    assertThat(found.runId()).isEqualTo(run);
    assertThat(found.source()).isEqualTo("images");
    assertThat(found.payer()).isEqualTo("u1");
    assertThat(found.tokensRefunded()).isEqualByComparingTo("10");
    assertThat(found.tokensOwed()).isEqualByComparingTo("0");
    assertThat(found.failedAt()).isBefore(found.foundAt());
    assertThat(found.status()).isEqualTo("COMPLETED");
    assertThat(found.delivered())
        .contains("\"imageId\": \"late\"")
        .doesNotContain("status", "errorMessage", "updatedAt");
    assertThat(found.prevented()).isFalse();
    assertThat(heard).containsExactly(found);
    assertThat(cleanup.lateTotals()).isEqualTo(new LateTotals(1, 0, new BigDecimal("10")));
  }

  @Test
  void longValuesAreCut() {
    cleanup.migrate();
    host.aStuckJob("j1").insert();
    cleanup.cleanupStuckJobs();
    database.update(
        "update image_enhancement_jobs set status = 'COMPLETED', \"imageId\" = repeat('ü',"
            + " 100000)");

    late();

    assertThat(cleanup.lateCompletions(null, 1).items().getFirst().delivered())
        .contains("\"" + "ü".repeat(200) + "\"");
  }

  @Test
  void jobThatIsChargedAnewAndCompletedIsNotLate() {
    cleanup.migrate();
    host.aStuckJob("j1").charged().insert();
    cleanup.cleanupStuckJobs();

    host.charge("j1", "u1", 10).again("j1");
    complete("j1");

    assertThat(late()).isEmpty();
  }

  @Test
  void jobThatIsChargedAnewAndFailedAnewIsLateOnceItIsCompleted() {
    cleanup.migrate();
    host.aStuckJob("j1").charged().insert();
    cleanup.cleanupStuckJobs();
    host.charge("j1", "u1", 7).again("j1");
    String second = cleanup.cleanupStuckJobs().runId();

    complete("j1");

    assertThat(late()).containsExactly("j1");
    LateCompletion found = cleanup.lateCompletions(null, 1).items().getFirst();
    assertThat(found.runId()).isEqualTo(second);
    assertThat(found.tokensRefunded()).isEqualByComparingTo("7");
  }

  @Test
  void jobThatTheHostHadPaidIsLateToo() {
    cleanup.migrate();
    host.aStuckJob("j1").charged().insert().refund("j1", "u1", 10);
    cleanup.cleanupStuckJobs();
    complete("j1");
    assertThat(late()).containsExactly("j1");

    host.aStuckJob("j2").charged().insert().refund("j2", "u1", 10);
    cleanup.cleanupStuckJobs();
    host.charge("j2", "u1", 10).again("j2");
    complete("j2");
    assertThat(late()).containsExactly("j1");
  }

  @Test
  void jobThatIsOwedIsLateWithWhatIsOwed() {
    cleanup.migrate();
    host.aStuckJob("j1").insert();
    database.execute("delete from user_token_balances");
    cleanup.cleanupStuckJobs();
    complete("j1");

    assertThat(late()).containsExactly("j1");
    LateCompletion found = cleanup.lateCompletions(null, 1).items().getFirst();
    assertThat(found.tokensRefunded()).isEqualByComparingTo("0");
    assertThat(found.tokensOwed()).isEqualByComparingTo("10");
  }

  @Test
  void retryThatChargesNothingLooksTheSame() {
    cleanup.migrate();
    host.aStuckJob("j1").insert();
    cleanup.cleanupStuckJobs();
    host.again("j1");
    complete("j1");

    assertThat(late()).containsExactly("j1");
  }

  @Test
  void jobThatIsNotCompletedIsNotLate() {
    cleanup.migrate();
    host.aStuckJob("j1").insert().aStuckJob("j2").insert().aStuckJob("gone").insert();
    cleanup.cleanupStuckJobs();
    host.again("j1");
    database.update("update image_enhancement_jobs set status = 'CANCELLED' where id = 'j2'");
    database.update("delete from image_enhancement_jobs where id = 'gone'");

    assertThat(late()).isEmpty();
  }

  @Test
  void dryRunsAndJobsOfLongAgoAreLeftAlone() {
    cleanup.migrate();
    host.aStuckJob("j1").insert();
    String run = cleanup.cleanupStuckJobs().runId();
    complete("j1");

    cleanup.cleanupStuckJobs(CleanupOptions.defaults().withDryRun(true));
    assertThat(cleanup.lateTotals()).isEqualTo(LateTotals.NONE);

    // A run of 2020.
    database.execute(
        """
        insert into job_cleanup.run select (jsonb_populate_record(r, '{"id": "016f0000-0000-7000-8000-000000000000"}')).*
          from job_cleanup.run r where id = '%1$s';
        update job_cleanup.run_job set run_id = '016f0000-0000-7000-8000-000000000000' where run_id = '%1$s'
        """
            .formatted(run));
    assertThat(late()).isEmpty();
  }

  @Test
  void attemptTellsWhetherAJobWasChargedAnew() {
    database.execute(
        """
        create table jobs (id int primary key, state text, began timestamptz, attempt int, payer text, cost int);
        insert into jobs select n, 'on', now() - interval '1 hour', 1, 'u1', 5 from generate_series(1, 2) n
        """);
    JobCleanup byAttempt =
        JobCleanup.builder(database)
            .mapping(
                Mapping.parse(
                    """
                    sources:
                      s:
                        jobs: {table: jobs, key: id, status: state, processing: ["on"], completed: [done], since: [began],
                          attempt: attempt, fail: {state: "off"}}
                        refund: {payer: payer, cost: cost, balances: {table: user_token_balances,
                          match: {userId: "=:payer"}, add: {balance: "=:amount"}}}
                    """))
            .build();
    byAttempt.migrate();
    byAttempt.cleanupStuckJobs();
    database.execute("update jobs set state = 'done', attempt = case id when 1 then 1 else 2 end");

    byAttempt.cleanupStuckJobs();

    assertThat(byAttempt.lateCompletions(null, 10).items())
        .extracting(LateCompletion::job)
        .containsExactly("1");
  }

  @Test
  void chargesThatVanishWhenTheyAreGivenBackTellOfNewOnes() {
    database.execute(
        """
        create table jobs (id int primary key, state text, began timestamptz default now() - interval '1 hour', payer text);
        create table charges (id int primary key, job int, amount int, state text default 'taken');
        insert into jobs (id, state, payer) select n, 'on', 'u1' from generate_series(1, 2) n;
        insert into charges (id, job, amount) values (1, 1, 5), (2, 2, 5);
        """);
    JobCleanup cleanupOfPools =
        JobCleanup.builder(database)
            .mapping(
                Mapping.parse(
                    """
                    sources:
                      s:
                        jobs: {table: jobs, key: id, status: state, processing: ["on"], completed: [done], since: [began],
                          fail: {state: "off"}}
                        refund:
                          payer: payer
                          charge: {table: charges, match: "=charge.job = job.id and charge.state = 'taken'", amount: amount,
                            mark: {state: back}}
                          balances: {table: user_token_balances, match: {userId: "=:payer"}, add: {balance: "=:amount"}}
                    """))
            .build();
    cleanupOfPools.migrate();
    assertThat(cleanupOfPools.cleanupStuckJobs().cleanedUp()).isEqualTo(2);
    database.execute(
        "update jobs set state = 'done'; insert into charges (id, job, amount) values (3, 2, 5)");

    cleanupOfPools.cleanupStuckJobs();

    assertThat(cleanupOfPools.lateCompletions(null, 10).items())
        .extracting(LateCompletion::job)
        .containsExactly("1");
  }

  @Test
  void whatCannotBeLookedForBreaksNoRun() {
    cleanup.migrate();
    host.aStuckJob("j1").insert();
    cleanup.cleanupStuckJobs();
    complete("j1");
    database.execute("alter table job_cleanup.late_completion rename column delivered to away");
    host.aStuckJob("j2").insert();

    CleanupResult result = cleanup.cleanupStuckJobs();

    assertThat(result.cleanedUp()).isEqualTo(1);
    assertThat(cleanup.run(result.runId()).orElseThrow().state())
        .isEqualTo(RunRecord.State.COMPLETED);
  }

  @Test
  void tableThatIsLockedAsAWholeHoldsNoRunUp() throws Exception {
    cleanup.migrate();
    host.aStuckJob("j1").insert();
    cleanup.cleanupStuckJobs();
    try (var other = database.getConnection();
        var statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("lock job_cleanup.late_completion in access exclusive mode");
      complete("j1");
      long began = System.nanoTime();

      CleanupResult result = cleanup.cleanupStuckJobs();

      assertThat(cleanup.run(result.runId()).orElseThrow().state())
          .isEqualTo(RunRecord.State.COMPLETED);
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(4));
    }
  }

  @Test
  void pagesHoldEachOnceNewestFirst() {
    cleanup.migrate();
    for (int i = 0; i < 5; i++) {
      host.aStuckJob("j" + i).insert();
    }
    cleanup.cleanupStuckJobs();
    for (int i = 0; i < 5; i++) {
      complete("j" + i);
      late();
    }

    List<String> read = new ArrayList<>();
    Page<LateCompletion> page = cleanup.lateCompletions(null, 2);
    while (page.next() != null) {
      page.items().forEach(it -> read.add(it.job()));
      page = cleanup.lateCompletions(page.next(), 2);
    }
    page.items().forEach(it -> read.add(it.job()));

    assertThat(read).containsExactly("j4", "j3", "j2", "j1", "j0");
    assertThatIllegalArgumentException().isThrownBy(() -> cleanup.lateCompletions("x", 2));
    assertThatIllegalArgumentException().isThrownBy(() -> cleanup.lateCompletions(null, 0));
  }

  @Test
  void noneAreListedWhereOurSchemaIsNotThere() {
    assertThat(cleanup.lateCompletions(null, 10)).isEqualTo(Page.empty());
    assertThat(cleanup.lateTotals()).isEqualTo(LateTotals.NONE);
    assertThat(database.value("select to_regnamespace('job_cleanup')")).isEmpty();
  }

  @Test
  void jobThatWasKeptSettledAndCompletedOnceTheGuardWasOffIsBoth() {
    cleanup.migrate();
    cleanup.guard(null);
    host.aStuckJob("j1").insert();
    cleanup.cleanupStuckJobs();
    complete("j1");
    cleanup.dropGuard(null);
    complete("j1");

    assertThat(late()).containsExactly("j1", "j1");
    assertThat(cleanup.lateTotals()).isEqualTo(new LateTotals(1, 1, new BigDecimal("10")));
  }

  @Test
  void lookingCostsAFewPagesForEachJobAlsoAmongAHundredThousand() {
    cleanup.migrate();
    host.aStuckJob("first").insert();
    cleanup.cleanupStuckJobs();
    failedOnes(100_000);
    database.execute("vacuum analyze image_enhancement_jobs");
    database.execute("vacuum analyze job_cleanup.run_job");
    cleanup.cleanupStuckJobs();
    long before = buffers();
    long began = System.nanoTime();

    cleanup.cleanupStuckJobs();

    double each = (buffers() - before) / 3000.0;
    System.out.printf(
        "100,000 failed jobs in the window: %.1f buffers for each of the 3,000 that a run looks at,"
            + " the run took %d ms%n",
        each, (System.nanoTime() - began) / 1_000_000);
    assertThat(each).isBetween(1.0, 12.0);
  }

  @Test
  void eachJobsTurnComes() {
    cleanup.migrate();
    host.aStuckJob("first").insert();
    cleanup.cleanupStuckJobs();
    failedOnes(8000);
    complete("first");

    int runs = 0;
    while (late().isEmpty() && runs < 500) {
      runs++;
    }

    assertThat(runs).isLessThan(500);
  }

  /** Jobs that a later run than the first has failed. */
  private void failedOnes(int jobs) {
    String run = cleanup.cleanupStuckJobs().runId();
    database.execute(
        """
        insert into image_enhancement_jobs (id, "userId", status, "updatedAt")
        select 'job' || n, 'u1', 'FAILED', now() from generate_series(1, %1$d) n;
        insert into job_cleanup.run_job
          (run_id, job_table, job_key, source, outcome, tokens_refunded, duration_ms, settled_at)
        select '%2$s', 'public.image_enhancement_jobs', 'job' || n, 'images', 'NothingToRefund', 0, 0, now()
        from generate_series(1, %1$d) n;
        """
            .formatted(jobs, run));
  }

  /** How many pages of tables and indexes were touched so far, once all sessions have told. */
  private long buffers() {
    while (database
            .number("select count(*) from pg_stat_activity where datname = current_database()")
            .intValue()
        > 1) {
      Thread.onSpinWait();
    }
    return database
        .number(
            """
            select sum(heap_blks_read + heap_blks_hit + coalesce(idx_blks_read, 0) + coalesce(idx_blks_hit, 0))
            from pg_statio_user_tables
            """)
        .longValue();
  }
}
