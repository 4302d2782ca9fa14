package io.jobcleanup.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.InvalidMappingException;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.MappingFault;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.support.TestDatabase;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A mapping held against one database that stays as it is. */
class MappingCheckTest {

  private static final String SOUND =
      """
      sources:
        images:
          jobs:
            table: jobs
            key: id
            status: state
            processing: [RUNNING]
            completed: [DONE]
            since: [started_at]
            fail:
              state: FAILED
              error: "=:message"
          refund:
            payer: user_id
            cost: cost
            charge:
              table: ledger
              match: "=charge.job_id = job.id and charge.amount < 0"
              amount: "=-charge.amount"
              required: false
            already: "=(select coalesce(sum(l.amount), 0) from ledger l where l.job_id = job.id and l.amount > 0)"
            balances:
              - table: users
                match: {id: "=:payer"}
                add: {credits: "=:amount"}
            ledger:
              - table: ledger
                values:
                  user_id: "=:payer"
                  job_id: "=:job"
                  amount: "=:amount"
                  balance_after: "=:balance_after"
      """;

  private static TestDatabase database;

  @BeforeAll
  static void makeTables() {
    database =
        TestDatabase.create()
            .execute(
                """
                create type state as enum ('QUEUED', 'RUNNING', 'DONE', 'FAILED');
                create domain credits as numeric(12, 2) check (value >= 0);
                create domain deep_credits as credits;
                create domain moment as timestamptz;
                create table users (id int primary key, credits int not null, note text, level credits);
                create table jobs (
                  id bigint primary key,
                  user_id int not null references users,
                  state state not null,
                  phase text not null default 'x',
                  step int not null default 0,
                  error varchar(20),
                  cost int,
                  price deep_credits,
                  started_at timestamptz,
                  began moment,
                  submitted bigint,
                  seconds int generated always as (1) stored,
                  number int generated always as identity);
                create table ledger (
                  id bigserial primary key,
                  user_id int not null,
                  job_id bigint,
                  amount int not null,
                  balance_after int not null);
                create table elsewhere (owner int, credits int);
                create view active_jobs as select * from jobs where state <> 'DONE';
                create view totals as select user_id, sum(cost) as cost from jobs group by user_id;
                create materialized view snapshot as select * from jobs;
                create table parted (id bigint, state text, started_at timestamptz, primary key (id, state))
                  partition by list (state);
                create schema billing;
                create table billing.invoices (id int primary key);
                """);
  }

  @Test
  void soundMappingHasNoFault() {
    assertThat(faults(SOUND)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "table: jobs|table: job|jobs.table: there is no table \"job\". Did you mean \"jobs\"?",
        "table: users|table: invoices|refund.balances[0].table: there is no table \"invoices\". Did you mean \"billing.invoices\"?",
        "table: users|table: nowhere.users|refund.balances[0].table: there is no table \"nowhere.users\". Did you mean \"public.users\"?",
        "key: id|key: ids|jobs.key: public.jobs has no column \"ids\". Did you mean \"id\"?",
        "key: id|key: user_id|jobs.key: public.jobs has no unique index on user_id",
        "status: state|status: stat|jobs.status: public.jobs has no column \"stat\". Did you mean \"state\"?",
        "[RUNNING]|[RUNING]|jobs.processing: the type state of column \"state\" has no value \"RUNING\"; it has QUEUED, RUNNING, DONE, FAILED. Did you mean \"RUNNING\"?",
        "[DONE]|[COMPLETED]|jobs.completed: the type state of column \"state\" has no value \"COMPLETED\"; it has QUEUED, RUNNING, DONE, FAILED",
        "state: FAILED|state: failed|jobs.fail.state: the type state of column \"state\" has no value \"failed\"; it has QUEUED, RUNNING, DONE, FAILED. Did you mean \"FAILED\"?",
        "state: FAILED|state: null|jobs.fail.state: public.jobs.state is NOT NULL",
        "[started_at]|[startd_at]|jobs.since: public.jobs has no column \"startd_at\". Did you mean \"started_at\"?",
        "[started_at]|[phase]|jobs.since: \"phase\" is of type text, which tells no time",
        "[started_at]|[submitted]|jobs.since: \"submitted\" is of type bigint, which tells no time; if it counts since 1970, say time: epoch-seconds or epoch-millis",
        "[started_at]|['=job.phase']|jobs.since: \"job.phase\" is of type text, which tells no time",
        "error: \"=:message\"|eror: \"=:message\"|jobs.fail: public.jobs has no column \"eror\". Did you mean \"error\"?",
        "error: \"=:message\"|seconds: 2|jobs.fail.seconds: public.jobs.seconds is generated by the database and can't be written",
        "error: \"=:message\"|number: 2|jobs.fail.number: public.jobs.number is generated by the database and can't be written",
        "error: \"=:message\"|step: many|jobs.fail.step: invalid input syntax for type integer: \"many\"",
        "error: \"=:message\"|error: \"=jb.id\"|jobs.fail.error: missing FROM-clause entry for table \"jb\"",
        "error: \"=:message\"|error: \"=charge.id\"|jobs.fail.error: missing FROM-clause entry for table \"charge\"",
        "error: \"=:message\"|error: \"=job.erorr\"|jobs.fail.error: column job.erorr does not exist. Perhaps you meant to reference the column \"job.error\".",
        "error: \"=:message\"|error: \"=upper(:message\"|jobs.fail.error: a bracket ( isn't closed",
        "error: \"=:message\"|error: \"=:message + 1\"|jobs.fail.error: operator does not exist: text + integer. No operator matches the given name and argument types. You might need to add explicit type casts.",
        "error: \"=:message\"|error: \"=:message x\"|jobs.fail.error: syntax error at or near \"x\"",
        "payer: user_id|payer: user|refund.payer: public.jobs has no column \"user\"",
        "cost: cost|cost: coast|refund.cost: public.jobs has no column \"coast\". Did you mean \"cost\"?",
        "cost: cost|cost: phase|refund.cost: is of type text, a number is needed",
        "amount: \"=-charge.amount\"|amount: amont|refund.charge.amount: public.ledger has no column \"amont\". Did you mean \"amount\"?",
        "match: \"=charge.job_id = job.id and charge.amount < 0\"|match: \"=charge.job_id\"|refund.charge.match: is of type bigint, a condition (boolean) is needed",
        "match: \"=charge.job_id = job.id and charge.amount < 0\"|match: \"=charge.job_id = balance.id\"|refund.charge.match: missing FROM-clause entry for table \"balance\"",
        "cost: cost|cost: \"=balance.credits\"|refund.cost: missing FROM-clause entry for table \"balance\"",
        "match: {id: \"=:payer\"}|match: {note: \"=:payer\"}|refund.balances[0].match: public.users has no unique index on note, so a payer could have several rows there",
        "match: {id: \"=:payer\"}|match: {ident: \"=:payer\"}|refund.balances[0].match: public.users has no column \"ident\"",
        "add: {credits: \"=:amount\"}|add: {credit: \"=:amount\"}|refund.balances[0].add: public.users has no column \"credit\". Did you mean \"credits\"?",
        "add: {credits: \"=:amount\"}|add: {note: \"=:amount\"}|refund.balances[0].add.note: public.users.note is of type text, a number is needed",
        "balance_after: \"=:balance_after\"|x: 1|refund.ledger[0].values: public.ledger.balance_after is NOT NULL and has no default; give it a value, e.g. balance_after: \"=:balance_after\"",
        "user_id: \"=:payer\"|id: 1|refund.ledger[0].values: public.ledger.user_id is NOT NULL and has no default; give it a value",
      })
  void whatTheTablesContradictIsNamedWithItsLikelyMeaning(String was, String is, String fault) {
    assertThat(SOUND).contains(was);

    assertThat(faults(SOUND.replace(was, is)))
        .anySatisfy(
            it -> assertThat(it.path() + ": " + it.problem()).isEqualTo("sources.images." + fault));
  }

  @Test
  void conditionThatNamesARowNotYetAtHandIsFoundBeforeAnyJobIsTouched() {
    for (String row : List.of("charge.amount", "balance.credits")) {
      assertThat(
              faults(
                  SOUND.replace(
                      "status: state", "status: state\n      where: '=%s > 0'".formatted(row))))
          .extracting(MappingFault::path, MappingFault::problem)
          .containsExactly(
              org.assertj.core.api.Assertions.tuple(
                  "sources.images.jobs.where",
                  "missing FROM-clause entry for table \"%s\""
                      .formatted(row.substring(0, row.indexOf('.')))));
    }
  }

  @Test
  void statesMustBeOfTheColumnsType() {
    String byStep =
        SOUND.replace("status: state", "status: step").replace("state: FAILED", "step: 9");

    assertThat(faults(byStep.replace("[RUNNING]", "[1, 2]").replace("[DONE]", "[3]"))).isEmpty();
    assertThat(faults(byStep.replace("[DONE]", "[3]")))
        .extracting(MappingFault::toString)
        .containsExactly(
            "mapping.yaml:7  sources.images.jobs.processing: invalid input syntax for type integer: \"RUNNING\"");
  }

  @Test
  void valueOfADomainCountsAsWhatLiesBelow() {
    assertThat(
            faults(SOUND.replace("cost: cost", "cost: price").replace("[started_at]", "[began]")))
        .isEmpty();
    assertThat(faults(SOUND.replace("add: {credits", "add: {level"))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "table: jobs|table: totals|the rows of public.totals can't be updated",
        "table: jobs|table: snapshot|the rows of public.snapshot can't be updated",
        "table: jobs|table: active_jobs|",
      })
  void viewMustBeUpdatable(String was, String is, String problem) {
    List<String> problems =
        faults(SOUND.replace(was, is)).stream().map(MappingFault::problem).toList();
    if (problem == null) {
      assertThat(problems).isEmpty();
    } else {
      assertThat(problems).contains(problem);
    }
  }

  @Test
  void columnThatTellsTheRowsPartitionCannotBeWritten() {
    assertThat(
            faults(
                """
                sources:
                  s:
                    jobs: {table: parted, key: [id, state], status: state, processing: [r], since: [started_at], fail: {state: f}}
                    refund: none
                """))
        .extracting(MappingFault::problem)
        .containsExactly(
            "public.parted is partitioned by \"state\": a write to it would move the row, which isn't served");
  }

  @Test
  void everythingWrongIsReportedAtOnceWithItsLineAndNothingIsWritten() {
    String wrong =
        SOUND
            .replace("[started_at]", "[startd_at]")
            .replace("[RUNNING]", "[RUNING]")
            .replace(
                "payer: user_id",
                "payer: user\n      only-if: '=job.is_fre and :source is not null'")
            .replace("add: {credits", "add: {credit")
            .replace("            balance_after: \"=:balance_after\"\n", "")
            .replace("    refund:", "    refnd: x\n    refund:");

    InvalidMappingException thrown =
        catchThrowableOfType(
            InvalidMappingException.class, () -> cleanup(database, wrong).migrate());

    assertThat(thrown)
        .hasMessageContaining(
            "mapping.yaml:9  sources.images.jobs.since: public.jobs has no column \"startd_at\"")
        .hasMessageContaining("mapping.yaml:7  sources.images.jobs.processing: ")
        .hasMessageContaining(
            "mapping.yaml:13  sources.images.refnd: unknown key. Did you mean \"refund\"?")
        .hasMessageContaining("mapping.yaml:15  sources.images.refund.payer: ")
        .hasMessageContaining(
            "mapping.yaml:16  sources.images.refund.only-if: column job.is_fre does not exist")
        .hasMessageContaining("mapping.yaml:27  sources.images.refund.balances[0].add: ")
        .hasMessageContaining(
            "mapping.yaml:30  sources.images.refund.ledger[0].values: public.ledger.balance_after is NOT NULL")
        .hasMessageEndingWith("7 faults; nothing was started.");
    assertThat(thrown.contradictsDatabaseOnly()).isFalse();
    assertThat(database.rows("select 1 from pg_namespace where nspname = 'job_cleanup'")).isEmpty();
  }

  private static List<MappingFault> faults(String yaml) {
    try {
      cleanup(database, yaml).findStuckJobs(CleanupOptions.defaults());
      return List.of();
    } catch (InvalidMappingException e) {
      return e.faults();
    }
  }

  private static JobCleanup cleanup(TestDatabase on, String yaml) {
    return JobCleanup.builder(on).mapping(Mapping.parse(yaml)).build();
  }
}
