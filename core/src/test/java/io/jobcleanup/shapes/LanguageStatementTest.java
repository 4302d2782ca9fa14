package io.jobcleanup.shapes;

import static io.jobcleanup.shapes.OneHost.JOBS;
import static io.jobcleanup.shapes.OneHost.REFUND;
import static io.jobcleanup.shapes.OneHost.cause;
import static io.jobcleanup.shapes.OneHost.outcomes;
import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The host's own function, and statements besides: sentence by sentence. */
class LanguageStatementTest {

  private static final String OF_COST = "refund:\n  payer: payer\n  cost: cost\n";

  private final OneHost host = new OneHost().execute("create table log (id serial, line text)");

  /** The host's function, which takes the payer, the amount and the job. */
  private void function(String returns, String body) {
    host.execute(
        """
        create function give(who text, tokens int, of int) returns %s language plpgsql as $$
        begin
          insert into log (line) values (who || ' ' || tokens || ' of ' || of || ', ' || (select state from jobs where id = of));
          update users set credits = credits + tokens where name = who;
          %s
        end $$
        """
            .formatted(returns, body));
  }

  private static final String GIVE = "  statement: \"=give(:payer, :amount, :job)\"\n";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "boolean|return true;|Refunded",
        "boolean|return false;|RefundOwed",
        "boolean|return null;|RefundOwed",
        "void|return;|Refunded",
        "int|return 0;|Refunded",
        "text|return 'f';|Refunded",
        "setof boolean|return query values (true), (true);|Refunded",
        "setof boolean|return query values (true), (false);|RefundOwed",
        "table (a int, b text)|return query values (1, 'x');|Refunded",
        "boolean|raise exception 'no'; return true;|RefundOwed",
        "boolean|raise unique_violation; return true;|RefundOwed",
      })
  void answerTellsWhetherItWasGivenBack(String returns, String body, String outcome) {
    function(returns, body);
    host.job(1, "ada", 5);

    assertThat(outcomes(host.run(JOBS + OF_COST + GIVE))).containsExactly("1 " + outcome);
    boolean given = outcome.equals("Refunded");
    assertThat(host.credits("ada")).isEqualTo(given ? 5 : 0);
    assertThat(host.rows("select line from log")).hasSize(given ? 1 : 0);
    assertThat(host.states()).isEqualTo("1 failed");
  }

  @Test
  void exceptionForOneJobLeavesTheOthersGivenBackOnce() {
    function("void", "if of = 2 then raise exception 'not this one'; end if;");
    for (int i = 1; i <= 4; i++) {
      host.job(i, "ada", i);
    }
    JobCleanup cleanup = host.cleanup(JOBS + OF_COST + GIVE);

    CleanupResult result = cleanup.cleanupStuckJobs();

    assertThat(outcomes(result))
        .containsExactly("1 Refunded", "2 RefundOwed", "3 Refunded", "4 Refunded");
    assertThat(cause(result, 2)).contains("not this one");
    assertThat(host.rows("select line from log order by id"))
        .containsExactly("ada 1 of 1, failed", "ada 3 of 3, failed", "ada 4 of 4, failed");
    assertThat(host.credits("ada")).isEqualTo(8);

    cleanup.cleanupStuckJobs();
    assertThat(host.credits("ada")).isEqualTo(8);
    host.execute(
        "create or replace function give(who text, tokens int, of int) returns void language sql as 'update users set credits = credits + tokens where name = who'");
    assertThat(cleanup.cleanupStuckJobs().owed().paid()).isEqualTo(1);
    assertThat(cleanup.cleanupStuckJobs().owed().paid()).isZero();
    assertThat(host.credits("ada")).isEqualTo(10);
  }

  @Test
  void functionIsCalledForEachChargeInTheirOrder() {
    function("boolean", "return true;");
    host.job(1, "ada", 0)
        .execute("insert into charges values (3, 1, 'c', 4), (1, 1, 'a', 1), (2, 1, 'b', 2)");

    host.run(
        JOBS
            + """
            refund:
              payer: payer
              charge: {table: charges, match: "=charge.job = job.id", amount: amount, mark: {note: "=:key"}}
              statement: "=give(:payer, :amount, :job)"
            """);

    assertThat(host.rows("select line from log order by id"))
        .containsExactly("ada 1 of 1, failed", "ada 2 of 1, failed", "ada 4 of 1, failed");
    assertThat(host.rows("select note from charges order by id"))
        .containsExactly("public.charges/1", "public.charges/2", "public.charges/3");
  }

  @Test
  void nothingOfAJobIsGivenBackWhereOneOfItsLinesIsDenied() {
    function("boolean", "return tokens <> 2;");
    host.job(1, "ada", 0).execute("insert into charges values (1, 1, 'a', 1), (2, 1, 'b', 2)");

    assertThat(
            outcomes(
                host.run(
                    JOBS
                        + """
                        refund:
                          payer: payer
                          charge: {table: charges, match: "=charge.job = job.id", amount: amount}
                          statement: "=give(:payer, :amount, :job)"
                        """)))
        .containsExactly("1 RefundOwed");
    assertThat(host.credits("ada")).isZero();
    assertThat(host.rows("select state from job_cleanup.refund")).containsExactly("OWED", "OWED");
  }

  @Test
  void functionIsNotCalledWhereNothingIsDue() {
    function("boolean", "return true;");
    host.job(1, "ada", 0).job(2, "bob", 7).execute("insert into jobs (id, cost) values (3, 4)");

    host.run(JOBS + OF_COST + "  already: \"=case when job.id = 2 then 7 end\"\n" + GIVE);

    assertThat(host.rows("select line from log")).isEmpty();
    assertThat(host.states()).isEqualTo("1 failed, 2 failed, 3 failed");
  }

  @Test
  void statementMayReadJobAndCharge() {
    host.job(1, "ada", 0)
        .execute(
            """
            insert into charges values (1, 1, 'free', 3);
            create function note(line text) returns void language sql as 'insert into log (line) values (line)';
            """);

    host.run(
        JOBS
            + """
            refund:
              payer: payer
              charge: {table: charges, match: "=charge.job = job.id", amount: amount}
              statement: "=note(job.payer || charge.pool || :amount || :run || :seconds / 3600 || :key)"
            """);

    assertThat(host.database.value("select line from log"))
        .matches("adafree3[0-9a-f-]{36}1public.charges/1");
  }

  // also

  @Test
  void settledHasARowForEachJobThatWasFailedWhateverBecameOfItsRefund() {
    host.job(1, "ada", 5)
        .job(2, "nobody", 6)
        .job(3, "bob", 0)
        .execute("update jobs set attempt = 4; alter table jobs alter attempt type smallint");

    host.run(
        JOBS.replace("since:", "attempt: attempt, since:")
            + REFUND
            + """
            also:
              - "insert into log (line) select concat_ws('|', source, job, attempt, payer, amount, message, seconds / 3600, key, run ~ '^[0-9a-f-]{36}$', now - now() < interval '1 minute') from settled order by job"
              - "insert into log (line) select concat_ws('|', pg_typeof(source), pg_typeof(job), pg_typeof(attempt), pg_typeof(payer), pg_typeof(amount), pg_typeof(message), pg_typeof(seconds), pg_typeof(run), pg_typeof(key), pg_typeof(now)) from settled where job = 1"
            """);

    assertThat(host.rows("select line from log order by id"))
        .containsExactly(
            "s|1|4|ada|5|Job timed out after 3600s. Automatically cleaned up and tokens refunded.|1|public.jobs/1#4|t|t",
            "s|2|4|nobody|0|Job timed out after 3600s. Automatically cleaned up; refund of 6 tokens pending.|1|public.jobs/2#4|t|t",
            "s|3|4|bob|0|Job timed out after 3600s. Automatically cleaned up.|1|public.jobs/3#4|t|t",
            "text|integer|smallint|text|integer|text|bigint|text|text|timestamp with time zone");
  }

  @Test
  void alsoStandsWithoutARefundAndOverACompositeKey() {
    host.execute(
        """
        create table parts (id uuid, "The Part" int, state text, began timestamptz, primary key (id, "The Part"));
        insert into parts values ('00000000-0000-0000-0000-000000000001', 2, 'running', now() - interval '1 hour');
        """);

    host.run(
        """
        jobs: {table: parts, key: [id, The Part], status: state, processing: [running], since: [began], fail: {state: failed}}
        refund: none
        also: ["insert into log (line) select concat_ws('|', pg_typeof(job), job, coalesce(payer, '-'), amount, coalesce(attempt, '-')) from settled"]
        """);

    assertThat(host.rows("select line from log"))
        .containsExactly("text|00000000-0000-0000-0000-000000000001/2|-|0|-");
  }

  @Test
  void statementThatFailsForOneJobRefusesItAndNothingOfItChanges() {
    for (int i = 1; i <= 3; i++) {
      host.job(i, "ada", i);
    }
    host.execute(
        "create table holds (job int, state text default 'held', check (job <> 2 or state = 'held')); insert into holds values (1), (2), (3), (4)");

    CleanupResult result =
        host.run(
            JOBS
                + REFUND
                + """
                also:
                  - "insert into log (line) select 'job ' || job from settled"
                  - "update holds h set state = 'released' from settled s where h.job = s.job and h.state = 'held'"
                """);

    assertThat(outcomes(result)).containsExactly("1 Refunded", "2 Refused", "3 Refunded");
    assertThat(cause(result, 2)).contains("holds_check");
    assertThat(host.states()).isEqualTo("1 failed, 2 running, 3 failed");
    assertThat(host.credits("ada")).isEqualTo(4);
    assertThat(host.rows("select line from log order by line")).containsExactly("job 1", "job 3");
    assertThat(host.rows("select job, state from holds order by job"))
        .containsExactly("1|released", "2|held", "3|released", "4|held");
    assertThat(host.rows("select job_key from job_cleanup.refund order by 1"))
        .containsExactly("1", "3");
  }

  @Test
  void alsoIsRunOnceABatch() {
    for (int i = 1; i <= 20; i++) {
      host.job(i, "ada", 1);
    }
    host.run(
        JOBS
            + REFUND
            + "also: [\"with mine as (select count(*) as jobs, sum(amount) as tokens from settled) insert into log (line) select jobs || ' ' || tokens from mine\"]\n");

    assertThat(host.rows("select line from log")).containsExactly("20 20");
    assertThat(host.states())
        .isEqualTo(
            IntStream.rangeClosed(1, 20)
                .mapToObj(i -> i + " failed")
                .collect(Collectors.joining(", ")));
  }
}
