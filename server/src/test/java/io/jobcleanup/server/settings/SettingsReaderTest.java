package io.jobcleanup.server.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.log.LogFormat;
import io.jobcleanup.server.settings.Settings.Migrate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsReaderTest {
  @TempDir Path directory;

  private Map<String, String> withFile(String name, String text) throws IOException {
    Path file = Files.writeString(directory.resolve(name), text);
    return new HashMap<>(Map.of("SPRING_CONFIG_LOCATION", file.toUri().toString()));
  }

  private static Settings read(Map<String, String> variables) {
    return SettingsReader.read(variables).settings();
  }

  private static String failure(Map<String, String> variables) {
    ProgramException[] thrown = new ProgramException[1];
    assertThatExceptionOfType(ProgramException.class)
        .isThrownBy(() -> SettingsReader.read(variables))
        .satisfies(it -> thrown[0] = it);
    assertThat(thrown[0].code()).isEqualTo(ExitCode.MISCONFIGURED);
    return thrown[0].getMessage();
  }

  @Test
  void defaultsAreTheLibrarysOwn() {
    Settings settings = read(Map.of());

    assertThat(settings).isEqualTo(Settings.defaults());
    assertThat(settings.timeout()).isEqualTo(CleanupOptions.DEFAULT_TIMEOUT);
    assertThat(settings.batchSize()).isEqualTo(CleanupOptions.DEFAULT_BATCH_SIZE);
    assertThat(settings.logPerJob()).isTrue();
    assertThat(settings.migrate()).isEqualTo(Migrate.AUTO);
    assertThat(settings.home()).isEqualTo(Path.of(".job-cleanup"));
  }

  @Test
  void yamlPropertiesAndVariablesSayTheSame() throws IOException {
    Settings expected =
        new Settings(
            Duration.ofMinutes(7),
            5,
            false,
            LogFormat.ECS,
            Map.of(),
            Migrate.NEVER,
            Path.of("m.yaml"),
            Path.of("here"),
            null);

    assertThat(
            read(
                withFile(
                    "application.yaml",
                    """
                    job-cleanup:
                      timeout: 7m
                      batchSize: 5
                      log: {per-job: false, format: ecs}
                      migrate: never
                      mapping: m.yaml
                      home: here
                    """)))
        .isEqualTo(expected);
    assertThat(
            read(
                withFile(
                    "application.properties",
                    """
                    job-cleanup.timeout=7m
                    job-cleanup.batch-size=5
                    job-cleanup.log.per-job=false
                    job-cleanup.log.format=ecs
                    job-cleanup.migrate=never
                    job-cleanup.mapping=m.yaml
                    job-cleanup.home=here
                    """)))
        .isEqualTo(expected);
    assertThat(
            read(
                Map.of(
                    "JOB_CLEANUP_TIMEOUT", "7m",
                    "JOB_CLEANUP_BATCH_SIZE", "5",
                    "JOB_CLEANUP_LOG_PER_JOB", "false",
                    "JOB_CLEANUP_LOG_FORMAT", "ecs",
                    "JOB_CLEANUP_MIGRATE", "never",
                    "JOB_CLEANUP_MAPPING", "m.yaml",
                    "JOB_CLEANUP_HOME", "here")))
        .isEqualTo(expected);
  }

  @Test
  void variableWinsOverFile() throws IOException {
    Map<String, String> variables =
        withFile("application.yaml", "job-cleanup: {batch-size: 5, timeout: 7m}");
    variables.put("JOB_CLEANUP_BATCH_SIZE", "6");

    assertThat(read(variables).batchSize()).isEqualTo(6);
    assertThat(read(variables).timeout()).isEqualTo(Duration.ofMinutes(7));
  }

  @Test
  void everythingWrongIsReportedAtOnceWithItsPlace() throws IOException {
    String message =
        failure(
            withFile(
                "application.yaml",
                """
                job-cleanup:
                  timeuot: 5m
                  batch-size: many
                job-clenaup:
                  migrate: never
                """));

    assertThat(message)
        .contains("application.yaml:2  job-cleanup.timeuot: is no setting of this program")
        .contains("Did you mean job-cleanup.timeout?")
        .contains("application.yaml:3  job-cleanup.batch-size: is \"many\"")
        .contains("application.yaml:5  job-clenaup.migrate: is no setting of this program")
        .endsWith("3 faults; nothing was started.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"5", "300000", "PT5M", "5 m", "5min", "-5m", "0.5h", "", "1e3s"})
  void durationWithoutAUnitOfOursIsRefused(String text) {
    assertThat(failure(Map.of("JOB_CLEANUP_TIMEOUT", text)))
        .startsWith(
            "JOB_CLEANUP_TIMEOUT  job-cleanup.timeout: is \"%s\", a number with its unit is expected"
                .formatted(text));
  }

  @ParameterizedTest
  @CsvSource({"1000ms,1000", "1s,1000", "90s,90000", "5m,300000", "2h,7200000", "30d,2592000000"})
  void durationsAreANumberAndItsUnit(String text, long millis) {
    assertThat(read(Map.of("JOB_CLEANUP_TIMEOUT", text)).timeout())
        .isEqualTo(Duration.ofMillis(millis));
  }

  @ParameterizedTest
  @CsvSource({
    "JOB_CLEANUP_TIMEOUT,999ms,allowed are 1s to 30d",
    "JOB_CLEANUP_TIMEOUT,31d,allowed are 1s to 30d",
    "JOB_CLEANUP_BATCH_SIZE,0,from 1 to 10000",
    "JOB_CLEANUP_BATCH_SIZE,10001,from 1 to 10000",
    "JOB_CLEANUP_BATCH_SIZE,1.5,from 1 to 10000",
    "JOB_CLEANUP_LOG_PER_JOB,yes,allowed are true and false",
    "JOB_CLEANUP_LOG_FORMAT,xml,allowed are logfmt and ecs",
    "JOB_CLEANUP_MIGRATE,off,allowed are auto and never"
  })
  void valueOutOfRangeNamesFieldValueAndRange(String variable, String value, String range) {
    assertThat(failure(Map.of(variable, value)))
        .startsWith(variable + "  job-cleanup.")
        .contains("\"" + value + "\"")
        .contains(range);
  }

  @Test
  void unknownVariableOnlyWarns() {
    SettingsReader.Result read =
        SettingsReader.read(
            Map.of(
                "JOB_CLEANUP_PORT_80_TCP_ADDR", "10.0.0.1",
                "JOB_CLEANUP_BATCHSIZE", "7",
                "JOB_CLEANUP_BATCH_SIZ", "8",
                "JOB_CLEANUP_MAPPING", "x.yaml"));

    assertThat(read.settings().batchSize()).isEqualTo(100);
    assertThat(read.warnings())
        .contains(
            "JOB_CLEANUP_BATCH_SIZ is no setting of this program, and is ignored."
                + " Did you mean JOB_CLEANUP_BATCH_SIZE?")
        .anyMatch(it -> it.startsWith("JOB_CLEANUP_PORT_80_TCP_ADDR is no setting"));
  }

  @Test
  void fileThatIsNoYamlIsNamedWithoutItsContent() throws IOException {
    String message =
        failure(withFile("application.yaml", "a: b\npassword: \"Canary-7f3a!\n  : [\n"));

    assertThat(message).contains("YAML").doesNotContain("Canary");
  }

  @Test
  void settingsDontShowTheDatabasesPassword() {
    Settings settings = read(Map.of("DATABASE_URL", "postgresql://u:Canary-7f3a!@h/d"));

    assertThat(settings.databaseUrl()).contains("Canary");
    assertThat(settings.toString()).doesNotContain("Canary");
  }
}
