package io.jobcleanup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobcleanup.support.DelegatingDataSource;
import io.jobcleanup.support.PrismaHost;
import io.jobcleanup.support.TestDatabase;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is remembered of runs, and what waits for the next one. */
class HistoryTest {

  private final PrismaHost host = PrismaHost.create().user("u1", 100);
  private final TestDatabase database = host.database();
  private final JobCleanup cleanup = JobCleanup.builder(database).build();

  @Test
  void nothingIsRememberedWhereOurSchemaIsNotThere() {
    host.aStuckJob("j1").insert();

    assertThat(cleanup.runs(null, 10)).isEqualTo(Page.empty());
    assertThat(cleanup.run(UUID.randomUUID().toString())).isEmpty();
    assertThat(cleanup.jobsOfRun(UUID.randomUUID().toString(), null, 10)).isEqualTo(Page.empty());
    assertThat(cleanup.sinceGoodRun()).isEmpty();
    assertThat(cleanup.everAskedFor()).isFalse();
    assertThat(cleanup.backlog().stuck()).extracting(Backlog.Stuck::jobs).containsExactly(1L);
    assertThat(database.value("select to_regnamespace('job_cleanup')")).isEmpty();
  }

  @Test
  void pagesOfRunsAreNewestFirstAndHoldEachRunOnce() {
    cleanup.migrate();
    List<String> started = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      started.addFirst(cleanup.cleanupStuckJobs(CleanupOptions.defaults()).runId());
    }

    List<String> read = new ArrayList<>();
    Page<RunRecord> page = cleanup.runs(null, 2);
    while (page.next() != null) {
      page.items().forEach(it -> read.add(it.id()));
      page = cleanup.runs(page.next(), 2);
    }
    page.items().forEach(it -> read.add(it.id()));

    assertThat(read).isEqualTo(started);
    assertThat(cleanup.runs(null, 5).next()).isNull();
  }

  @Test
  void runIsRememberedWithWhoAskedForWhatAndWhatCameOfIt() {
    host.aStuckJob("j1").insert().aStuckJob("j2").insert();
    cleanup.migrate();

    CleanupResult result =
        cleanup.cleanupStuckJobs(
            CleanupOptions.defaults().withTimeout(Duration.ofMinutes(1)).withBatchSize(7),
            Trigger.API,
            "admin@example.com");

    RunRecord run = cleanup.run(result.runId()).orElseThrow();
    assertThat(run.trigger()).isEqualTo(Trigger.API);
    assertThat(run.actor()).isEqualTo("admin@example.com");
    assertThat(run.timeout()).isEqualTo(Duration.ofMinutes(1));
    assertThat(run.batchSize()).isEqualTo(7);
    assertThat(run.drain()).isFalse();
    assertThat(run.state()).isEqualTo(RunRecord.State.COMPLETED);
    assertThat(run.completedAt()).isAfterOrEqualTo(run.startedAt());
    assertThat(run.totalFound()).isEqualTo(2);
    assertThat(run.cleanedUp()).isEqualTo(2);
    assertThat(run.tokensRefunded()).isEqualByComparingTo("20");
    assertThat(run.error()).isNull();
    assertThat(cleanup.run("no id")).isEmpty();
  }

  @Test
  void pagesOfARunsJobsHoldEachJobOnce() {
    for (String job : List.of("a", "b/c", "d\\e", "ä", "'")) {
      host.aStuckJob(job).insert();
    }
    cleanup.migrate();
    String run = cleanup.cleanupStuckJobs().runId();

    List<String> read = new ArrayList<>();
    Page<RunJob> page = cleanup.jobsOfRun(run, null, 2);
    while (page.next() != null) {
      page.items().forEach(it -> read.add(it.job()));
      page = cleanup.jobsOfRun(run, page.next(), 2);
    }
    page.items().forEach(it -> read.add(it.job()));

    assertThat(read).containsExactlyInAnyOrder("a", "b/c", "d\\e", "ä", "'");
    RunJob first = page.items().getFirst();
    assertThat(first.source()).isEqualTo(cleanup.backlog().stuck().getFirst().source());
    assertThat(first.outcome()).isEqualTo("Refunded");
    assertThat(first.payer()).isEqualTo("u1");
    assertThat(first.tokensRefunded()).isEqualByComparingTo(BigDecimal.TEN);
    assertThat(first.processingDuration()).isBetween(Duration.ofMinutes(9), Duration.ofMinutes(12));
  }

  @Test
  void pagesHaveTheirLimits() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> cleanup.runs(null, 0))
        .withMessage("most is 0, allowed are 1 to 1000");
    assertThatIllegalArgumentException().isThrownBy(() -> cleanup.runs(null, 1001));
    assertThatIllegalArgumentException().isThrownBy(() -> cleanup.runs("1-1-1-1-1", 10));
    cleanup.migrate();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> cleanup.jobsOfRun(UUID.randomUUID().toString(), "no position", 10));
  }

  @Test
  void onlyRunsThatWentToTheirEndAreGood() {
    cleanup.migrate();
    String good = cleanup.cleanupStuckJobs().runId();
    database.execute(
        """
        update job_cleanup.run set completed_at = clock_timestamp() - interval '2 hours';
        insert into job_cleanup.run (id, trigger, dry_run, batch_size, drain, state, completed_at)
        values (gen_random_uuid(), 'CRON', false, 1, true, 'FAILED', clock_timestamp()),
               (gen_random_uuid(), 'CRON', false, 1, true, 'RUNNING', null)
        """);

    assertThat(cleanup.run(good)).isPresent();
    assertThat(cleanup.sinceGoodRun().orElseThrow())
        .isBetween(Duration.ofHours(2), Duration.ofHours(2).plusMinutes(1));
  }

  @ParameterizedTest
  @EnumSource(names = {"COMMAND", "API", "CRON", "CODE"})
  void firstRunThatSomebodyAsksForIsRememberedThoughTheHistoryIsDeleted(Trigger trigger) {
    cleanup.migrate();
    assertThat(cleanup.everAskedFor()).isFalse();

    cleanup.cleanupStuckJobs(CleanupOptions.defaults(), trigger, null);
    database.execute("delete from job_cleanup.run");

    assertThat(cleanup.everAskedFor()).isTrue();
    String first = database.value("select asked_for_at from job_cleanup.installation");
    cleanup.cleanupStuckJobs(CleanupOptions.defaults(), trigger, null);
    assertThat(database.value("select asked_for_at from job_cleanup.installation"))
        .isEqualTo(first);
  }

  @Test
  void nobodyAskedForDryRunsAndRunsOfASchedule() {
    cleanup.migrate();

    cleanup.cleanupStuckJobs(
        CleanupOptions.defaults().withDryRun(true), Trigger.COMMAND, "somebody");
    cleanup.cleanupStuckJobs(CleanupOptions.defaults(), Trigger.SCHEDULE, null);

    assertThat(cleanup.everAskedFor()).isFalse();
  }

  @Test
  void backlogCountsStuckJobsAndOwedRefunds() {
    assertThat(cleanup.backlog().stuck().getFirst().longest()).isNull();
    host.aStuckJob("j1").insert();
    cleanup.migrate();
    database.execute("delete from user_token_balances");
    cleanup.cleanupStuckJobs();
    host.aStuckJob("j2").insert().aStuckJob("j3").insert();
    database.execute(
        """
        update image_enhancement_jobs
        set "processingStartedAt" = "processingStartedAt" - interval '1 hour' where id = 'j3'
        """);

    Backlog backlog = cleanup.backlog();

    assertThat(backlog.stuck()).hasSize(1);
    assertThat(backlog.stuck().getFirst().jobs()).isEqualTo(2);
    assertThat(backlog.stuck().getFirst().longest())
        .isBetween(Duration.ofMinutes(69), Duration.ofMinutes(72));
    assertThat(backlog.owedRefunds()).isEqualTo(1);
    assertThat(backlog.owedTokens()).isEqualByComparingTo(BigDecimal.TEN);
  }

  @Test
  void listenersHearOfARunThatIsLost() {
    host.aStuckJob("j1").insert();
    cleanup.migrate();
    AtomicBoolean away = new AtomicBoolean();
    List<CleanupResult> failed = new ArrayList<>();
    JobCleanup losing =
        JobCleanup.builder(
                new DelegatingDataSource(database) {
                  @Override
                  public Connection getConnection() throws SQLException {
                    if (away.get()) {
                      throw new SQLException("connection refused", "08001");
                    }
                    return super.getConnection();
                  }
                })
            .listener(
                new CleanupListener() {
                  @Override
                  public void settled(String runId, JobReport report) {
                    away.set(true);
                  }

                  @Override
                  public void failed(CleanupResult committed, Duration took) {
                    failed.add(committed);
                  }
                })
            .build();

    assertThatThrownBy(losing::cleanupStuckJobs).isInstanceOf(UnreachableDatabaseException.class);

    assertThat(failed).hasSize(1);
    assertThat(failed.getFirst().cleanedUp()).isEqualTo(1);
  }
}
