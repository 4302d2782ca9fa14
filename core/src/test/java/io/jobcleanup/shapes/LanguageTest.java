package io.jobcleanup.shapes;

import static io.jobcleanup.shapes.OneHost.JOBS;
import static io.jobcleanup.shapes.OneHost.REFUND;
import static io.jobcleanup.shapes.OneHost.cause;
import static io.jobcleanup.shapes.OneHost.dryRun;
import static io.jobcleanup.shapes.OneHost.file;
import static io.jobcleanup.shapes.OneHost.found;
import static io.jobcleanup.shapes.OneHost.outcomes;
import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.JobExplanation;
import io.jobcleanup.mapping.Mapping;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When a job is stuck, what values are, and how settings hold: sentence by sentence. */
class LanguageTest {

  private static final CleanupOptions DEFAULTS = CleanupOptions.defaults();

  private final OneHost host = new OneHost();

  // expires

  private static final String EXPIRING =
      JOBS.replace("since: [began]", "since: [began], expires: lease")
          .replace("error: \"=:message\"", "note: \"=:seconds\", told: \"=:timeout_ms\"");

  private void jobsWithLeases() {
    host.execute(
        """
        insert into jobs (id, began, lease) values
          (1, now() - interval '1 hour', null),
          (2, now() - interval '1 hour', now() + interval '1 hour'),
          (3, now() - interval '10 seconds', now() - interval '1 second'),
          (4, null, now() - interval '20 seconds'),
          (5, null, null),
          (6, now() - interval '10 seconds', null),
          (7, now() - interval '1 day', 'infinity')
        """);
  }

  @Test
  void expiresAloneDecidesWhereItIsNotNull() {
    jobsWithLeases();
    JobCleanup cleanup = host.cleanup(EXPIRING + "refund: none");

    assertThat(found(cleanup, DEFAULTS)).containsExactlyInAnyOrder("1", "3", "4");
    assertThat(dryRun(cleanup, DEFAULTS)).containsExactlyInAnyOrder("1", "3", "4");
    assertThat(cleanup.backlog().stuck().getFirst().jobs()).isEqualTo(3);
    assertThat(explained(cleanup, DEFAULTS)).containsExactly("1", "3", "4");

    CleanupResult result = cleanup.cleanupStuckJobs();

    assertThat(result.cleanedUp()).isEqualTo(3);
    assertThat(result.remaining()).isFalse();
    assertThat(host.states())
        .isEqualTo("1 failed, 2 running, 3 failed, 4 failed, 5 running, 6 running, 7 running");
  }

  @Test
  void timeoutOfARunLeavesThoseAloneThatExpire() {
    jobsWithLeases();
    JobCleanup cleanup = host.cleanup(EXPIRING + "refund: none");
    CleanupOptions long_ = DEFAULTS.withTimeout(Duration.ofDays(2));
    CleanupOptions brief = DEFAULTS.withTimeout(Duration.ofSeconds(1));

    assertThat(found(cleanup, long_)).containsExactlyInAnyOrder("3", "4");
    assertThat(dryRun(cleanup, long_)).containsExactlyInAnyOrder("3", "4");
    assertThat(found(cleanup, brief)).containsExactlyInAnyOrder("1", "3", "4", "6");
    assertThat(explained(cleanup, brief)).containsExactly("1", "3", "4", "6");

    cleanup.cleanupStuckJobs(long_);
    assertThat(host.states())
        .isEqualTo("1 running, 2 running, 3 failed, 4 failed, 5 running, 6 running, 7 running");
  }

  @Test
  void timeoutIsNullWhereExpiresDecidedAndSecondsCountFromSinceElseFromIt() {
    jobsWithLeases();
    host.run(EXPIRING + "refund: none");

    assertThat(
            host.rows(
                "select id, cast(note as int) / 5 * 5, told from jobs where state = 'failed' order by id"))
        .containsExactly("1|3600|300000", "3|10|", "4|20|");
  }

  @Test
  void expiresMayStandWithoutSinceAndAsAnExpression() {
    jobsWithLeases();
    String keys = JOBS.replace("since: [began]", "expires: \"=job.lease - interval '1 minute'\"");

    JobCleanup cleanup = host.cleanup(keys + REFUND);

    assertThat(found(cleanup, DEFAULTS.withTimeout(Duration.ofSeconds(1))))
        .containsExactlyInAnyOrder("3", "4");
    assertThat(cleanup.cleanupStuckJobs().cleanedUp()).isEqualTo(2);
    assertThat(explained(cleanup, DEFAULTS)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"int, epoch-seconds, 1", "bigint, epoch-millis, 1000", "numeric, epoch-seconds, 1"})
  void expiresAsAnEpochIsNullWhereItIsZero(String type, String form, int perSecond) {
    host.execute(
        """
        alter table jobs add ends %s not null default 0;
        insert into jobs (id, began, ends) values
          (1, now() - interval '1 hour', 0),
          (2, now(), 0),
          (3, now(), (extract(epoch from now()) - 9) * %d),
          (4, now() - interval '1 hour', (extract(epoch from now()) + 60) * %d);
        """
            .formatted(type, perSecond, perSecond));
    String keys =
        JOBS.replace(
            "since: [began]",
            "since: [began], expires: ends, time: {default: UTC, ends: %s}".formatted(form));
    JobCleanup cleanup = host.cleanup(keys + "refund: none");

    assertThat(found(cleanup, DEFAULTS)).containsExactlyInAnyOrder("1", "3");
    assertThat(dryRun(cleanup, DEFAULTS)).containsExactlyInAnyOrder("1", "3");
    assertThat(cleanup.cleanupStuckJobs().cleanedUp()).isEqualTo(2);
    assertThat(host.states()).isEqualTo("1 failed, 2 running, 3 failed, 4 running");
  }

  @Test
  void expiresWithoutAZoneIsReadInTheZoneThatTheMappingNames() {
    host.execute(
        """
        alter table jobs add ends timestamp;
        insert into jobs (id, ends) values
          (1, (now() - interval '1 minute') at time zone 'Asia/Tokyo'),
          (2, (now() + interval '1 minute') at time zone 'Asia/Tokyo');
        """);

    host.run(
        JOBS.replace("since: [began]", "since: [began], expires: ends, time: Asia/Tokyo")
            + "refund: none");

    assertThat(host.states()).isEqualTo("1 failed, 2 running");
  }

  // timeout

  private static final String OWN_TIMEOUT =
      JOBS.replace("since: [began]", "since: [began], timeout: \"=cast(job.kind as interval)\"");

  @Test
  void timeoutOfEachJobIsItsOwnAndNullTakesTheDefault() {
    host.execute(
        """
        insert into jobs (id, kind, began) values
          (1, '10 minutes', now() - interval '11 minutes'), (2, '10 minutes', now() - interval '9 minutes'),
          (3, null, now() - interval '6 minutes'), (4, null, now() - interval '4 minutes'),
          (5, '1 second', now() - interval '3 seconds'), (6, '30 days', now() - interval '29 days'),
          (7, '720 hours', now() - interval '31 days'), (8, '10 minutes', null);
        """);
    JobCleanup cleanup = host.cleanup(OWN_TIMEOUT + "refund: none");

    assertThat(found(cleanup, DEFAULTS)).containsExactly("7", "1", "3", "5");
    assertThat(dryRun(cleanup, DEFAULTS)).containsExactly("7", "1", "3", "5");
    assertThat(dryRun(cleanup, DEFAULTS.withBatchSize(2))).containsExactly("7", "1");
    assertThat(cleanup.backlog().stuck().getFirst().jobs()).isEqualTo(4);
    assertThat(explained(cleanup, DEFAULTS)).containsExactly("1", "3", "5", "7");

    CleanupResult result = cleanup.cleanupStuckJobs(DEFAULTS.withBatchSize(2));
    assertThat(outcomes(result)).containsExactly("1 NothingToRefund", "7 NothingToRefund");
    assertThat(result.remaining()).isTrue();
    cleanup.cleanupStuckJobs();
    assertThat(host.states())
        .isEqualTo(
            "1 failed, 2 running, 3 failed, 4 running, 5 failed, 6 running, 7 failed, 8 running");
  }

  @Test
  void timeoutOfARunComesBeforeTheExpression() {
    host.execute(
        """
        insert into jobs (id, kind, began) values (1, '1 second', now() - interval '1 minute'),
          (2, '1 day', now() - interval '1 hour'), (3, 'never', now() - interval '1 hour');
        """);
    JobCleanup cleanup = host.cleanup(OWN_TIMEOUT + "refund: none");
    CleanupOptions halfAnHour = DEFAULTS.withTimeout(Duration.ofMinutes(30));

    assertThat(found(cleanup, halfAnHour)).containsExactly("2", "3");
    assertThat(dryRun(cleanup, halfAnHour)).containsExactly("2", "3");
    assertThat(cleanup.cleanupStuckJobs(halfAnHour).cleanedUp()).isEqualTo(2);
    assertThat(host.states()).isEqualTo("1 running, 2 failed, 3 failed");
  }

  @Test
  void timeoutThatFailsOrIsOutOfRangeRefusesItsJobAndTheOthersGoOn() {
    host.execute(
        """
        insert into jobs (id, kind) values (1, '10 minutes'), (2, 'soon'), (3, '0'), (4, '31 days'), (5, '-1 hour'),
          (6, '2 hours'), (7, null), (8, '999 milliseconds');
        """);
    JobCleanup cleanup = host.cleanup(OWN_TIMEOUT + "refund: none");

    CleanupResult result = cleanup.cleanupStuckJobs();

    assertThat(outcomes(result))
        .containsExactly(
            "1 NothingToRefund",
            "2 Refused",
            "3 Refused",
            "4 Refused",
            "5 Refused",
            "7 NothingToRefund",
            "8 Refused");
    assertThat(cause(result, 2)).contains("soon");
    assertThat(cause(result, 4)).contains("31 days").contains("1 second to 30 days are allowed");
    assertThat(host.states())
        .isEqualTo(
            "1 failed, 2 running, 3 running, 4 running, 5 running, 6 running, 7 failed, 8 running");
    assertThat(host.rows("select id from jobs where state = 'running' and error is not null"))
        .isEmpty();
  }

  @Test
  void looksBearAJobWhoseTimeoutFails() {
    host.execute(
        "insert into jobs (id, kind) values (1, '10 minutes'), (2, 'soon'), (3, '2 hours'), (4, null);");
    JobCleanup cleanup = host.cleanup(OWN_TIMEOUT + "refund: none");

    assertThat(found(cleanup, DEFAULTS)).contains("1", "4").doesNotContain("3");
    assertThat(dryRun(cleanup, DEFAULTS)).contains("1", "4").doesNotContain("3");
    assertThat(cleanup.explain("1", DEFAULTS).getFirst().stuck()).isTrue();
    assertThat(cleanup.explain("3", DEFAULTS).getFirst().stuck()).isFalse();
    assertThat(cleanup.explain("2", DEFAULTS).getFirst().reason()).contains("soon");
    assertThat(cleanup.backlog().stuck().getFirst().jobs()).isBetween(2L, 4L);
  }

  @Test
  void looksBearAJobWhoseRefundCannotBeWorkedOut() {
    host.job(1, "ada", 5).job(2, "bob", 6).execute("update jobs set kind = 'x' where id = 2");
    JobCleanup cleanup =
        host.cleanup(
            JOBS
                + REFUND.replace(
                    "cost: cost", "cost: \"=job.cost + coalesce(job.kind, '0')::int\""));

    assertThat(found(cleanup, DEFAULTS)).containsExactly("1", "2");
    assertThat(dryRun(cleanup, DEFAULTS)).containsExactly("1", "2");
    assertThat(cleanup.findStuckJobs(DEFAULTS).get(1).why()).contains("owed").contains("\"x\"");
    assertThat(cleanup.explain("2", DEFAULTS).getFirst().stuck()).isTrue();
    assertThat(outcomes(cleanup.cleanupStuckJobs())).containsExactly("1 Refunded", "2 RefundOwed");
  }

  // session

  @Test
  void settingsHoldForTheirOwnSourceAlone() {
    for (int i = 1; i <= 3; i++) {
      host.job(i, "ada", 1);
    }
    host.execute("update jobs set kind = (array['a', 'b', 'c'])[id]");
    JobCleanup cleanup =
        host.ofFile(
            """
            sources:
              a:
                jobs: &jobs
                  {table: jobs, key: id, where: "=job.kind = 'a' and current_setting('app.tenant', true) = 'a'", status: state,
                   processing: [running], since: [began],
                   fail: {state: failed, told: "=current_setting('work_mem')", note: "=current_setting('app.tenant', true)"}}
                refund: none
                session: {app.tenant: a, work_mem: 8MB}
              b:
                jobs: {<<: *jobs, where: "=job.kind = 'b' and current_setting('app.tenant', true) = 'b; x'"}
                refund: none
                session: {app.tenant: "b; x"}
              c:
                jobs: {<<: *jobs, where: "=job.kind = 'c' and coalesce(current_setting('app.tenant', true), '') = ''"}
                refund: none
            """);

    assertThat(found(cleanup, DEFAULTS)).containsExactlyInAnyOrder("1", "2", "3");
    assertThat(dryRun(cleanup, DEFAULTS)).containsExactlyInAnyOrder("1", "2", "3");
    assertThat(explained(cleanup, DEFAULTS)).containsExactly("1", "2", "3");
    assertThat(cleanup.cleanupStuckJobs().cleanedUp()).isEqualTo(3);
    assertThat(host.rows("select id, note, told from jobs order by id"))
        .containsExactly("1|a|8MB", "2|b; x|4MB", "3||4MB");
  }

  @Test
  void rowSecurityThatAsksForASettingHidesNothingFromAnyTransactionOfOurs() {
    String role = "tenant_of_" + host.database.value("select current_database()");
    host.job(1, "ada", 5)
        .job(2, "nobody", 6)
        .execute(
            """
            create role %1$s login password 'secret';
            grant create on database %2$s to %1$s;
            grant select, insert, update on all tables in schema public to %1$s;
            grant usage on all sequences in schema public to %1$s;
            alter table jobs enable row level security;
            alter table users enable row level security;
            alter table ledger enable row level security;
            create policy ours on jobs using (current_setting('app.admin', true) = 'on');
            create policy ours on users using (current_setting('app.admin', true) = 'on');
            create policy ours on ledger using (current_setting('app.admin', true) = 'on');
            """
                .formatted(role, host.database.value("select current_database()")));
    JobCleanup cleanup =
        JobCleanup.builder(host.database.as(role, "secret"))
            .mapping(
                Mapping.parse(
                    file(
                        JOBS
                            + """
                            refund:
                              payer: payer
                              cost: cost
                              already: "=(select sum(l.amount) from ledger l where l.job = job.id)"
                              balances: {table: users, match: {name: "=:payer"}, add: {credits: "=:amount"}}
                              ledger: {table: ledger, values: {payer: "=:payer", job: "=:job", amount: "=:amount"}}
                            session: {app.admin: "on"}
                            """)))
            .build();
    cleanup.migrate();

    assertThat(host.rows("select count(*) from job_cleanup.baseline")).containsExactly("2");
    assertThat(found(cleanup, DEFAULTS)).containsExactly("1", "2");
    assertThat(cleanup.backlog().stuck().getFirst().jobs()).isEqualTo(2);
    assertThat(explained(cleanup, DEFAULTS)).containsExactly("1", "2");
    assertThat(cleanup.diagnose().findings().toString()).doesNotContain("ow-level security");
    assertThat(outcomes(cleanup.cleanupStuckJobs())).containsExactly("1 Refunded", "2 RefundOwed");
    host.execute("insert into users (name) values ('nobody')");
    assertThat(cleanup.cleanupStuckJobs().owed().paid()).isEqualTo(1);
    assertThat(host.rows("select name, credits from users order by name"))
        .containsExactly("ada|5", "bob|0", "nobody|6");
  }

  // values

  @Test
  void constantsAreTakenAsSpeltAndCastToTheirColumns() {
    host.job(1, "ada", 5)
        .execute(
            """
            create domain score as numeric(6, 2);
            create type mood as enum ('NO', 'yes');
            alter table jobs add flag boolean, add mood mood, add score score, add tags text[], add data jsonb,
              add day date, add span interval, add code char(5), add short varchar(3);
            """);

    host.run(
        JOBS.replace(
                "error: \"=:message\"",
                """
                note: 007, told: NO, flag: no, mood: NO, score: 1.50, tags: "{a,b}", data: '{"a": 1}', day: 2026-02-28,
                  span: 1 day, code: ab, short: abcdef, refunded: 0012, error: null""")
            + "refund: none");

    assertThat(
            host.rows(
                "select note, told, flag, mood, score, tags, data, day, span, '[' || code || ']', short, refunded, error from jobs"))
        .containsExactly("007|NO|f|NO|1.50|{a,b}|{\"a\": 1}|2026-02-28|1 day|[ab]|abc|12|");
  }

  @Test
  void nowIsKeptAsEachColumnKeepsItInBalanceLedgerAndCharge() {
    host.job(1, "ada", 5)
        .execute(
            """
            set timezone to 'UTC';
            insert into charges values (1, 1, 'paid', 5);
            alter table users add at_local timestamp, add at_seconds int, add at timestamptz;
            alter table ledger add at_millis bigint, add at_local timestamp, add at_day date;
            alter table charges add at_millis bigint, add at timestamptz;
            """);
    host.run(
        JOBS
            + """
            refund:
              payer: payer
              charge: {table: charges, match: "=charge.job = job.id", amount: amount, time: epoch-millis,
                mark: {at_millis: "=:now", at: "=:now"}}
              balances: {table: users, match: {name: "=:payer"}, add: {credits: "=:amount"},
                set: {at_local: "=:now", at_seconds: "=:now", at: "=:now"},
                time: {default: America/New_York, at_seconds: epoch-seconds}}
              ledger: {table: ledger, values: {at_millis: "=:now", at_local: "=:now", at_day: "=:now"},
                time: {at_millis: epoch-millis, at_day: Asia/Tokyo}}
            """);

    String since = "select abs(extract(epoch from now() - (%s)))::int < 60 from %s";
    assertThat(
            List.of(
                "at_local at time zone 'America/New_York'|users where name = 'ada'",
                "to_timestamp(at_seconds)|users where name = 'ada'",
                "at|users where name = 'ada'",
                "to_timestamp(at_millis / 1000.0)|ledger",
                "at_local at time zone 'UTC'|ledger",
                "to_timestamp(at_millis / 1000.0)|charges",
                "at|charges"))
        .allSatisfy(
            it ->
                assertThat(host.database.value(since.formatted((Object[]) it.split("\\|"))))
                    .isEqualTo("t"));
    assertThat(host.rows("select at_day = (now() at time zone 'Asia/Tokyo')::date from ledger"))
        .containsExactly("t");
  }

  @Test
  void jobWithoutAPayerIsOwedUntilItHasOne() {
    host.execute("insert into jobs (id, cost) values (1, 5)");
    JobCleanup cleanup = host.cleanup(JOBS + REFUND);

    CleanupResult first = cleanup.cleanupStuckJobs();
    assertThat(cause(first, 1)).contains("no payer");
    assertThat(host.states()).isEqualTo("1 failed");

    host.execute("update jobs set payer = 'bob'");
    assertThat(cleanup.cleanupStuckJobs().owed().paid()).isEqualTo(1);
    assertThat(host.credits("bob")).isEqualTo(5);
  }

  @Test
  void costThatIsNoNumberIsOwedAndTheOthersGoOn() {
    host.execute("alter table jobs alter cost type numeric")
        .job(1, "ada", 5)
        .execute("insert into jobs (id, payer, cost) values (2, 'bob', 'NaN')");

    CleanupResult result = host.run(JOBS + REFUND);

    assertThat(outcomes(result)).containsExactly("1 Refunded", "2 RefundOwed");
    assertThat(host.credits("ada")).isEqualTo(5);
  }

  @Test
  void addendThatIsNoNumberIsOwedAndTheOthersGoOn() {
    host.job(1, "ada", 5)
        .job(2, "bob", 6)
        .execute(
            "alter table users alter credits type numeric; alter table jobs add factor numeric default 2; update jobs set factor = 'NaN' where id = 2");

    CleanupResult result =
        host.run(
            JOBS + REFUND.replace("credits: \"=:amount\"", "credits: \"=:amount * job.factor\""));

    assertThat(outcomes(result)).containsExactly("1 Refunded", "2 RefundOwed");
    assertThat(host.credits("ada")).isEqualTo(10);
  }

  @Test
  void textIsCutToItsLengthInADomainToo() {
    host.job(1, "ada", 5)
        .execute("create domain brief as varchar(7); alter table jobs alter error type brief");

    host.run(JOBS + REFUND);

    assertThat(host.rows("select error from jobs")).containsExactly("Job tim");
  }

  @Test
  void payerWhoseNameIsLongerThanTheBalancesColumnIsNobodyElse() {
    host.execute(
            "alter table users alter name type varchar(3); alter table users alter note type char(3)")
        .job(1, "adamantine", 5);

    CleanupResult result = host.run(JOBS + REFUND);

    assertThat(cause(result, 1)).contains("no row in public.users for adamantine");
    assertThat(host.credits("ada")).isZero();
  }

  @Test
  void rowThatIsMadeForAPayerWhoseNameIsTooLongIsRefused() {
    host.execute("alter table users alter name type varchar(5)").job(1, "adamantine", 5);

    CleanupResult result = host.run(JOBS + REFUND.replace("add:", "missing: create, add:"));

    assertThat(cause(result, 1)).contains("value too long");
    assertThat(host.rows("select name from users order by name")).containsExactly("ada", "bob");
  }

  @Test
  void fixedLengthKeysFindTheirRow() {
    host.execute("alter table users alter name type char(8)").job(1, "ada", 5);

    assertThat(outcomes(host.run(JOBS + REFUND))).containsExactly("1 Refunded");
  }

  @Test
  void operatorsWithQuestionMarksAreOperators() {
    host.job(1, "ada", 5)
        .job(2, "bob", 6)
        .execute(
            "alter table jobs add meta jsonb default '{}'; update jobs set meta = '{\"free\": 1}' where id = 2");

    host.run(
        JOBS
            + REFUND.replace(
                "cost: cost",
                "cost: cost, only-if: \"=not job.meta ? 'free' and not job.meta ?| array['x']\""));

    assertThat(host.credits("ada")).isEqualTo(5);
    assertThat(host.credits("bob")).isZero();
  }

  private List<String> explained(JobCleanup cleanup, CleanupOptions options) {
    return host.rows("select id from jobs order by id").stream()
        .filter(id -> cleanup.explain(id, options).stream().anyMatch(JobExplanation::stuck))
        .toList();
  }
}
