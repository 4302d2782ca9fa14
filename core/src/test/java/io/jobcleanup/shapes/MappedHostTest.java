package io.jobcleanup.shapes;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.support.TestDatabase;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One trait of a host's tables at a time. */
class MappedHostTest {

  private static final String JOBS =
      """
      create table jobs (id int primary key, payer text, state text not null default 'running', cost int,
        error text, kind text, attempt int, began timestamptz not null default now() - interval '1 hour');
      create table users (name text primary key, credits int not null);
      create table ledger (id bigserial primary key, payer text, job int, amount int, kind text, note text);
      insert into users values ('ada', 0), ('bob', 0);
      """;

  private final TestDatabase database = TestDatabase.create().execute(JOBS);

  @Test
  void partitionedTableWithACompositeKeyIsServed() {
    database.execute(
        """
        create table parts (id int, day date, state text, payer text, cost int, began timestamptz, primary key (id, day))
          partition by range (day);
        create table parts_2025 partition of parts for values from ('2025-01-01') to ('2026-01-01');
        create table parts_2026 partition of parts for values from ('2026-01-01') to ('2027-01-01');
        insert into parts values
          (1, '2025-05-05', 'running', 'ada', 1, now() - interval '1 hour'), (1, '2026-05-05', 'running', 'ada', 2, now() - interval '1 hour'),
          (2, '2026-05-05', 'running', 'ada', 4, now());
        """);

    run(
        """
        jobs: {table: parts, key: [id, day], status: state, processing: [running], since: [began], fail: {state: failed}}
        refund: {payer: payer, cost: cost, balances: {table: users, match: {name: "=:payer"}, add: {credits: "=:amount"}},
          ledger: {table: ledger, values: {payer: "=:payer", amount: "=:amount", note: "=:job"}}}
        """);

    assertThat(database.rows("select id, day, state from parts order by day, id"))
        .containsExactly("1|2025-05-05|failed", "1|2026-05-05|failed", "2|2026-05-05|running");
    assertThat(credits("ada")).isEqualTo("3");
    assertThat(database.rows("select note, amount from ledger order by note"))
        .containsExactly("1/2025-05-05|1", "1/2026-05-05|2");
  }

  @Test
  void updatableViewIsServed() {
    database.execute(
        """
        create view live as select id as "Job", payer as "Owner", state, cost, began, error from jobs where kind is null;
        insert into jobs (id, payer, cost, kind) values (1, 'ada', 5, null), (2, 'ada', 7, 'archived');
        """);

    run(
        """
        jobs: {table: live, key: Job, status: state, processing: [running], since: [began], fail: {state: failed, error: "=:message"}}
        refund: {payer: Owner, cost: cost, balances: {table: users, match: {name: "=:payer"}, add: {credits: "=:amount"}}}
        """);

    assertThat(states()).isEqualTo("1 failed, 2 running");
    assertThat(credits("ada")).isEqualTo("5");
  }

  @Test
  void epochsAreReadAndWrittenInTheirUnitAndZeroCountsAsNull() {
    database.execute(
        """
        create table tasks (id uuid primary key default gen_random_uuid(), name text, state text default 'running',
          submit_time int not null, start_time bigint not null default 0, finish_time bigint not null default 0);
        insert into tasks (name, submit_time, start_time) values
          ('stuck by start', 0, extract(epoch from now() - interval '1 hour') * 1000),
          ('stuck by submission', extract(epoch from now() - interval '1 hour'), 0),
          ('fresh start', extract(epoch from now() - interval '1 hour'), extract(epoch from now()) * 1000),
          ('neither', 0, 0);
        """);

    run(
        """
        jobs:
          table: tasks
          key: id
          status: state
          processing: [running]
          since: [start_time, submit_time]
          time: {default: epoch-millis, submit_time: epoch-seconds}
          fail: {state: failed, finish_time: "=:now"}
        refund: none
        """);

    assertThat(
            database.rows(
                "select name, state, finish_time > (extract(epoch from now()) - 60) * 1000 from tasks order by name"))
        .containsExactly(
            "fresh start|running|f",
            "neither|running|f",
            "stuck by start|failed|t",
            "stuck by submission|failed|t");
  }

  @Test
  void severalSourcesShareABalanceInOneChain() {
    database.execute(
        """
        insert into jobs (id, payer, cost, kind) values (1, 'ada', 5, 'image'), (2, 'ada', 7, 'video'), (3, 'ada', 1, 'sound');
        """);

    JobCleanup cleanup =
        cleanup(
            """
            sources:
              images:
                jobs: &jobs {table: jobs, key: id, where: "=job.kind = 'image'", status: state, processing: [running], since: [began], fail: {state: failed}}
                refund: &refund
                  payer: payer
                  cost: cost
                  balances: {table: users, match: {name: "=:payer"}, add: {credits: "=:amount"}}
                  ledger: {table: ledger, values: {job: "=:job", kind: "=:source", amount: "=:balance_after"}}
              videos:
                jobs: {<<: *jobs, where: "=job.kind = 'video'"}
                refund: *refund
            """);
    CleanupResult result = cleanup.cleanupStuckJobs();

    assertThat(result.cleanedUp()).isEqualTo(2);
    assertThat(states()).isEqualTo("1 failed, 2 failed, 3 running");
    assertThat(credits("ada")).isEqualTo("12");
    assertThat(database.rows("select kind, job from ledger order by job"))
        .containsExactly("images|1", "videos|2");
    assertThat(database.value("select max(amount) from ledger")).isEqualTo("12");
  }

  @Test
  void refundNoneFailsTheJobAndGivesNothingBack() {
    database.execute("insert into jobs (id, payer, cost) values (1, 'ada', 5)");

    CleanupResult result = run(JOBS_OF + "refund: none");

    assertThat(result.cleanedUp()).isEqualTo(1);
    assertThat(states()).isEqualTo("1 failed");
    assertThat(credits("ada")).isEqualTo("0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "only-if: \"=job.kind = 'paid'\"|1:0 2:5",
        "already: \"=job.kind is null\"|1:0 2:5",
        "already: \"=case when job.kind is null then 2 else 0 end\"|1:3 2:5",
        "already: \"=(select sum(l.amount) from ledger l where l.job = job.id)\"|1:0 2:4",
      })
  void amountIsWhatIsLeftByOnlyIfAndAlready(String key, String expected) {
    database.execute(
        """
        insert into jobs (id, payer, cost, kind) values (1, 'ada', 5, null), (2, 'bob', 5, 'paid');
        insert into ledger (payer, job, amount) values ('ada', 1, 9), ('bob', 2, 1);
        """);

    CleanupResult result =
        run(
            JOBS_OF
                + """
                refund:
                  payer: payer
                  cost: cost
                  %s
                  balances: {table: users, match: {name: "=:payer"}, add: {credits: "=:amount"}}
                """
                    .formatted(key));

    assertThat(result.cleanedUp()).isEqualTo(2);
    assertThat("1:%s 2:%s".formatted(credits("ada"), credits("bob"))).isEqualTo(expected);
  }

  @Test
  void eachChargeIsGivenBackByItselfAndOneThatWasIsLeftOut() {
    database.execute(
        """
        create table charges (pool text, job int, amount int, undone boolean default false, primary key (job, pool));
        insert into jobs (id, payer, cost) values (1, 'ada', 99), (2, 'bob', 99);
        insert into charges values ('free', 1, 3, false), ('paid', 1, 4, false), ('old', 1, 5, true);
        """);

    CleanupResult result =
        run(
            JOBS_OF
                + """
                refund:
                  payer: payer
                  charge: {table: charges, match: "=charge.job = job.id", amount: amount, required: true}
                  already: "=charge.undone"
                  balances: {table: users, when: "=charge.pool <> 'free'", match: {name: "=:payer"}, add: {credits: "=:amount"}}
                  ledger: {table: ledger, when: "=charge.pool <> 'paid'", values: {job: "=:job", amount: "=:amount", note: "=charge.pool"}}
                """);

    assertThat(result.cleanedUp()).isEqualTo(2);
    assertThat(result.tokensRefunded()).isEqualByComparingTo("7");
    assertThat(credits("ada")).isEqualTo("4");
    assertThat(credits("bob")).isEqualTo("0");
    assertThat(database.rows("select job, amount, note from ledger")).containsExactly("1|3|free");
    assertThat(
            database.rows(
                "select charge_table, charge_key, amount from job_cleanup.refund where state = 'PAID' order by amount"))
        .hasSize(2)
        .allSatisfy(it -> assertThat(it).startsWith("public.charges|"));
  }

  @Test
  void jobThatIsRunAgainIsPaidAgainOnlyForAnotherAttempt() {
    database.execute("insert into jobs (id, payer, cost, attempt) values (1, 'ada', 5, 1)");
    JobCleanup cleanup =
        cleanup(
            source(
                JOBS_OF.replace("since:", "attempt: attempt, since:")
                    + """
                    refund: {payer: payer, cost: cost, balances: {table: users, match: {name: "=:payer"}, add: {credits: "=:amount"}}}
                    """));

    cleanup.cleanupStuckJobs();
    database.execute("update jobs set state = 'running'");
    cleanup.cleanupStuckJobs();
    assertThat(credits("ada")).isEqualTo("5");

    database.execute("update jobs set state = 'running', attempt = 2");
    cleanup.cleanupStuckJobs();
    assertThat(states()).isEqualTo("1 failed");
    assertThat(credits("ada")).isEqualTo("10");
  }

  @ParameterizedTest
  @CsvSource({"owed, 0, 1, ''", "skip, 1, 0, nobody 5"})
  void payerWithoutABalanceIsOwedOrSkipped(
      String missing, int cleanedUp, int failed, String ledger) {
    database.execute("insert into jobs (id, payer, cost) values (1, 'nobody', 5)");

    CleanupResult result =
        run(
            JOBS_OF
                + """
                refund:
                  payer: payer
                  cost: cost
                  balances: {table: users, match: {name: "=:payer"}, add: {credits: "=:amount"}, missing: %s}
                  ledger: {table: ledger, values: {payer: "=:payer", amount: "=:amount"}}
                """
                    .formatted(missing));

    assertThat(result.cleanedUp()).isEqualTo(cleanedUp);
    assertThat(result.failed()).isEqualTo(failed);
    assertThat(states()).isEqualTo("1 failed");
    assertThat(String.join(",", database.rows("select payer || ' ' || amount from ledger")))
        .isEqualTo(ledger);
  }

  @Test
  void balanceThatCountsWhatWasUsedGoesDownAndOthersMoveWithIt() {
    database.execute(
        """
        alter table users add used int not null default 50, add changed text;
        insert into jobs (id, payer, cost) values (1, 'ada', 5), (2, 'ada', 6);
        """);

    run(
        JOBS_OF
            + """
            refund: {payer: payer, cost: cost, balances: {table: users, match: {name: "=:payer"},
              add: {used: "=-:amount", credits: "=:amount * 2"}, set: {changed: "by us"}}}
            """);

    assertThat(database.rows("select used, credits, changed from users where name = 'ada'"))
        .containsExactly("39|22|by us");
  }

  @Test
  void textIsCutToItsColumnButNeverInAUniqueIndex() {
    database.execute(
        """
        alter table jobs alter error type varchar(12);
        alter table ledger alter note type varchar(10);
        insert into jobs (id, payer, cost) values (1, 'ada', 5);
        """);
    JobCleanup cleanup =
        cleanup(
            source(
                JOBS_OF
                    + """
                    refund:
                      payer: payer
                      cost: cost
                      balances: {table: users, match: {name: "=:payer"}, add: {credits: "=:amount"}}
                      ledger: {table: ledger, values: {job: "=:job", amount: "=:amount", note: "=:key"}}
                    """));
    assertThat(cleanup.cleanupStuckJobs().cleanedUp()).isEqualTo(1);
    assertThat(database.value("select error from jobs")).isEqualTo("Job timed ou");
    assertThat(database.value("select length(note) from ledger")).isEqualTo("10");

    database.execute(
        """
        create unique index on ledger (note);
        insert into jobs (id, payer, cost) values (2, 'ada', 5);
        """);
    CleanupResult refused = cleanup.cleanupStuckJobs();

    assertThat(refused.failed()).isEqualTo(1);
    assertThat(refused.errors().toString()).contains("value too long");
    assertThat(credits("ada")).isEqualTo("5");
  }

  @Test
  void tablesOfAnotherSchemaAreFoundThere() {
    database.execute(
        """
        create schema "App Data";
        alter table jobs set schema "App Data";
        alter table users set schema "App Data";
        create table users (name text);
        insert into "App Data".jobs (id, payer, cost) values (1, 'ada', 5);
        """);
    JobCleanup cleanup =
        JobCleanup.builder(database)
            .schema("App Data")
            .mapping(
                Mapping.parse(
                    source(
                        JOBS_OF
                            + """
                            refund: {payer: payer, cost: cost, already: "=exists (select from ledger l where l.job = job.id)",
                              balances: {table: users, match: {name: "=:payer"}, add: {credits: "=:amount"}},
                              ledger: {table: public.ledger, values: {job: "=:job"}}}
                            """
                                .replace("from ledger", "from public.ledger"))))
            .build();
    cleanup.migrate();

    assertThat(cleanup.cleanupStuckJobs().cleanedUp()).isEqualTo(1);
    assertThat(database.value("select credits from \"App Data\".users where name = 'ada'"))
        .isEqualTo("5");
  }

  @Test
  void namesOfAnySpellingAreQuoted() {
    database.execute(
        """
        create table "Order" ("Primary" int primary key, "user" text, "select" text, "from" timestamptz, "it's ""so\""" text, "a:b ?" int);
        create table "The Users" ("group" text primary key, "order by" int not null, "<x>" text);
        create table "TABLE" ("values" int, "Where :x" text);
        insert into "Order" values (1, 'ada', 'on', now() - interval '1 hour', null, 8);
        insert into "The Users" values ('ada', 1);
        """);

    CleanupResult result =
        run(
            """
            jobs:
              table: Order
              key: Primary
              status: select
              processing: ["on"]
              since: [from]
              fail: {select: "off", "it's \\"so\\"": "it's :job $1 \\\\ ?"}
            refund:
              payer: user
              cost: "a:b ?"
              balances: {table: The Users, match: {group: "=:payer"}, add: {order by: "=:amount"}, set: {"<x>": "<jobs>"}}
              ledger: {table: TABLE, values: {values: "=:amount", "Where :x": "=:payer || ' ? ' || $$:job$$ /* :job */"}}
            """);

    assertThat(result.cleanedUp()).isEqualTo(1);
    assertThat(database.rows("select \"select\", \"it's \"\"so\"\"\" from \"Order\""))
        .containsExactly("off|it's :job $1 \\ ?");
    assertThat(database.rows("select * from \"The Users\"")).containsExactly("ada|9|<jobs>");
    assertThat(database.rows("select * from \"TABLE\"")).containsExactly("8|ada ? :job");
  }

  @Test
  void decimalsStayExactAndWhatTheColumnCannotHoldIsOwed() {
    database.execute(
        """
        alter table jobs alter cost type numeric;
        alter table users alter credits type numeric(10, 4);
        insert into jobs (id, payer, cost) values (1, 'ada', 0.1), (2, 'ada', 0.2), (3, 'bob', 0.00001);
        """);

    CleanupResult result =
        run(
            JOBS_OF
                + """
                refund: {payer: payer, cost: cost, balances: {table: users, match: {name: "=:payer"}, add: {credits: "=:amount"}}}
                """);

    assertThat(credits("ada")).isEqualTo("0.3000");
    assertThat(credits("bob")).isEqualTo("0.0000");
    assertThat(result.cleanedUp()).isEqualTo(2);
    assertThat(result.errors())
        .singleElement()
        .satisfies(it -> assertThat(it.job().toString()).contains("3"));
  }

  @Test
  void timeoutOfTheRunComesFirstThenTheSourcesThenTheDefault() {
    database.execute(
        """
        insert into jobs (id, began) values (1, now() - interval '90 seconds'), (2, now() - interval '7 minutes'),
          (3, now() - interval '20 minutes');
        """);
    JobCleanup byDefault = cleanup(source(JOBS_OF + "refund: none"));
    JobCleanup bySource =
        cleanup(source(JOBS_OF.replace("since:", "timeout: 10m, since:") + "refund: none"));
    CleanupOptions options = CleanupOptions.defaults();

    assertThat(byDefault.findStuckJobs(options)).hasSize(2);
    assertThat(bySource.findStuckJobs(options)).hasSize(1);
    assertThat(bySource.findStuckJobs(options.withTimeout(Duration.ofMinutes(1)))).hasSize(3);
  }

  private static final String JOBS_OF =
      "jobs: {table: jobs, key: id, status: state, processing: [running], completed: [done], since: [began],"
          + " fail: {state: failed, error: \"=:message\"}}\n";

  private CleanupResult run(String source) {
    return cleanup(source(source)).cleanupStuckJobs();
  }

  private static String source(String keys) {
    return "sources:\n  s:\n" + keys.indent(4);
  }

  private JobCleanup cleanup(String yaml) {
    JobCleanup cleanup = JobCleanup.builder(database).mapping(Mapping.parse(yaml)).build();
    cleanup.migrate();
    return cleanup;
  }

  private String states() {
    return database.value("select string_agg(id || ' ' || state, ', ' order by id) from jobs");
  }

  private String credits(String user) {
    return database.value("select credits from users where name = ?", user);
  }
}
