package io.jobcleanup.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.Finding;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.Verification;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.support.PrismaHost;
import io.jobcleanup.support.TestDatabase;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AuditTest {

  private static Verification verify(PrismaHost host) {
    return host.cleanup().verify(line -> {});
  }

  private static List<String> notices(Verification verification) {
    return verification.notices().stream().map(Finding::check).distinct().sorted().toList();
  }

  /** The host regenerates ten tokens, but not above a ceiling: its row tells ten all the same. */
  private static void regenerate(PrismaHost host, String user, int ceiling) {
    host.database()
        .update(
            "update user_token_balances set balance = least(balance + 10, ?) where \"userId\" = ?",
            ceiling,
            user);
    host.database()
        .update(
            "insert into token_transactions (id, \"userId\", amount, type, \"balanceAfter\")"
                + " select gen_random_uuid(), ?, 10, 'EARN_REGENERATION', balance from user_token_balances where \"userId\" = ?",
            user,
            user);
  }

  @Test
  void cappedRegenerationsBeforeAndAfterUsAreNotices() {
    PrismaHost host = PrismaHost.create().user("u1", 95);
    regenerate(host, "u1", 100);
    host.aStuckJob("j1").charged().insert();
    host.run();
    regenerate(host, "u1", 105);
    host.charge("j2", "u1", 7);
    regenerate(host, "u1", 100);

    Verification verification = verify(host);

    assertThat(verification.findings()).isEmpty();
    assertThat(notices(verification)).containsExactly("chain-broken");
  }

  @Test
  void balanceThatTheHostMovedWithoutARowBeforeOursIsANotice() {
    PrismaHost host = PrismaHost.create().user("u1", 95);
    host.aStuckJob("j1").charged().insert();
    host.cleanup();
    host.database().execute("update user_token_balances set balance = balance + 50");
    host.run();

    Verification verification = verify(host);

    assertThat(verification.findings()).isEmpty();
    assertThat(verification.notices())
        .singleElement()
        .satisfies(it -> assertThat(it.check()).isEqualTo("chain-broken"))
        .satisfies(it -> assertThat(it.user()).isEqualTo("u1"));
  }

  @Test
  void balanceThatTheHostMovedWithoutARowOnBothSidesOfAChargeIsANotice() {
    PrismaHost host = PrismaHost.create().user("u1", 95);
    host.cleanup();
    host.database().execute("update user_token_balances set balance = balance + 50");
    host.aStuckJob("j1").charged().insert();
    host.database().execute("update user_token_balances set balance = balance + 30");
    host.run();

    Verification verification = verify(host);

    assertThat(verification.findings()).isEmpty();
    assertThat(notices(verification)).containsExactly("chain-broken");
  }

  @Test
  void rowThatTheHostWroteTwiceIsANotice() {
    PrismaHost host = PrismaHost.create().user("u1", 95);
    host.cleanup();
    host.database()
        .execute(
            "insert into token_transactions (id, \"userId\", amount, type, \"balanceAfter\")"
                + " values ('twice', 'u1', 95, 'EARN_PURCHASE', 95)");

    Verification verification = verify(host);

    assertThat(verification.findings()).isEmpty();
    assertThat(notices(verification)).containsExactly("chain-broken");
  }

  @Test
  void userWhoCameAfterUsWithABalanceThatHasNoRowIsNoFinding() {
    PrismaHost host = PrismaHost.create().user("u1", 10);
    host.cleanup();
    host.user("new", 0).user("idle", 0);
    host.database()
        .execute(
            "update user_token_balances set balance = 100 where \"userId\" in ('new', 'idle')");
    host.aStuckJob("j1").of("new").charged().insert();
    host.run();

    Verification verification = verify(host);

    assertThat(verification.findings()).isEmpty();
    assertThat(verification.notices())
        .extracting(Finding::check, Finding::user)
        .contains(tuple("first-balance", "new"));
  }

  @Test
  void deletedJobsAndUsersAreNotices() {
    PrismaHost host = PrismaHost.create().user("u1", 50).user("u2", 50);
    host.aStuckJob("j1").charged().insert();
    host.aStuckJob("j2").of("u2").charged().insert();
    host.run();
    host.database().execute("delete from image_enhancement_jobs where id = 'j1'");
    host.database().execute("delete from users where id = 'u2'");

    Verification verification = verify(host);

    assertThat(verification.findings()).isEmpty();
    assertThat(verification.notices())
        .extracting(Finding::check, Finding::job)
        .contains(tuple("job-gone", "images:j1"), tuple("job-gone", "images:j2"));
  }

  @Test
  void jobThatIsRunAgainAndChargedAgainIsGivenBackTwiceRightly() {
    PrismaHost host = PrismaHost.create().user("u1", 50);
    host.aStuckJob("j1").charged().insert();
    host.run();
    host.again("j1").charge("j1", "u1", 10);
    host.run();

    assertThat(verify(host).findings()).isEmpty();
    assertThat(host.balance("u1")).isEqualByComparingTo("50");
  }

  @Test
  void jobThatIsRunAgainAndCompletedAfterANewChargeIsNoLateCompletion() {
    PrismaHost host = PrismaHost.create().user("u1", 50);
    host.aStuckJob("j1").charged().insert();
    host.run();
    host.again("j1").charge("j1", "u1", 10);
    host.database().execute("update image_enhancement_jobs set status = 'COMPLETED'");

    assertThat(verify(host).findings()).isEmpty();
  }

  @Test
  void whatTheHostGaveBackInPartCountsOnce() {
    PrismaHost host = PrismaHost.create().user("u1", 50);
    host.aStuckJob("j1").charged().insert();
    host.refund("j1", "u1", 4);
    host.run();

    assertThat(host.balance("u1")).isEqualByComparingTo("50");
    assertThat(verify(host).findings()).isEmpty();
  }

  @Test
  void refundThatIsOwedAndThenPaidIsRight() {
    PrismaHost host = PrismaHost.create().user("u1", 50);
    host.aStuckJob("j1").charged().insert();
    host.database().execute("delete from user_token_balances");
    host.run();
    Verification owed = verify(host);
    host.database()
        .execute(
            "insert into user_token_balances (\"userId\", balance, \"updatedAt\") values ('u1', 40, now());"
                + " update job_cleanup.refund set next_try_at = now()");
    host.run();

    assertThat(owed.findings()).isEmpty();
    assertThat(verify(host).findings()).isEmpty();
    assertThat(host.balance("u1")).isEqualByComparingTo("50");
  }

  @Test
  void severalRefundsToOneUserInOneRunAreRight() {
    PrismaHost host = PrismaHost.create().user("u1", 500);
    for (int i = 0; i < 30; i++) {
      host.aStuckJob("j" + i).charged().insert();
    }
    host.run(CleanupOptions.defaults());

    Verification verification = verify(host);

    assertThat(verification.findings()).isEmpty();
    assertThat(verification.notices()).isEmpty();
    assertThat(verification.refunds()).isEqualTo(30);
  }

  @Test
  void rowsWithoutAnyOrderAreRight() {
    PrismaHost host = PrismaHost.create().user("u1", 500);
    host.aStuckJob("j1").charged().insert();
    host.run();
    host.database().execute("update token_transactions set \"createdAt\" = now()");

    assertThat(verify(host).findings()).isEmpty();
  }

  @Test
  void balanceThatGoesRoundInACircleHasToBeOnIt() {
    PrismaHost host = PrismaHost.create().user("u1", 0);
    host.cleanup();
    host.database()
        .execute(
            """
            insert into token_transactions (id, "userId", amount, type, "balanceAfter")
            values ('a', 'u1', 10, 'EARN_BONUS', 10), ('b', 'u1', -10, 'SPEND_ENHANCEMENT', 0)""");

    Verification right = verify(host);
    host.database().execute("update user_token_balances set balance = 7");
    Verification wrong = verify(host);

    assertThat(right.findings()).isEmpty();
    assertThat(wrong.findings()).extracting(Finding::check).containsExactly("balance-unexplained");
  }

  @Test
  void jobsThatOthersFailedWithoutARefundAreNotices() {
    PrismaHost host = PrismaHost.create().user("u1", 50);
    host.aStuckJob("old").charged().insert();
    host.database()
        .execute(
            "update image_enhancement_jobs set status = 'FAILED',"
                + " \"errorMessage\" = 'Job timed out after 400s. Automatically cleaned up and tokens refunded.',"
                + " \"processingCompletedAt\" = now() at time zone 'UTC' - interval '1 day'");
    host.run();

    Verification verification = verify(host);

    assertThat(verification.findings()).isEmpty();
    assertThat(verification.notices())
        .singleElement()
        .satisfies(it -> assertThat(it.check()).isEqualTo("failed-without-refund"))
        .satisfies(it -> assertThat(it.job()).isEqualTo("images:old"));
  }

  @Test
  void lateCompletionThatIsRecordedIsANotice() {
    PrismaHost host = PrismaHost.create().user("u1", 50);
    host.aStuckJob("j1").charged().insert();
    host.run();
    host.database().execute("update image_enhancement_jobs set status = 'COMPLETED'");
    Verification before = verify(host);
    host.database()
        .execute(
            "insert into job_cleanup.late_completion (source, job_table, job_key, run_id, prevented, status)"
                + " select source, job_table, job_key, run_id, false, 'COMPLETED' from job_cleanup.refund");

    Verification after = verify(host);

    assertThat(before.findings()).extracting(Finding::check).containsExactly("late-completion");
    assertThat(before.findings().getFirst().culprit()).isEqualTo(Finding.Culprit.LATE_WORKER);
    assertThat(after.findings()).isEmpty();
    assertThat(notices(after)).containsExactly("late-completion");
  }

  @Test
  void historyThatIsForgottenInPartIsNoFinding() {
    PrismaHost host = PrismaHost.create().user("u1", 50);
    host.aStuckJob("j1").charged().insert();
    host.aStuckJob("j2").charged().insert();
    host.run();
    host.database()
        .execute(
            "update job_cleanup.run set started_at = now() - interval '401 days';"
                + " update job_cleanup.refund set failed_at = now() - interval '401 days';"
                + " delete from job_cleanup.run_job where job_key = 'j1'");

    Verification asLong = verify(host);
    Verification longer =
        JobCleanup.builder(host.database()).keepHistory(null).build().verify(line -> {});

    assertThat(asLong.findings()).isEmpty();
    assertThat(longer.findings())
        .extracting(Finding::check)
        .containsExactlyInAnyOrder("history-gone", "history-changed");
  }

  @Test
  void withoutOurSchemaAllIsANotice() {
    PrismaHost host = PrismaHost.create().user("u1", 50);
    host.database().execute("update user_token_balances set balance = 999");

    Verification verification = JobCleanup.builder(host.database()).build().verify(line -> {});

    assertThat(verification.findings()).isEmpty();
    assertThat(notices(verification)).containsExactly("balance-unexplained");
  }

  @Test
  void auditWritesNothingAndTellsItsProgress() {
    PrismaHost host = PrismaHost.create().user("u1", 50);
    host.aStuckJob("j1").charged().insert();
    host.run();
    TestDatabase database = host.database();
    String transactions = "select pg_current_xact_id_if_assigned() is null";
    List<String> progress = new ArrayList<>();

    host.cleanup().verify(progress::add);

    assertThat(progress)
        .anyMatch(it -> it.contains("1 of 1"))
        .anyMatch(it -> it.contains("adding"));
    assertThat(database.value(transactions)).isEqualTo("t");
  }

  @Test
  void findingIsAcceptedWithAReasonOnly() {
    PrismaHost host = PrismaHost.create().user("u1", 50);
    host.cleanup();
    host.database().execute("update user_token_balances set balance = 999");
    JobCleanup cleanup = host.cleanup();
    String id = cleanup.verify(line -> {}).findings().getFirst().id();

    assertThatThrownBy(() -> cleanup.acceptFinding(id, " ", "ada", line -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 to 500");
    assertThat(cleanup.acceptFinding("f-0", "why", "ada", line -> {})).isEmpty();
    assertThat(cleanup.acceptFinding(id, "a gift", "ada", line -> {})).isPresent();
    host.database().execute("update user_token_balances set balance = 1000");
    assertThat(cleanup.verify(line -> {}).findings())
        .singleElement()
        .satisfies(it -> assertThat(it.id()).isNotEqualTo(id));
  }

  @Test
  void whatAMappingHidesIsNamed() {
    TestDatabase database =
        TestDatabase.create()
            .execute(
                """
                create table accounts (id text primary key, credits int not null);
                create table jobs (id text primary key, account text, status text, started timestamptz, cost int);
                insert into accounts values ('a', 5);
                insert into jobs values ('1', 'a', 'running', now() - interval '1 hour', 3);""");
    JobCleanup cleanup =
        JobCleanup.builder(database)
            .mapping(
                Mapping.parse(
                    """
                    sources:
                      jobs:
                        jobs:
                          table: jobs
                          key: id
                          status: status
                          processing: [running]
                          since: [started]
                          fail: {status: failed}
                        refund:
                          payer: account
                          cost: cost
                          balances:
                            - {table: accounts, match: {id: "=:payer"}, add: {credits: "=:amount"}}
                    """))
            .build();
    cleanup.migrate();
    cleanup.cleanupStuckJobs();

    Verification verification = cleanup.verify(line -> {});

    assertThat(verification.ok()).isTrue();
    assertThat(verification.refunds()).isEqualTo(1);
    assertThat(verification.unseen()).singleElement().asString().contains("without a ledger");
  }
}
