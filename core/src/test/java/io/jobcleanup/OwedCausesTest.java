package io.jobcleanup;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.support.TestDatabase;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every way in which a refund becomes owed names what a person has to look at. */
class OwedCausesTest {

  private static final String JOBS =
      """
      sources:
        s:
          jobs:
            table: jobs
            key: id
            status: state
            processing: [running]
            since: [started_at]
            fail: {state: failed, error: "=:message"}
          refund:
            payer: user_id
      """;

  private static final String TABLES =
      JOBS
          + """
                cost: cost
                balances: {table: users, match: {id: "=:payer"}, add: {credits: "=:amount"}}
                ledger:
                  table: ledger
                  values: {user_id: "=:payer", job_id: "=:job", amount: "=:amount"}
          """;

  private static final String FUNCTION =
      JOBS
          + """
                cost: cost
                statement: "=give(:payer, :amount)"
          """;

  private static final String CHARGES =
      JOBS
          + """
                charge: {table: charges, match: "=charge.job_id <= job.id", amount: amount}
                balances: {table: users, match: {id: "=:payer"}, add: {credits: "=:amount"}}
                ledger:
                  table: ledger
                  values: {user_id: "=:payer", job_id: "=:job", amount: "=:amount"}
          """;

  /**
   * A way.
   *
   * @param trouble what the host did
   * @param says what the cause has in it
   */
  private record Way(
      String what,
      String mapping,
      String trouble,
      @Nullable TokenRefunder refunder,
      List<String> says) {
    @Override
    public String toString() {
      return what;
    }
  }

  private static Way way(String what, String mapping, String trouble, String... says) {
    return new Way(what, mapping, trouble, null, List.of(says));
  }

  private static Way host(String what, TokenRefunder refunder, String... says) {
    return new Way(what, TABLES, "select 1", refunder, List.of(says));
  }

  private static String trigger(String table, String when, String body) {
    return "create function meddle() returns trigger language plpgsql as $$ begin %s end $$;"
            .formatted(body)
        + "create trigger check_quota %s on %s for each row execute function meddle()"
            .formatted(when, table);
  }

  static Stream<Way> ways() {
    return Stream.of(
        way("no balance row", TABLES, "delete from users", "no row in public.users for u1"),
        way(
            "overflow",
            TABLES,
            "update users set credits = 2147483647",
            "public.users.credits of u1 would be 2147483657",
            "integer holds"),
        way(
            "balance is null",
            TABLES,
            "alter table users alter credits drop not null; update users set credits = null",
            "public.users.credits of u1 is null"),
        way(
            "amount doesn't fit the ledger",
            TABLES,
            "alter table ledger alter amount type smallint; update jobs set cost = 40000",
            "public.ledger.amount would be 40000",
            "smallint holds"),
        way("negative cost", TABLES, "update jobs set cost = -5", "negative, -5", "correct it"),
        way(
            "no payer",
            TABLES,
            "update jobs set user_id = null",
            "the job names no payer",
            "put one into its row"),
        way(
            "trigger raises",
            TABLES,
            trigger("ledger", "before insert", "raise 'quota closed';"),
            "the insert into public.ledger is refused",
            "quota closed",
            "meddle()"),
        way(
            "trigger drops the update",
            TABLES,
            trigger("users", "before update", "return null;"),
            "the update of public.users for u1 was dropped by trigger check_quota"),
        way(
            "trigger changes the update",
            TABLES,
            trigger("users", "before update", "new.credits := new.credits - 1; return new;"),
            "the update of public.users for u1 was changed by trigger check_quota",
            "100",
            "99"),
        way(
            "trigger drops the insert",
            TABLES,
            trigger("ledger", "before insert", "return null;"),
            "the insert into public.ledger was dropped by trigger check_quota"),
        way(
            "trigger changes the insert",
            TABLES,
            trigger("ledger", "before insert", "new.amount := 1; return new;"),
            "the insert into public.ledger was changed by trigger check_quota"),
        way(
            "rule drops the insert",
            TABLES,
            "create rule nothing_more as on insert to users do instead nothing;"
                + trigger("users", "before update", "return null;"),
            "by rule nothing_more or trigger check_quota"),
        way(
            "check constraint",
            TABLES,
            "alter table ledger add constraint at_most_five check (amount <= 5)",
            "the insert into public.ledger is refused",
            "at_most_five"),
        way(
            "check constraint on the balance",
            TABLES,
            "alter table users add constraint at_most_95 check (credits <= 95)",
            "the update of public.users is refused",
            "at_most_95"),
        way(
            "deferred constraint",
            TABLES,
            "create function meddle() returns trigger language plpgsql as $$ begin raise 'books"
                + " closed'; end $$;create constraint trigger check_books after insert on ledger"
                + " deferrable initially deferred for each row execute function meddle()",
            "what is checked at the end is refused",
            "books closed"),
        way(
            "unique index",
            TABLES,
            "create unique index one_a_user on ledger (user_id); insert into ledger (user_id,"
                + " job_id, amount) values ('u1', 77, 1)",
            "the insert into public.ledger is refused",
            "one_a_user"),
        way(
            "charge of two jobs",
            CHARGES,
            "insert into jobs values (2, 'u1', 'running', null, 10, now() - interval '1 hour');"
                + " insert into charges values (5, 1, 10)",
            "its charge belongs to several jobs: ",
            "public.charges/5"),
        way(
            "expression fails",
            TABLES.replace("cost: cost", "cost: \"=100 / (job.cost - 10)\""),
            "select 1",
            "what the mapping says of the refund can't be worked out",
            "division by zero"),
        way(
            "function answers false",
            FUNCTION,
            "create function give(text, int) returns boolean language sql as 'select false'",
            "the host's function, the statement of source s, answered false",
            "10 tokens back to u1"),
        way(
            "function fails",
            FUNCTION,
            "create function give(text, int) returns boolean language plpgsql as $$ begin raise"
                + " 'wallet closed'; end $$",
            "the host's function, the statement of source s, is refused",
            "wallet closed"),
        host(
            "host's code fails",
            (connection, order) -> {
              throw new IllegalStateException("wallet service is away");
            },
            "the host's TokenRefunder failed: IllegalStateException: wallet service is away"),
        host(
            "host's code fails without a word",
            (connection, order) -> {
              throw new IllegalStateException();
            },
            "the host's TokenRefunder failed: IllegalStateException"));
  }

  @ParameterizedTest
  @MethodSource("ways")
  void causeNamesWhatAPersonHasToLookAt(Way way) {
    TestDatabase database =
        TestDatabase.create()
            .execute(
                """
                create table users (id text primary key, credits int not null);
                create table jobs (id int primary key, user_id text, state text not null, error text,
                  cost int, started_at timestamptz not null);
                create table ledger (id serial primary key, user_id text not null, job_id int not null, amount int not null);
                create table charges (id int primary key, job_id int not null, amount int not null);
                insert into users values ('u1', 90);
                insert into jobs values (1, 'u1', 'running', null, 10, now() - interval '1 hour');
                """)
            .execute(way.trouble());
    JobCleanup.Builder builder = JobCleanup.builder(database).mapping(Mapping.parse(way.mapping()));
    JobCleanup cleanup =
        (way.refunder() == null ? builder : builder.refunder(way.refunder())).build();
    cleanup.migrate();

    CleanupResult result = cleanup.cleanupStuckJobs();

    assertThat(database.value("select state from jobs where id = 1")).isEqualTo("failed");
    String cause = ((Outcome.RefundOwed) result.errors().getFirst().outcome()).cause();
    assertThat(cause).contains(way.says());
    List<RefundRecord> owed =
        cleanup.refunds(RefundQuery.all().withOwed(true).withJob("1"), null, 10).items();
    assertThat(owed).isNotEmpty().allSatisfy(it -> assertThat(it.cause()).isEqualTo(cause));
  }
}
