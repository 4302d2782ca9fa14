package io.jobcleanup.shapes;

import static io.jobcleanup.shapes.OneHost.JOBS;
import static io.jobcleanup.shapes.OneHost.REFUND;
import static io.jobcleanup.shapes.OneHost.cause;
import static io.jobcleanup.shapes.OneHost.file;
import static io.jobcleanup.shapes.OneHost.outcomes;
import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How much is given back, to whom, and that it is once for ever: sentence by sentence. */
class LanguageRefundTest {

  private static final String USERS =
      "  balances: {table: users, match: {name: \"=:payer\"}, add: {credits: \"=:amount\"}}\n";
  private static final String LEDGER =
      "  ledger: {table: ledger, values: {job: \"=:job\", amount: \"=:amount\", note: \"=:key\"}}\n";

  private final OneHost host = new OneHost();

  private static String ofCharges(String more) {
    return JOBS
        + "refund:\n  payer: payer\n  charge: {table: charges, match: \"=charge.job = job.id\", amount: amount%s}\n"
            .formatted(more)
        + USERS
        + LEDGER;
  }

  @ParameterizedTest
  @CsvSource({"0, 2 4 8", "1, 1 4 8", "2, 4 8", "5, 1 8", "13, 1", "14, ''", "99, ''"})
  void alreadyIsTakenOffTheLinesInTheirOrder(int already, String paid) {
    host.job(1, "ada", 0)
        .execute("insert into charges values (3, 1, 'c', 8), (1, 1, 'a', 2), (2, 1, 'b', 4)");

    host.run(
        ofCharges("").replace("  balances:", "  already: \"=%d\"\n  balances:".formatted(already)));

    assertThat(String.join(" ", host.rows("select amount from ledger order by id")))
        .isEqualTo(paid);
    assertThat(host.states()).isEqualTo("1 failed");
  }

  @Test
  void whatWePaidOurselvesIsTakenOffAlready() {
    host.job(1, "ada", 0).execute("insert into charges values (1, 1, 'a', 2)");
    JobCleanup cleanup =
        host.cleanup(
            ofCharges("")
                .replace(
                    "  balances:",
                    "  already: \"=(select sum(l.amount) from ledger l where l.job = job.id)\"\n  balances:"));
    cleanup.cleanupStuckJobs();
    host.execute(
        "update jobs set state = 'running'; insert into charges values (2, 1, 'b', 8); insert into ledger (job, amount) values (1, 3)");

    cleanup.cleanupStuckJobs();

    assertThat(host.credits("ada")).isEqualTo(7);
  }

  @Test
  void costCountsWhereThereIsNoChargeOnlyIfNoneIsRequired() {
    host.job(1, "ada", 5).job(2, "bob", 6).execute("insert into charges values (1, 2, 'x', 1)");

    assertThat(
            outcomes(
                host.run(
                    ofCharges(", required: false")
                        .replace("payer: payer", "payer: payer\n  cost: cost"))))
        .containsExactly("1 Refunded", "2 Refunded");
    assertThat(host.rows("select job, amount, note from ledger order by job"))
        .containsExactly("1|5|public.jobs/1", "2|1|public.charges/1");
  }

  @Test
  void chargeThatTwoJobsOfABatchMatchIsOwedToBoth() {
    host.job(1, "ada", 0)
        .job(2, "bob", 0)
        .job(3, "bob", 0)
        .execute("insert into charges values (1, 1, 'x', 5), (2, 3, 'x', 1)");

    CleanupResult result =
        host.run(
            ofCharges("")
                .replace(
                    "charge.job = job.id",
                    "charge.job = job.id or (charge.id = 1 and job.id = 2)"));

    assertThat(outcomes(result)).containsExactly("1 RefundOwed", "2 RefundOwed", "3 Refunded");
    assertThat(cause(result, 1)).contains("its charge belongs to several jobs");
    assertThat(host.credits("ada")).isZero();
    assertThat(host.credits("bob")).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "null",
      value = {"null, NothingToRefund", "0, NothingToRefund", "-3, RefundOwed", "3, Refunded"})
  void chargeOfNothingGivesNothingBackAndANegativeOneIsOwed(Integer amount, String outcome) {
    host.job(1, "ada", 0);
    host.database.update("insert into charges values (1, 1, 'x', ?)", amount);

    assertThat(outcomes(host.run(ofCharges("")))).containsExactly("1 " + outcome);
    assertThat(host.credits("ada")).isEqualTo(outcome.equals("Refunded") ? 3 : 0);
  }

  @Test
  void sourceMayBeRenamedAndSpeltWithItsSchema() {
    host.job(1, "ada", 5).execute("insert into charges values (1, 1, 'x', 4)");
    String keys = ofCharges("");
    host.run(keys);
    assertThat(host.credits("ada")).isEqualTo(4);

    host.execute("update jobs set state = 'running'");
    JobCleanup renamed =
        host.ofFile(
            file(keys.replace("table: jobs", "table: public.jobs")
                    .replace("table: charges", "table: public.charges"))
                .replace("  s:", "  other name:"));

    assertThat(outcomes(renamed.cleanupStuckJobs())).containsExactly("1 AlreadyRefunded");
    assertThat(host.credits("ada")).isEqualTo(4);
  }

  @Test
  void conditionsThatNameTheBalanceSeeItAsLocked() {
    host.job(1, "ada", 5).job(2, "bob", 6).execute("update users set spare = 1 where name = 'ada'");

    host.run(JOBS + REFUND.replace("cost: cost", "cost: cost, only-if: \"=balance.spare = 0\""));

    assertThat(host.credits("ada")).isZero();
    assertThat(host.credits("bob")).isEqualTo(6);
  }

  @Test
  void expressionThatFailsAnywhereInARefundOwesThatOneAlone() {
    for (String broken :
        new String[] {
          "payer: \"=case when job.id = 2 then (1 / (job.id - 2))::text else job.payer end\"",
          "payer: payer, only-if: \"=case when job.id = 2 then 1 / (job.id - 2) = 0 else true end\"",
          "payer: payer, already: \"=case when job.id = 2 then 1 / (job.id - 2) else 0 end\"",
        }) {
      OneHost each = new OneHost().job(1, "ada", 5).job(2, "ada", 6).job(3, "bob", 7);

      CleanupResult result = each.run(JOBS + REFUND.replace("payer: payer", broken));

      assertThat(outcomes(result))
          .as(broken)
          .containsExactly("1 Refunded", "2 RefundOwed", "3 Refunded");
      assertThat(cause(result, 2)).contains("division by zero");
      assertThat(each.states()).isEqualTo("1 failed, 2 failed, 3 failed");
      assertThat(each.credits("ada")).isEqualTo(5);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "match: {name: \"=:payer\"};match: {name: \"=case when job.id = 2 then (1 / (job.id - 2))::text else :payer end\"}",
        "match: {name;when: \"=1 / (job.id - 2) <> 9\", match: {name",
        "add: {credits: \"=:amount\"};add: {credits: \"=:amount + 0 / (job.id - 2)\"}",
        "add: {credits;set: {spare: \"=1 / (case balance.name when 'ada' then 0 else 1 end)\"}, add: {credits",
      })
  void expressionThatFailsInABalanceOwesThoseThatItIsAbout(String was, String is) {
    host.job(1, "bob", 5).job(2, "ada", 6).job(3, "bob", 7);

    CleanupResult result = host.run(JOBS + REFUND.replace(was, is));

    assertThat(outcomes(result)).containsExactly("1 Refunded", "2 RefundOwed", "3 Refunded");
    assertThat(host.credits("bob")).isEqualTo(12);
    assertThat(host.credits("ada")).isZero();
  }

  @Test
  void expressionThatFailsInFailRefusesTheJobAndGivesNothingBack() {
    host.job(1, "ada", 5).job(2, "ada", 6).execute("update jobs set kind = 'x' where id = 2");

    CleanupResult result =
        host.run(
            JOBS.replace(
                    "error: \"=:message\"", "refunded: \"=cast(coalesce(job.kind, '1') as int)\"")
                + REFUND);

    assertThat(outcomes(result)).containsExactly("1 Refunded", "2 Refused");
    assertThat(host.states()).isEqualTo("1 failed, 2 running");
    assertThat(host.credits("ada")).isEqualTo(5);
  }

  @Test
  void whatTheColumnsCannotHoldExactlyIsOwed() {
    host.execute(
            "alter table jobs alter cost type numeric; alter table ledger alter amount type numeric(6, 2)")
        .execute(
            "insert into jobs (id, payer, cost) values (1, 'ada', 1.5), (2, 'ada', 2), (3, 'bob', 123456.00)");

    CleanupResult result =
        host.run(JOBS + "refund:\n  payer: payer\n  cost: cost\n" + USERS + LEDGER);

    assertThat(outcomes(result)).containsExactly("1 RefundOwed", "2 Refunded", "3 RefundOwed");
    assertThat(cause(result, 1))
        .contains("credits of ada would be 1.5, and integer holds 0 digits after the point");
    assertThat(cause(result, 3)).contains("amount would be 123456");
    assertThat(host.credits("ada")).isEqualTo(2);
  }

  @Test
  void explanationOfAnOwedRefundNamesWhatStandsInTheWay() {
    host.job(1, "nobody", 5);
    JobCleanup cleanup = host.cleanup(JOBS + REFUND);
    assertThat(cleanup.findStuckJobs(CleanupOptions.defaults()).getFirst().why())
        .contains("owed: no row in public.users for nobody");
    cleanup.cleanupStuckJobs();

    assertThat(cleanup.explain("1", CleanupOptions.defaults()).getFirst().givenBack().toString())
        .contains("owed: no row in public.users for nobody");
  }
}
