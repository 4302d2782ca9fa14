package io.jobcleanup.server.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.embedded.EmbeddedPostgres;
import io.jobcleanup.server.Host;
import io.jobcleanup.server.service.Serving;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who is asked while nobody can tell who asks. */
class DatabaseAwayTest {
  private static final Duration AT_MOST = Duration.ofSeconds(5);

  @Test
  void credentialsAreNeitherBelievedNorTakenAwayAndWorkAgainAfterwards() throws Exception {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.temporary();
        Host host = Host.on(postgres);
        Serving serving = Serving.on(host)) {
      String[] cookie = {"Cookie", serving.cookie(Serving.EMAIL, Serving.PASSWORD)};
      String[] token = {
        "Authorization",
        "Bearer "
            + new Tokens(host.dataSource())
                .create(Actor.atCommandLine(), "t", Role.VIEWER, null)
                .orElseThrow()
                .reveal()
      };

      for (int round = 0; round < 2; round++) {
        postgres.stopImmediately();
        for (String[] credentials : List.of(cookie, token)) {
          assertAway(serving, "GET", "/api/admin/runs", credentials);
          assertAway(serving, "POST", "/api/admin/jobs/cleanup", credentials);
        }
        assertAway(serving, "POST", "/api/auth/logout", cookie);
        long start = System.nanoTime();
        assertThat(serving.signIn(Serving.EMAIL, Serving.PASSWORD).statusCode()).isEqualTo(503);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(AT_MOST);
        assertThat(serving.send("GET", "/api/admin/runs", "").statusCode()).isEqualTo(401);
        assertThat(
                serving
                    .send("GET", "/api/admin/runs", "", "Authorization", "Bearer nonsense")
                    .statusCode())
            .isEqualTo(401);
        assertThat(serving.send("GET", "/actuator/health", "", cookie).body())
            .contains("\"status\":\"DOWN\"");
        postgres.start();

        assertThat(eventually(serving, cookie)).isEqualTo(200);
        assertThat(serving.send("GET", "/api/admin/runs", "", token).statusCode()).isEqualTo(200);
      }
    }
  }

  private static void assertAway(Serving serving, String method, String path, String... credentials)
      throws Exception {
    long start = System.nanoTime();
    HttpResponse<String> answer = serving.send(method, path, "", credentials);

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(AT_MOST);
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
    assertThat(Serving.json(answer).get("error").asString()).isNotEmpty();
    assertThat(answer.headers().firstValue("Set-Cookie")).isEmpty();
    assertThat(answer.body()).doesNotContain("127.0.0.1", "jdbc", "Exception", "PSQL");
  }

  /** The pool takes a moment to find out that the database is back. */
  private static int eventually(Serving serving, String... credentials) throws Exception {
    long start = System.nanoTime();
    int status;
    do {
      status = serving.send("GET", "/api/admin/runs", "", credentials).statusCode();
    } while (status == 503 && Duration.ofNanos(System.nanoTime() - start).compareTo(AT_MOST) < 0);
    return status;
  }
}
