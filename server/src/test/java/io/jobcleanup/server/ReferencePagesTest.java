package io.jobcleanup.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.settings.Settings;
import io.jobcleanup.server.settings.SettingsReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReferencePagesTest {
  private static final Path PAGES = Path.of("..", "docs", "reference");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "demo",
        "serve",
        "run",
        "find",
        "runs",
        "runs show",
        "refunds",
        "refunds waive",
        "verify",
        "verify accept",
        "late",
        "late guard",
        "doctor",
        "map",
        "migrate",
        "user",
        "user add",
        "user role",
        "user password",
        "user remove",
        "user list",
        "token",
        "token create",
        "token revoke",
        "token list",
        "sql",
        "stop"
      })
  void helpIsAsTheCommandLinePageShowsIt(String command) throws IOException {
    String page = Files.readString(PAGES.resolve("command-line.md"));
    String[] arguments =
        command.isEmpty() ? new String[] {"--help"} : new String[] {command, "--help"};

    assertThat(page).contains("```\n" + Program.run(Map.of(), arguments).out().strip() + "\n```");
  }

  @Test
  void configurationPageHasEveryHeaderOfAProxyThatIsRead() throws IOException {
    String page = Files.readString(PAGES.resolve("configuration.md"));
    Set<String> read = new TreeSet<>();
    try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
      for (Path source : sources.filter(it -> it.toString().endsWith(".java")).toList()) {
        Pattern.compile("\"(X-(?:Forwarded|Real)[A-Za-z-]*)\"")
            .matcher(Files.readString(source))
            .results()
            .forEach(it -> read.add(it.group(1)));
      }
    }

    assertThat(
            Pattern.compile("^\\| `(X-[A-Za-z-]+)` \\|", Pattern.MULTILINE)
                .matcher(page)
                .results()
                .map(it -> it.group(1)))
        .containsExactlyElementsOf(read);
  }

  @Test
  void configurationPageHasEverySettingWithItsDefaultAndNoOther() throws IOException {
    String page = Files.readString(PAGES.resolve("configuration.md"));
    List<String> documented =
        Pattern.compile("^\\| `(job-cleanup[a-z.-]+)` \\| `([A-Z_]+)`", Pattern.MULTILINE)
            .matcher(page)
            .results()
            .map(
                it -> {
                  assertThat(it.group(2))
                      .isEqualTo(it.group(1).replaceAll("[.-]", "_").toUpperCase(Locale.ROOT));
                  return it.group(1);
                })
            .toList();

    assertThat(documented).containsExactlyElementsOf(SettingsReader.keys());
    Settings defaults = Settings.defaults();
    assertThat(page)
        .containsPattern(
            "job-cleanup.timeout.*\\| `%dm` \\|".formatted(defaults.timeout().toMinutes()))
        .containsPattern("job-cleanup.batch-size.*\\| `%d` \\|".formatted(defaults.batchSize()))
        .containsPattern("job-cleanup.home.*\\| `./%s` \\|".formatted(defaults.home()));
  }
}
