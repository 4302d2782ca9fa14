package io.jobcleanup.server.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.jobcleanup.CleanupListener;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.JobReport;
import io.jobcleanup.server.Host;
import io.jobcleanup.server.TestPostgres;
import io.jobcleanup.server.schema.ServiceSchema;
import io.jobcleanup.server.settings.Settings;
import io.jobcleanup.server.settings.SettingsReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** One instance's schedule: planned, planned anew, away from its database, and stopped. */
class CleanupScheduleTest {

  private final AtomicBoolean away = new AtomicBoolean();
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private final CountDownLatch settled = new CountDownLatch(1);
  private Host host;
  private DataSource dataSource;
  private JobCleanup cleanup;

  @BeforeEach
  void open() throws SQLException {
    host = Host.on(TestPostgres.server());
    dataSource =
        new DelegatingDataSource(host.dataSource()) {
          @Override
          public Connection getConnection() throws SQLException {
            if (away.get()) {
              throw new SQLException("connection refused", "08001");
            }
            return super.getConnection();
          }
        };
    cleanup =
        JobCleanup.builder(dataSource)
            .listener(
                new CleanupListener() {
                  @Override
                  public void settled(String runId, JobReport report) {
                    settled.countDown();
                  }
                })
            .build();
    new ServiceSchema(dataSource).prepare(cleanup, Settings.Migrate.AUTO);
    lines.start();
    log().addAppender(lines);
  }

  @AfterEach
  void close() throws SQLException {
    log().detachAppender(lines);
    host.close();
  }

  private static Logger log() {
    return (Logger) LoggerFactory.getLogger(Watch.class);
  }

  private CleanupSchedule schedule(String... settings) {
    return new CleanupSchedule(
        SettingsReader.read(host.variables(settings)).settings(),
        cleanup,
        dataSource,
        JdbcClient.create(dataSource));
  }

  private CleanupSchedule every(String crontab) {
    return schedule("JOB_CLEANUP_SCHEDULE_ENABLED", "true", "JOB_CLEANUP_SCHEDULE_CRON", crontab);
  }

  private String planned() throws SQLException {
    return host.query(
        """
        select to_char(execution_time at time zone 'Europe/Berlin', 'MM-DD HH24:MI:SS') || ' ' || picked
        from job_cleanup.scheduled_task
        """);
  }

  @Test
  void changedCrontabHoldsFromTheNextStartOn() throws SQLException {
    CleanupSchedule before = every("0 0 29 2 *");
    before.start();
    before.stop();
    assertThat(planned()).isEqualTo("02-29 01:00:00 false");

    CleanupSchedule after =
        schedule(
            "JOB_CLEANUP_SCHEDULE_ENABLED",
            "true",
            "JOB_CLEANUP_SCHEDULE_CRON",
            "30 6 1 jan *",
            "JOB_CLEANUP_SCHEDULE_ZONE",
            "Europe/Berlin");
    after.start();
    after.stop();
    assertThat(planned()).isEqualTo("01-01 06:30:00 false");
  }

  @Test
  void restartChangesNothingOfWhatIsPlanned() throws SQLException {
    CleanupSchedule first = every("0 0 29 2 *");
    first.start();
    first.stop();
    String version = host.query("select version from job_cleanup.scheduled_task");

    CleanupSchedule second = every("0 0 29 2 *");
    second.start();
    second.stop();

    assertThat(host.query("select version from job_cleanup.scheduled_task")).isEqualTo(version);
  }

  @Test
  void nothingIsPlannedWhereTheScheduleIsOff() throws SQLException {
    CleanupSchedule off = schedule("JOB_CLEANUP_SCHEDULE_ENABLED", "false");
    off.start();

    assertThat(off.isRunning()).isFalse();
    assertThat(host.query("select count(*) from job_cleanup.scheduled_task")).isEqualTo("0");
    assertThat(off.standing(Optional.empty()))
        .isEqualTo(new CleanupSchedule.Standing(Mode.OFF, null, false, false));
  }

  @Test
  void tickThatWasMissedIsMadeGoodAtStartOnce() throws SQLException {
    CleanupSchedule before = every("0 0 29 2 *");
    before.start();
    before.stop();
    host.execute(
        "update job_cleanup.scheduled_task set execution_time = now() - interval '3 years'");
    cleanup = JobCleanup.builder(dataSource).build();

    CleanupSchedule after = every("0 0 29 2 *");
    after.start();
    try {
      Instance.await("the tick is done", Duration.ofSeconds(20), () -> isPlanned("02-29"));
    } finally {
      after.stop();
    }
    assertThat(host.query("select string_agg(trigger, ',') from job_cleanup.run"))
        .isEqualTo("SCHEDULE");
  }

  @Test
  void databaseThatIsAwayIsToldOnceAndTheScheduleGoesOnWhenItIsBack() throws SQLException {
    host.user("u1", 0);
    host.stuckJob("j1", "u1", 10);
    CleanupSchedule schedule = every("0 0 29 2 *");
    schedule.start();
    try {
      host.execute("update job_cleanup.scheduled_task set execution_time = now() + interval '8 s'");
      away.set(true);
      Instance.await("it is told", Duration.ofSeconds(20), () -> !lines.list.isEmpty());
      Instance.await("more is tried", Duration.ofSeconds(20), this::tickIsPast);
      assertThat(messages()).hasSize(1);
      assertThat(String.valueOf(lines.list.getFirst().getKeyValuePairs()))
          .contains("connection refused");

      away.set(false);

      Instance.await("the tick is done", Duration.ofSeconds(30), () -> isPlanned("02-29"));
      assertThat(host.status("j1")).isEqualTo("FAILED");
      Instance.await("it is told", Duration.ofSeconds(20), () -> messages().size() == 2);
      assertThat(messages().getLast()).isEqualTo("The schedule gets on again");
    } finally {
      schedule.stop();
    }
  }

  @Test
  void runThatIsStoppedLeavesItsTickDueAndFree() throws Exception {
    host.user("u1", 0);
    host.execute(
        """
        create function take_time() returns trigger language plpgsql as $$
        begin perform pg_sleep(0.05); return new; end $$;
        create trigger take_time before update on image_enhancement_jobs
          for each row execute function take_time();
        """);
    for (int i = 0; i < 100; i++) {
      host.stuckJob("j" + i, "u1", 1);
    }
    CleanupSchedule schedule =
        schedule("JOB_CLEANUP_SCHEDULE_ENABLED", "true", "JOB_CLEANUP_BATCH_SIZE", "1");
    schedule.start();
    host.execute("update job_cleanup.scheduled_task set execution_time = now()");
    settled.await();

    schedule.stop();

    assertThat(host.query("select state from job_cleanup.run")).isEqualTo("COMPLETED");
    assertThat(host.query("select picked from job_cleanup.scheduled_task")).isEqualTo("f");
    assertThat(
            host.query(
                "select execution_time <= clock_timestamp() from job_cleanup.scheduled_task"))
        .isEqualTo("t");
    assertThat(
            host.query("select count(*) from image_enhancement_jobs where status = 'PROCESSING'"))
        .isNotEqualTo("0");
  }

  private boolean isPlanned(String day) {
    try {
      return planned().startsWith(day) && planned().endsWith("false");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private boolean tickIsPast() {
    try {
      return host.query(
              "select execution_time < clock_timestamp() - interval '3 s' from job_cleanup.scheduled_task")
          .equals("t");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<String> messages() {
    return List.copyOf(lines.list).stream().map(ILoggingEvent::getMessage).toList();
  }
}
