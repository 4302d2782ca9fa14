package io.jobcleanup.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.InvalidMappingException;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.MappingFault;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.support.DelegatingDataSource;
import io.jobcleanup.support.TestDatabase;
import io.jobcleanup.support.TestPostgres;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A mapping that uses the whole language, with one fault at a time, with many at once, and with
 * expressions that try to be more than that.
 *
 * @see MappingCheckTest
 */
class MappingFaultsTest {

  private static final String SOUND =
      """
      sources:
        s:
          jobs:
            table: jobs
            key: id
            where: "=job.kind is null"
            status: state
            processing: [running]
            completed: [done]
            since: [began]
            expires: lease
            timeout: "=job.patience"
            attempt: attempt
            fail:
              state: failed
              error: "=:message"
          refund:
            payer: owner
            cost: cost
            only-if: "=job.paid"
            charge:
              table: charges
              key: id
              match: "=charge.job = job.id"
              amount: amount
              required: false
              mark: {state: given}
            mark: {refunded: true}
            already: "=charge.state = 'given'"
            balances:
              - table: users
                match: {name: "=:payer"}
                when: "=charge.pool = 'paid'"
                add: {credits: "=:amount"}
                floor: 0
                set: {changed: "=:now"}
              - table: purses
                match: {owner: "=:payer", pool: "=coalesce(charge.pool, 'paid')"}
                add: {coins: "=:amount"}
                missing: create
                values: {label: made, coins: 0}
            ledger:
              - table: ledger
                values: {job: "=:job", amount: "=:amount", after: "=:balance_after"}
              - table: ledger
                when: "=charge.pool = 'paid'"
                values: {job: "=:job", amount: "=-:amount", kind: extra}
          also:
            - "update holds h set state = 'released' from settled s where h.job = s.job and h.state = 'held'"
          session: {app.tenant: "1"}
      """;

  private static final String BACKSLASHES_ESCAPE = "-c standard_conforming_strings=off";

  private static TestDatabase database;

  @BeforeAll
  static void makeTables() {
    database =
        TestDatabase.create()
            .execute(
                """
                create table users (name text primary key, credits int not null default 0, badge text, changed timestamptz);
                create table jobs (id int primary key, owner text, state text not null, kind text, error text, cost int,
                  attempt int, paid boolean default true, refunded boolean, patience interval, lease timestamptz,
                  began timestamptz default now() - interval '1 hour', doubled int generated always as (cost * 2) stored);
                create table charges (id int primary key, job int, pool text, amount int, state text);
                create table purses (owner text, pool text, coins int not null, label text not null, primary key (owner, pool));
                create table ledger (id bigserial primary key, job int, amount int not null, after int, kind text);
                create table holds (job int primary key, state text);
                create table loose (job int, amount int);
                create table victim (id int primary key);
                insert into users values ('ada', 10);
                insert into jobs (id, owner, state, cost) values (1, 'ada', 'running', 5);
                insert into victim values (1);
                create function host_writes(what int) returns int language sql
                  as 'insert into victim values (what) returning id';
                """);
  }

  @Test
  void soundMappingHasNoFault() {
    assertThat(faults(SOUND)).isEmpty();
  }

  static Stream<Arguments> faults() {
    return Stream.of(
        fault(
            "key: id\n      where",
            "key: kind\n      where",
            "jobs.key",
            "public.jobs has no unique index on kind"),
        fault(
            "job.kind is null",
            "job.knd is null",
            "jobs.where",
            "column job.knd does not exist. Perhaps you meant"),
        fault(
            "job.kind is null",
            "job.cost",
            "jobs.where",
            "is of type integer, a condition (boolean) is needed"),
        fault("job.kind is null", "sum(job.cost) > 0", "jobs.where", "aggregate"),
        fault("job.kind is null", ":amount > 0", "jobs.where", ":amount isn't known here"),
        fault(
            "expires: lease",
            "expires: leas",
            "jobs.expires",
            "public.jobs has no column \"leas\". Did you mean \"lease\"?"),
        fault(
            "expires: lease",
            "expires: kind",
            "jobs.expires",
            "\"kind\" is of type text, which tells no time"),
        fault(
            "expires: lease",
            "expires: attempt",
            "jobs.expires",
            "if it counts since 1970, say time: epoch-seconds or epoch-millis"),
        fault("expires: lease", "expires: \"=job.paid\"", "jobs.expires", "which tells no time"),
        fault(
            "job.patience",
            "job.cost",
            "jobs.timeout",
            "is of type integer, an interval is needed, such as make_interval"),
        fault(
            "job.patience",
            "charge.pool",
            "jobs.timeout",
            "missing FROM-clause entry for table \"charge\""),
        fault("\"=job.patience\"", "5 minute", "jobs.timeout", "5 minute"),
        fault("\"=job.patience\"", "31d", "jobs.timeout", "31d"),
        fault("attempt: attempt", "attempt: attemp", "jobs.attempt", "Did you mean \"attempt\"?"),
        fault(
            "error: \"=:message\"",
            "error: \"=:mesage\"",
            "jobs.fail.error",
            "there is no value :mesage. Did you mean :message?"),
        fault(
            "error: \"=:message\"",
            "doubled: 1",
            "jobs.fail.doubled",
            "is generated by the database"),
        fault(
            "error: \"=:message\"",
            "began: yesteryear",
            "jobs.fail.began",
            "invalid input syntax for type timestamp"),
        fault("error: \"=:message\"", "error: \"a\\0b\"", "jobs.fail.error", "NUL"),
        fault("error: \"=:message\"", "error: \"='a\\0b'\"", "jobs.fail.error", "NUL"),
        fault(
            "job.paid\"",
            "job.cost\"",
            "refund.only-if",
            "is of type integer, a condition (boolean) is needed"),
        fault(
            "key: id\n        match",
            "key: pool\n        match",
            "refund.charge.key",
            "public.charges has no unique index on pool"),
        fault(
            "table: charges\n        key: id\n",
            "table: loose\n",
            "refund.charge.key",
            "is missing, and public.loose has no primary key"),
        fault(
            "charge.job = job.id",
            "charge.jb = job.id",
            "refund.charge.match",
            "column charge.jb does not exist"),
        fault(
            "amount: amount",
            "amount: pool",
            "refund.charge.amount",
            "is of type text, a number is needed"),
        fault(
            "mark: {state: given}",
            "mark: {stat: given}",
            "refund.charge.mark",
            "public.charges has no column \"stat\". Did you mean \"state\"?"),
        fault(
            "mark: {state: given}",
            "mark: {job: given}",
            "refund.charge.mark.job",
            "invalid input syntax for type integer: \"given\""),
        fault(
            "mark: {refunded: true}",
            "mark: {refunded: maybe}",
            "refund.mark.refunded",
            "invalid input syntax for type boolean: \"maybe\""),
        fault(
            "mark: {refunded: true}",
            "mark: {state: running}",
            "refund.mark.state",
            "is \"running\", which is among processing: a failed job would stay stuck"),
        fault(
            "mark: {refunded: true}",
            "mark: {error: \"=:key\"}",
            "refund.mark.error",
            ":key isn't known here"),
        fault(
            "charge.state = 'given'",
            "charge.state",
            "refund.already",
            "is of type text, a number or a condition is needed"),
        fault(
            "charge.state = 'given'",
            "(select sum(amount) from leger)",
            "refund.already",
            "relation \"leger\" does not exist"),
        fault(
            "charge.pool = 'paid'\"\n          add",
            "charge.amount\"\n          add",
            "refund.balances[0].when",
            "is of type integer, a condition (boolean) is needed"),
        fault(
            "match: {name: \"=:payer\"}",
            "match: {badge: \"=:payer\"}",
            "refund.balances[0].match",
            "public.users has no unique index on badge"),
        fault(
            "match: {name: \"=:payer\"}",
            "match: {name: \"=:amount\"}",
            "refund.balances[0].match.name",
            ":amount isn't known here"),
        fault(
            "add: {credits: \"=:amount\"}",
            "add: {badge: \"=:amount\"}",
            "refund.balances[0].add.badge",
            "is of type text, a number is needed"),
        fault(
            "add: {credits: \"=:amount\"}",
            "add: {credits: 1_000}",
            "refund.balances[0].add.credits",
            "is \"1_000\", a number is expected"),
        fault(
            "add: {credits: \"=:amount\"}",
            "add: {credits: \"=:balance_after\"}",
            "refund.balances[0].add.credits",
            ":balance_after isn't known here"),
        fault(
            "add: {credits: \"=:amount\"}",
            "add: {credits: \"=balance.coins\"}",
            "refund.balances[0].add.credits",
            "column balance.coins does not exist"),
        fault(
            "floor: 0",
            "floor: none",
            "refund.balances[0].floor",
            "is \"none\", a number is expected"),
        fault(
            "changed: \"=:now\"",
            "changed: \"=charge.pool\"",
            "refund.balances[0].set.changed",
            "missing FROM-clause entry for table \"charge\""),
        fault(
            "changed: \"=:now\"",
            "changed: \"=:payer\"",
            "refund.balances[0].set.changed",
            ":payer isn't known here"),
        fault(
            "floor: 0",
            "missing: creat",
            "refund.balances[0].missing",
            "is \"creat\", allowed are owed, create, skip"),
        fault(
            "floor: 0",
            "values: {badge: x}",
            "refund.balances[0].values",
            "values are for a row that is made, and missing is owed"),
        fault(
            "pool: \"=coalesce(charge.pool, 'paid')\"}",
            "pol: paid}",
            "refund.balances[1].match",
            "public.purses has no column \"pol\". Did you mean \"pool\"?"),
        fault(
            "label: made, ",
            "",
            "refund.balances[1].values",
            "public.purses.label is NOT NULL and has no default; give it a value"),
        fault(
            ", coins: 0",
            "",
            "refund.balances[1].values",
            "public.purses.coins has no default to begin with in a row that is made; give it a value, e.g. coins: 0"),
        fault("label: made", "label: null", "refund.balances[1].values.label", "is NOT NULL"),
        fault(
            "table: purses\n          match: {owner: \"=:payer\", pool: \"=coalesce(charge.pool, 'paid')\"}\n          add: {coins: \"=:amount\"}",
            "table: users\n          match: {name: \"=:payer\", badge: x}\n          add: {credits: \"=:amount\"}",
            "refund.balances[1].match",
            "finds rows of public.users by other columns than balances[0], which adds to the same credits"),
        fault(
            "after: \"=:balance_after\"}",
            "aftr: \"=:balance_after\"}",
            "refund.ledger[0].values",
            "public.ledger has no column \"aftr\". Did you mean \"after\"?"),
        fault(
            "amount: \"=-:amount\", ",
            "",
            "refund.ledger[1].values",
            "public.ledger.amount is NOT NULL and has no default; give it a value, e.g. amount: \"=:amount\""),
        fault(
            "kind: extra",
            "kind: \"=chrge.pool\"",
            "refund.ledger[1].values.kind",
            "missing FROM-clause entry for table \"chrge\""),
        fault(
            "balances:\n        - table: users",
            "statement: \"=give(:payer)\"\n      balances:\n        - table: users",
            "refund.statement",
            "statement stands in the place of balances and ledger"),
        fault(
            "set state = 'released'",
            "set stat = 'released'",
            "also[0]",
            "column \"stat\" of relation \"holds\" does not exist"),
        fault("s.job and", "s.jb and", "also[0]", "column s.jb does not exist"),
        fault(
            "s.job and",
            "cast(:job as int) and",
            "also",
            ":job has no value here: what is known of each job is a column of settled"),
        fault(
            "h.state = 'held'\"",
            "h.state = 'held'; delete from holds\"",
            "also",
            "one statement is allowed, not several (;)"),
        fault(
            "{app.tenant: \"1\"}",
            "{statement_timeout: \"0\"}",
            "session.statement_timeout",
            "is a setting that our own transactions rest on, and can't be given"),
        fault(
            "{app.tenant: \"1\"}",
            "{work_mem: plenty}",
            "session.work_mem",
            "invalid value for parameter \"work_mem\": \"plenty\""),
        fault(
            "{app.tenant: \"1\"}",
            "{wrk_mem: 8MB}",
            "session.wrk_mem",
            "unrecognized configuration parameter \"wrk_mem\""));
  }

  private static Arguments fault(String was, String is, String path, String problem) {
    return Arguments.of(was, is, path, problem);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void eachFaultIsNamedWithItsPlaceAndRemedyAndNothingIsWritten(
      String was, String is, String path, String problem) {
    assertThat(SOUND).contains(was);
    List<String> before = dump();

    List<MappingFault> faults = faults(SOUND.replace(was, is));

    assertThat(faults)
        .anySatisfy(
            it -> {
              assertThat(it.path()).isEqualTo("sources.s." + path);
              assertThat(it.problem()).contains(problem);
              assertThat(it.toString()).matches("(?s)mapping.yaml:[1-9]\\d*  .*");
            });
    assertThat(dump()).isEqualTo(before);
  }

  @Test
  void manyFaultsAreReportedTogetherEachWithItsLine() {
    String wrong =
        SOUND
            .replace("[running]", "runing")
            .replace("expires: lease", "expires: leas")
            .replace("job.patience", "job.cost")
            .replace("=job.paid", "job.paid")
            .replace("mark: {state: given}", "mark: {stat: given}")
            .replace("floor: 0", "floor: low")
            .replace("label: made", "label: made, colour: red")
            .replace("kind: extra", "kind: \"=charge.pol\"")
            .replace("from settled s", "from setled s")
            .replace("{app.tenant", "{lock_timeout: \"1\", app.tenant");
    List<String> before = dump();

    InvalidMappingException thrown =
        catchThrowableOfType(InvalidMappingException.class, () -> cleanup(wrong).migrate());

    assertThat(thrown.faults())
        .extracting(MappingFault::path)
        .contains(
            "sources.s.jobs.expires",
            "sources.s.jobs.timeout",
            "sources.s.refund.only-if",
            "sources.s.refund.balances[0].floor",
            "sources.s.session.lock_timeout");
    assertThat(thrown).hasMessageContaining("nothing was started.");
    assertThat(catchThrowable(() -> cleanup(wrong).cleanupStuckJobs()))
        .isInstanceOf(InvalidMappingException.class);
    assertThat(dump()).isEqualTo(before);
  }

  // Expressions that try to be more

  static Stream<Arguments> attempts() {
    List<String> texts =
        List.of(
            "1; drop table victim",
            "1); drop table victim; --",
            "1) as x0 from jobs job); drop table victim; --",
            "1 /* */ ; drop table victim; /* */",
            "1 -- \r; drop table victim",
            "1 -- \n; drop table victim",
            "$$a$$ ; drop table victim; $$b$$",
            "$a$ $b$ $a$ ; drop table victim; --$b$",
            "$1$ ; drop table victim; --$1$",
            "№$$ ; drop table victim; --$$",
            "\u00a0$$ ; drop table victim; --$$",
            "E'a\\'' ; drop table victim; --'",
            "E'a'\n'b\\''; drop table victim; --'",
            "E'a' -- c\n  '\\''; drop table victim; --'",
            // What stands behind such an expression in the statement that tries it out.
            "E'a'\n'\\'') as x0 from jobs job) as tried on true; commit; drop table victim; --'",
            "(select 1 as №$$ )) as x0 from jobs job) as tried on true; commit; drop table victim; --$$)",
            "e'\\\\'; drop table victim; --'",
            "U&'!0027' uescape '!'; drop table victim; --'",
            "U&\"\\0022; drop table victim; --\"",
            "B'1'; drop table victim",
            "N'1'; drop table victim",
            "'a''; drop table victim; --",
            "\"a\"\"; drop table victim; --",
            "1 from jobs; drop table victim",
            "1 union select host_writes(9)::int",
            "drop table victim",
            "delete from victim returning id",
            "(delete from victim returning id)",
            "(with gone as (delete from victim returning id) select id from gone)",
            "exists (with gone as (delete from victim returning id) select id from gone)",
            "(select id from (delete from victim returning id) gone)",
            "(select count(*) from victim for update)",
            "(select id into stolen from victim)",
            "1) from jobs job where true returning (1",
            "1, error = (select 'x'",
            "0 where false or (true",
            "do $$ begin delete from victim; end $$",
            "copy victim to program 'true'",
            "(table victim) ; commit; drop table victim",
            "1;commit;drop table victim;begin",
            "1\\;drop table victim",
            ":amount; drop table victim",
            "x'31'; delete from victim");
    List<String> places =
        List.of(
            "where: \"=job.kind is null\"|where: %s",
            "cost: cost|cost: %s",
            "error: \"=:message\"|error: %s",
            "match: {name: \"=:payer\"}|match: {name: %s}",
            "add: {credits: \"=:amount\"}|add: {credits: %s}",
            "after: \"=:balance_after\"|after: %s");
    return texts.stream().flatMap(text -> places.stream().map(place -> Arguments.of(text, place)));
  }

  @ParameterizedTest
  @MethodSource("attempts")
  void expressionIsNeverMoreThanAnExpression(String text, String place) {
    String yaml = with(text, place);
    for (String settings : List.of("", BACKSLASHES_ESCAPE)) {
      List<String> before = dump();

      Throwable thrown =
          catchThrowable(
              () ->
                  bySimpleQueries(database, yaml, settings)
                      .findStuckJobs(CleanupOptions.defaults()));

      assertThat(thrown).isInstanceOf(InvalidMappingException.class);
      assertThat(dump()).isEqualTo(before);
    }
  }

  private static String with(String text, String place) {
    String[] parts = place.split("\\|", 2);
    String quoted =
        "\"="
            + text.replace("\\", "\\\\")
                .replace("\"", "\\\"")
                .replace("\n", "\\n")
                .replace("\r", "\\r")
            + '"';
    assertThat(SOUND).contains(parts[0]);
    return SOUND.replace(parts[0], parts[1].formatted(quoted));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'; drop table victim; --'|; drop table victim; --",
        "'a''b \\'|a'b \\",
        "$$; drop table victim; --$$|; drop table victim; --",
        "$a$ $b$ ; :now $a$|` $b$ ; :now `",
        "'\\'') as x0 from jobs job) as tried on true; commit; drop table victim; --'|\\') as x0 from jobs job) as tried on true; commit; drop table victim; --",
        "'a' /* /* */ ; drop table victim; */|a",
        "'a\\'' ; drop table victim; --'|a\\' ; drop table victim; --",
        "E'\\'; drop table victim; --'|'; drop table victim; --",
        "U&'\\0027; drop table victim; --'|'; drop table victim; --",
        "'a' /* ; drop table victim; ' */|a",
        "'a' -- ; drop table victim '|a",
      })
  void whatStandsInQuotesAndCommentsStaysThere(String text, String value) {
    TestDatabase own =
        TestDatabase.create()
            .execute(
                """
                create table jobs (id int primary key, state text, error text, began timestamptz default now() - interval '1 hour');
                create table victim (id int);
                insert into jobs values (1, 'running');
                """);
    JobCleanup cleanup =
        bySimpleQueries(
            own,
            """
            sources:
              s:
                jobs: {table: jobs, key: id, status: state, processing: [running], since: [began], fail: {state: failed, error: %s}}
                refund: none
            """
                .formatted("\"=" + text.replace("\\", "\\\\") + "\""),
            BACKSLASHES_ESCAPE);
    cleanup.migrate();

    assertThat(cleanup.cleanupStuckJobs().cleanedUp()).isEqualTo(1);
    assertThat(own.value("select error from jobs")).isEqualTo(value);
    assertThat(own.rows("select * from victim")).isEmpty();
  }

  @Test
  void functionThatWritesIsTheHostsOwnAffairAndLooksCannotCallIt() {
    String yaml = with("host_writes(7)", "cost: cost|cost: %s");
    List<String> before = dump();

    assertThat(catchThrowable(() -> cleanup(yaml).findStuckJobs(CleanupOptions.defaults())))
        .satisfiesAnyOf(
            it -> assertThat(it).isNull(),
            it -> assertThat(it).hasMessageContaining("read-only transaction"));
    assertThat(dump()).isEqualTo(before);
  }

  @Test
  void settingThatAnExpressionMakesEndsWithItsTransaction() throws SQLException {
    String yaml = with("length(set_config('app.tenant', 'other', true))", "cost: cost|cost: %s");
    try (Connection kept = database.getConnection();
        Statement statement = kept.createStatement()) {
      JobCleanup cleanup =
          JobCleanup.builder(new OneConnection(kept)).mapping(Mapping.parse(yaml)).build();
      assertThat(cleanup.findStuckJobs(CleanupOptions.defaults())).isNotEmpty();

      try (ResultSet result =
          statement.executeQuery("select coalesce(current_setting('app.tenant', true), '')")) {
        result.next();
        assertThat(result.getString(1)).isEmpty();
      }
    }
  }

  /** A pool of one connection, which it never closes. */
  private static final class OneConnection extends DelegatingDataSource {
    private final Connection kept;

    OneConnection(Connection kept) {
      super(database);
      this.kept = kept;
    }

    @Override
    public Connection getConnection() {
      return (Connection)
          Proxy.newProxyInstance(
              Connection.class.getClassLoader(),
              new Class<?>[] {Connection.class},
              (proxy, method, arguments) -> {
                try {
                  return method.getName().equals("close") ? null : method.invoke(kept, arguments);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              });
    }
  }

  /** All rows of all tables, and which tables, functions and schemas there are. */
  private static List<String> dump() {
    return database.rows(
        """
        select 'table ' || c.relname || ' ' || coalesce(query_to_xml('select * from ' || c.oid::regclass || ' t order by t::text', true, true, '')::text, '')
        from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
        union all select 'sequence ' || schemaname || sequencename || coalesce(last_value, 0) from pg_sequences
        union all select 'schema ' || nspname from pg_namespace
        union all select 'function ' || proname from pg_proc where pronamespace = 'public'::regnamespace
        order by 1
        """);
  }

  private static List<MappingFault> faults(String yaml) {
    try {
      cleanup(yaml).findStuckJobs(CleanupOptions.defaults());
      return List.of();
    } catch (InvalidMappingException e) {
      return e.faults();
    }
  }

  private static JobCleanup cleanup(String yaml) {
    return JobCleanup.builder(database).mapping(Mapping.parse(yaml)).build();
  }

  /** By a protocol that lets several statements through in one. */
  private static JobCleanup bySimpleQueries(TestDatabase on, String yaml, String settings) {
    Properties properties = new Properties();
    properties.setProperty("user", TestPostgres.server().user());
    properties.setProperty("password", TestPostgres.server().password());
    properties.setProperty("preferQueryMode", "simple");
    properties.setProperty("options", settings);
    String url = TestPostgres.server().jdbcUrl(on.value("select current_database()"));
    return JobCleanup.builder(
            new DelegatingDataSource(on) {
              @Override
              public Connection getConnection() throws SQLException {
                return DriverManager.getConnection(url, properties);
              }
            })
        .mapping(Mapping.parse(yaml))
        .build();
  }
}
