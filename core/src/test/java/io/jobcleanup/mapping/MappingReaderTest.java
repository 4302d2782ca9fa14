package io.jobcleanup.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.jobcleanup.InvalidMappingException;
import io.jobcleanup.MappingFault;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MappingReaderTest {

  private static final String FULL =
      """
      sources:
        images:
          jobs:
            table: app.jobs
            key: [id, created_at]
            where: "=job.deleted_at is null"
            status: state
            processing: [running, uploading]
            completed: done
            since: [started_at, "=job.meta ->> 'began'"]
            expires: lease
            timeout: 20m
            time: {default: America/New_York, submitted: epoch-seconds}
            attempt: charge_no
            fail:
              state: failed
              error: "=:message"
          refund:
            payer: user_id
            cost: cost
            only-if: "=not job.is_free"
            charge:
              table: ledger
              key: [id]
              match: "=charge.job = job.id"
              amount: "=-charge.amount"
              required: false
              mark: {status: refunded, at: "=:now"}
              time: epoch-seconds
            mark: {refunded: "=:amount"}
            already: "=(select sum(l.amount) from ledger l where l.job = job.id)"
            balances:
              - table: wallets
                match: {owner: "=:payer", kind: tokens}
                when: "=charge.pool = 'paid'"
                add: {used: "=-:amount", returned: "=:amount"}
                floor: -0.5
                set: {updated_at: "=:now"}
                missing: create
                values: {used: 0}
                time: epoch-millis
              - table: totals
                match: {owner: "=:payer"}
                add: {refunds: 1}
                missing: skip
            ledger:
              - table: ledger
                when: "=job.id <> ''"
                values: {id: "=:uuid", amount: "=:amount", note: null}
              - table: totals_log
                values: {after: "=:balance_after"}
          also:
            - update holds h set status = 'released' from settled s where h.job = s.job
          session: {app.is_admin: "true", role: cleaner}
      """;

  @Test
  void everyKeyIsRead() {
    Mapping mapping = Mapping.parse(FULL);

    assertThat(mapping.faults()).isEmpty();
    Source source = mapping.sources().getFirst();
    assertThat(source.name()).isEqualTo("images");
    assertThat(source.path()).isEqualTo("sources.images");
    Jobs jobs = source.jobs();
    assertThat(jobs)
        .isEqualTo(
            new Jobs(
                "app.jobs",
                List.of("id", "created_at"),
                Expression.of("job.deleted_at is null"),
                new Value.Column("state"),
                List.of("running", "uploading"),
                List.of("done"),
                List.of(new Value.Column("started_at"), computed("job.meta ->> 'began'")),
                new Value.Column("lease"),
                new Timeout.Fixed(Duration.ofMinutes(20)),
                new Times(
                    new TimeForm.InZone("America/New_York"),
                    Map.of("submitted", TimeForm.Epoch.SECONDS)),
                new Value.Column("charge_no"),
                Map.of("state", new Value.Constant("failed"), "error", computed(":message"))));
    Times inherited = new Times(new TimeForm.InZone("America/New_York"), Map.of());
    assertThat(source.refund())
        .isEqualTo(
            new Refund(
                new Value.Column("user_id"),
                new Value.Column("cost"),
                Expression.of("not job.is_free"),
                new Charge(
                    "ledger",
                    List.of("id"),
                    Expression.of("charge.job = job.id"),
                    computed("-charge.amount"),
                    false,
                    Map.of("status", new Value.Constant("refunded"), "at", computed(":now")),
                    new Times(TimeForm.Epoch.SECONDS, Map.of())),
                Expression.of("(select sum(l.amount) from ledger l where l.job = job.id)"),
                Map.of("refunded", computed(":amount")),
                List.of(
                    new Balance(
                        "wallets",
                        Map.of("owner", computed(":payer"), "kind", new Value.Constant("tokens")),
                        Expression.of("charge.pool = 'paid'"),
                        Map.of("used", computed("-:amount"), "returned", computed(":amount")),
                        new BigDecimal("-0.5"),
                        Map.of("updated_at", computed(":now")),
                        Balance.Missing.CREATE,
                        Map.of("used", new Value.Constant("0")),
                        new Times(TimeForm.Epoch.MILLIS, Map.of())),
                    new Balance(
                        "totals",
                        Map.of("owner", computed(":payer")),
                        null,
                        Map.of("refunds", new Value.Constant("1")),
                        null,
                        Map.of(),
                        Balance.Missing.SKIP,
                        Map.of(),
                        inherited)),
                List.of(
                    new Ledger(
                        "ledger",
                        Expression.of("job.id <> ''"),
                        Map.of(
                            "id",
                            computed(":uuid"),
                            "amount",
                            computed(":amount"),
                            "note",
                            new Value.Constant(null)),
                        inherited),
                    new Ledger(
                        "totals_log",
                        null,
                        Map.of("after", computed(":balance_after")),
                        inherited)),
                null));
    assertThat(source.also())
        .containsExactly(
            Statement.of(
                "update holds h set status = 'released' from settled s where h.job = s.job"));
    assertThat(source.session())
        .containsExactly(Map.entry("app.is_admin", "true"), Map.entry("role", "cleaner"));
  }

  @Test
  void whatIsNotSaidHasItsDefault() {
    Source source =
        Mapping.parse(
                minimal(
                    "refund: {payer: u, charge: {table: c, match: '=true', amount: a},"
                        + " balances: {table: b, match: {u: '=:payer'}, add: {n: '=:amount'}}}"))
            .sources()
            .getFirst();

    assertThat(source.jobs().where()).isNull();
    assertThat(source.jobs().timeout()).isNull();
    assertThat(source.jobs().completed()).isEmpty();
    assertThat(source.jobs().time()).isEqualTo(Times.UTC);
    Refund refund = source.refund();
    assertThat(refund).isNotNull();
    assertThat(refund.charge().required()).isTrue();
    assertThat(refund.charge().key()).isEmpty();
    assertThat(refund.balances().getFirst().missing()).isEqualTo(Balance.Missing.OWED);
    assertThat(refund.ledger()).isEmpty();
  }

  @Test
  void builtInMappingIsSound() {
    assertThat(Mapping.builtIn().faults()).isEmpty();
    assertThat(Mapping.builtIn().sources()).hasSize(1);
    assertThat(Mapping.parse(Mapping.builtInText()).sources())
        .isEqualTo(Mapping.builtIn().sources());
  }

  @Test
  void refundNoneIsSaidInOneWord() {
    assertThat(Mapping.parse(minimal("refund: none")).faults()).isEmpty();
    assertThat(Mapping.parse(minimal("refund: none")).sources().getFirst().refund()).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "statuss: x|7|sources.s.jobs.statuss|unknown key. Did you mean \"status\"?",
        "Since: [x]|7|sources.s.jobs.Since|unknown key. Did you mean \"since\"?",
        "colour: red|7|sources.s.jobs.colour|unknown key",
        "table: u|7|sources.s.jobs.table|stands here twice",
        "timeout: 20|7|sources.s.jobs.timeout|is \"20\", a number with its unit is expected: 500ms, 90s, 20m, 2h or 1d",
        "timeout: 20 minutes|7|sources.s.jobs.timeout|is \"20 minutes\", a number with its unit is expected: 500ms, 90s, 20m, 2h or 1d",
        "timeout: 500ms|7|sources.s.jobs.timeout|is \"500ms\", allowed are 1s to 30d",
        "timeout: 999999999d|7|sources.s.jobs.timeout|is \"999999999d\", allowed are 1s to 30d",
        "timeout: '=:seconds'|7|sources.s.jobs.timeout|:seconds isn't known here yet; only the row is",
        "where: job.x|7|sources.s.jobs.where|an expression is expected, and begins with =; write \"=job.x\"",
        "where: '=(job.x'|7|sources.s.jobs.where|a bracket ( isn't closed",
        "where: [a]|7|sources.s.jobs.where|one value is expected, found a list",
        "completed: {a: b}|7|sources.s.jobs.completed|one value is expected, found a block of keys",
        "time: America/New_Yrok|7|sources.s.jobs.time|\"America/New_Yrok\" is neither a time zone (such as UTC or America/New_York) nor epoch-seconds nor epoch-millis. Did you mean \"America/New_York\"?",
        "time: +02:00|7|sources.s.jobs.time|\"+02:00\" is neither a time zone (such as UTC or America/New_York) nor epoch-seconds nor epoch-millis",
        "time: {default: UTC, a: epoch}|7|sources.s.jobs.time.a|\"epoch\" is neither a time zone (such as UTC or America/New_York) nor epoch-seconds nor epoch-millis",
        "expires: '=(job.lease'|7|sources.s.jobs.expires|a bracket ( isn't closed",
      })
  void wrongKeyOfJobsIsReportedWithItsLine(String key, int line, String path, String problem) {
    String yaml =
        """
        sources:
          s:
            refund: none
            jobs: &jobs
              table: t
              key: id
              %s
              status: state
              processing: [running]
              since: [at]
              fail: {state: failed}
        """
            .formatted(key);

    assertThat(Mapping.parse(yaml).faults())
        .containsExactly(new MappingFault("mapping.yaml:" + line, path, problem, false));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "refund.mark.x|mark: {x: '=:key'}|:key isn't known here; known are :amount, :attempt",
        "refund.statement|statement: 'f(:payer)'|an expression is expected, and begins with =",
        "refund.statement|statement: '=f(:payer)', ledger: {table: l, values: {a: '=:amount'}}|statement stands in the place of balances and ledger: one of them has to go",
        "refund.charge.mark.x|charge: {table: c, match: '=true', amount: a, mark: {x: '=:balance_after'}}|:balance_after isn't known here",
        "refund.balances[0].floor|balances: [{table: b, match: {u: '=:payer'}, add: {n: '=:amount'}, floor: none}]|is \"none\", a number is expected, such as 0 or -12.5",
        "refund.balances[0].missing|balances: [{table: b, match: {u: '=:payer'}, add: {n: '=:amount'}, missing: make}]|is \"make\", allowed are owed, create, skip",
        "refund.balances[0].values|balances: [{table: b, match: {u: '=:payer'}, add: {n: '=:amount'}, values: {n: 0}}]|values are for a row that is made, and missing is owed",
      })
  void wrongKeyOfARefundIsReported(String path, String key, String problem) {
    Mapping mapping = Mapping.parse(minimal("refund: {payer: u, cost: c, " + key + "}"));

    assertThat(mapping.faults()).hasSize(1);
    assertThat(mapping.faults().getFirst().path()).isEqualTo("sources.s." + path);
    assertThat(mapping.faults().getFirst().problem()).startsWith(problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "also|also: ['drop table x']|begins with \"drop\", allowed are insert, update, delete, merge and with",
        "also|also: ['update x set y = 1; delete from x']|one statement is allowed, not several (;)",
        "also|also: ['update x set y = :run']|:run has no value here: what is known of each job is a column of settled",
        "also|also: [\"update x set y = '\"]|a quote ' isn't closed",
        "session.lock_timeout|session: {lock_timeout: 1s}|is a setting that our own transactions rest on, and can't be given",
        "session.a b|session: {a b: x}|is no name of a setting; an example is app.user_id",
        "session.app.id|session: {app.id: [1]}|one value is expected, found a list",
      })
  void wrongKeyOfASourceIsReported(String path, String key, String problem) {
    Mapping mapping = Mapping.parse(minimal("refund: none\n    " + key));

    assertThat(mapping.faults())
        .extracting(fault -> fault.path() + "|" + fault.problem())
        .containsExactly("sources.s." + path + "|" + problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "update x set y = 1 -- why|with settled as (select 1) update x set y = 1",
        "/* c */ with a as (select 1) insert into x select * from a|with settled as (select 1), a as (select 1) insert into x select * from a",
        "WITH RECURSIVE a as (select 1) delete from x|with recursive settled as (select 1), a as (select 1) delete from x",
      })
  void statementReadsWhatWasSettled(String text, String sql) {
    assertThat(Statement.of(text).sql("settled as (select 1)")).isEqualTo(sql);
  }

  @ParameterizedTest
  @ValueSource(strings = {"table", "key", "status", "processing", "since", "fail"})
  void neededKeyThatIsMissingIsNamed(String key) {
    String yaml = minimal("refund: none").replaceAll("(?m)^ {6}" + key + ": .*\n", "");

    assertThat(Mapping.parse(yaml).faults())
        .extracting(MappingFault::path, MappingFault::problem)
        .containsExactly(tuple("sources.s.jobs." + key, "is missing"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "table|''|needs a value",
        "key|[]|needs a value",
        "key|~|needs a value",
        "processing|[~]|needs a value",
        "since|[]|needs a value",
        "fail|{}|needs a value",
      })
  void neededKeyThatIsEmptyIsNamed(String key, String value, String problem) {
    String yaml =
        minimal("refund: none")
            .replaceAll("(?m)^ {6}" + key + ": .*", "      " + key + ": " + value);

    assertThat(Mapping.parse(yaml).faults())
        .extracting(MappingFault::path, MappingFault::problem)
        .containsExactly(tuple("sources.s.jobs." + key, problem));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cost: 1|sources.s.refund.payer|is missing",
        "payer: u|sources.s.refund.cost|cost is missing: without it, or a charge, nobody knows how much to give back",
        "payer: u, charge: {table: c, match: '=true', amount: a, required: false}|sources.s.refund.cost|cost is missing: charge.required is false, so cost counts where there is no charge row",
        "payer: u, charge: {table: c, match: '=true', amount: a, required: maybe}|sources.s.refund.charge.required|is \"maybe\", allowed are true, false",
        "payer: u, charge: {table: c, amount: a}|sources.s.refund.charge.match|is missing",
        "payer: u, cost: c, balances: {table: b, match: {}, add: {n: '=:amount'}}|sources.s.refund.balances.match|needs a value",
        "payer: u, cost: c, balances: {table: b, add: {n: '=:amount'}}|sources.s.refund.balances.match|is missing",
        "payer: u, cost: c, balances: {table: b, match: {u: '=:payer'}, add: {n: '=:amount'}, missing: ignore}|sources.s.refund.balances.missing|is \"ignore\", allowed are owed, create, skip",
        "payer: u, cost: c, ledger: {table: l}|sources.s.refund.ledger.values|is missing",
        "payer: u, cost: c, ledger: {table: l, values: {}}|sources.s.refund.ledger.values|needs a value",
        "payer: u, cost: c, ledger: {table: l, values: {a: [1]}}|sources.s.refund.ledger.values.a|one value is expected, found a list",
        "payer: u, cost: c, ledger: {table: l, values: {a: '=charge.id'}}|sources.s.refund.ledger.values.a|names charge, but the refund has no charge",
        "payer: u, cost: c, ledger: {table: l, values: {a: '=:amont'}}|sources.s.refund.ledger.values.a|there is no value :amont. Did you mean :amount?",
        "payer: u, cost: c, ballances: []|sources.s.refund.ballances|unknown key. Did you mean \"balances\"?",
      })
  void wrongRefundIsReported(String refund, String path, String problem) {
    assertThat(Mapping.parse(minimal("refund: {" + refund + "}")).faults())
        .extracting(MappingFault::path, MappingFault::problem)
        .containsExactly(tuple(path, problem));
  }

  @Test
  void oneOfRefundAndRefundNoneMustBeWritten() {
    assertThat(Mapping.parse(minimal("")).faults())
        .extracting(MappingFault::problem)
        .containsExactly("is missing: say how tokens are given back, or write refund: none");
  }

  @Test
  void jobThatIsFailedMustLeaveTheProcessingStates() {
    String writesNoStatus = minimal("refund: none").replace("{state: failed}", "{error: failed}");
    String staysThere = minimal("refund: none").replace("{state: failed}", "{state: running}");

    assertThat(Mapping.parse(writesNoStatus).faults())
        .extracting(MappingFault::problem)
        .containsExactly("doesn't write the status column \"state\"");
    assertThat(Mapping.parse(staysThere).faults())
        .extracting(MappingFault::path, MappingFault::problem)
        .containsExactly(
            tuple(
                "sources.s.jobs.fail.state",
                "is \"running\", which is among processing: a failed job would stay stuck"));
  }

  @Test
  void scalarsAreTakenAsTheyAreSpelt() {
    String yaml =
        minimal("refund: none")
            .replace(
                "{state: failed}",
                "{state: NO, a: 007, b: 1_000, c: 1.50, d: 2026-11-24, e: null, f: \"null\", g: ~, h: on, i: '', j: 0x1F, k: !!str 5}");

    assertThat(Mapping.parse(yaml).faults()).isEmpty();
    Map<String, Value> fail = Mapping.parse(yaml).sources().getFirst().jobs().fail();
    assertThat(fail)
        .containsEntry("state", new Value.Constant("NO"))
        .containsEntry("a", new Value.Constant("007"))
        .containsEntry("b", new Value.Constant("1_000"))
        .containsEntry("c", new Value.Constant("1.50"))
        .containsEntry("d", new Value.Constant("2026-11-24"))
        .containsEntry("e", new Value.Constant(null))
        .containsEntry("f", new Value.Constant("null"))
        .containsEntry("g", new Value.Constant(null))
        .containsEntry("h", new Value.Constant("on"))
        .containsEntry("i", new Value.Constant(""))
        .containsEntry("j", new Value.Constant("0x1F"))
        .containsEntry("k", new Value.Constant("5"));
  }

  @Test
  void anchorsAndMergeKeysWork() {
    Mapping mapping =
        Mapping.parse(
            """
            sources:
              images:
                jobs: &jobs
                  table: images
                  key: id
                  status: state
                  processing: &running [running, uploading]
                  since: [at]
                  fail: &fail {state: failed, error: "=:message"}
                refund: none
              videos:
                jobs:
                  <<: *jobs
                  table: videos
                  processing: *running
                  fail:
                    <<: *fail
                    state: ERROR
                refund: none
            """);

    assertThat(mapping.faults()).isEmpty();
    Jobs videos = mapping.sources().getLast().jobs();
    assertThat(videos.table()).isEqualTo("videos");
    assertThat(videos.key()).containsExactly("id");
    assertThat(videos.processing()).containsExactly("running", "uploading");
    assertThat(videos.fail())
        .containsEntry("state", new Value.Constant("ERROR"))
        .containsEntry("error", computed(":message"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sources: &s {<<: *s}",
        "sources: &s {a: *s}",
        "sources: &s {<<: [*s, *s]}",
        "&a [*a]",
      })
  void aliasThatHoldsItselfIsAFaultAndNoEndlessLoop(String yaml) {
    assertThat(Mapping.parse(yaml).faults()).isNotEmpty();
  }

  @Test
  void twoSourcesOnOneTableNeedAWhere() {
    String two =
        """
        sources:
          a:
            jobs: &jobs {table: t, key: id, status: s, processing: [p], since: [at], fail: {s: f}}
            refund: none
          b:
            jobs: {<<: *jobs%s}
            refund: none
        """;

    assertThat(Mapping.parse(two.formatted("")).faults())
        .extracting(MappingFault::place, MappingFault::path, MappingFault::problem)
        .containsExactly(
            tuple(
                "mapping.yaml:2", "sources.a", "has the same table as source b; give each a where"),
            tuple(
                "mapping.yaml:5",
                "sources.b",
                "has the same table as source a; give each a where"));
    assertThat(Mapping.parse(two.formatted(", where: '=job.kind = 2'")).faults())
        .extracting(MappingFault::path)
        .containsExactly("sources.a");
  }

  @Test
  void allFaultsAreReportedAtOnce() {
    Mapping mapping =
        Mapping.parse(
            """
            sources:
              images:
                jobs:
                  tabel: images
                  key: id
                  status: state
                  processing: []
                  since: [at]
                  timeout: 5
                  fail: {state: failed, error: "=:mesage"}
                refund:
                  payer: user
                  only-if: job.paid
                  mark: {x: [y]}
              videos:
                refund: none
            extra: 1
            """);

    assertThat(mapping.faults())
        .extracting(MappingFault::toString)
        .containsExactlyInAnyOrder(
            "mapping.yaml:4  sources.images.jobs.table: is missing",
            "mapping.yaml:4  sources.images.jobs.tabel: unknown key. Did you mean \"table\"?",
            "mapping.yaml:7  sources.images.jobs.processing: needs a value",
            "mapping.yaml:9  sources.images.jobs.timeout: is \"5\", a number with its unit is expected: 500ms, 90s, 20m, 2h or 1d",
            "mapping.yaml:10  sources.images.jobs.fail.error: there is no value :mesage. Did you mean :message?",
            "mapping.yaml:13  sources.images.refund.only-if: an expression is expected, and begins with =; write \"=job.paid\"",
            "mapping.yaml:14  sources.images.refund.mark.x: one value is expected, found a list",
            "mapping.yaml:16  sources.videos.jobs: is missing",
            "mapping.yaml:17  extra: unknown key");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|mapping.yaml:1  sources: is missing: the file is empty",
        "'# nothing'|mapping.yaml:1  sources: is missing: the file is empty",
        "sources: {}|mapping.yaml:1  sources: at least one source is needed",
        "source: {}|mapping.yaml:1  source: unknown key. Did you mean \"sources\"?",
        "'sources: [unclosed'|isn't YAML",
        "'a: b: c'|isn't YAML",
        "'sources: *nowhere'|isn't YAML",
        "'[1, 2]'|mapping.yaml:1  (file): keys are expected here, found a list",
      })
  void fileWithoutSourcesIsAFault(String yaml, String fault) {
    assertThat(Mapping.parse(yaml).faults())
        .extracting(MappingFault::toString)
        .anySatisfy(it -> assertThat(it).contains(fault));
  }

  @Test
  void fileThatCannotBeReadIsNamed(@TempDir Path directory) throws Exception {
    Path missing = directory.resolve("mapping.yaml");
    assertThatThrownBy(() -> Mapping.load(missing))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining(missing.toString());
    Files.writeString(missing, "\uFEFF" + minimal("refund: none"));
    assertThat(Mapping.load(missing).faults()).isEmpty();
    assertThat(Mapping.load(missing).name()).isEqualTo("mapping.yaml");
  }

  @Test
  void mappingBuiltInCodeIsCheckedToo() {
    Source source = Mapping.parse(minimal("refund: none")).sources().getFirst();

    assertThat(Mapping.of(source).sources()).containsExactly(source);
    assertThatThrownBy(Mapping::of).isInstanceOf(InvalidMappingException.class);
    assertThatThrownBy(() -> Mapping.of(source, source))
        .isInstanceOf(InvalidMappingException.class)
        .hasMessageContaining("two sources have the same name");
  }

  @Property(tries = 1000)
  void readingNeverThrowsAndWhatHasNoFaultIsWhole(@ForAll("mutatedFiles") String yaml) {
    Mapping mapping = Mapping.parse(yaml);

    assertThat(mapping.faults().isEmpty() && mapping.sources().isEmpty()).isFalse();
    assertThat(mapping.faults())
        .allSatisfy(it -> assertThat(it.place()).matches("mapping.yaml:\\d+"));
  }

  /** The full file with a few pieces cut out, doubled, or replaced by what YAML gives meaning. */
  @Provide
  Arbitrary<String> mutatedFiles() {
    Arbitrary<String> pieces =
        Arbitraries.of(
            "",
            "",
            "~",
            "null",
            "[]",
            "{}",
            "[~]",
            "\"",
            "'",
            ":",
            "- ",
            "\n",
            "  ",
            "&a ",
            "*a",
            "<<: *a\n",
            "!!int ",
            "=",
            "\"=\"",
            "%",
            "\t",
            "\u0000",
            "? ",
            "|",
            "---\n",
            "7",
            "{a: b}",
            "[a, [b]]");
    Arbitrary<Integer> places = Arbitraries.integers().between(0, FULL.length());
    Arbitrary<Integer> lengths = Arbitraries.integers().between(0, 12);
    record Cut(int at, int length, String piece) {}
    return net.jqwik.api.Combinators.combine(places, lengths, pieces)
        .as(Cut::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(3)
        .map(
            cuts -> {
              StringBuilder text = new StringBuilder(FULL);
              for (Cut cut : cuts) {
                int at = Math.min(cut.at(), text.length());
                text.replace(at, Math.min(text.length(), at + cut.length()), cut.piece());
              }
              return text.toString();
            });
  }

  private static String minimal(String rest) {
    return """
        sources:
          s:
            jobs:
              table: t
              key: id
              status: state
              processing: [running]
              since: [at]
              fail: {state: failed}
            %s
        """
        .formatted(rest);
  }

  private static Value computed(String sql) {
    return new Value.Computed(Expression.of(sql));
  }
}
