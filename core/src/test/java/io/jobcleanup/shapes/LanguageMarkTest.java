package io.jobcleanup.shapes;

import static io.jobcleanup.shapes.OneHost.JOBS;
import static io.jobcleanup.shapes.OneHost.outcomes;
import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import java.sql.Connection;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

/** The signs that we leave to the host on jobs and charges: sentence by sentence. */
class LanguageMarkTest {

  private static final String USERS =
      "  balances: {table: users, match: {name: \"=:payer\"}, add: {credits: \"=:amount\"}}\n";

  private static final String FAILED_WITH_A_NOTE =
      JOBS.replace("error: \"=:message\"", "note: failed, told: told");

  private static final String MARKED =
      FAILED_WITH_A_NOTE
          + """
          refund:
            payer: payer
            charge: {table: charges, match: "=charge.job = job.id", amount: amount,
              mark: {state: given, note: "=:amount || ' of ' || charge.pool || ' to ' || :payer"}}
            mark: {state: refunded, note: "=job.id || ' by ' || :source", refunded: "=:amount"}
          """
          + USERS;

  private final OneHost host = new OneHost();

  private void jobWithTwoCharges() {
    host.job(1, "ada", 0)
        .execute("insert into charges values (1, 1, 'free', 2), (2, 1, 'paid', 4)");
  }

  private String job() {
    return host.database.value(
        "select state || ' ' || coalesce(note, '-') || ' ' || coalesce(refunded, 0) from jobs where id = 1");
  }

  private String charges() {
    return host.database.value(
        "select string_agg(state || ' ' || coalesce(note, '-'), ', ' order by id) from charges");
  }

  @Test
  void markIsWrittenToJobAndChargesAndWinsOverFail() {
    jobWithTwoCharges();
    host.job(2, "bob", 9);

    CleanupResult result = host.run(MARKED);

    assertThat(outcomes(result)).containsExactly("1 Refunded", "2 NothingToRefund");
    assertThat(job()).isEqualTo("refunded 1 by s 6");
    assertThat(host.rows("select told from jobs")).containsExactly("told", "told");
    assertThat(charges()).isEqualTo("given 2 of free to ada, given 4 of paid to ada");
    assertThat(host.rows("select state, note, refunded from jobs where id = 2"))
        .containsExactly("failed|failed|");
  }

  @Test
  void markIsWrittenAgainWhereOurOwnRecordSaysThatItWasPaidBefore() {
    jobWithTwoCharges();
    JobCleanup cleanup = host.cleanup(MARKED);
    cleanup.cleanupStuckJobs();
    host.execute(
        "update jobs set state = 'running', note = null, refunded = null; update charges set state = 'taken', note = null");

    assertThat(outcomes(cleanup.cleanupStuckJobs())).containsExactly("1 AlreadyRefunded");
    assertThat(job()).isEqualTo("refunded 1 by s 6");
    assertThat(charges()).isEqualTo("given 2 of free to ada, given 4 of paid to ada");
    assertThat(host.credits("ada")).isEqualTo(6);
  }

  @Test
  void sumInTheMarkHoldsWhatWasPaidForAllItsCharges() {
    jobWithTwoCharges();
    JobCleanup cleanup = host.cleanup(MARKED);
    cleanup.cleanupStuckJobs();
    host.execute(
        "update jobs set state = 'running'; insert into charges values (3, 1, 'late', 10)");

    assertThat(outcomes(cleanup.cleanupStuckJobs())).containsExactly("1 Refunded");
    assertThat(job()).isEqualTo("refunded 1 by s 16");
    assertThat(charges()).endsWith("given 10 of late to ada");
    assertThat(host.credits("ada")).isEqualTo(16);
  }

  @Test
  void markIsNotWrittenWhereTheHostGaveItBackOrNothingWasTaken() {
    jobWithTwoCharges();
    host.run(MARKED.replace("refund:\n", "refund:\n  already: \"=true\"\n"));

    assertThat(job()).isEqualTo("failed failed 0");
    assertThat(charges()).isEqualTo("taken -, taken -");
  }

  @Test
  void markComesOnlyOnceWhatIsOwedIsPaid() {
    jobWithTwoCharges();
    host.execute("update jobs set payer = 'nobody'");
    JobCleanup cleanup = host.cleanup(MARKED);

    cleanup.cleanupStuckJobs();
    assertThat(job()).isEqualTo("failed failed 0");
    assertThat(charges()).isEqualTo("taken -, taken -");

    host.execute("insert into users (name) values ('nobody')");
    assertThat(cleanup.cleanupStuckJobs().owed().paid()).isEqualTo(2);
    assertThat(job()).isEqualTo("refunded 1 by s 6");
    assertThat(charges()).isEqualTo("given 2 of free to nobody, given 4 of paid to nobody");
  }

  @Test
  void markOfAJobGivenBackInPartHoldsThatPartAndGrowsWithTheRest() {
    jobWithTwoCharges();
    host.execute("create table purses (owner text primary key, coins int not null)");
    JobCleanup cleanup =
        host.cleanup(
            MARKED.replace(
                USERS,
                """
                  balances:
                    - {table: users, when: "=charge.pool = 'free'", match: {name: "=:payer"}, add: {credits: "=:amount"}}
                    - {table: purses, when: "=charge.pool = 'paid'", match: {owner: "=:payer"}, add: {coins: "=:amount"}}
                """));

    assertThat(outcomes(cleanup.cleanupStuckJobs())).containsExactly("1 RefundOwed");
    assertThat(job()).isEqualTo("refunded 1 by s 2");
    assertThat(charges()).isEqualTo("given 2 of free to ada, taken -");

    host.execute("insert into purses values ('ada', 0)");
    assertThat(cleanup.cleanupStuckJobs().owed().paid()).isEqualTo(1);
    assertThat(job()).isEqualTo("refunded 1 by s 6");
    assertThat(charges()).isEqualTo("given 2 of free to ada, given 4 of paid to ada");
  }

  @Test
  void jobThatIsWorkedOnAgainIsNotMarkedWhenWhatIsOwedIsPaid() {
    jobWithTwoCharges();
    host.execute("update jobs set payer = 'nobody'");
    JobCleanup cleanup = host.cleanup(MARKED);
    cleanup.cleanupStuckJobs();
    host.execute(
        "insert into users (name) values ('nobody'); update jobs set state = 'running', note = 'again', began = now()");

    assertThat(cleanup.cleanupStuckJobs().owed().paid()).isEqualTo(2);
    assertThat(job()).isEqualTo("running again 0");
    assertThat(charges()).startsWith("given ");
  }

  @Test
  void markIsUndoneWithItsRefund() {
    jobWithTwoCharges();
    host.execute("alter table users add check (credits < 6)");

    assertThat(outcomes(host.run(MARKED))).containsExactly("1 RefundOwed");
    assertThat(job()).isEqualTo("failed failed 0");
    assertThat(charges()).isEqualTo("taken -, taken -");
  }

  @Test
  void markThatTheHostRefusesMakesTheRefundOwedAndTheJobIsFailedAllTheSame() {
    jobWithTwoCharges();
    host.job(2, "bob", 0)
        .execute(
            "insert into charges values (3, 2, 'paid', 1); alter table jobs add check (refunded < 6)");

    assertThat(outcomes(host.run(MARKED))).containsExactly("1 RefundOwed", "2 Refunded");
    assertThat(job()).isEqualTo("failed failed 0");
    assertThat(host.credits("ada")).isZero();
  }

  @Test
  void markThatATriggerDropsOnTheChargeIsARefusedWrite() {
    jobWithTwoCharges();
    host.execute(
        """
        create function keep() returns trigger language plpgsql as 'begin return null; end';
        create trigger keep before update on charges for each row when (old.pool = 'paid') execute function keep();
        """);

    assertThat(outcomes(host.run(MARKED))).containsExactly("1 RefundOwed");
    assertThat(host.credits("ada")).isZero();
    assertThat(charges()).isEqualTo("taken -, taken -");
  }

  @Test
  void jobWhoseChargeSomebodyHoldsIsPassedOverAndNobodyDiesInADeadlock() throws Exception {
    jobWithTwoCharges();
    host.job(2, "bob", 0).execute("insert into charges values (3, 2, 'paid', 1)");
    JobCleanup cleanup = host.cleanup(MARKED);
    try (Connection holder = host.database.getConnection();
        Statement statement = holder.createStatement()) {
      holder.setAutoCommit(false);
      statement.execute("update charges set note = 'host' where id = 2");

      assertThat(outcomes(cleanup.cleanupStuckJobs())).containsExactly("2 Refunded");

      statement.execute("update jobs set note = 'host' where id = 1");
      statement.execute("update users set spare = 1 where name = 'ada'");
      holder.commit();
    }
    assertThat(outcomes(cleanup.cleanupStuckJobs())).containsExactly("1 Refunded");
    assertThat(host.credits("ada")).isEqualTo(6);
  }
}
