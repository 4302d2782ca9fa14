package io.jobcleanup.server.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.Host;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.TestPostgres;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** How the service ends, and where it doesn't begin. */
@Timeout(60)
class StopTest {
  private static Host host;

  @BeforeAll
  static void start() throws SQLException {
    host = Host.on(TestPostgres.server());
    host.user("u", 0);
  }

  @AfterAll
  static void stop() throws SQLException {
    host.close();
  }

  @Test
  void runInProgressEndsItsBatchAndIsAnsweredWhileNewRequestsAreRefused() throws Exception {
    for (int i = 0; i < 400; i++) {
      host.stuckJob("job-" + i, "u", 1);
    }
    host.execute(
        """
        create function dawdle() returns trigger language plpgsql as $$
          begin perform pg_sleep(0.02); return new; end $$;
        create trigger dawdle before update on image_enhancement_jobs
          for each row execute function dawdle()
        """);
    HttpResponse<String> answer;
    int port;
    try (ExecutorService caller = Executors.newVirtualThreadPerTaskExecutor()) {
      Serving serving = Serving.on(host);
      port = serving.port();
      Future<HttpResponse<String>> running =
          caller.submit(
              () ->
                  serving.send(
                      "GET",
                      "/api/cron/cleanup-jobs",
                      "",
                      "Authorization",
                      "Bearer " + Serving.CRON_SECRET));
      while (host.balance("u").equals("0")) {
        assertThat(running.isDone()).isFalse();
      }
      serving.close();
      answer = running.get(1, TimeUnit.SECONDS);
    }

    assertThat(answer.statusCode()).isEqualTo(200);
    JsonNode result = Serving.json(answer).get("result");
    assertThat(result.get("remaining").booleanValue()).isTrue();
    assertThat(host.balance("u")).isEqualTo(result.get("tokensRefunded").toString());
    assertThat(
            host.query("select count(*) from image_enhancement_jobs where status = 'PROCESSING'"))
        .isNotEqualTo("0");
    assertThat(host.query("select state from job_cleanup.run order by started_at desc limit 1"))
        .isEqualToIgnoringCase("completed");
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> Serving.send(port, "GET", "/actuator/health", ""));
  }

  @Test
  void takenPortIsNamed() throws IOException {
    try (ServerSocket taken = new ServerSocket(0)) {
      String port = String.valueOf(taken.getLocalPort());

      assertThatExceptionOfType(ProgramException.class)
          .isThrownBy(() -> Serving.on(host, "PORT", port))
          .withMessage("Port %s is taken by another program. Set PORT to a free one.", port)
          .satisfies(it -> assertThat(it.code()).isEqualTo(ExitCode.MISCONFIGURED));
    }
  }
}
