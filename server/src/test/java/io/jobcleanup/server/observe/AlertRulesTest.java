package io.jobcleanup.server.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.Host;
import io.jobcleanup.server.TestPostgres;
import io.jobcleanup.server.service.Serving;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/** Rules for Prometheus, and whatever else names metrics, name those that the service gives. */
class AlertRulesTest {
  private static final Path ROOT = Path.of("..");
  private static final Path PAGE = ROOT.resolve("docs/how-to/monitor.md");
  private static final Pattern YAML =
      Pattern.compile("^```yaml\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern METRIC = Pattern.compile("\\bjob_cleanup_[a-z0-9_]+");
  private static final Pattern SELECTOR = Pattern.compile("([a-z_:][a-z0-9_:]*)\\{([^}]*)}");
  private static final Pattern MATCHER = Pattern.compile("(\\w+)\\s*(?:=|!=)\\s*\"([^\"]*)\"");

  private static Host host;
  private static Serving serving;
  private static List<String> series;

  @BeforeAll
  static void start() throws Exception {
    host = Host.on(TestPostgres.server());
    serving = Serving.on(host);
    series =
        serving
            .send(
                "GET",
                "/actuator/prometheus",
                "",
                "Cookie",
                serving.cookie(Serving.EMAIL, Serving.PASSWORD))
            .body()
            .lines()
            .filter(line -> !line.startsWith("#"))
            .toList();
  }

  @AfterAll
  static void stop() throws SQLException {
    serving.close();
    host.close();
  }

  private static boolean given(String metric) {
    return series.stream()
        .anyMatch(line -> line.startsWith(metric + " ") || line.startsWith(metric + "{"));
  }

  /** Whatever names metrics: the page, and what is deployed. */
  private static List<Path> files() throws IOException {
    List<Path> files = new ArrayList<>(List.of(PAGE));
    try (Stream<Path> deployed = Files.walk(ROOT.resolve("deploy"))) {
      deployed.filter(it -> it.toString().matches(".*\\.ya?ml")).forEach(files::add);
    }
    return files;
  }

  /** What the rules ask Prometheus for: of all YAML on the page and in what is deployed. */
  private static List<String> expressions() throws IOException {
    List<String> expressions = new ArrayList<>();
    for (Path file : files()) {
      String text = Files.readString(file);
      List<String> documents =
          file.equals(PAGE)
              ? YAML.matcher(text).results().map((MatchResult it) -> it.group(1)).toList()
              : List.of(text);
      for (String document : documents) {
        new Yaml().loadAll(document).forEach(it -> collect(it, expressions));
      }
    }
    return expressions;
  }

  private static void collect(Object node, List<String> into) {
    if (node instanceof Map<?, ?> map) {
      map.forEach(
          (key, value) -> {
            if (key.equals("expr")) {
              into.add(value.toString());
            } else {
              collect(value, into);
            }
          });
    } else if (node instanceof List<?> list) {
      list.forEach(it -> collect(it, into));
    }
  }

  @Test
  void everyMetricThatIsNamedIsGiven() throws IOException {
    TreeSet<String> named = new TreeSet<>();
    for (Path file : files()) {
      METRIC.matcher(Files.readString(file)).results().forEach(it -> named.add(it.group()));
    }

    assertThat(named).hasSizeGreaterThan(8).allMatch(AlertRulesTest::given, "is given");
  }

  @Test
  void everyMetricThatIsGivenIsOnThePage() throws IOException {
    String page = Files.readString(PAGE);
    TreeSet<String> ours = new TreeSet<>();
    series.forEach(line -> METRIC.matcher(line).results().forEach(it -> ours.add(it.group())));
    // The page has them as "…_sum" and "…_max".
    ours.removeAll(List.of("job_cleanup_run_seconds_sum", "job_cleanup_run_seconds_max"));

    assertThat(ours).hasSizeGreaterThan(8).allMatch(page::contains, "is on the page");
  }

  @Test
  void everyRuleAsksForSeriesThatThereAre() throws IOException {
    List<String> expressions = expressions();
    SoftAssertions softly = new SoftAssertions();
    assertThat(expressions).hasSizeGreaterThanOrEqualTo(6);
    for (String expression : expressions) {
      softly.assertThat(expression).containsPattern(METRIC);
      for (MatchResult selector : SELECTOR.matcher(expression).results().toList()) {
        for (MatchResult label : MATCHER.matcher(selector.group(2)).results().toList()) {
          softly
              .assertThat(series)
              .as(expression)
              .anyMatch(
                  line ->
                      line.startsWith(selector.group(1) + "{")
                          && line.contains(label.group(1) + "=\"" + label.group(2) + "\""));
        }
      }
      softly
          .assertThat(expression.chars().filter(c -> c == '(').count())
          .as(expression)
          .isEqualTo(expression.chars().filter(c -> c == ')').count());
    }
    softly.assertAll();
  }
}
