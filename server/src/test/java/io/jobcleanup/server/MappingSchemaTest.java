package io.jobcleanup.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.jobcleanup.MappingFault;
import io.jobcleanup.mapping.Mapping;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The JSON schema for editors says of a {@code mapping.yaml} what the program says. */
class MappingSchemaTest {
  private static final Path SHAPES =
      Path.of("..", "core", "src", "test", "resources", "io", "jobcleanup", "shapes");
  private static final Path PAGE = Path.of("..", "docs", "reference", "mapping.md");
  private static final JsonNode TEXT = text();
  private static final Schema SCHEMA =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12).getSchema(TEXT);

  private static JsonNode text() {
    try (InputStream in = Mapping.class.getResourceAsStream("mapping.schema.json")) {
      return JsonMapper.shared().readTree(in);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** What speaks against a mapping by the schema. */
  private static List<Error> faults(String yaml) {
    Object read = new Yaml(new SafeConstructor(new LoaderOptions())).load(yaml);
    return SCHEMA.validate(JsonMapper.shared().valueToTree(read));
  }

  static List<Path> shapes() throws IOException {
    try (Stream<Path> files = Files.walk(SHAPES)) {
      return files.filter(it -> it.endsWith("mapping.yaml")).sorted().toList();
    }
  }

  @Test
  void builtInMappingIsAdmitted() {
    assertThat(faults(Mapping.builtInText())).isEmpty();
  }

  @Test
  void thereAreTwelveShapes() throws IOException {
    assertThat(shapes()).hasSize(12);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void mappingsOfTheShapesAreAdmitted(Path mapping) throws IOException {
    assertThat(faults(Files.readString(mapping))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "    also: update x set y = 1 from settled s where x.job = s.job",
        "    also: ['delete from x', 'insert into y select job from settled']",
        "    session: {app.is_admin: true, role: cleaner}",
      })
  void whatMayStandInASourceIsAdmittedByBoth(String keys) {
    String yaml = source("", "none") + keys;

    assertThat(Mapping.parse(yaml).faults()).isEmpty();
    assertThat(faults(yaml)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "expires: lease",
        "timeout: 90s",
        "timeout: \"=make_interval(mins => job.minutes)\"",
        "time: epoch-millis",
        "time: {default: America/New_York, at: epoch-seconds}",
        "attempt: charge_no",
        "completed: [2, done]",
        "where: \"=job.deleted_at is null\"",
      })
  void whatMayStandUnderJobsIsAdmittedByBoth(String key) {
    String yaml = source(key, "none");

    assertThat(Mapping.parse(yaml).faults()).isEmpty();
    assertThat(faults(yaml)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "statuss: state",
        "colour: red",
        "timeout: 20",
        "timeout: 20 minutes",
        "where: job.x",
        "where: [a]",
        "where: '='",
        "time: '+02:00'",
        "time: [UTC]",
        "completed: {a: b}",
        "expires: [a, {b: c}]",
        "attempt: {a: b}",
      })
  void whatMayNotStandUnderJobsIsRefusedByBoth(String key) {
    refusedByBoth(source(key, "none"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"table", "key", "status", "processing", "since", "fail"})
  void jobsWithoutAKeyThatIsNeededAreRefusedByBoth(String key) {
    refusedByBoth(source("", "none").replaceAll("(?m)^ {6}" + key + ": .*\n", ""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "some",
        "{cost: c}",
        "{payer: u}",
        "{payer: u, cost: c, only-if: job.paid}",
        "{payer: u, cost: c, onlyif: '=true'}",
        "{payer: u, cost: c, mark: [a]}",
        "{payer: u, cost: c, statement: f(1)}",
        "{payer: u, cost: c, statement: '=f(1)', ledger: {table: l, values: {a: 1}}}",
        "{payer: u, charge: {table: t, match: '=true'}}",
        "{payer: u, charge: {table: t, match: charge.x, amount: a}}",
        "{payer: u, charge: {table: t, match: '=true', amount: a, required: perhaps}}",
        "{payer: u, charge: {table: t, match: '=true', amount: a, required: false}}",
        "{payer: u, cost: c, balances: {table: b, match: {u: '=:payer'}}}",
        "{payer: u, cost: c, balances: {table: b, match: {}, add: {n: '=:amount'}}}",
        "{payer: u, cost: c, balances: [{table: b, match: {u: 1}, add: {n: 1}, missing: make}]}",
        "{payer: u, cost: c, balances: [{table: b, match: {u: 1}, add: {n: 1}, floor: none}]}",
        "{payer: u, cost: c, balances: [{table: b, match: {u: 1}, add: {n: 1}, values: {n: 0}}]}",
        "{payer: u, cost: c, balances: [{table: b, match: {u: 1}, add: {n: [1]}}]}",
        "{payer: u, cost: c, balances: [{table: b, match: {u: 1}, add: {n: much}}]}",
        "{payer: u, cost: c, ledger: {table: l}}",
        "{payer: u, cost: c, ledger: {table: l, values: {a: 1}, set: {b: 2}}}",
      })
  void wrongRefundsAreRefusedByBoth(String refund) {
    refusedByBoth(source("", refund));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "sources: {}",
        "source: {}",
        "sources: [a]",
        "sources: {s: {refund: none}}",
        "sources: {s: {jobs: {table: t}}}",
      })
  void wrongFilesAreRefusedByBoth(String yaml) {
    refusedByBoth(yaml);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "    also: {a: b}",
        "    session: {a b: x}",
        "    session: {app.id: [1]}",
        "    sesion: {app.id: 1}",
      })
  void wrongKeysOfASourceAreRefusedByBoth(String keys) {
    refusedByBoth(source("", "none") + keys);
  }

  /** What a record has, the reader fills from a key of the same name. */
  @ParameterizedTest
  @CsvSource({
    "source, io.jobcleanup.mapping.Source",
    "jobs, io.jobcleanup.mapping.Jobs",
    "refund, io.jobcleanup.mapping.Refund",
    "charge, io.jobcleanup.mapping.Charge",
    "balance, io.jobcleanup.mapping.Balance",
    "ledger, io.jobcleanup.mapping.Ledger",
  })
  void schemaHasTheKeysThatTheReaderReads(String definition, Class<?> read) {
    Set<String> known =
        Stream.of(read.getRecordComponents())
            .map(it -> it.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT))
            .filter(it -> !(definition.equals("source") && it.equals("name")))
            .collect(Collectors.toCollection(TreeSet::new));

    assertThat(keys(definition)).isEqualTo(known);
  }

  /** A key that nobody asks for is a fault of its own. */
  @Test
  void readerKnowsTheKeysThatTheSchemaHas() {
    String yaml =
        """
        sources:
          s:
            %s
            jobs: {%s}
            refund: {%s, charge: {%s}, balances: {%s}, ledger: {%s}}
        """
            .formatted(
                "also: x\n    session: x",
                empty("jobs"),
                empty("refund").replaceAll("(charge|balances|ledger): ~(, )?", ""),
                empty("charge"),
                empty("balance"),
                empty("ledger"))
            .replace(", ,", ",");

    assertThat(keys("source")).containsExactlyInAnyOrder("jobs", "refund", "also", "session");
    assertThat(Mapping.parse(yaml).faults())
        .isNotEmpty()
        .extracting(MappingFault::problem)
        .noneMatch(it -> it.startsWith("unknown key"));
  }

  @Test
  void referencePageExplainsEveryKey() throws IOException {
    String page = Files.readString(PAGE);

    for (String definition : List.of("source", "jobs", "refund", "charge", "balance", "ledger")) {
      assertThat(keys(definition)).allMatch(key -> page.contains("\n| `" + key + "` |"));
    }
  }

  @Test
  void everyKeyHasADescription() {
    for (String definition : List.of("source", "jobs", "refund", "charge", "balance", "ledger")) {
      JsonNode properties = TEXT.at("/$defs/" + definition + "/properties");
      assertThat(properties.properties())
          .allMatch(it -> !it.getValue().path("description").asString("").isEmpty());
    }
  }

  private static Set<String> keys(String definition) {
    return new TreeSet<>(TEXT.at("/$defs/" + definition + "/properties").propertyNames());
  }

  /** All keys of a block, each with nothing behind it. */
  private static String empty(String definition) {
    return keys(definition).stream().map(it -> it + ": ~").collect(Collectors.joining(", "));
  }

  private static void refusedByBoth(String yaml) {
    assertThat(Mapping.parse(yaml).faults()).isNotEmpty();
    assertThat(faults(yaml)).isNotEmpty();
  }

  private static String source(String keyOfJobs, String refund) {
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
        refund: %s
    """
        .formatted(keyOfJobs, refund);
  }
}
