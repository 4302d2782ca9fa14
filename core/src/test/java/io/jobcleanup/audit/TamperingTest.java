package io.jobcleanup.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.jobcleanup.Finding;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.Verification;
import io.jobcleanup.support.PrismaHost;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TamperingTest {

  private static final String OUR_ROW =
      "(select ledger_key from job_cleanup.refund where job_key = 'j1')";
  private static final String CHARGE =
      "(select charge_key from job_cleanup.refund where job_key = 'j1')";

  private static final PrismaHost TEMPLATE = template();

  /** What somebody does behind everybody's back, and what an audit has to say to it. */
  enum Tampering {
    REFUND_ROW_DELETED(
        "delete from token_transactions where id = " + OUR_ROW, Check.LEDGER_ROW_GONE, "j1"),
    REFUND_ROW_COPIED(
        "insert into token_transactions select 'copy', \"userId\", amount, type, source, \"sourceId\", \"balanceAfter\", metadata,"
            + " \"createdAt\" from token_transactions where id = "
            + OUR_ROW,
        Check.GIVEN_BACK_TOO_MUCH,
        "j1"),
    REFUND_ROW_MOVED(
        "update token_transactions set \"userId\" = 'u2' where id = " + OUR_ROW,
        Check.LEDGER_ROW_CHANGED,
        "j1"),
    REFUND_ROW_MOVED_TO_ANOTHER_JOB(
        "update token_transactions set \"sourceId\" = 'j2' where id = " + OUR_ROW,
        Check.LEDGER_ROW_CHANGED,
        "j1"),
    REFUND_ROW_RAISED(
        "update token_transactions set amount = 15 where id = " + OUR_ROW,
        Check.LEDGER_ROW_CHANGED,
        "j1"),
    REFUND_ROW_RAISED_WITH_ITS_BALANCE(
        "update token_transactions set amount = 15, \"balanceAfter\" = \"balanceAfter\" + 5 where id = "
            + OUR_ROW,
        Check.LEDGER_ROW_CHANGED,
        "j1"),
    REFUND_ROW_SIGNED_ANEW(
        "update token_transactions set amount = -amount where id = " + OUR_ROW,
        Check.LEDGER_ROW_CHANGED,
        "j1"),
    REFUND_ROW_OF_ANOTHER_TYPE(
        "update token_transactions set type = 'EARN_BONUS' where id = " + OUR_ROW,
        Check.LEDGER_ROW_CHANGED,
        "j1"),
    REFUND_ROW_OF_ANOTHER_SOURCE(
        "update token_transactions set source = 'support' where id = " + OUR_ROW,
        Check.LEDGER_ROW_CHANGED,
        "j1"),
    REFUND_ROW_WITH_ANOTHER_BALANCE(
        "update token_transactions set \"balanceAfter\" = 1000 where id = " + OUR_ROW,
        Check.LEDGER_ROW_CHANGED,
        "j1"),
    REFUND_ROW_RENAMED(
        "update token_transactions set id = 'other' where id = " + OUR_ROW,
        Check.LEDGER_ROW_GONE,
        "j1"),
    REFUND_AND_BALANCE_TAKEN_BACK(
        "delete from token_transactions where id = "
            + OUR_ROW
            + "; update user_token_balances set balance = balance - 10 where \"userId\" = 'u1'",
        Check.LEDGER_ROW_GONE,
        "j1"),
    HOST_REFUNDS_AFTER_US(
        "update user_token_balances set balance = balance + 10 where \"userId\" = 'u1';"
            + " insert into token_transactions (id, \"userId\", amount, type, source, \"sourceId\", \"balanceAfter\")"
            + " select 'late', 'u1', 10, 'REFUND', 'support', 'j1', balance from user_token_balances where \"userId\" = 'u1'",
        Check.GIVEN_BACK_TOO_MUCH,
        "j1"),
    CHARGE_DELETED("delete from token_transactions where id = " + CHARGE, Check.CHARGE_GONE, "j1"),
    CHARGE_LOWERED(
        "update token_transactions set amount = -4 where id = " + CHARGE,
        Check.GIVEN_BACK_TOO_MUCH,
        "j1"),
    CHARGE_RAISED(
        "update token_transactions set amount = -14 where id = " + CHARGE,
        Check.NOT_GIVEN_BACK,
        "j1"),
    CHARGE_COPIED(
        "insert into token_transactions select 'copy', \"userId\", amount, type, source, \"sourceId\", \"balanceAfter\", metadata,"
            + " \"createdAt\" from token_transactions where id = "
            + CHARGE,
        Check.NOT_GIVEN_BACK,
        "j1"),
    CHARGE_SIGNED_ANEW(
        "update token_transactions set amount = -amount where id = " + CHARGE,
        Check.CHARGE_CHANGED,
        "j1"),
    CHARGE_WITH_ANOTHER_BALANCE(
        "update token_transactions set \"balanceAfter\" = 1000 where id = " + CHARGE,
        Check.CHARGE_CHANGED,
        "j1"),
    CHARGE_MOVED_TO_ANOTHER_JOB(
        "update token_transactions set \"sourceId\" = 'j2' where id = " + CHARGE,
        Check.CHARGE_CHANGED,
        "j1"),
    BALANCE_RAISED(
        "update user_token_balances set balance = balance + 1 where \"userId\" = 'u1'",
        Check.BALANCE_UNEXPLAINED,
        "u1"),
    BALANCE_LOWERED(
        "update user_token_balances set balance = 0 where \"userId\" = 'u1'",
        Check.BALANCE_UNEXPLAINED,
        "u1"),
    BALANCE_OF_SOMEBODY_ELSE_RAISED(
        "update user_token_balances set balance = balance + 1000 where \"userId\" = 'u3'",
        Check.BALANCE_UNEXPLAINED,
        "u3"),
    TWO_BALANCES_THAT_CANCEL_OUT(
        "update user_token_balances set balance = balance + case \"userId\" when 'u1' then 5 else -5 end"
            + " where \"userId\" in ('u1', 'u2')",
        Check.BALANCE_UNEXPLAINED,
        "u1"),
    TWO_REFUNDS_THAT_CANCEL_OUT(
        "update token_transactions set amount = amount + case \"sourceId\" when 'j1' then 2 else -2 end"
            + " where type = 'REFUND' and \"sourceId\" in ('j1', 'j2')",
        Check.LEDGER_ROW_CHANGED,
        "j2"),
    REFUND_AND_CHARGE_THAT_CANCEL_OUT(
        "update token_transactions set amount = 13 where id = "
            + OUR_ROW
            + "; update token_transactions set amount = -13 where id = "
            + CHARGE,
        Check.LEDGER_ROW_CHANGED,
        "j1"),
    LAST_ROW_DELETED(
        "delete from token_transactions where \"sourceId\" = 'done'",
        Check.BALANCE_UNEXPLAINED,
        "u1"),
    JOB_COMPLETED_AFTERWARDS(
        "update image_enhancement_jobs set status = 'COMPLETED' where id = 'j1'",
        Check.LATE_COMPLETION,
        "j1"),
    COST_LOWERED(
        "update image_enhancement_jobs set \"tokensCost\" = 2 where id = 'j3'",
        Check.GIVEN_BACK_TOO_MUCH,
        "j3"),
    REFUND_KEY_DELETED(
        "delete from job_cleanup.refund where job_key = 'j1'", Check.REFUND_RECORD_GONE, "j1"),
    REFUND_KEY_AND_HISTORY_DELETED(
        "delete from job_cleanup.refund where job_key = 'j1'; delete from job_cleanup.run_job where job_key = 'j1'",
        Check.REFUND_RECORD_GONE,
        "j1"),
    REFUND_KEY_CHANGED(
        "update job_cleanup.refund set refund_key = refund_key || 'x' where job_key = 'j1'",
        Check.REFUND_RECORD_CHANGED,
        "j1"),
    REFUND_RECORD_RAISED(
        "update job_cleanup.refund set amount = 12 where job_key = 'j1'",
        Check.LEDGER_ROW_CHANGED,
        "j1"),
    REFUND_RECORD_OWED_AGAIN(
        "update job_cleanup.refund set state = 'OWED' where job_key = 'j1'",
        Check.REFUND_RECORD_CHANGED,
        "j1"),
    REFUND_RECORD_OWED_WITHOUT_A_TRACE(
        "update job_cleanup.refund set state = 'OWED', paid_at = null, paid_run_id = null, ledger_key = null,"
            + " ledger_table = null where job_key = 'j1'",
        Check.REFUND_RECORD_GONE,
        "j1"),
    REFUND_RECORD_OF_ANOTHER_PAYER(
        "update job_cleanup.refund set payer = 'u1' where job_key = 'j3'",
        Check.REFUND_RECORD_CHANGED,
        "j3"),
    REFUND_RECORD_OF_ANOTHER_JOB(
        "update job_cleanup.refund set job_key = 'j2' where job_key = 'j1'",
        Check.REFUND_RECORD_GONE,
        "j1"),
    OWED_REFUND_DELETED(
        "delete from job_cleanup.refund where job_key = 'j5'", Check.REFUND_RECORD_GONE, "j5"),
    OWED_REFUND_RAISED(
        "update job_cleanup.refund set amount = 80 where job_key = 'j5'",
        Check.REFUND_RECORD_CHANGED,
        "j5"),
    OWED_REFUND_OF_ANOTHER_PAYER(
        "update job_cleanup.refund set payer = 'u1' where job_key = 'j5'",
        Check.REFUND_RECORD_CHANGED,
        "j5"),
    OWED_REFUND_SAID_TO_BE_PAID(
        "update job_cleanup.refund set state = 'PAID', paid_at = now(), paid_run_id = run_id where job_key = 'j5'",
        Check.HISTORY_CHANGED,
        "j5"),
    HISTORY_DELETED(
        "delete from job_cleanup.run_job where job_key = 'j1'", Check.HISTORY_GONE, "j1"),
    RUN_DELETED("delete from job_cleanup.run", Check.HISTORY_GONE, "j1"),
    HISTORY_CHANGED(
        "update job_cleanup.run_job set tokens_refunded = 3 where job_key = 'j1'",
        Check.HISTORY_CHANGED,
        "j1"),
    OUTCOME_CHANGED(
        "update job_cleanup.run_job set outcome = 'NothingToRefund' where job_key = 'j1'",
        Check.HISTORY_CHANGED,
        "j1"),
    RUN_CHANGED(
        "update job_cleanup.run set tokens_refunded = tokens_refunded + 1",
        Check.HISTORY_CHANGED,
        "run"),
    BASELINE_CHANGED(
        "update job_cleanup.baseline set balance = balance + 4 where payer = 'u4'",
        Check.BALANCE_UNEXPLAINED,
        "u4");

    private final String sql;
    private final Check check;
    private final String named;

    Tampering(String sql, Check check, String named) {
      this.sql = sql;
      this.check = check;
      this.named = named;
    }
  }

  /**
   * Users whose jobs were given back, and who went on; one who never had a job; one whose balance
   * has no ledger row.
   */
  private static PrismaHost template() {
    PrismaHost host = PrismaHost.create();
    host.user("u1", 100).user("u2", 50).user("u3", 20).user("u4", 0);
    host.database().execute("update user_token_balances set balance = 30 where \"userId\" = 'u4'");
    host.aStuckJob("j1").charged().insert();
    host.aStuckJob("j2").costing(5).charged().insert();
    host.aStuckJob("j3").of("u2").costing(7).insert();
    host.user("u5", 0).aStuckJob("j5").of("u5").costing(8).insert();
    host.database().execute("delete from user_token_balances where \"userId\" = 'u5'");
    host.run();
    host.database()
        .execute(
            "insert into image_enhancement_jobs (id, \"userId\", \"tokensCost\", status, \"updatedAt\")"
                + " values ('done', 'u1', 3, 'COMPLETED', now() at time zone 'UTC')");
    host.charge("done", "u1", 3);
    return host;
  }

  private static Verification verify(PrismaHost host) {
    return host.cleanup().verify(line -> {});
  }

  @Test
  void nothingIsFoundWhereNobodyTampered() {
    Verification verification = verify(TEMPLATE.copy());

    assertThat(verification.findings()).isEmpty();
    assertThat(verification.notices())
        .extracting(Finding::check, Finding::user)
        .containsExactly(tuple("difference-from-before", "u4"));
    assertThat(verification.unseen()).isEmpty();
    assertThat(verification.refunds()).isEqualTo(4);
    assertThat(verification.tokens()).isEqualByComparingTo("22");
    assertThat(verification.accounts()).isEqualTo(4);
  }

  @ParameterizedTest
  @EnumSource
  void tamperingIsFoundAndNamedUntilSomebodyTakesResponsibility(Tampering tampering) {
    PrismaHost host = TEMPLATE.copy();
    host.database().execute(tampering.sql);
    JobCleanup cleanup = host.cleanup();

    List<Finding> findings = cleanup.verify(line -> {}).findings();

    assertThat(findings)
        .anySatisfy(
            finding -> {
              assertThat(finding.check()).isEqualTo(tampering.check.code());
              assertThat(finding.job() + " " + finding.user() + " " + finding.message())
                  .contains(tampering.named);
              assertThat(finding.cause()).isNotBlank();
              assertThat(finding.remedy()).isNotBlank();
            });
    for (Finding each : findings) {
      assertThat(cleanup.acceptFinding(each.id(), "known", "ada", line -> {})).isPresent();
    }
    Verification after = cleanup.verify(line -> {});
    assertThat(after.ok()).isTrue();
    assertThat(after.notices())
        .filteredOn(it -> it.accepted() != null)
        .extracting(Finding::id)
        .containsExactlyInAnyOrderElementsOf(findings.stream().map(Finding::id).toList());
  }
}
