package io.jobcleanup.server.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.jobcleanup.CleanupOptions;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.Trigger;
import io.jobcleanup.server.Host;
import io.jobcleanup.server.TestPostgres;
import io.jobcleanup.server.database.HostDatabase;
import io.jobcleanup.server.settings.Settings;
import io.jobcleanup.server.settings.SettingsReader;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/** On a database that is new to it, the schedule only reports until somebody wants more. */
class FirstRunTest {

  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private Host host;
  private HostDatabase database;
  private JobCleanup cleanup;

  @BeforeEach
  void open() throws SQLException {
    host = Host.on(TestPostgres.server());
    host.user("u1", 100);
    host.stuckJob("j1", "u1", 10);
    host.stuckJob("j2", "u1", 5);
    database = HostDatabase.open(settings());
    cleanup = JobCleanup.builder(database.dataSource()).build();
    cleanup.migrate();
    lines.start();
    log().addAppender(lines);
  }

  @AfterEach
  void close() throws SQLException {
    log().detachAppender(lines);
    database.close();
    host.close();
  }

  @Test
  void newSchemaIsOnlyReportedOn() throws SQLException {
    tick(settings());

    assertThat(host.status("j1")).isEqualTo("PROCESSING");
    assertThat(host.query("select count(*) from job_cleanup.run")).isEqualTo("0");
    assertThat(lines.list).hasSize(1);
    assertThat(lines.list.getFirst().getLevel()).isEqualTo(Level.WARN);
    assertThat(keys(lines.list.getFirst()))
        .containsEntry("jobs", "2")
        .containsEntry("tokens", "15")
        .containsEntry(
            "oldest",
            cleanup.findStuckJobs(CleanupOptions.defaults()).getFirst().since().toString());
  }

  @Test
  void keptSchemaThatNobodyRanACleanupOnIsOnlyReportedOn() throws SQLException {
    cleanup.migrate();

    tick(settings());
    tick(settings());

    assertThat(host.status("j1")).isEqualTo("PROCESSING");
    assertThat(lines.list).hasSize(2);
  }

  @Test
  void dryRunChangesNothingOfThat() throws SQLException {
    cleanup.cleanupStuckJobs(CleanupOptions.defaults().withDryRun(true), Trigger.API, "a");

    tick(settings());

    assertThat(host.status("j1")).isEqualTo("PROCESSING");
  }

  @ParameterizedTest
  @EnumSource(names = {"COMMAND", "API", "CRON"})
  void cleanupThatSomebodyRanSetsTheScheduleGoing(Trigger trigger) throws SQLException {
    cleanup.cleanupStuckJobs(CleanupOptions.defaults(), trigger, "a");
    host.stuckJob("j3", "u1", 7);
    host.execute("delete from job_cleanup.run");

    tick(settings());

    assertThat(host.status("j3")).isEqualTo("FAILED");
    assertThat(host.balance("u1")).isEqualTo("122");
    assertThat(host.query("select trigger from job_cleanup.run")).isEqualTo("SCHEDULE");
    assertThat(lines.list).isEmpty();
  }

  @Test
  void settingSetsTheScheduleGoing() throws SQLException {
    tick(settings("JOB_CLEANUP_SCHEDULE_ENABLED", "true"));

    assertThat(host.status("j1")).isEqualTo("FAILED");
    assertThat(host.query("select drain from job_cleanup.run")).isEqualTo("t");
  }

  @Test
  void settingAloneDoesNotOutliveItself() throws SQLException {
    tick(settings("JOB_CLEANUP_SCHEDULE_ENABLED", "true"));
    host.stuckJob("j3", "u1", 7);

    tick(settings());

    assertThat(host.status("j3")).isEqualTo("PROCESSING");
  }

  @Test
  void embeddedDatabaseIsOurOwnAndCleanedAtOnce() throws SQLException {
    tick(SettingsReader.read(Map.of()).settings());

    assertThat(host.status("j1")).isEqualTo("FAILED");
  }

  @Test
  void scheduleThatIsOffDoesNothing() throws SQLException {
    tick(settings("JOB_CLEANUP_SCHEDULE_ENABLED", "false"));

    assertThat(host.status("j1")).isEqualTo("PROCESSING");
    assertThat(lines.list).isEmpty();
  }

  private void tick(Settings settings) {
    new CleanupSchedule(
            settings, cleanup, database.dataSource(), JdbcClient.create(database.dataSource()))
        .come();
  }

  private Settings settings(String... more) {
    return SettingsReader.read(new HashMap<>(host.variables(more))).settings();
  }

  private static Logger log() {
    return (Logger) LoggerFactory.getLogger(Tick.class);
  }

  private static Map<String, String> keys(ILoggingEvent line) {
    return line.getKeyValuePairs().stream()
        .collect(Collectors.toMap(it -> it.key, it -> String.valueOf(it.value)));
  }
}
