package io.jobcleanup.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.embedded.EmbeddedPostgres;
import io.jobcleanup.server.Host;
import io.jobcleanup.server.account.Actor;
import io.jobcleanup.server.account.Role;
import io.jobcleanup.server.account.Tokens;
import io.jobcleanup.server.log.Lines;
import io.jobcleanup.server.service.Serving;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many more callers come at once than there are connections to ask who they are. */
@Timeout(90)
class CrowdTest {
  private static final int CALLS = 200;
  private static final Duration LONGER_THAN_THE_POOL_WAITS = Duration.ofSeconds(3);
  private static final Duration PROMISED = Duration.ofSeconds(5);

  private EmbeddedPostgres postgres;
  private Host host;
  private Serving serving;
  private List<String[]> credentials;
  private final List<Future<HttpResponse<String>>> answers = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    postgres = EmbeddedPostgres.temporary();
    host = Host.on(postgres);
    serving = Serving.on(host, "DATABASE_URL", host.url() + "?connection_limit=2");
    String token =
        new Tokens(host.dataSource())
            .create(Actor.atCommandLine(), "crowd", Role.OPERATOR, null)
            .orElseThrow()
            .reveal();
    credentials =
        List.of(
            new String[] {"Authorization", "Bearer " + token},
            new String[] {"Cookie", serving.cookie(Serving.EMAIL, Serving.PASSWORD)});
  }

  @AfterEach
  void stop() throws SQLException {
    serving.close();
    host.close();
    postgres.close();
  }

  private void come(ExecutorService callers) {
    for (int i = 0; i < CALLS; i++) {
      String[] headers = credentials.get(i % credentials.size());
      answers.add(callers.submit(() -> serving.send("GET", "/api/admin/runs", "", headers)));
    }
  }

  /** Has nobody find out who asks, until what is returned is closed. */
  private Connection hold() throws SQLException {
    Connection holder = host.dataSource().getConnection();
    holder.setAutoCommit(false);
    try (Statement statement = holder.createStatement()) {
      statement.execute(
          "lock table job_cleanup.api_token, job_cleanup.session in access exclusive mode");
    }
    return holder;
  }

  private void awaitHeld() throws SQLException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (host.query("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
        .equals("0")) {
      assertThat(System.nanoTime()).as("nobody waits").isLessThan(deadline);
    }
  }

  @Test
  void waitForOnesTurnIsNoOutage() throws Exception {
    try (Lines lines = new Lines();
        ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      try (Connection holder = hold()) {
        come(callers);
        awaitHeld();
        long heldAt = System.nanoTime();
        while (System.nanoTime() - heldAt < LONGER_THAN_THE_POOL_WAITS.toNanos()) {
          HttpResponse<String> health = serving.send("GET", "/actuator/health", "");
          assertThat(health.statusCode()).as(health.body()).isEqualTo(200);
        }
        assertThat(answers).noneMatch(Future::isDone);
        holder.rollback();
      }
      for (Future<HttpResponse<String>> each : answers) {
        assertThat(each.get().statusCode()).as(each.get().body()).isEqualTo(200);
      }
      assertThat(lines.with("The database")).isEmpty();
    }
  }

  @Test
  void crowdThatWaitsIsAnsweredSoonWhenTheDatabaseGoesAway() throws Exception {
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
        Connection holder = hold()) {
      come(callers);
      awaitHeld();
      postgres.stopImmediately();
      assertAllAway();
    }
  }

  @Test
  void crowdThatWaitsIsAnsweredSoonWhenTheDatabaseHangs() throws Exception {
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
        Connection holder = hold()) {
      come(callers);
      awaitHeld();
      signal("STOP");
      try {
        assertAllAway();
      } finally {
        signal("CONT");
      }
      holder.rollback();
    }
  }

  private void assertAllAway() throws Exception {
    long start = System.nanoTime();
    for (Future<HttpResponse<String>> each : answers) {
      HttpResponse<String> answer = each.get();
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
      assertThat(answer.body()).contains("The database doesn't answer.");
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(PROMISED);
  }

  private void signal(String name) throws IOException, InterruptedException {
    ProcessHandle server = ProcessHandle.of(postgres.pid()).orElseThrow();
    List<String> command = new ArrayList<>(List.of("kill", "-" + name));
    Stream.concat(Stream.of(server), server.descendants())
        .forEach(it -> command.add(String.valueOf(it.pid())));
    new ProcessBuilder(command).start().waitFor();
  }
}
