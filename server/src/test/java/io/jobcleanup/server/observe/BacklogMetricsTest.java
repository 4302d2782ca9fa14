package io.jobcleanup.server.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.JobCleanup;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.server.Host;
import io.jobcleanup.server.TestPostgres;
import io.jobcleanup.server.schedule.CleanupSchedule;
import io.jobcleanup.server.schedule.ScheduleConfiguration;
import io.jobcleanup.server.schema.ServiceSchema;
import io.jobcleanup.server.settings.Settings;
import io.jobcleanup.server.settings.SettingsReader;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** What waits, as metrics and health tell it, and what they tell while the database is away. */
class BacklogMetricsTest {

  private final AtomicBoolean away = new AtomicBoolean();
  private final AtomicInteger connections = new AtomicInteger();
  private final MeterRegistry registry = new SimpleMeterRegistry();
  private Host host;
  private JobCleanup cleanup;
  private CleanupSchedule schedule;

  @BeforeEach
  void open() throws SQLException {
    host = Host.on(TestPostgres.server());
    host.user("u1", 100);
    DataSource dataSource =
        new DelegatingDataSource(host.dataSource()) {
          @Override
          public Connection getConnection() throws SQLException {
            connections.incrementAndGet();
            if (away.get()) {
              throw new SQLException("connection refused", "08001");
            }
            return super.getConnection();
          }
        };
    Settings settings =
        SettingsReader.read(host.variables("JOB_CLEANUP_SCHEDULE_ENABLED", "true")).settings();
    cleanup = JobCleanup.builder(dataSource).build();
    new ServiceSchema(dataSource).prepare(cleanup, settings.migrate());
    schedule =
        new ScheduleConfiguration()
            .cleanupSchedule(settings, cleanup, dataSource, JdbcClient.create(dataSource));
  }

  @AfterEach
  void close() throws SQLException {
    host.close();
  }

  private double gauge(String name) {
    return registry.get(name).gauge().value();
  }

  private void bind() {
    new BacklogMetrics(cleanup, schedule, Mapping.builtIn()).bindTo(registry);
  }

  @Test
  void whatWaitsIsShown() throws SQLException {
    host.stuckJob("j1", "u1", 10);
    host.execute("delete from user_token_balances");
    cleanup.cleanupStuckJobs();
    host.stuckJob("j2", "u1", 10);
    bind();

    assertThat(gauge("job.cleanup.stuck.jobs")).isEqualTo(1);
    assertThat(gauge("job.cleanup.longest.stuck")).isBetween(599.0, 700.0);
    assertThat(gauge("job.cleanup.owed.refunds")).isEqualTo(1);
    assertThat(gauge("job.cleanup.owed.tokens")).isEqualTo(10);
    assertThat(gauge("job.cleanup.last.good.run.age")).isBetween(0.0, 60.0);
    assertThat(gauge("job.cleanup.schedule.overdue")).isZero();
  }

  @Test
  void lateCompletionsAreCountedApartFromPreventedOnes() throws SQLException {
    for (String job : new String[] {"j1", "j2", "j3"}) {
      host.stuckJob(job, "u1", 10);
    }
    cleanup.cleanupStuckJobs();
    host.execute("update image_enhancement_jobs set status = 'COMPLETED' where id <> 'j3'");
    cleanup.cleanupStuckJobs();
    cleanup.guard(null);
    host.execute("update image_enhancement_jobs set status = 'COMPLETED' where id = 'j3'");
    bind();

    assertThat(late("false")).isEqualTo(2);
    assertThat(late("true")).isEqualTo(1);
  }

  private double late(String prevented) {
    return registry.get("job.cleanup.late.completions").tag("prevented", prevented).gauge().value();
  }

  @Test
  void nothingIsShownAsZeroAndNoRunAsNaN() {
    bind();

    assertThat(gauge("job.cleanup.stuck.jobs")).isZero();
    assertThat(gauge("job.cleanup.longest.stuck")).isZero();
    assertThat(gauge("job.cleanup.owed.refunds")).isZero();
    assertThat(late("false")).isZero();
    assertThat(gauge("job.cleanup.last.good.run.age")).isNaN();
  }

  @Test
  void databaseIsNotAskedAgainByEachLook() {
    bind();
    gauge("job.cleanup.stuck.jobs");
    gauge("job.cleanup.last.good.run.age");
    int before = connections.get();

    gauge("job.cleanup.stuck.jobs");
    gauge("job.cleanup.longest.stuck");
    gauge("job.cleanup.owed.tokens");
    gauge("job.cleanup.schedule.overdue");

    assertThat(connections).hasValue(before);
  }

  @Test
  void allIsNaNWhileTheDatabaseIsAway() {
    away.set(true);
    bind();

    assertThat(registry.getMeters())
        .allSatisfy(meter -> assertThat(meter.measure().iterator().next().getValue()).isNaN());
  }

  @Test
  void healthIsDownWhileTheDatabaseIsAwayAndTellsNoInternals() {
    away.set(true);

    Health health = new CleanupHealth(cleanup, schedule).health();

    assertThat(health.getStatus()).isEqualTo(Status.DOWN);
    assertThat(health.getDetails())
        .isEqualTo(Map.of("error", "The database doesn't answer, or can't be used."));
  }

  @Test
  void serviceThatWasJustStartedIsNotOverdueThoughTheLastRunIsLongAgo() throws SQLException {
    cleanup.cleanupStuckJobs();
    host.execute("update job_cleanup.run set completed_at = completed_at - interval '1 year'");
    schedule.start();
    try {
      Health health = new CleanupHealth(cleanup, schedule).health();

      assertThat(health.getStatus()).isEqualTo(Status.UP);
      assertThat((Long) health.getDetails().get("lastGoodRunAgeSeconds"))
          .isGreaterThan(Duration.ofDays(364).toSeconds());
    } finally {
      schedule.stop();
    }
  }
}
