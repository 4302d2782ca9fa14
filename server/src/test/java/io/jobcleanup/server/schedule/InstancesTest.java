package io.jobcleanup.server.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.Host;
import io.jobcleanup.server.TestPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Three instances of the service on one database, one whose clock is a day ahead and one whose
 * clock jumps by a day. They are used up one after the other. A tick is had by moving the next one.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Execution(ExecutionMode.CONCURRENT)
class InstancesTest {
  private static final int JOBS = 40;

  @TempDir static Path directory;

  private static Host host;
  private static List<Instance> instances;

  @BeforeAll
  static void start() throws SQLException, IOException {
    host = Host.on(TestPostgres.server());
    host.user("u1", 0);
    // Each job takes its time, so that a run is long enough to be killed in.
    host.execute(
        """
        create function take_time() returns trigger language plpgsql as $$
        begin
          if new.id like 'slow%' and new.status = 'FAILED' then perform pg_sleep(0.1); end if;
          return new;
        end $$;
        create trigger take_time before update on image_enhancement_jobs
          for each row execute function take_time();
        """);
    Map<String, String> variables =
        host.variables("JOB_CLEANUP_SCHEDULE_ENABLED", "true", "JOB_CLEANUP_BATCH_SIZE", "1");
    instances =
        List.of(
            Instance.start(directory, variables),
            Instance.start(
                directory, variables, SkewedClock.argument(directory, SkewedClock.AHEAD)),
            Instance.start(
                directory, variables, SkewedClock.argument(directory, SkewedClock.JUMPING)));
    instances.forEach(Instance::ready);
  }

  @AfterAll
  static void stop() throws SQLException {
    instances.forEach(Instance::close);
    host.close();
  }

  @Test
  @Order(1)
  @Execution(ExecutionMode.SAME_THREAD)
  void allTogetherRunOncePerTickWhateverTheirClocksSay() throws SQLException {
    assertThat(host.query("select clock_timestamp()::date::text"))
        .isNotEqualTo(lastLine(instances.get(1)).substring(0, "2026-11-25".length()));
    assertThat(nextTickIsWithinAQuarterOfAnHour()).isEqualTo("t");

    for (int i = 1; i <= 3; i++) {
      host.stuckJob("quick" + i, "u1", 1);
      tick();
      awaitValue(
          "t", "select count(*) = %d from job_cleanup.run where state = 'COMPLETED'".formatted(i));
      awaitValue("f", "select picked from job_cleanup.scheduled_task");
      assertThat(nextTickIsWithinAQuarterOfAnHour()).isEqualTo("t");
      assertThat(host.query("select count(*) from job_cleanup.run")).isEqualTo(String.valueOf(i));
    }
    assertThat(host.balance("u1")).isEqualTo("3");
  }

  @Test
  @Order(2)
  @Execution(ExecutionMode.SAME_THREAD)
  void instanceKilledInMidRunIsMadeGoodByAnotherWithinAMinute() throws SQLException {
    String runs = host.query("select count(*) from job_cleanup.run");
    String balance = host.balance("u1");
    slowJobs("slow-a");
    tick();
    awaitValue(
        "t",
        "select count(*) > 2 from image_enhancement_jobs where id like 'slow-a%' and status = 'FAILED'");
    Instance running = running();

    running.kill();
    Instant killed = databaseTime();

    awaitValue("t", "select count(*) > %s + 1 from job_cleanup.run".formatted(runs));
    assertThat(Duration.between(killed, databaseTime())).isLessThan(Duration.ofMinutes(1));
    assertThat(running()).isNotSameAs(running);
    awaitValue("0", "select count(*) from image_enhancement_jobs where status = 'PROCESSING'");
    assertThat(host.balance("u1")).isEqualTo(String.valueOf(Integer.parseInt(balance) + JOBS));
    awaitValue("f", "select picked from job_cleanup.scheduled_task");
    assertThat(others(running).map(Instance::log))
        .anySatisfy(log -> assertThat(log).contains("An instance died at a tick"));
  }

  @Test
  @Order(3)
  @Execution(ExecutionMode.SAME_THREAD)
  void instanceThatIsStoppedEndsItsBatchAndLeavesTheRestToAnother()
      throws SQLException, InterruptedException {
    slowJobs("slow-b");
    tick();
    awaitValue(
        "t",
        "select count(*) > 2 from image_enhancement_jobs where id like 'slow-b%' and status = 'FAILED'");
    Instance running = running();

    assertThat(running.terminate()).isLessThan(Duration.ofSeconds(10));

    assertThat(running.log()).contains("Cleanup completed").doesNotContain("[ERROR]");
    assertThat(
            host.query(
                "select count(*) from job_cleanup.scheduled_task where picked_by = '%s'"
                    .formatted(running.name())))
        .isEqualTo("0");
    assertThat(
            host.query("select count(*) from image_enhancement_jobs where status = 'PROCESSING'"))
        .isNotEqualTo("0");
    assertThat(
            host.query(
                "select execution_time <= clock_timestamp() from job_cleanup.scheduled_task"))
        .isEqualTo("t");
    awaitValue("0", "select count(*) from image_enhancement_jobs where status = 'PROCESSING'");
  }

  private static String lastLine(Instance instance) {
    return instance.log().lines().toList().getLast();
  }

  private static void slowJobs(String prefix) throws SQLException {
    for (int i = 0; i < JOBS; i++) {
      host.stuckJob(prefix + i, "u1", 1);
    }
  }

  private static void tick() throws SQLException {
    host.execute("update job_cleanup.scheduled_task set execution_time = clock_timestamp()");
  }

  private static Instance running() throws SQLException {
    String name = host.query("select picked_by from job_cleanup.scheduled_task where picked");
    return instances.stream().filter(it -> it.name().equals(name)).findFirst().orElseThrow();
  }

  private static Stream<Instance> others(Instance instance) {
    return instances.stream().filter(it -> it != instance);
  }

  private static Instant databaseTime() throws SQLException {
    return Instant.parse(
        host.query(
            "select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"));
  }

  private static String nextTickIsWithinAQuarterOfAnHour() throws SQLException {
    return host.query(
        """
        select execution_time > clock_timestamp() and execution_time <= clock_timestamp() + interval '15 minutes'
        from job_cleanup.scheduled_task
        """);
  }

  private static void awaitValue(String value, String sql) {
    try {
      Instance.await(sql + " gives " + value, Duration.ofSeconds(90), () -> isValue(value, sql));
    } catch (AssertionError e) {
      throw new AssertionError(
          "%s\n\n%s"
              .formatted(
                  e.getMessage(),
                  instances.stream().map(Instance::log).collect(Collectors.joining("\n\n"))),
          e);
    }
  }

  private static boolean isValue(String value, String sql) {
    try {
      return host.query(sql).equals(value);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
