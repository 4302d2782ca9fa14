package io.jobcleanup;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.support.PrismaHost;
import java.math.BigDecimal;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What one run does to one job, row by row of the contract's table, and to many. */
class SettlementTest {

  private static final String REFUNDED =
      "Job timed out after 60\\ds\\. Automatically cleaned up and tokens refunded\\.";
  private static final String CLEANED = "Job timed out after 60\\ds\\. Automatically cleaned up\\.";

  @Test
  void stuckJobIsFailedAndItsTokensAreBack() {
    PrismaHost host = PrismaHost.create().user("u1", 100).aStuckJob("j1").charged().insert();

    CleanupResult result = host.run();

    assertThat(result.totalFound()).isEqualTo(1);
    assertThat(result.cleanedUp()).isEqualTo(1);
    assertThat(result.failed()).isZero();
    assertThat(result.remaining()).isFalse();
    assertThat(result.tokensRefunded()).isEqualByComparingTo(BigDecimal.TEN);
    assertThat(result.message())
        .isEqualTo("Successfully cleaned up 1 stuck job and refunded 10 tokens");
    assertThat(host.status("j1")).isEqualTo("FAILED");
    assertThat(host.message("j1")).matches(REFUNDED);
    assertThat(host.balance("u1")).isEqualByComparingTo("100");
    assertThat(host.refunds("j1")).containsExactly("10|100");
  }

  @Test
  void everyColumnOfTheContractIsWritten() {
    PrismaHost host = PrismaHost.create().user("u1", 100).aStuckJob("j1").charged().insert();

    CleanupResult result = host.run();

    assertThat(
            host.database()
                .value(
                    "select \"processingCompletedAt\" = \"updatedAt\" and \"updatedAt\" > now() at time zone 'UTC' - interval '1 minute'"
                        + " from image_enhancement_jobs"))
        .isEqualTo("t");
    assertThat(
            host.database()
                .value(
                    "select \"userId\", source, metadata->>'reason', metadata->>'runId', metadata->>'timeoutMs', id ~"
                        + " '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]'"
                        + " from token_transactions where type = 'REFUND'"))
        .isEqualTo("u1|enhancement_failed|timeout|" + result.runId() + "|300000|t");
    assertThat(
            host.database()
                .value(
                    "select \"createdAt\" <= now() at time zone 'UTC' and \"createdAt\" > now() at time zone 'UTC' - interval '1 minute'"
                        + " from token_transactions where type = 'REFUND'"))
        .isEqualTo("t");
    assertThat(
            host.database()
                .value("select state, trigger, cleaned_up, tokens_refunded from job_cleanup.run"))
        .isEqualTo("COMPLETED|CODE|1|10");
    assertThat(
            host.database()
                .value(
                    "select r.state, r.amount, r.payer, r.ledger_key = t.id, j.outcome from job_cleanup.refund r"
                        + " join token_transactions t on t.type = 'REFUND' join job_cleanup.run_job j on j.job_key = r.job_key"))
        .isEqualTo("PAID|10|u1|t|Refunded");
  }

  @Test
  void secondRunRefundsNothing() {
    PrismaHost host = PrismaHost.create().user("u1", 100).aStuckJob("j1").charged().insert();
    host.run();

    CleanupResult second = host.run();

    assertThat(second.totalFound()).isZero();
    assertThat(second.message()).isEqualTo("No stuck jobs found");
    assertThat(host.refunds("j1")).hasSize(1);
  }

  @Test
  void youngJobIsLeftAlone() {
    PrismaHost host =
        PrismaHost.create().user("u1", 100).aStuckJob("j1").since("4 minutes").insert();

    assertThat(host.run().totalFound()).isZero();
    assertThat(host.status("j1")).isEqualTo("PROCESSING");
    assertThat(
            host.run(CleanupOptions.defaults().withTimeout(java.time.Duration.ofMinutes(3)))
                .cleanedUp())
        .isEqualTo(1);
  }

  @Test
  void jobThatNeverStartedIsJudgedByItsLastUpdate() {
    PrismaHost host =
        PrismaHost.create()
            .user("u1", 100)
            .aStuckJob("old")
            .neverStarted()
            .insert()
            .aStuckJob("young")
            .neverStarted()
            .since("1 minute")
            .insert();

    assertThat(host.run().jobs()).extracting(job -> job.job().text()).containsExactly("old");
  }

  @Test
  void oldestComeFirstWhicheverColumnTells() {
    PrismaHost host =
        PrismaHost.create()
            .user("u1", 100)
            .aStuckJob("b")
            .since("20 minutes")
            .insert()
            .aStuckJob("a")
            .since("30 minutes")
            .neverStarted()
            .insert()
            .aStuckJob("c")
            .since("10 minutes")
            .neverStarted()
            .insert();

    CleanupResult result = host.run(CleanupOptions.defaults().withBatchSize(2));

    assertThat(result.jobs()).extracting(job -> job.job().text()).containsExactly("a", "b");
    assertThat(result.remaining()).isTrue();
    assertThat(host.run(CleanupOptions.defaults().withBatchSize(2)).remaining()).isFalse();
  }

  @Test
  void jobWithoutAChargeRowGetsItsCostBackOnceForEver() {
    PrismaHost host = PrismaHost.create().user("u1", 100).aStuckJob("j1").insert();
    host.run();
    assertThat(host.balance("u1")).isEqualByComparingTo("110");

    CleanupResult again = host.again("j1").run();

    assertThat(again.jobs().getFirst().outcome()).isEqualTo(new Outcome.AlreadyRefunded());
    assertThat(again.cleanedUp()).isEqualTo(1);
    assertThat(again.tokensRefunded()).isZero();
    assertThat(host.message("j1")).matches(CLEANED);
    assertThat(host.balance("u1")).isEqualByComparingTo("110");
  }

  @Test
  void jobRunAgainGetsASecondRefundOnlyForASecondCharge() {
    PrismaHost host = PrismaHost.create().user("u1", 100).aStuckJob("j1").charged().insert();
    host.run();
    host.again("j1").charge("j1", "u1", 7);

    CleanupResult again = host.run();

    assertThat(again.tokensRefunded()).isEqualByComparingTo("7");
    assertThat(host.message("j1")).matches(REFUNDED);
    assertThat(host.refunds("j1")).containsExactly("10|100", "7|100");
    assertThat(host.again("j1").run().tokensRefunded()).isZero();
  }

  @Test
  void severalChargesAreGivenBackOneByOne() {
    PrismaHost host =
        PrismaHost.create()
            .user("u1", 100)
            .aStuckJob("j1")
            .charged()
            .insert()
            .charge("j1", "u1", 5);

    CleanupResult result = host.run();

    assertThat(result.tokensRefunded()).isEqualByComparingTo("15");
    assertThat(host.balance("u1")).isEqualByComparingTo("100");
    assertThat(host.refunds("j1")).hasSize(2);
  }

  @Test
  void whatTheHostHasRefundedIsNotPaidAgain() {
    PrismaHost host =
        PrismaHost.create()
            .user("u1", 100)
            .aStuckJob("j1")
            .charged()
            .insert()
            .refund("j1", "u1", 10);

    CleanupResult result = host.run();

    assertThat(result.jobs().getFirst().outcome()).isEqualTo(new Outcome.PaidByHost());
    assertThat(result.cleanedUp()).isEqualTo(1);
    assertThat(host.status("j1")).isEqualTo("FAILED");
    assertThat(host.message("j1")).matches(CLEANED);
    assertThat(host.balance("u1")).isEqualByComparingTo("100");
  }

  @Test
  void whatTheHostHasRefundedInPartIsTakenOff() {
    PrismaHost host =
        PrismaHost.create()
            .user("u1", 100)
            .aStuckJob("j1")
            .charged()
            .insert()
            .refund("j1", "u1", 4);

    assertThat(host.run().tokensRefunded()).isEqualByComparingTo("6");
    assertThat(host.balance("u1")).isEqualByComparingTo("100");
  }

  @Test
  void refundByHandForAnEarlierChargeDoesNotCoverALaterOneThatWePaid() {
    PrismaHost host = PrismaHost.create().user("u1", 100).aStuckJob("j1").charged().insert();
    host.run();
    host.again("j1").charge("j1", "u1", 10).refund("j1", "u1", 10);

    assertThat(host.run().jobs().getFirst().outcome()).isEqualTo(new Outcome.PaidByHost());
    assertThat(host.balance("u1")).isEqualByComparingTo("100");
  }

  @Test
  void freeJobIsFailedWithoutALedgerRow() {
    PrismaHost host =
        PrismaHost.create()
            .user("u1", 100)
            .aStuckJob("free")
            .costing(0)
            .insert()
            .aStuckJob("unknown")
            .costing(null)
            .insert();

    CleanupResult result = host.run();

    assertThat(result.cleanedUp()).isEqualTo(2);
    assertThat(result.tokensRefunded()).isZero();
    assertThat(host.message("free")).matches(CLEANED);
    assertThat(host.message("unknown")).matches(CLEANED);
    assertThat(
            host.database().value("select count(*) from token_transactions where type = 'REFUND'"))
        .isEqualTo("0");
  }

  @Test
  void twoHundredJobsOfOneUserMakeAChainWithoutAGap() {
    PrismaHost host = PrismaHost.create().user("u1", 100_000);
    IntStream.range(0, 200)
        .forEach(
            i ->
                host.aStuckJob("j" + i)
                    .costing(1 + i % 7)
                    .since((400 - i) + " minutes")
                    .charged()
                    .insert());

    CleanupResult result = host.run(CleanupOptions.defaults().withBatchSize(200));

    assertThat(result.cleanedUp()).isEqualTo(200);
    assertThat(host.balance("u1")).isEqualByComparingTo("100000");
    List<String> gaps =
        host.database()
            .rows(
                "select id from (select id, amount, \"balanceAfter\", lag(\"balanceAfter\") over (order by id) as before"
                    + " from token_transactions where type = 'REFUND') chain where before + amount <> \"balanceAfter\"");
    assertThat(gaps).isEmpty();
    assertThat(
            host.database()
                .rows(
                    "select \"sourceId\" from token_transactions where type = 'REFUND' order by id"))
        .isEqualTo(IntStream.range(0, 200).mapToObj(i -> "j" + i).toList());
    assertThat(
            host.database()
                .value(
                    "select max(\"balanceAfter\") from token_transactions where type = 'REFUND'"))
        .isEqualTo("100000");
  }

  @Test
  void batchSizeIsTheMostThatOneRunSettles() {
    PrismaHost host = PrismaHost.create().user("u1", 100);
    IntStream.range(0, 30).forEach(i -> host.aStuckJob("j" + i).insert());

    assertThat(host.run(CleanupOptions.defaults().withBatchSize(7)).totalFound()).isEqualTo(7);
    assertThat(host.run(CleanupOptions.defaults().withBatchSize(7).withDrain(true)).totalFound())
        .isEqualTo(23);
  }

  @Test
  void dryRunChangesNothing() {
    PrismaHost host = PrismaHost.create().user("u1", 100).aStuckJob("j1").charged().insert();

    CleanupResult result =
        JobCleanup.builder(host.database())
            .build()
            .cleanupStuckJobs(CleanupOptions.defaults().withDryRun(true));

    assertThat(result.message()).isEqualTo("Dry run: Found 1 stuck job (no changes made)");
    assertThat(result.totalFound()).isEqualTo(1);
    assertThat(result.cleanedUp()).isZero();
    assertThat(result.jobs().getFirst().cost()).isEqualByComparingTo(BigDecimal.TEN);
    assertThat(result.remaining()).isTrue();
    assertThat(host.status("j1")).isEqualTo("PROCESSING");
    assertThat(
            host.database()
                .value("select count(*) from pg_namespace where nspname = 'job_cleanup'"))
        .isEqualTo("0");
  }

  @Test
  void completedJobIsNeverTouched() {
    PrismaHost host = PrismaHost.create().user("u1", 100).aStuckJob("j1").charged().insert();
    host.database().execute("update image_enhancement_jobs set status = 'COMPLETED'");

    assertThat(host.run().totalFound()).isZero();
    assertThat(host.status("j1")).isEqualTo("COMPLETED");
  }

  @Test
  void runWithoutOurSchemaIsRefusedInWords() {
    PrismaHost host = PrismaHost.create().user("u1", 100);

    assertThat(
            org.assertj.core.api.Assertions.catchThrowable(
                () -> JobCleanup.builder(host.database()).build().cleanupStuckJobs()))
        .isInstanceOf(UnusableDatabaseException.class)
        .hasMessageContaining("job-cleanup migrate");
  }

  @Test
  void refundsOfTheHostsOwnCodeAreMadeInTheSameTransaction() {
    PrismaHost host =
        PrismaHost.create().user("u1", 100).aStuckJob("j1").insert().aStuckJob("j2").insert();
    host.database().execute("create table paid (key text primary key, amount numeric, payer text)");
    JobCleanup cleanup =
        JobCleanup.builder(host.database())
            .refunder(
                (connection, order) -> {
                  try (var statement =
                      connection.prepareStatement("insert into paid values (?, ?, ?)")) {
                    statement.setString(1, order.key());
                    statement.setBigDecimal(
                        2, order.job().text().equals("j2") ? null : order.amount());
                    statement.setString(3, order.payer());
                    statement.execute();
                    if (order.job().text().equals("j2")) {
                      throw new java.sql.SQLException("no such wallet");
                    }
                  }
                })
            .build();
    cleanup.migrate();

    CleanupResult result = cleanup.cleanupStuckJobs();

    assertThat(result.cleanedUp()).isEqualTo(1);
    assertThat(result.failed()).isEqualTo(1);
    assertThat(result.errors().getFirst().outcome().error()).contains("no such wallet");
    assertThat(host.database().rows("select amount, payer from paid")).containsExactly("10|u1");
    assertThat(host.balance("u1")).isEqualByComparingTo("100");
  }

  @Test
  void listenersHearWhatIsCommittedAndCannotSpoilIt() {
    PrismaHost host = PrismaHost.create().user("u1", 100).aStuckJob("j1").insert();
    List<String> heard = new java.util.ArrayList<>();
    JobCleanup cleanup =
        JobCleanup.builder(host.database())
            .listener(
                new CleanupListener() {
                  @Override
                  public void found(String runId, long count) {
                    heard.add("found " + count);
                  }

                  @Override
                  public void settled(String runId, JobReport report) {
                    heard.add(host.status(report.job().text()));
                    throw new IllegalStateException("a listener of the host fails");
                  }

                  @Override
                  public void completed(CleanupResult result, java.time.Duration took) {
                    heard.add("completed " + result.totalFound());
                  }
                })
            .build();
    cleanup.migrate();

    cleanup.cleanupStuckJobs();

    assertThat(heard).containsExactly("found 1", "FAILED", "completed 1");
  }

  @Test
  void baselineKeepsBalancesAndLedgerSumsAsTheyWere() {
    PrismaHost host = PrismaHost.create().user("u1", 100).user("u2", 0);
    host.database().execute("update user_token_balances set balance = 130 where \"userId\" = 'u1'");

    host.cleanup();
    host.cleanup();

    assertThat(
            host.database()
                .rows("select payer, balance, ledger_sum from job_cleanup.baseline order by payer"))
        .containsExactly("u1|130|100", "u2|0|0");
  }

  @Test
  void baselineIsRecordedTooWhereTheSchemaWasMadeByHand() {
    PrismaHost host = PrismaHost.create().user("u1", 100);
    host.database().execute("create role job_cleanup_app");
    host.database().execute(JobCleanup.schemaScript(Mapping.builtIn()));

    host.cleanup();

    assertThat(host.database().rows("select payer, balance from job_cleanup.baseline"))
        .containsExactly("u1|100");
    host.database().execute("drop owned by job_cleanup_app; drop role job_cleanup_app");
  }

  @Test
  void refundThatWouldWriteNothingIsAFaultUnlessTheHostsCodePays() {
    PrismaHost host = PrismaHost.create().user("u1", 100).aStuckJob("j1").insert();
    String text = Mapping.builtInText();
    Mapping idle = Mapping.parse(text.substring(0, text.indexOf("      balances:")));

    assertThat(
            org.assertj.core.api.Assertions.catchThrowable(
                () -> JobCleanup.builder(host.database()).mapping(idle).build().migrate()))
        .isInstanceOf(InvalidMappingException.class)
        .hasMessageContaining("neither balances nor ledger");
    JobCleanup paying =
        JobCleanup.builder(host.database())
            .mapping(idle)
            .refunder((connection, order) -> {})
            .build();
    paying.migrate();
    assertThat(paying.cleanupStuckJobs().cleanedUp()).isEqualTo(1);
  }
}
