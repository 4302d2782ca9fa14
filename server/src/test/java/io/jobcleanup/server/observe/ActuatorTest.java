package io.jobcleanup.server.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.Trigger;
import io.jobcleanup.server.Host;
import io.jobcleanup.server.TestPostgres;
import io.jobcleanup.server.service.Serving;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Health and metrics of a service whose schedule is on, over HTTP. */
class ActuatorTest {
  private static Host host;
  private static Serving serving;
  private static String cookie;

  @BeforeAll
  static void start() throws Exception {
    host = Host.on(TestPostgres.server());
    host.user("u1", 100);
    // A tick that never comes, so that the test alone decides what runs.
    serving =
        Serving.on(
            host,
            "JOB_CLEANUP_SCHEDULE_ENABLED",
            "true",
            "JOB_CLEANUP_SCHEDULE_CRON",
            "0 0 29 2 *");
    cookie = serving.cookie(Serving.EMAIL, Serving.PASSWORD);
  }

  @AfterAll
  static void stop() throws SQLException {
    serving.close();
    host.close();
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return serving.send("GET", path, "", "Cookie", cookie);
  }

  private static HttpResponse<String> getAsNobody(String path) throws Exception {
    return serving.send("GET", path, "");
  }

  private static double metric(String series) throws Exception {
    String body = get("/actuator/prometheus").body();
    return body.lines()
        .filter(line -> line.startsWith(series + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no series " + series + " in\n" + body));
  }

  @Test
  void healthIsOpenWithoutDetails() throws Exception {
    HttpResponse<String> answer = getAsNobody("/actuator/health");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(Serving.json(answer).get("status").asString()).isEqualTo("UP");
    assertThat(answer.body()).doesNotContain("components", "details", "schedule");
  }

  @Test
  void healthTellsTheAgeOfTheLastGoodRunAndTheScheduleToWhoHasARole() throws Exception {
    cleanup().cleanupStuckJobs(CleanupOptions.defaults(), Trigger.API, "a");
    host.execute("update job_cleanup.run set completed_at = completed_at - interval '100 seconds'");

    JsonNode details = Serving.json(get("/actuator/health")).at("/components/cleanup/details");

    assertThat(details.get("lastGoodRunAgeSeconds").asLong()).isBetween(100L, 200L);
    assertThat(details.at("/schedule/mode").asString()).isEqualTo("runs");
    assertThat(details.at("/schedule/nextTick").asString()).matches("20\\d\\d-02-29T00:00:00Z");
    assertThat(details.at("/schedule/underWay").asBoolean()).isFalse();
    assertThat(details.at("/schedule/overdue").asBoolean()).isFalse();
  }

  @Test
  void probesAreOpen() throws Exception {
    assertThat(getAsNobody("/actuator/health/liveness").body()).isEqualTo("{\"status\":\"UP\"}");
    assertThat(getAsNobody("/actuator/health/readiness").body()).isEqualTo("{\"status\":\"UP\"}");
  }

  @Test
  void metricsAreNotForNobody() throws Exception {
    assertThat(getAsNobody("/actuator/prometheus").statusCode()).isEqualTo(401);
    assertThat(getAsNobody("/actuator/metrics").statusCode()).isEqualTo(401);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "env",
        "configprops",
        "beans",
        "heapdump",
        "threaddump",
        "loggers",
        "mappings",
        "shutdown",
        "conditions",
        "httpexchanges",
        "scheduledtasks",
        "sbom",
        "startup",
        "logfile"
      })
  void whatShowsSettingsOrMemoryIsNotThere(String endpoint) throws Exception {
    assertThat(get("/actuator/" + endpoint).statusCode()).isEqualTo(404);
  }

  @Test
  void runsAndWhatTheyDidAreCountedByBoundedLabels() throws Exception {
    double jobs =
        metric("job_cleanup_jobs_total{outcome=\"Refunded\",source=\"" + source() + "\"}");
    double tokens = metric("job_cleanup_tokens_refunded_total{source=\"" + source() + "\"}");
    double runs = metric("job_cleanup_run_seconds_count{result=\"COMPLETED\",trigger=\"API\"}");
    host.stuckJob("counted-1", "u1", 7);
    host.stuckJob("counted-2", "u1", 5);

    cleanup().cleanupStuckJobs(CleanupOptions.defaults(), Trigger.API, "a");

    assertThat(metric("job_cleanup_jobs_total{outcome=\"Refunded\",source=\"" + source() + "\"}"))
        .isEqualTo(jobs + 2);
    assertThat(metric("job_cleanup_tokens_refunded_total{source=\"" + source() + "\"}"))
        .isEqualTo(tokens + 12);
    assertThat(metric("job_cleanup_run_seconds_count{result=\"COMPLETED\",trigger=\"API\"}"))
        .isEqualTo(runs + 1);
    assertThat(metric("job_cleanup_run_seconds_count{result=\"FAILED\",trigger=\"SCHEDULE\"}"))
        .isZero();
    assertThat(get("/actuator/prometheus").body()).doesNotContain("counted-1", "u1");
  }

  @Test
  void versionIsTold() throws Exception {
    assertThat(get("/actuator/info").body()).matches("\\{\"version\":\"\\d+\\.\\d+\\..+\"}");
  }

  @Test
  void databasePoolAndJvmAreMeasuredToo() throws Exception {
    assertThat(get("/actuator/prometheus").body())
        .contains("hikaricp_connections_active", "jvm_memory_used_bytes", "process_uptime_seconds");
  }

  private static JobCleanup cleanup() {
    return serving.context().getBean(JobCleanup.class);
  }

  private static String source() {
    return cleanup().backlog().stuck().getFirst().source();
  }
}
