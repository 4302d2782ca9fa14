package io.jobcleanup.server.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.Host;
import io.jobcleanup.server.TestPostgres;
import io.jobcleanup.server.service.Serving;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The specification's curl lines, word for word but for the host and the cookie. On port 3000 they
 * are tried by {@code bin/acceptance}: a build can't know that it is free.
 */
class CurlTest {
  private static final String DRY_RUN =
      """
      curl -X POST https://spike.land/api/admin/jobs/cleanup \\
        -H "Content-Type: application/json" \\
        -H "Cookie: your-admin-session-cookie" \\
        -d '{"dryRun": true}'
      """;
  private static final String DEFAULTS =
      """
      curl -X POST https://spike.land/api/admin/jobs/cleanup \\
        -H "Cookie: your-admin-session-cookie"
      """;
  private static final String OWN_TIMEOUT =
      """
      curl -X POST https://spike.land/api/admin/jobs/cleanup \\
        -H "Content-Type: application/json" \\
        -H "Cookie: your-admin-session-cookie" \\
        -d '{"timeoutMs": 600000}'
      """;

  private static Host host;
  private static Serving serving;

  @BeforeAll
  static void start() throws Exception {
    host = Host.on(TestPostgres.server());
    serving = Serving.on(host);
  }

  @AfterAll
  static void stop() throws Exception {
    serving.close();
    host.close();
  }

  @Test
  void linesOfTheSpecificationDoWhatItSays() throws Exception {
    String cookie = serving.cookie(Serving.EMAIL, Serving.PASSWORD);
    host.user("u1", 0);
    host.stuckJob("j1", "u1", 10);
    host.stuckJob("j2", "u1", 12);
    host.stuckJob("j3", "u1", 5);
    host.execute(
        """
        update image_enhancement_jobs
        set "processingStartedAt" = "processingStartedAt" + interval '2 minutes' where id = 'j3'
        """);

    JsonNode found = run(DRY_RUN, cookie);
    assertThat(found.get("message").asString())
        .isEqualTo("Dry run: Found 3 stuck jobs (no changes made)");
    assertThat(host.status("j1")).isEqualTo("PROCESSING");

    JsonNode older = run(OWN_TIMEOUT, cookie);
    assertThat(older.get("message").asString())
        .isEqualTo("Successfully cleaned up 2 stuck jobs and refunded 22 tokens");

    JsonNode rest = run(DEFAULTS, cookie);
    assertThat(rest.get("message").asString())
        .isEqualTo("Successfully cleaned up 1 stuck job and refunded 5 tokens");
    assertThat(host.balance("u1")).isEqualTo("27");
  }

  private static JsonNode run(String line, String cookie) throws Exception {
    Process curl =
        new ProcessBuilder(
                "sh",
                "-c",
                line.replace("curl -X", "curl -sS -X")
                    .replace("https://spike.land", "http://localhost:" + serving.port())
                    .replace("your-admin-session-cookie", cookie))
            .redirectErrorStream(true)
            .start();
    curl.getOutputStream().close();
    String answer = new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(curl.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(curl.exitValue()).as(answer).isZero();
    return JsonMapper.shared().readTree(answer);
  }
}
