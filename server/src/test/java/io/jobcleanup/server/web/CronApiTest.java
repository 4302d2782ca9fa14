package io.jobcleanup.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.Host;
import io.jobcleanup.server.TestPostgres;
import io.jobcleanup.server.log.Lines;
import io.jobcleanup.server.service.Serving;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What contract section 5 says of the cron endpoint. */
@Timeout(60)
class CronApiTest {
  private static final String PATH = "/api/cron/cleanup-jobs";
  private static final String PREVIOUS = "the-secret-before-ümlaut";
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static Host host;
  private static Serving serving;

  @BeforeAll
  static void start() throws Exception {
    host = Host.on(TestPostgres.server());
    host.user("u", 1000);
    serving =
        Serving.on(host, "CRON_SECRET_PREVIOUS", PREVIOUS, "JOB_CLEANUP_CRON_MAX_DURATION", "2s");
  }

  @AfterAll
  static void stop() throws SQLException {
    serving.close();
    host.close();
  }

  @BeforeEach
  void clear() throws SQLException {
    host.execute(
        """
        delete from token_transactions;
        delete from image_enhancement_jobs;
        drop trigger if exists dawdle on image_enhancement_jobs
        """);
  }

  private static HttpResponse<String> ask(String method, String secret) throws Exception {
    return serving.send(method, PATH, "", "Authorization", "Bearer " + secret);
  }

  private static HttpResponse<String> ask(String method) throws Exception {
    return ask(method, Serving.CRON_SECRET);
  }

  private static String stuck() throws SQLException {
    return host.query("select count(*) from image_enhancement_jobs where status = 'PROCESSING'");
  }

  private static void stuckJobs(int number) throws SQLException {
    for (int i = 0; i < number; i++) {
      // A job that was refunded once isn't again.
      host.stuckJob("job-" + NUMBER.incrementAndGet(), "u", 1);
    }
  }

  private static void dawdle(String seconds) throws SQLException {
    host.execute(
        """
        create or replace function dawdle() returns trigger language plpgsql as $$
          begin perform pg_sleep(%s); return new; end $$;
        create trigger dawdle before update on image_enhancement_jobs
          for each row execute function dawdle()
        """
            .formatted(seconds));
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "POST"})
  void callAnswersInCountsAndIsNotToBeStored(String method) throws Exception {
    stuckJobs(3);
    Instant before = Instant.now().minusMillis(1);

    HttpResponse<String> answer = ask(method);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
    assertThat(answer.headers().allValues("Cache-Control")).containsExactly("no-store");
    JsonNode body = Serving.json(answer);
    assertThat(body.propertyNames()).containsExactly("success", "timestamp", "result");
    assertThat(body.get("success").booleanValue()).isTrue();
    assertThat(body.get("timestamp").stringValue()).endsWith("Z");
    assertThat(Instant.parse(body.get("timestamp").stringValue())).isBetween(before, Instant.now());
    assertThat(body.get("result").toString())
        .isEqualTo(
            "{\"totalFound\":3,\"cleanedUp\":3,\"failed\":0,\"tokensRefunded\":3,\"errorCount\":0,"
                + "\"remaining\":false}");
    assertThat(stuck()).isEqualTo("0");
    assertThat(
            host.query(
                "select trigger || coalesce(actor, '') from job_cleanup.run"
                    + " order by started_at desc limit 1"))
        .isEqualToIgnoringCase("cron");
  }

  @Test
  void failedJobIsCountedAndTheCallIsASuccessAllTheSame() throws Exception {
    host.execute(
        "insert into users (id, \"updatedAt\") values ('poor', now()) on conflict do nothing");
    host.stuckJob("job-without-balance", "poor", 7);

    HttpResponse<String> answer = ask("GET");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body())
        .contains("\"success\":true", "\"failed\":1", "\"errorCount\":1", "\"tokensRefunded\":0");
  }

  @Test
  void bodyMeansNothingWhateverItsType() throws Exception {
    assertThat(
            serving
                .send(
                    "POST",
                    PATH,
                    "a=b",
                    "Authorization",
                    "bearer " + Serving.CRON_SECRET,
                    "Content-Type",
                    "application/x-www-form-urlencoded")
                .statusCode())
        .isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"HEAD", "OPTIONS"})
  void probeRunsNothing(String method) throws Exception {
    stuckJobs(1);
    String runs = host.query("select count(*) from job_cleanup.run");

    HttpResponse<String> answer = ask(method);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEmpty();
    assertThat(answer.headers().firstValue("Allow")).isPresent();
    assertThat(stuck()).isEqualTo("1");
    assertThat(host.query("select count(*) from job_cleanup.run")).isEqualTo(runs);
    assertThat(ask(method, "wrong").statusCode()).isEqualTo(401);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PUT", "DELETE", "PATCH"})
  void otherMethodIsNotAllowed(String method) throws Exception {
    stuckJobs(1);

    HttpResponse<String> answer = ask(method);

    assertThat(answer.statusCode()).isEqualTo(405);
    assertThat(answer.body()).contains("\"error\":\"Method not allowed\"");
    assertThat(stuck()).isEqualTo("1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Bearer wrong",
        "Bearer " + Serving.CRON_SECRET + "x",
        "Bearer" + Serving.CRON_SECRET,
        "Basic " + Serving.CRON_SECRET,
        Serving.CRON_SECRET,
        "Bearer ",
        ""
      })
  void wrongSecretIsUnauthorized(String authorization) throws Exception {
    stuckJobs(1);

    HttpResponse<String> answer = serving.send("GET", PATH, "", "Authorization", authorization);

    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    assertThat(answer.headers().firstValue("Cache-Control")).hasValue("no-store");
    assertThat(Serving.json(answer).get("error").stringValue()).isEqualTo("Unauthorized");
    assertThat(stuck()).isEqualTo("1");
  }

  @Test
  void absentSecretAndASessionAreUnauthorized() throws Exception {
    assertThat(serving.send("GET", PATH, "").statusCode()).isEqualTo(401);
    assertThat(serving.send("GET", PATH + "?secret=" + Serving.CRON_SECRET, "").statusCode())
        .isEqualTo(401);
    String cookie = serving.cookie(Serving.EMAIL, Serving.PASSWORD);
    assertThat(serving.send("GET", PATH, "", "Cookie", cookie).statusCode()).isEqualTo(401);
  }

  @Test
  void refusedCallsHaveALineAMinuteWithTheirNumberAndNoSecret() throws Exception {
    try (Serving fresh = Serving.on(host);
        Lines lines = new Lines()) {
      fresh.send("GET", PATH, "", "Authorization", "Bearer Canary-7f3a-wrong");
      for (int i = 0; i < 5; i++) {
        fresh.send("GET", PATH, "");
      }

      assertThat(lines.with("Cron call"))
          .containsExactly(
              "[WARN] Cron call refused address=127.0.0.1 reason=\"wrong secret\" count=1");
      assertThat(lines.with("Canary")).isEmpty();
    }
    try (Serving closed = Serving.on(host, "CRON_SECRET", null);
        Lines lines = new Lines()) {
      closed.send("GET", PATH, "");

      assertThat(lines.with("Cron call"))
          .containsExactly(
              "[WARN] Cron call refused address=127.0.0.1"
                  + " reason=\"no CRON_SECRET is configured\" count=1");
    }
  }

  @Test
  void previousSecretPassesTooWhileRotating() throws Exception {
    try (Socket socket = new Socket("127.0.0.1", serving.port())) {
      socket.setSoTimeout(10_000);
      socket
          .getOutputStream()
          .write(
              "GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n"
                  .formatted(PATH, PREVIOUS)
                  .getBytes(StandardCharsets.UTF_8));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void endpointIsClosedWhereNoSecretIsConfigured() throws Exception {
    try (Serving closed = Serving.on(host, "CRON_SECRET", null)) {
      stuckJobs(1);
      for (String secret : List.of("", "null", Serving.CRON_SECRET)) {
        HttpResponse<String> answer =
            closed.send("GET", PATH, "", "Authorization", "Bearer " + secret);

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("\"error\":\"CRON_SECRET is not configured\"");
      }
      assertThat(stuck()).isEqualTo("1");
    }
  }

  @Test
  void callDrainsWhatWasStuckBatchAfterBatch() throws Exception {
    try (Serving small = Serving.on(host, "JOB_CLEANUP_BATCH_SIZE", "2")) {
      stuckJobs(7);

      HttpResponse<String> answer =
          small.send("GET", PATH, "", "Authorization", "Bearer " + Serving.CRON_SECRET);

      assertThat(answer.body()).contains("\"totalFound\":7", "\"remaining\":false");
    }
  }

  @Test
  void callEndsAfterItsLongestDurationAndTellsThatMoreRemains() throws Exception {
    stuckJobs(400);
    dawdle("0.02");
    long start = System.nanoTime();

    HttpResponse<String> answer = ask("GET");

    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isBetween(Duration.ofMillis(1500), Duration.ofSeconds(5));
    assertThat(answer.body()).contains("\"success\":true", "\"remaining\":true");
    assertThat(Integer.parseInt(stuck())).isBetween(1, 399);
  }

  @Test
  void clientThatHangsUpDoesntEndTheRun() throws Exception {
    stuckJobs(50);
    dawdle("0.01");
    try (Socket socket = new Socket("127.0.0.1", serving.port())) {
      socket
          .getOutputStream()
          .write(
              "GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n"
                  .formatted(PATH, Serving.CRON_SECRET)
                  .getBytes(StandardCharsets.US_ASCII));
      awaitStuckIsNot("50");
      socket.setSoLinger(true, 0);
    }

    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!stuck().equals("0")) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }

  private static void awaitStuckIsNot(String number) throws SQLException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (stuck().equals(number)) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }

  @Test
  void callsAtOnceAreAllAnsweredAndShareTheWork() throws Exception {
    stuckJobs(60);
    List<Future<HttpResponse<String>>> answers = new ArrayList<>();
    long found = 0;
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 12; i++) {
        answers.add(callers.submit(() -> ask("GET")));
      }
      for (Future<HttpResponse<String>> each : answers) {
        HttpResponse<String> answer = each.get();
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        found += Serving.json(answer).get("result").get("totalFound").longValue();
      }
    }
    assertThat(found).isEqualTo(60);
    assertThat(stuck()).isEqualTo("0");
    assertThat(host.query("select count(*) from token_transactions where type = 'REFUND'"))
        .isEqualTo("60");
  }
}
