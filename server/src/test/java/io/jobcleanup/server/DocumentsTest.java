package io.jobcleanup.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.settings.Settings;
import io.jobcleanup.server.settings.SettingsReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the documents and {@code deploy/} say of the program is so. */
class DocumentsTest {
  private static final Path ROOT = Path.of("..");
  private static final Path CONFIGURATION = ROOT.resolve("docs/reference/configuration.md");
  private static final Path KUBERNETES = ROOT.resolve("deploy/kubernetes");
  private static final Path SYSTEMD = ROOT.resolve("deploy/systemd");

  /** They look like settings, and the documents say that they are none. */
  private static final Set<String> NO_SETTINGS =
      Set.of("JOB_CLEANUP_PORT", "JOB_CLEANUP_SERVICE_HOST", "JOB_CLEANUP_SERVICE_URL");

  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern CODE =
      Pattern.compile("^```(\\w*)\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern COMMAND =
      Pattern.compile(
          "(?:job-cleanup|job-cleanup\\.jar|server-….jar)[ \\t]+([a-z]+)((?:[ \\t][^\\n]*)?)$",
          Pattern.MULTILINE);
  private static final Pattern OPTION = Pattern.compile("(?<=\\s)--[a-z][a-z-]*");
  private static final Duration LONGEST_STOP = Duration.ofSeconds(30);

  static List<Path> pages() throws IOException {
    try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"));
        Stream<Path> root = Files.list(ROOT)) {
      return Stream.concat(docs, root)
          .filter(it -> it.toString().endsWith(".md"))
          .sorted()
          .toList();
    }
  }

  private static List<Path> sources(String... roots) throws IOException {
    List<Path> sources = new ArrayList<>();
    for (String root : roots) {
      try (Stream<Path> files = Files.walk(Path.of(root))) {
        files.filter(it -> it.toString().endsWith(".java")).forEach(sources::add);
      }
    }
    return sources;
  }

  static List<Path> deployed() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT.resolve("deploy"))) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void linksLeadSomewhere(Path page) throws IOException {
    List<String> broken = new ArrayList<>();
    for (String link : all(LINK, withoutCode(Files.readString(page)), 1)) {
      String[] parts = link.split("#", 2);
      if (parts[0].matches("https?:.*")) {
        continue;
      }
      Path target = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]);
      if (!Files.exists(target)
          || (parts.length > 1 && !headings(Files.readString(target)).contains(parts[1]))) {
        broken.add(link);
      }
    }

    assertThat(broken).isEmpty();
  }

  @Test
  void everyPageIsInTheIndex() throws IOException {
    Path docs = ROOT.resolve("docs");
    Set<Path> linked =
        all(LINK, Files.readString(docs.resolve("README.md")), 1).stream()
            .map(it -> docs.resolve(it).normalize())
            .collect(Collectors.toSet());

    assertThat(pages())
        .filteredOn(it -> it.startsWith(docs))
        .filteredOn(it -> !it.startsWith(docs.resolve("decisions")))
        .filteredOn(it -> !it.endsWith("README.md"))
        .map(Path::normalize)
        .allMatch(linked::contains);
  }

  @ParameterizedTest
  @MethodSource("pages")
  void commandsThatAreShownExistWithTheirOptions(Path page) throws IOException {
    List<String> unknown = new ArrayList<>();
    for (String code : all(CODE, Files.readString(page), 2)) {
      for (MatchResult call : COMMAND.matcher(code).results().toList()) {
        String command = call.group(1);
        String arguments = call.group(2).replaceFirst("\\s(?:[#&|>]|&&|- ).*", "");
        List<String> help = new ArrayList<>(List.of(command));
        if (Set.of("user", "token", "runs", "refunds").contains(command)) {
          Stream.of(arguments.strip().split("\\s+"))
              .filter(it -> it.matches("[a-z]+"))
              .limit(1)
              .forEach(help::add);
        }
        help.add("--help");
        Program.Ended ended = Program.run(Map.of(), help.toArray(String[]::new));
        Set<String> options = Set.copyOf(all(OPTION, ended.out(), 0));
        if (ended.code() != ExitCode.FINE.number()) {
          unknown.add(call.group());
        }
        all(OPTION, arguments, 0).stream()
            .filter(it -> !options.contains(it))
            .forEach(it -> unknown.add(command + " " + it));
      }
    }

    assertThat(unknown).isEmpty();
  }

  @Test
  void variablesThatAreShownAreSettings() throws IOException {
    Set<String> known =
        SettingsReader.keys().stream()
            .map(it -> it.replaceAll("[.-]", "_").toUpperCase(Locale.ROOT))
            .collect(Collectors.toCollection(TreeSet::new));
    known.addAll(NO_SETTINGS);

    for (Path file : Stream.concat(pages().stream(), deployed().stream()).toList()) {
      assertThat(all(Pattern.compile("\\bJOB_CLEANUP_[A-Z_]*[A-Z]\\b"), Files.readString(file), 0))
          .as(file.toString())
          .allMatch(known::contains);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PORT=x",
        "MANAGEMENT_PORT=x",
        "CRON_SECRET=short",
        "CRON_SECRET_PREVIOUS=short",
        "ADMIN_EMAIL=admin@example.com",
        "ADMIN_PASSWORD=correct horse"
      })
  void variablesWithANameOfTheirOwnAreReadAndJudged(String wrong) throws IOException {
    String[] parts = wrong.split("=", 2);

    Program.Ended ended = Program.run(Map.of(parts[0], parts[1]), "serve");

    assertThat(ended.code()).isEqualTo(ExitCode.MISCONFIGURED.number());
    assertThat(ended.err()).startsWith(parts[0] + ":");
    assertThat(Files.readString(CONFIGURATION)).contains("`" + parts[0] + "`");
  }

  @Test
  void noVariableIsReadThatTheConfigurationPageDoesNotHave() throws IOException {
    String reader =
        Files.readString(
            Path.of("src/main/java/io/jobcleanup/server/settings/SettingsReader.java"));
    List<String> names = all(Pattern.compile("String [A-Z_]+ = \"([A-Z_]+)\";"), reader, 1);
    String page = Files.readString(CONFIGURATION);

    assertThat(names).isNotEmpty().allMatch(it -> page.contains("`" + it + "`"));
  }

  @Test
  void noLineIsLoggedThatTheLogLinesPageDoesNotHave() throws IOException {
    String page = Files.readString(ROOT.resolve("docs/reference/log-lines.md"));
    Pattern message = Pattern.compile("\\blog(?:\\.(?:info|warn|error))?\\(\\s*\"([^\"{]+)\"");
    List<String> messages = new ArrayList<>();
    for (Path source : sources("../core/src/main/java", "src/main/java")) {
      messages.addAll(all(message, withoutDebugging(Files.readString(source)), 1));
    }

    assertThat(messages)
        .hasSizeGreaterThan(20)
        .allMatch(it -> page.contains("`" + it + "`"), "is on the page");
  }

  @ParameterizedTest
  @MethodSource("pages")
  void jsonThatIsShownWholeCanBeRead(Path page) throws IOException {
    CODE.matcher(Files.readString(page))
        .results()
        .filter(it -> it.group(1).equals("json") && !it.group(2).contains("…"))
        .forEach(it -> assertThat(JsonMapper.shared().readTree(it.group(2))).isNotNull());
  }

  @Test
  void theCronThatVercelIsGivenCallsTheEndpointAsOftenAsTheScheduleRuns() throws IOException {
    String page = Files.readString(ROOT.resolve("docs/how-to/called-by-vercel.md"));
    JsonNode cron =
        JsonMapper.shared().readTree(all(CODE, page, 2).getFirst()).path("crons").path(0);

    assertThat(cron.path("path").asString()).isEqualTo("/api/cron/cleanup-jobs");
    assertThat(cron.path("schedule").asString()).isEqualTo(Settings.defaults().schedule().cron());
  }

  @Test
  void theDeploymentListensAndIsProbedWhereTheServiceAnswers() throws IOException {
    List<Map<String, Object>> objects = yaml("job-cleanup.yaml");
    assertThat(objects)
        .extracting(it -> it.get("kind"))
        .containsExactly("Deployment", "Service", "PodDisruptionBudget");
    Map<String, Object> pod = map(objects.getFirst(), "spec", "template", "spec");
    Map<String, Object> container = only(pod, "containers");
    Map<Object, Object> variables = new HashMap<>();
    list(container, "env").forEach(it -> variables.put(it.get("name"), it.get("value")));
    Map<Object, Object> ports = new HashMap<>();
    list(container, "ports").forEach(it -> ports.put(it.get("name"), it.get("containerPort")));

    assertThat(variables)
        .containsOnlyKeys("PORT", "MANAGEMENT_PORT", "JDK_JAVA_OPTIONS")
        .containsEntry("PORT", ports.get("http").toString())
        .containsEntry("MANAGEMENT_PORT", ports.get("management").toString());
    assertThat(map(container, "livenessProbe", "httpGet"))
        .containsEntry("path", "/actuator/health/liveness")
        .containsEntry("port", "management");
    assertThat(map(container, "readinessProbe", "httpGet"))
        .containsEntry("path", "/actuator/health/readiness")
        .containsEntry("port", "management");
    assertThat((Integer) pod.get("terminationGracePeriodSeconds"))
        .isGreaterThan((int) LONGEST_STOP.toSeconds() + 5);
    assertThat(map(objects.get(1), "spec", "selector"))
        .isEqualTo(map(objects.getFirst(), "spec", "template", "metadata", "labels"));
  }

  @Test
  void aCallIsWaitedForLongerThanItMayTake() throws IOException {
    Duration longest = Settings.defaults().cron().maxDuration();
    List<Path> callers = new ArrayList<>(pages());
    callers.addAll(deployed());
    Pattern limit =
        Pattern.compile(
            "(?:--max-time\\W+|maxDuration = |proxy_read_timeout |response_header_timeout )(\\d+)");
    List<String> limits = new ArrayList<>();
    for (Path file : callers) {
      limits.addAll(all(limit, Files.readString(file), 1));
    }

    assertThat(limits)
        .hasSizeGreaterThanOrEqualTo(6)
        .allMatch(it -> Long.parseLong(it) > longest.toSeconds());
  }

  @Test
  void cronJobsRunAndCallWhatThereIs() throws IOException {
    Map<String, Object> run = cronJob("cronjob-run.yaml");
    Map<String, Object> call = cronJob("cronjob-call.yaml");

    assertThat(run.get("args")).isEqualTo(List.of("run", "--drain"));
    assertThat(list(run, "env")).extracting(it -> it.get("name")).contains("DATABASE_URL");
    assertThat((List<?>) call.get("args"))
        .last()
        .isEqualTo("http://job-cleanup/api/cron/cleanup-jobs");
  }

  @Test
  void unitsMayDoTheSameAndAreGivenTimeToEnd() throws IOException {
    String service = Files.readString(SYSTEMD.resolve("job-cleanup.service"));
    String run = Files.readString(SYSTEMD.resolve("job-cleanup-run.service"));

    assertThat(confinement(run)).contains("ProtectSystem=strict").isEqualTo(confinement(service));
    assertThat(all(Pattern.compile("TimeoutStopSec=(\\d+)"), service + run, 1))
        .hasSize(2)
        .allMatch(it -> Long.parseLong(it) > LONGEST_STOP.toSeconds());
    assertThat(service).contains("job-cleanup.jar serve\n");
    assertThat(run).contains("job-cleanup.jar run --drain\n");
  }

  private static String confinement(String unit) {
    String from = unit.substring(unit.indexOf("# What it may do"));
    int next = from.indexOf("\n[");
    return (next < 0 ? from : from.substring(0, next)).strip();
  }

  private static Map<String, Object> cronJob(String file) throws IOException {
    Map<String, Object> job = yaml(file).getFirst();
    assertThat(job).containsEntry("kind", "CronJob");
    assertThat(map(job, "spec"))
        .containsEntry("schedule", Settings.defaults().schedule().cron())
        .containsEntry("timeZone", "Etc/UTC");
    return only(map(job, "spec", "jobTemplate", "spec", "template", "spec"), "containers");
  }

  private static List<String> all(Pattern pattern, String text, int group) {
    return pattern.matcher(text).results().map(it -> it.group(group)).toList();
  }

  private static String withoutDebugging(String source) {
    return source.replaceAll("\\blog\\s*\\.at(?:Debug|Trace)\\(\\)[^;]*;", "");
  }

  private static String withoutCode(String page) {
    return CODE.matcher(page).replaceAll("").replaceAll("`[^`\n]*`", "");
  }

  /** The anchors that a page has. */
  private static List<String> headings(String page) {
    return all(Pattern.compile("^#+ (.*)$", Pattern.MULTILINE), page, 1).stream()
        .map(it -> it.replaceAll("\\[([^]]*)]\\([^)]*\\)", "$1").toLowerCase(Locale.ROOT))
        .map(it -> it.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
        .toList();
  }

  @SuppressWarnings("unchecked") // The caller says what is there.
  private static List<Map<String, Object>> yaml(String file) throws IOException {
    Yaml yaml = new Yaml(new SafeConstructor(new LoaderOptions()));
    String text = Files.readString(KUBERNETES.resolve(file));
    return StreamSupport.stream(yaml.loadAll(text).spliterator(), false)
        .map(it -> (Map<String, Object>) it)
        .toList();
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> map(Map<String, Object> from, String... path) {
    Map<String, Object> at = from;
    for (String name : path) {
      at = (Map<String, Object>) at.get(name);
    }
    return at;
  }

  @SuppressWarnings("unchecked")
  private static List<Map<String, Object>> list(Map<String, Object> from, String name) {
    return (List<Map<String, Object>>) from.get(name);
  }

  private static Map<String, Object> only(Map<String, Object> from, String name) {
    List<Map<String, Object>> all = list(from, name);
    assertThat(all).hasSize(1);
    return all.getFirst();
  }
}
