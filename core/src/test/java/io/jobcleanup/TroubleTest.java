package io.jobcleanup;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.support.PooledDataSource;
import io.jobcleanup.support.PrismaHost;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Refunds that can't be paid yet, jobs that the host refuses, and what comes of them later. */
@Execution(ExecutionMode.CONCURRENT)
class TroubleTest {

  private static String owed(String tokens) {
    return "Job timed out after 60\\ds\\. Automatically cleaned up; refund of "
        + tokens
        + " tokens pending\\.";
  }

  private static final String REFUNDED =
      "Job timed out after 60\\ds\\. Automatically cleaned up and tokens refunded\\.";

  private static PrismaHost hostWithOneJob() {
    return PrismaHost.create().user("u1", 100).aStuckJob("j1").insert();
  }

  @Test
  void refundWithoutABalanceRowIsOwedAndPaidOnceThereIsOne() {
    PrismaHost host = hostWithOneJob();
    host.database().execute("delete from user_token_balances");

    CleanupResult first = host.run();

    assertThat(first.failed()).isEqualTo(1);
    assertThat(first.errors().getFirst().outcome().error())
        .contains("no row in public.user_token_balances for u1");
    assertThat(host.status("j1")).isEqualTo("FAILED");
    assertThat(host.message("j1")).matches(owed("10"));

    CleanupResult second = host.run();
    assertThat(second.owed()).isEqualTo(new OwedTotals(0, BigDecimal.ZERO, 1, BigDecimal.TEN));
    assertThat(second.totalFound()).isZero();

    host.database()
        .execute(
            "insert into user_token_balances (\"userId\", balance, \"updatedAt\") values ('u1', 5, now())");
    CleanupResult third = host.run();
    assertThat(third.owed().paid()).isEqualTo(1);
    assertThat(third.owed().tokensPaid()).isEqualByComparingTo(BigDecimal.TEN);
    assertThat(third.owed().stillOwed()).isZero();
    assertThat(host.balance("u1")).isEqualByComparingTo("15");
    assertThat(host.refunds("j1")).containsExactly("10|15");
    assertThat(host.message("j1")).matches(REFUNDED);
    assertThat(host.run().owed()).isEqualTo(OwedTotals.NONE);
  }

  @Test
  void textThatIsNoLongerOursIsKeptWhenAnOwedRefundIsPaid() {
    PrismaHost host = hostWithOneJob();
    host.database()
        .execute(
            "alter table user_token_balances rename column balance to credit; alter table user_token_balances rename column credit to balance; update user_token_balances set balance = 2147483645");
    host.run();
    host.database()
        .execute(
            "update image_enhancement_jobs set \"errorMessage\" = 'seen by support'; update user_token_balances set balance = 0");

    assertThat(host.run().owed().paid()).isEqualTo(1);
    assertThat(host.message("j1")).isEqualTo("seen by support");
  }

  @Test
  void refundThatWouldOverflowTheBalanceIsOwed() {
    PrismaHost host = hostWithOneJob().user("u2", 50).aStuckJob("j2").of("u2").insert();
    host.database()
        .execute("update user_token_balances set balance = 2147483640 where \"userId\" = 'u1'");

    CleanupResult result = host.run();

    assertThat(result.cleanedUp()).isEqualTo(1);
    assertThat(result.failed()).isEqualTo(1);
    assertThat(result.errors().getFirst().outcome().error())
        .contains("2147483650")
        .contains("integer");
    assertThat(host.message("j1")).matches(owed("10"));
    assertThat(host.balance("u1")).isEqualByComparingTo("2147483640");
    assertThat(host.balance("u2")).isEqualByComparingTo("60");
  }

  @Test
  void negativeCostIsOwedWithAQuestionMark() {
    PrismaHost host = PrismaHost.create().user("u1", 100).aStuckJob("j1").costing(-5).insert();

    CleanupResult result = host.run();

    assertThat(result.failed()).isEqualTo(1);
    assertThat(host.message("j1")).matches(owed("\\?"));
    host.database().execute("update image_enhancement_jobs set \"tokensCost\" = 5");
    assertThat(host.run().owed().tokensPaid()).isEqualByComparingTo("5");
    assertThat(host.message("j1")).matches(REFUNDED);
  }

  @Test
  void whatTheHostPaysMeanwhileIsTakenOffAnOwedRefund() {
    PrismaHost host = hostWithOneJob();
    host.database().execute("update user_token_balances set balance = 2147483640");
    host.run();
    host.database().execute("update user_token_balances set balance = 0");
    host.refund("j1", "u1", 4);

    assertThat(host.run().owed().tokensPaid()).isEqualByComparingTo("6");
    assertThat(host.balance("u1")).isEqualByComparingTo("10");
  }

  @Test
  void owedRefundThatTheHostPaidItselfIsClosed() {
    PrismaHost host = hostWithOneJob();
    host.database().execute("update user_token_balances set balance = 2147483640");
    host.run();
    host.database().execute("update user_token_balances set balance = 0");
    host.refund("j1", "u1", 10);

    CleanupResult result = host.run();

    assertThat(result.owed()).isEqualTo(OwedTotals.NONE);
    assertThat(host.balance("u1")).isEqualByComparingTo("10");
    assertThat(host.database().value("select state from job_cleanup.refund")).isEqualTo("WAIVED");
    assertThat(host.message("j1")).matches(REFUNDED);
  }

  @Test
  void owedRefundOfAJobCompletedMeanwhileIsNotPaid() {
    PrismaHost host = hostWithOneJob();
    host.database().execute("update user_token_balances set balance = 2147483640");
    host.run();
    host.database()
        .execute(
            "update user_token_balances set balance = 0; update image_enhancement_jobs set status = 'COMPLETED'");

    assertThat(host.run().owed().stillOwed()).isEqualTo(1);
    assertThat(host.balance("u1")).isZero();
  }

  @Test
  void refundWriteThatATriggerRaisesOnIsOwedAndTheOthersGoThrough() {
    PrismaHost host = hostWithOneJob().user("u2", 50).aStuckJob("j2").of("u2").insert();
    host.database()
        .execute(
            """
            create function check_quota() returns trigger language plpgsql as
              $$ begin if new."userId" = 'u1' then raise 'quota closed'; end if; return new; end $$;
            create trigger check_quota before insert on token_transactions for each row execute function check_quota()""");

    CleanupResult result = host.run();

    assertThat(result.cleanedUp()).isEqualTo(1);
    assertThat(result.failed()).isEqualTo(1);
    assertThat(result.errors().getFirst().outcome()).isInstanceOf(Outcome.RefundOwed.class);
    assertThat(result.errors().getFirst().outcome().error())
        .contains("quota closed")
        .contains("check_quota");
    assertThat(host.status("j1")).isEqualTo("FAILED");
    assertThat(host.balance("u1")).isEqualByComparingTo("100");
    assertThat(host.balance("u2")).isEqualByComparingTo("60");

    host.database().execute("drop trigger check_quota on token_transactions");
    assertThat(host.run().owed().paid()).isEqualTo(1);
    assertThat(host.balance("u1")).isEqualByComparingTo("110");
  }

  @Test
  void balanceUpdateThatATriggerDropsOrChangesIsOwed() {
    for (String body :
        new String[] {
          "return null;",
          "new.balance := old.balance; return new;",
          "new.balance := new.balance - 1; return new;"
        }) {
      PrismaHost host = hostWithOneJob();
      host.database()
          .execute(
              "create function meddle() returns trigger language plpgsql as $$ begin %s end $$;"
                      .formatted(body)
                  + " create trigger meddle before update on user_token_balances for each row execute function meddle()");

      CleanupResult result = host.run();

      assertThat(result.errors().getFirst().outcome())
          .as(body)
          .isInstanceOf(Outcome.RefundOwed.class);
      assertThat(host.status("j1")).isEqualTo("FAILED");
      assertThat(host.balance("u1")).isEqualByComparingTo("100");
      assertThat(host.refunds("j1")).isEmpty();
    }
  }

  @Test
  void ledgerInsertThatATriggerDropsOrChangesIsOwed() {
    for (String body : new String[] {"return null;", "new.amount := 1; return new;"}) {
      PrismaHost host = hostWithOneJob();
      host.database()
          .execute(
              "create function meddle() returns trigger language plpgsql as $$ begin %s end $$;"
                      .formatted(body)
                  + " create trigger meddle before insert on token_transactions for each row execute function meddle()");

      assertThat(host.run().errors().getFirst().outcome())
          .as(body)
          .isInstanceOf(Outcome.RefundOwed.class);
      assertThat(host.balance("u1")).isEqualByComparingTo("100");
    }
  }

  @Test
  void jobThatATriggerKeepsFromFailingIsRefusedAndNothingOfItChanges() {
    for (String body :
        new String[] {
          "raise 'not this one';",
          "return null;",
          "new.status := old.status; return new;",
          "return old;"
        }) {
      PrismaHost host = hostWithOneJob().user("u2", 50).aStuckJob("j2").of("u2").insert();
      host.database()
          .execute(
              ("create function guard() returns trigger language plpgsql as"
                          + " $$ begin if new.id = 'j1' and new.status = 'FAILED' then %s end if; return new; end $$;")
                      .formatted(body)
                  + " create trigger guard before update on image_enhancement_jobs for each row execute function guard()");
      String before =
          host.database().value("select j::text from image_enhancement_jobs j where id = 'j1'");

      CleanupResult result = host.run();

      assertThat(result.totalFound()).as(body).isEqualTo(2);
      assertThat(result.cleanedUp()).isEqualTo(1);
      assertThat(result.failed()).isEqualTo(1);
      assertThat(result.errors().getFirst().outcome()).isInstanceOf(Outcome.Refused.class);
      assertThat(
              host.database().value("select j::text from image_enhancement_jobs j where id = 'j1'"))
          .isEqualTo(before);
      assertThat(host.balance("u1")).isEqualByComparingTo("100");
      assertThat(host.balance("u2")).isEqualByComparingTo("60");
      assertThat(host.run().totalFound()).as("waits with a delay").isZero();
      assertThat(host.cleanup().findStuckJobs(CleanupOptions.defaults()))
          .extracting(StuckJob::why)
          .allMatch(why -> why.startsWith("refused by the host"))
          .hasSize(1);

      host.database()
          .execute(
              "drop trigger guard on image_enhancement_jobs; update job_cleanup.refusal set next_try_at = now()");
      assertThat(host.run().cleanedUp()).isEqualTo(1);
      assertThat(host.balance("u1")).isEqualByComparingTo("110");
      assertThat(host.database().value("select count(*) from job_cleanup.refusal")).isEqualTo("0");
    }
  }

  @Test
  void delayOfARefusedJobGrows() {
    PrismaHost host = hostWithOneJob();
    host.database()
        .execute(
            """
            create function guard() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
            create trigger guard before update on image_enhancement_jobs for each row execute function guard()""");
    host.run();
    BigDecimal first =
        host.database()
            .number(
                "select extract(epoch from next_try_at - last_tried_at) from job_cleanup.refusal");
    host.database().execute("update job_cleanup.refusal set next_try_at = now()");
    host.run();
    BigDecimal second =
        host.database()
            .number(
                "select extract(epoch from next_try_at - last_tried_at) from job_cleanup.refusal");

    assertThat(first).isBetween(new BigDecimal("59"), new BigDecimal("61"));
    assertThat(second).isBetween(new BigDecimal("119"), new BigDecimal("121"));
  }

  @Test
  void deferredCheckOfTheHostIsMadeBeforeTheCommit() {
    PrismaHost host = hostWithOneJob().user("u2", 50).aStuckJob("j2").of("u2").insert();
    host.database()
        .execute(
            """
            create function audit() returns trigger language plpgsql as
              $$ begin if new."userId" = 'u1' then raise 'books are closed'; end if; return null; end $$;
            create constraint trigger audit after insert on token_transactions deferrable initially deferred
              for each row execute function audit()""");

    CleanupResult result = host.run();

    assertThat(result.cleanedUp()).isEqualTo(1);
    assertThat(result.errors().getFirst().outcome()).isInstanceOf(Outcome.RefundOwed.class);
    assertThat(result.errors().getFirst().outcome().error()).contains("books are closed");
    assertThat(host.status("j1")).isEqualTo("FAILED");
  }

  @Test
  void deferredCheckThatHoldsOnlyAtTheEndIsSatisfied() {
    PrismaHost host = hostWithOneJob();
    host.database()
        .execute(
            """
            create function books() returns trigger language plpgsql as $$ begin
              if (select balance from user_token_balances where "userId" = new."userId")
                 <> (select sum(amount) from token_transactions where "userId" = new."userId") then
                raise 'books do not balance'; end if; return null; end $$;
            create constraint trigger books after insert or update on user_token_balances deferrable initially deferred
              for each row execute function books()""");

    assertThat(host.run().cleanedUp()).isEqualTo(1);
  }

  @Test
  void expressionThatFailsForOneJobMakesItsRefundOwedAndTheOthersGoOn() {
    PrismaHost host = hostWithOneJob().aStuckJob("j2").insert();
    host.database()
        .execute(
            "alter table image_enhancement_jobs add column price text; update image_enhancement_jobs set price = case id when 'j1' then 'ten' else '7' end");
    JobCleanup cleanup =
        cleanup(host, "      cost: tokensCost\n", "      cost: \"=job.price::int\"\n");

    CleanupResult result = cleanup.cleanupStuckJobs();

    assertThat(result.cleanedUp()).isEqualTo(1);
    assertThat(result.tokensRefunded()).isEqualByComparingTo("7");
    assertThat(result.errors().getFirst().outcome()).isInstanceOf(Outcome.RefundOwed.class);
    assertThat(host.message("j1")).matches(owed("\\?"));
    host.database().execute("update image_enhancement_jobs set price = '3' where id = 'j1'");
    assertThat(cleanup.cleanupStuckJobs().owed().tokensPaid()).isEqualByComparingTo("3");
    assertThat(host.message("j1")).matches(REFUNDED);
  }

  @Test
  void whereThatFailsForOneJobMakesItRefusedAndTheOthersGoOn() {
    PrismaHost host = hostWithOneJob().aStuckJob("j2").insert();
    host.database()
        .execute(
            "alter table image_enhancement_jobs add column flag text; update image_enhancement_jobs set flag = case id when 'j1' then 'maybe' else 'true' end");
    JobCleanup cleanup =
        cleanup(
            host,
            "      status: status\n      processing",
            "      where: \"=job.flag::boolean\"\n      status: status\n      processing");

    CleanupResult result = cleanup.cleanupStuckJobs();

    assertThat(result.cleanedUp()).isEqualTo(1);
    assertThat(result.failed()).isEqualTo(1);
    assertThat(result.errors().getFirst().outcome()).isInstanceOf(Outcome.Refused.class);
    assertThat(host.status("j1")).isEqualTo("PROCESSING");
    assertThat(host.status("j2")).isEqualTo("FAILED");
  }

  private static JobCleanup cleanup(PrismaHost host, String from, String to) {
    String text = io.jobcleanup.mapping.Mapping.builtInText();
    assertThat(text).contains(from);
    JobCleanup cleanup =
        JobCleanup.builder(host.database())
            .mapping(io.jobcleanup.mapping.Mapping.parse(text.replace(from, to)))
            .build();
    cleanup.migrate();
    return cleanup;
  }

  @Test
  void jobThatOutlastsATransactionsTimeIsRefused() {
    PrismaHost host = hostWithOneJob().user("u2", 50).aStuckJob("j2").of("u2").insert();
    host.database()
        .execute(
            """
            create function slow() returns trigger language plpgsql as
              $$ begin if new.id = 'j1' then perform pg_sleep(2); end if; return new; end $$;
            create trigger slow before update on image_enhancement_jobs for each row execute function slow()""");

    CleanupResult result = host.run();

    assertThat(result.cleanedUp()).isEqualTo(1);
    assertThat(result.errors().getFirst().outcome()).isInstanceOf(Outcome.Refused.class);
    assertThat(result.errors().getFirst().outcome().error()).contains("longer");
    assertThat(host.status("j1")).isEqualTo("PROCESSING");
  }

  @Test
  void tenThousandRefusedJobsAtTheHeadDoNotDelayTheNext() throws SQLException {
    PrismaHost host = PrismaHost.create().user("u1", 100);
    host.database()
        .execute(
            """
            insert into image_enhancement_jobs (id, "userId", "tokensCost", status, "processingStartedAt", "updatedAt")
              select 'broken-' || n, 'u1', 10, 'PROCESSING', now() at time zone 'UTC' - interval '2 hours', now() at time zone 'UTC'
              from generate_series(1, 10000) n;
            create function guard() returns trigger language plpgsql as
              $$ begin if new.id like 'broken%' then raise 'no'; end if; return new; end $$;
            create trigger guard before update on image_enhancement_jobs for each row execute function guard()""");
    host.aStuckJob("good").insert();

    CleanupResult first = runOfThousands(host, CleanupOptions.defaults());

    assertThat(first.cleanedUp()).isEqualTo(1);
    assertThat(first.failed()).isEqualTo(10_000);
    assertThat(first.errors()).hasSize(100);
    assertThat(host.status("good")).isEqualTo("FAILED");

    host.aStuckJob("next").insert();
    CleanupResult second = host.run();
    assertThat(second.cleanedUp()).isEqualTo(1);
    assertThat(second.failed()).isZero();
  }

  @Test
  void runTriesAtMostTenThousandRefusedJobs() throws SQLException {
    PrismaHost host = PrismaHost.create().user("u1", 100);
    host.database()
        .execute(
            """
            insert into image_enhancement_jobs (id, "userId", "tokensCost", status, "processingStartedAt", "updatedAt")
              select 'broken-' || n, 'u1', 10, 'PROCESSING', now() at time zone 'UTC' - interval '2 hours', now() at time zone 'UTC'
              from generate_series(1, 10300) n;
            create function guard() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
            create trigger guard before update on image_enhancement_jobs for each row execute function guard()""");

    assertThat(
            runOfThousands(host, CleanupOptions.defaults().withTimeout(Duration.ofMinutes(5)))
                .failed())
        .isEqualTo(10_000);
  }

  /** A run that takes each job alone, in a transaction of its own. */
  private static CleanupResult runOfThousands(PrismaHost host, CleanupOptions options)
      throws SQLException {
    try (PooledDataSource connections = new PooledDataSource(host.database())) {
      JobCleanup cleanup = JobCleanup.builder(connections).build();
      cleanup.migrate();
      return cleanup.cleanupStuckJobs(options);
    }
  }

  @Test
  void fewBrokenJobsAmongManyAreToldApart() {
    PrismaHost host = PrismaHost.create().user("u1", 100_000);
    IntStream.range(0, 300).forEach(i -> host.aStuckJob("j" + i).charged().insert());
    host.database()
        .execute(
            """
            create function guard() returns trigger language plpgsql as
              $$ begin if new.id in ('j7', 'j150', 'j299') then raise 'no'; end if; return new; end $$;
            create trigger guard before update on image_enhancement_jobs for each row execute function guard()""");

    CleanupResult result = host.run(CleanupOptions.defaults().withBatchSize(1000));

    assertThat(result.cleanedUp()).isEqualTo(297);
    assertThat(result.failed()).isEqualTo(3);
    assertThat(host.balance("u1")).isEqualByComparingTo("99970");
    assertThat(
            host.database()
                .rows(
                    "select id from (select id, amount, \"balanceAfter\", lag(\"balanceAfter\") over (order by id) as before"
                        + " from token_transactions where type = 'REFUND') chain where before + amount <> \"balanceAfter\""))
        .isEmpty();
  }

  @Test
  void collisionOfAColumnThatTellsTheJobMeansThatTheHostGaveItBack() {
    PrismaHost host = hostWithOneJob().user("u2", 50).aStuckJob("j2").of("u2").insert();
    host.database()
        .execute(
            """
            create unique index once on token_transactions ("sourceId", source);
            insert into token_transactions (id, "userId", amount, type, source, "sourceId", "balanceAfter")
              values ('by-hand', 'u1', 10, 'EARN_BONUS', 'enhancement_failed', 'j1', 110)""");

    CleanupResult result = host.run();

    assertThat(result.cleanedUp()).isEqualTo(2);
    assertThat(result.jobs())
        .filteredOn(job -> job.job().text().equals("j1"))
        .extracting(JobReport::outcome)
        .containsExactly(new Outcome.PaidByHost());
    assertThat(host.status("j1")).isEqualTo("FAILED");
    assertThat(host.balance("u1")).isEqualByComparingTo("100");
    assertThat(host.balance("u2")).isEqualByComparingTo("60");
  }

  @Test
  void collisionOfOneLineLeavesTheOthersOfItsJobToBePaid() {
    PrismaHost host = PrismaHost.create().user("u1", 100).aStuckJob("j1").insert();
    host.charge("j1", "u1", 3).charge("j1", "u1", 4).charge("j1", "u1", 5);
    String second =
        host.database()
            .value("select id from token_transactions where \"sourceId\" = 'j1' and amount = -4");
    host.database()
        .execute(
            """
            create unique index once on token_transactions (source) where source like 'public.%%';
            insert into token_transactions (id, "userId", amount, type, source, "balanceAfter")
              values ('by-hand', 'u1', 4, 'EARN_BONUS', 'public.token_transactions/%s', 92)"""
                .formatted(second));
    JobCleanup cleanup =
        JobCleanup.builder(host.database())
            .mapping(
                Mapping.parse(
                    Mapping.builtInText()
                        .replace("source: enhancement_failed", "source: \"=:key\"")))
            .build();
    cleanup.migrate();
    BigDecimal before = host.balance("u1");

    CleanupResult result = cleanup.cleanupStuckJobs();

    assertThat(result.jobs())
        .extracting(JobReport::outcome)
        .containsExactly(new Outcome.Refunded(BigDecimal.valueOf(8)));
    assertThat(host.balance("u1").subtract(before)).isEqualByComparingTo("8");
    assertThat(host.database().rows("select amount from job_cleanup.refund order by amount"))
        .containsExactly("3", "5");
  }

  @Test
  void anyOtherCollisionIsARefusedWrite() {
    PrismaHost host = hostWithOneJob();
    host.database()
        .execute(
            "create unique index one_refund_a_user on token_transactions (\"userId\") where type = 'REFUND'");
    host.refund("another", "u1", 1);

    assertThat(host.run().errors().getFirst().outcome()).isInstanceOf(Outcome.RefundOwed.class);
    assertThat(host.status("j1")).isEqualTo("FAILED");
  }
}
