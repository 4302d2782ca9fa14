package io.jobcleanup.server.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.account.Password;
import io.jobcleanup.server.log.LogFormat;
import io.jobcleanup.server.settings.Settings.Cron;
import io.jobcleanup.server.settings.Settings.History;
import io.jobcleanup.server.settings.Settings.Migrate;
import io.jobcleanup.server.settings.Settings.Schedule;
import io.jobcleanup.server.settings.Settings.Web;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
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
            new History(Duration.ofDays(90)),
            null,
            new Web(
                3000,
                null,
                URI.create("https://jobs.example.com"),
                List.of(AddressRange.parse("10.0.0.0/8"), AddressRange.parse("::1"))),
            new Cron(List.of(), Duration.ofSeconds(20)),
            new Schedule("0 */6 * * *", ZoneId.of("Europe/Berlin"), true),
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
                      history: {keep: 90d}
                      public-url: https://Jobs.example.com:443/
                      trusted-proxies: 10.0.0.0/8, ::1
                      cron: {max-duration: 20s}
                      schedule: {cron: "0 */6 * * *", zone: Europe/Berlin, enabled: true}
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
                    job-cleanup.history.keep=90d
                    job-cleanup.public-url=https://jobs.example.com
                    job-cleanup.trusted-proxies=10.0.0.0/8,::1
                    job-cleanup.cron.max-duration=20s
                    job-cleanup.schedule.cron=0 */6 * * *
                    job-cleanup.schedule.zone=Europe/Berlin
                    job-cleanup.schedule.enabled=true
                    """)))
        .isEqualTo(expected);
    assertThat(
            read(
                Map.ofEntries(
                    Map.entry("JOB_CLEANUP_TIMEOUT", "7m"),
                    Map.entry("JOB_CLEANUP_BATCH_SIZE", "5"),
                    Map.entry("JOB_CLEANUP_LOG_PER_JOB", "false"),
                    Map.entry("JOB_CLEANUP_LOG_FORMAT", "ecs"),
                    Map.entry("JOB_CLEANUP_MIGRATE", "never"),
                    Map.entry("JOB_CLEANUP_MAPPING", "m.yaml"),
                    Map.entry("JOB_CLEANUP_HOME", "here"),
                    Map.entry("JOB_CLEANUP_HISTORY_KEEP", "90d"),
                    Map.entry("JOB_CLEANUP_PUBLIC_URL", "https://jobs.example.com"),
                    Map.entry("JOB_CLEANUP_TRUSTED_PROXIES", "10.0.0.0/8,::1"),
                    Map.entry("JOB_CLEANUP_CRON_MAX_DURATION", "20s"),
                    Map.entry("JOB_CLEANUP_SCHEDULE_CRON", "0 */6 * * *"),
                    Map.entry("JOB_CLEANUP_SCHEDULE_ZONE", "Europe/Berlin"),
                    Map.entry("JOB_CLEANUP_SCHEDULE_ENABLED", "true"))))
        .isEqualTo(expected);
  }

  @Test
  void historyIsKeptForADayAtLeastOrForEver() {
    assertThat(read(Map.of("JOB_CLEANUP_HISTORY_KEEP", "off")).history().keep()).isNull();
    assertThat(read(Map.of("JOB_CLEANUP_HISTORY_KEEP", "1d")).history().keep())
        .isEqualTo(Duration.ofDays(1));
    for (String wrong : List.of("23h", "400", "never")) {
      assertThat(failure(Map.of("JOB_CLEANUP_HISTORY_KEEP", wrong)))
          .contains("job-cleanup.history.keep: is \"" + wrong + "\"")
          .contains("; or off, for ever");
    }
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
    "JOB_CLEANUP_MIGRATE,off,allowed are auto and never",
    "JOB_CLEANUP_PUBLIC_URL,jobs.example.com,scheme and host are expected",
    "JOB_CLEANUP_PUBLIC_URL,https://jobs.example.com/app,nothing after them",
    "JOB_CLEANUP_PUBLIC_URL,ftp://jobs.example.com,scheme and host are expected",
    "JOB_CLEANUP_TRUSTED_PROXIES,proxy.example.com,addresses and ranges are expected",
    "JOB_CLEANUP_TRUSTED_PROXIES,10.0.0.0/33,addresses and ranges are expected",
    "JOB_CLEANUP_CRON_MAX_DURATION,0s,allowed are 1s to 1h",
    "JOB_CLEANUP_SCHEDULE_CRON,*/15 * * *,five fields",
    "JOB_CLEANUP_SCHEDULE_ZONE,Mars/Olympus,a time zone's name is expected",
    "JOB_CLEANUP_SCHEDULE_ENABLED,on,allowed are true and false"
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

  @ParameterizedTest
  @CsvSource({
    "JOB_CLEANUP_PORT,PORT",
    "JOB_CLEANUP_CRON_SECRET,CRON_SECRET",
    "JOB_CLEANUP_DATABASE_URL,DATABASE_URL",
    "JOB_CLEANUP_HOM,JOB_CLEANUP_HOME"
  })
  void variableWithAPrefixTooManyIsToldItsName(String variable, String likely) {
    assertThat(SettingsReader.read(Map.of(variable, "x")).warnings())
        .containsExactly(
            "%s is no setting of this program, and is ignored. Did you mean %s?"
                .formatted(variable, likely));
  }

  @Test
  void keyOfWhatHasANameOfItsOwnIsToldThatName() throws IOException {
    assertThat(failure(withFile("application.yaml", "job-cleanup: {port: 8080, home: x}")))
        .startsWith(
            "application.yaml:1  job-cleanup.port: is no setting of this program."
                + " Did you mean PORT?");
  }

  @Test
  void settingsThatOnlyTheFrameworkWouldReadAreWarnedOfAndNotShown() {
    SettingsReader.Result read =
        SettingsReader.read(
            Map.of(
                "SPRING_APPLICATION_JSON",
                "{\"job-cleanup\":{\"batch-size\":7},\"x\":\"Canary-7f3a\"}"));

    assertThat(read.settings().batchSize()).isEqualTo(100);
    assertThat(read.warnings())
        .singleElement()
        .asString()
        .startsWith("SPRING_APPLICATION_JSON is ignored: settings are read from environment")
        .contains("application.yaml", "SPRING_CONFIG_LOCATION")
        .doesNotContain("Canary");
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

  @ParameterizedTest
  @CsvSource({
    "PORT,65536,allowed are whole numbers from 1 to 65535",
    "PORT,http,allowed are whole numbers from 1 to 65535",
    "MANAGEMENT_PORT,-1,allowed are whole numbers from 1 to 65535",
    "MANAGEMENT_PORT,3000,as PORT is",
    "CRON_SECRET,'  123456789012345  ',has 15 characters",
    "CRON_SECRET,'',has 0 characters",
    "CRON_SECRET_PREVIOUS,1234567890123456,without CRON_SECRET",
    "ADMIN_EMAIL,admin@example.com,without ADMIN_PASSWORD",
    "ADMIN_PASSWORD,123456789012,without ADMIN_EMAIL"
  })
  void serviceIsntStartedWithAVariableOutOfRange(String variable, String value, String fault) {
    assertThat(failure(Map.of(variable, value)))
        .startsWith(variable + ": ")
        .contains(fault)
        .endsWith("1 fault; nothing was started.");
  }

  @Test
  void shortPasswordOfTheFirstAdminIsRefusedAndNotShown() {
    assertThat("Canary-7f3a").hasSize(Password.MIN_LENGTH - 1);
    assertThat(failure(Map.of("ADMIN_EMAIL", "admin@example.com", "ADMIN_PASSWORD", "Canary-7f3a")))
        .contains("ADMIN_PASSWORD: has 11 characters, at least 12 are needed")
        .doesNotContain("Canary");
  }

  @Test
  void secretsAreTakenAndNeverShown() {
    Settings settings =
        read(
            Map.of(
                "CRON_SECRET", "  Canary-7f3a-now-16  \n",
                "CRON_SECRET_PREVIOUS", "Canary-7f3a-before",
                "ADMIN_EMAIL", "admin@example.com",
                "ADMIN_PASSWORD", " Canary-7f3a! "));

    assertThat(settings.cron().secrets())
        .containsExactly(new Secret("Canary-7f3a-now-16"), new Secret("Canary-7f3a-before"));
    assertThat(settings.firstAdmin().password().reveal()).isEqualTo(" Canary-7f3a! ");
    assertThat(settings.toString()).doesNotContain("Canary");
  }

  @Test
  void secretIsTakenJustAsItStands() {
    String text = "a ${HOME} \\${x} ${CRON_SECRET} ${nope:x}";
    Settings settings =
        read(
            Map.of(
                "CRON_SECRET",
                text,
                "ADMIN_EMAIL",
                "admin@example.com",
                "ADMIN_PASSWORD",
                text,
                "DATABASE_URL",
                "postgresql://u:${HOME}@127.0.0.1/db"));

    assertThat(settings.cron().secrets()).containsExactly(new Secret(text));
    assertThat(settings.firstAdmin().password().reveal()).isEqualTo(text);
    assertThat(settings.databaseUrl()).isEqualTo("postgresql://u:${HOME}@127.0.0.1/db");
  }

  @Test
  void emailThatNoAccountCanHaveIsNoFirstAdmins() {
    String email = "a@" + "x".repeat(200) + ".com";

    assertThat(failure(Map.of("ADMIN_EMAIL", email, "ADMIN_PASSWORD", "123456789012")))
        .startsWith("ADMIN_EMAIL: ");
  }

  @Test
  void portsAreTaken() {
    Settings settings = read(Map.of("PORT", " 8080 ", "MANAGEMENT_PORT", "0"));

    assertThat(settings.web().port()).isEqualTo(8080);
    assertThat(settings.web().managementPort()).isEqualTo(0);
  }

  @Test
  void frameworksOwnSettingsInAFileAreWarnedOf() throws IOException {
    assertThat(
            SettingsReader.read(withFile("application.yaml", "server:\n  port: 8080\n")).warnings())
        .containsExactly(
            "application.yaml:2  server.port is no setting of this program, and is ignored");
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8,10.255.0.1,true",
    "10.0.0.0/8,11.0.0.1,false",
    "10.0.0.0/9,10.128.0.1,false",
    "::1,::1,true",
    "::1,127.0.0.1,false",
    "fd00::/8,fdff::1,true",
    "0.0.0.0/0,192.0.2.1,true"
  })
  void rangeOfAddressesHoldsThoseThatShareItsBits(String range, String address, boolean held)
      throws UnknownHostException {
    assertThat(AddressRange.parse(range).contains(InetAddress.getByName(address))).isEqualTo(held);
  }
}
