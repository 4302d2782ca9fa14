package io.jobcleanup.server.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.Host;
import io.jobcleanup.server.TestPostgres;
import io.jobcleanup.server.service.Serving;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a person sees who opens the service in a browser. */
class SignInPageTest {
  private static final String[] BROWSER = {
    "Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
  };
  private static Host host;
  private static Serving serving;

  @BeforeAll
  static void start() throws Exception {
    host = Host.on(TestPostgres.server());
    serving = Serving.on(host);
  }

  @AfterAll
  static void stop() throws SQLException {
    serving.close();
    host.close();
  }

  private static String type(HttpResponse<String> answer) {
    return answer.headers().firstValue("Content-Type").orElse("");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/swagger-ui.html", "/swagger-ui/index.html"})
  void browserOfWhoIsNotSignedInShowsAPageToSignInOn(String path) throws Exception {
    HttpResponse<String> answer = serving.send("GET", path, "", BROWSER);

    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(type(answer)).isEqualTo("text/html;charset=UTF-8");
    assertThat(answer.body())
        .contains("<form method=\"post\" action=\"/api/auth/login\">", "name=\"password\"");
  }

  @Test
  void pageKeepsToTheContentSecurityPolicyAndAllItRefersToIsThere() throws Exception {
    HttpResponse<String> page = serving.send("GET", "/", "", BROWSER);
    assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
        .contains(
            "script-src 'self'; style-src 'self';", "connect-src 'self'", "form-action 'self'")
        .doesNotContain("unsafe");
    assertThat(page.body())
        .doesNotContainPattern("<script(?![^>]* src=)|<style|\\son\\w+=|\\sstyle=|javascript:");

    List<String> parts =
        Pattern.compile("(?:src|href)=\"([^\"]+)\"")
            .matcher(page.body())
            .results()
            .map((MatchResult it) -> it.group(1))
            .toList();

    assertThat(parts).containsExactly("/sign-in.css", "/sign-in.js");
    for (String part : parts) {
      HttpResponse<String> answer = serving.send("GET", part, "");
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).isNotEmpty().doesNotContain("http:", "https:", "innerHTML");
      assertThat(type(answer))
          .isEqualTo(
              part.endsWith(".js") ? "text/javascript;charset=UTF-8" : "text/css;charset=UTF-8");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"*/*", "application/json", "application/json, text/plain, */*"})
  void programHasJson(String accept) throws Exception {
    for (String path : List.of("/", "/swagger-ui.html", "/api/admin/runs")) {
      HttpResponse<String> answer = serving.send("GET", path, "", "Accept", accept);

      assertThat(answer.statusCode()).isEqualTo(401);
      assertThat(Serving.json(answer).get("error").asString()).isEqualTo("Unauthorized");
    }
    assertThat(type(serving.send("GET", "/", ""))).isEqualTo("application/problem+json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/api/admin/runs", "/v3/api-docs", "/actuator/prometheus", "/nothing"})
  void whatIsNoPageIsAnsweredWithJsonWhoeverAsks(String path) throws Exception {
    assertThat(type(serving.send("GET", path, "", BROWSER))).isEqualTo("application/problem+json");
  }

  @Test
  void whoHasSignedInIsLedToTheApiPage() throws Exception {
    String[] browser = {
      "Accept", "text/html", "Cookie", serving.cookie(Serving.EMAIL, Serving.PASSWORD)
    };
    String path = "/";
    HttpResponse<String> answer = serving.send("GET", path, "", browser);
    for (int i = 0; i < 3 && answer.statusCode() == 302; i++) {
      path = answer.uri().resolve(answer.headers().firstValue("Location").orElseThrow()).getPath();
      answer = serving.send("GET", path, "", browser);
    }

    assertThat(path).isEqualTo("/swagger-ui/index.html");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(type(answer)).startsWith("text/html");
  }

  @Test
  void managementPortHasNoPage() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    try (Serving apart = Serving.on(host, "MANAGEMENT_PORT", String.valueOf(port))) {
      assertThat(type(Serving.send(port, "GET", "/", "", BROWSER)))
          .isEqualTo("application/problem+json");
      assertThat(type(apart.send("GET", "/", "", BROWSER))).startsWith("text/html");
    }
  }
}
