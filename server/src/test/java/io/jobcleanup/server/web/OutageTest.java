package io.jobcleanup.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.embedded.EmbeddedPostgres;
import io.jobcleanup.server.Host;
import io.jobcleanup.server.account.Actor;
import io.jobcleanup.server.account.Role;
import io.jobcleanup.server.account.Tokens;
import io.jobcleanup.server.log.Lines;
import io.jobcleanup.server.service.Serving;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** The database goes away, and comes back. */
@Timeout(60)
class OutageTest {
  private static final Duration PROMISED = Duration.ofSeconds(5);
  private static final String CLEANUP = "/api/admin/jobs/cleanup";
  private static final String CRON = "/api/cron/cleanup-jobs";
  private static EmbeddedPostgres postgres;
  private static Host host;
  private static Serving serving;
  private static String cookie;
  private static String token;

  @BeforeAll
  static void start() throws Exception {
    postgres = EmbeddedPostgres.temporary();
    host = Host.on(postgres);
    host.user("u", 100);
    serving = Serving.on(host);
    cookie = serving.cookie(Serving.EMAIL, Serving.PASSWORD);
    token =
        new Tokens(host.dataSource())
            .create(Actor.atCommandLine(), "outage", Role.OPERATOR, null)
            .orElseThrow()
            .reveal();
  }

  @AfterAll
  static void stop() {
    serving.close();
    postgres.close();
  }

  @AfterEach
  void bringBack() throws Exception {
    postgres.start();
    host = host.again();
    awaitAnswer(200, "GET", "/api/admin/runs", "Cookie", cookie);
  }

  /** Asks, and gives the answer if it came as soon as is promised. */
  private static HttpResponse<String> soon(String method, String path, String... headers)
      throws Exception {
    long start = System.nanoTime();
    HttpResponse<String> answer = serving.send(method, path, "", headers);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(PROMISED);
    return answer;
  }

  private static void assertAway(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    JsonNode problem = Serving.json(answer);
    assertThat(problem.get("error").stringValue()).isNotEmpty();
    assertThat(problem.get("id").stringValue()).hasSize(16);
    assertThat(answer.body())
        .doesNotContainIgnoringCase("exception")
        .doesNotContain("127.0.0.1", "jdbc", "Connection", "hikari", Host.CANARY);
  }

  private static HttpResponse<String> cron() throws Exception {
    return soon("GET", CRON, "Authorization", "Bearer " + Serving.CRON_SECRET);
  }

  @Test
  void everyRouteThatNeedsItAnswers503SoonAndWorksAgainAfterwardsWithTheSameSession()
      throws Exception {
    for (int round = 0; round < 2; round++) {
      postgres.stopImmediately();

      assertAway(soon("POST", CLEANUP, "Cookie", cookie));
      assertAway(soon("GET", "/api/admin/runs", "Cookie", cookie));
      assertAway(soon("GET", "/api/admin/jobs/stuck", "Cookie", cookie));
      assertAway(soon("POST", CLEANUP, "Authorization", "Bearer " + token));
      HttpResponse<String> byCron = cron();
      assertAway(byCron);
      assertThat(byCron.body()).contains("\"error\":\"Cleanup failed\"", "\"success\":false");
      assertThat(soon("GET", CRON).statusCode()).isEqualTo(401);
      assertThat(soon("GET", CRON, "Authorization", "Bearer wrong").statusCode()).isEqualTo(401);
      assertThat(soon("POST", CLEANUP).statusCode()).isEqualTo(401);

      postgres.start();

      awaitAnswer(200, "POST", CLEANUP, "Cookie", cookie);
      assertThat(cron().statusCode()).isEqualTo(200);
    }
  }

  private static void awaitAnswer(int status, String method, String path, String... headers)
      throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (soon(method, path, headers).statusCode() != status) {
      assertThat(System.nanoTime()).as("still away").isLessThan(deadline);
    }
  }

  @Test
  void manyCallsAtOnceAreAllAnsweredSoon() throws Exception {
    postgres.stopImmediately();
    List<Future<HttpResponse<String>>> answers = new ArrayList<>();
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 100; i++) {
        answers.add(callers.submit(OutageTest::cron));
      }
      for (Future<HttpResponse<String>> answer : answers) {
        assertAway(answer.get());
      }
    }
  }

  @Test
  void outageHasALineAsItBeginsAndOneWhenItIsOver() throws Exception {
    try (Serving fresh = Serving.on(host);
        Lines lines = new Lines()) {
      String[] session = {"Cookie", cookie};
      String[] foreign = {"Sec-Fetch-Site", "cross-site"};
      postgres.stopImmediately();
      String id = null;
      for (int i = 0; i < 20; i++) {
        HttpResponse<String> answer = fresh.send("GET", "/api/admin/runs", "", session);
        assertAway(answer);
        id = Serving.json(answer).get("id").stringValue();
        assertThat(fresh.send("POST", "/api/auth/login", "", foreign).statusCode()).isEqualTo(403);
      }
      assertThat(lines.all()).singleElement().asString().contains("doesn't answer id=" + id);

      postgres.start();
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
      while (fresh.send("GET", "/api/admin/runs", "", session).statusCode() != 200) {
        assertThat(System.nanoTime()).as("still away").isLessThan(deadline);
      }

      assertThat(lines.all()).hasSize(2).last().asString().contains("The database answers again");
    }
  }

  @Test
  void serverThatHangsIsAwayAsWell() throws Exception {
    assertThat(cron().statusCode()).isEqualTo(200);
    signal("STOP");
    try {
      assertAway(soon("GET", "/api/admin/runs", "Cookie", cookie));
      assertAway(cron());
    } finally {
      signal("CONT");
    }
    awaitAnswer(200, "POST", CLEANUP, "Cookie", cookie);
  }

  @Test
  void runThatHangsIsAnsweredSoonAndTheNextGoesOnOnceItCan() throws Exception {
    host.user("w", 0);
    for (int i = 0; i < 200; i++) {
      host.stuckJob("hung-" + i, "w", 1);
    }
    dawdle();
    try (ExecutorService caller = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<HttpResponse<String>> answer = caller.submit(OutageTest::awaitedCron);
      awaitFirstFailed("w");
      signal("STOP");
      try {
        HttpResponse<String> hung = answer.get(5, TimeUnit.SECONDS);
        assertAway(hung);
        assertThat(Serving.json(hung).at("/result/cleanedUp").longValue()).isPositive();
      } finally {
        signal("CONT");
      }
    }
    host.execute("drop trigger dawdle on image_enhancement_jobs");
    awaitAnswer(200, "GET", CRON, "Authorization", "Bearer " + Serving.CRON_SECRET);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!host.balance("w").equals("200")) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }

  private static HttpResponse<String> awaitedCron() throws Exception {
    return serving.send("GET", CRON, "", "Authorization", "Bearer " + Serving.CRON_SECRET);
  }

  private static void awaitFirstFailed(String user) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (host.balance(user).equals("0")) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }

  /** Has the server and all its sessions stop where they are, or go on. */
  private static void signal(String name) throws Exception {
    ProcessHandle server = ProcessHandle.of(postgres.pid()).orElseThrow();
    List<String> command = new ArrayList<>(List.of("kill", "-" + name));
    Stream.concat(Stream.of(server), server.descendants())
        .forEach(it -> command.add(String.valueOf(it.pid())));
    // One of them may just have ended.
    new ProcessBuilder(command).start().waitFor();
  }

  private static void dawdle() throws SQLException {
    host.execute(
        """
        create or replace function dawdle() returns trigger language plpgsql as $$
          begin perform pg_sleep(0.01); return new; end $$;
        create trigger dawdle before update on image_enhancement_jobs
          for each row execute function dawdle()
        """);
  }

  @Test
  void runThatLosesItTellsWhatWasCommitted() throws Exception {
    for (int i = 0; i < 500; i++) {
      host.stuckJob("lost-" + i, "u", 1);
    }
    dawdle();
    try (ExecutorService caller = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<HttpResponse<String>> answer =
          caller.submit(
              () ->
                  serving.send(
                      "POST",
                      CLEANUP,
                      "{\"batchSize\":500}",
                      "Cookie",
                      cookie,
                      "Content-Type",
                      "application/json"));
      while (host.query("select count(*) from image_enhancement_jobs where status = 'FAILED'")
          .equals("0")) {
        assertThat(answer.isDone()).isFalse();
        Thread.onSpinWait();
      }
      postgres.stopImmediately();
      HttpResponse<String> lost = answer.get(5, TimeUnit.SECONDS);

      assertAway(lost);
      JsonNode problem = Serving.json(lost);
      postgres.start();
      host = host.again();
      String run = problem.get("runId").stringValue();
      long told = problem.get("result").get("cleanedUp").longValue();
      assertThat(told).isPositive();
      assertThat(
              Long.parseLong(
                  host.query(
                      "select count(*) from job_cleanup.run_job where run_id = '%s'"
                          .formatted(run))))
          .isGreaterThanOrEqualTo(told);
    }
    host.execute("drop trigger dawdle on image_enhancement_jobs");
    awaitAnswer(200, "GET", CRON, "Authorization", "Bearer " + Serving.CRON_SECRET);
    assertThat(host.query("select count(*) from image_enhancement_jobs where status <> 'FAILED'"))
        .isEqualTo("0");
    assertThat(host.balance("u")).isEqualTo("600");
  }
}
