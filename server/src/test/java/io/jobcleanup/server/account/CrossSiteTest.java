package io.jobcleanup.server.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.Host;
import io.jobcleanup.server.TestPostgres;
import io.jobcleanup.server.service.Serving;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which pages may make a browser change something. */
class CrossSiteTest {
  private static final String CLEANUP = "/api/admin/jobs/cleanup";
  private static final String LOGIN = "/api/auth/login";
  private static final String LOGOUT = "/api/auth/logout";
  private static Host host;
  private static Serving byHost;
  private static Serving byUrl;
  private static String cookie;
  private static String cookieOverTls;

  @BeforeAll
  static void start() throws Exception {
    host = Host.on(TestPostgres.server());
    byHost = Serving.on(host);
    byUrl = Serving.on(host, "JOB_CLEANUP_PUBLIC_URL", "https://cleanup.example.com");
    cookie = byHost.cookie(Serving.EMAIL, Serving.PASSWORD);
    cookieOverTls = byUrl.cookie(Serving.EMAIL, Serving.PASSWORD);
  }

  @AfterAll
  static void stop() throws SQLException {
    byUrl.close();
    byHost.close();
    host.close();
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "-, -, true",
        "same-origin, -, true",
        "none, -, true",
        "same-site, -, false",
        "cross-site, -, false",
        "anything, -, false",
        "same-origin, http://elsewhere.example.com, true",
        "cross-site, http://127.0.0.1:PORT, false",
        "-, http://127.0.0.1:PORT, true",
        "-, https://127.0.0.1:PORT, true",
        "-, http://127.0.0.1, false",
        "-, http://127.0.0.1:1, false",
        "-, http://localhost:PORT, false",
        "-, http://127.0.0.1:PORT.example.com, false",
        "-, http://127.0.0.1.example.com:PORT, false",
        "-, null, false",
        "-, '', false",
        "-, ::, false",
      })
  void siteIsJudgedByTheHostHeader(String site, String origin, boolean passes) throws Exception {
    assertJudged(byHost, cookie, site, origin, passes);
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "-, -, true",
        "cross-site, -, false",
        "-, https://cleanup.example.com, true",
        "-, https://CLEANUP.example.com:443, true",
        "-, http://cleanup.example.com, false",
        "-, https://cleanup.example.com:8443, false",
        "-, https://127.0.0.1:PORT, false",
        "-, null, false"
      })
  void siteIsJudgedByThePublicUrlWhereThereIsOne(String site, String origin, boolean passes)
      throws Exception {
    assertJudged(byUrl, cookieOverTls, site, origin, passes);
  }

  private static void assertJudged(
      Serving serving, String cookie, String site, String origin, boolean passes) throws Exception {
    List<String> headers = new ArrayList<>();
    if (site != null) {
      headers.addAll(List.of("Sec-Fetch-Site", site));
    }
    if (origin != null) {
      headers.addAll(List.of("Origin", origin.replace("PORT", String.valueOf(serving.port()))));
    }
    HttpResponse<String> signIn = serving.send("POST", LOGIN, "", headers.toArray(String[]::new));
    headers.addAll(List.of("Cookie", cookie));
    HttpResponse<String> run = serving.send("POST", CLEANUP, "", headers.toArray(String[]::new));

    assertThat(signIn.statusCode()).isEqualTo(passes ? 400 : 403);
    assertThat(run.statusCode()).isEqualTo(passes ? 200 : 403);
    if (!passes) {
      assertThat(Serving.json(run).get("error").asString()).isEqualTo("Forbidden");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api/cron/cleanup-jobs",
        "/api/auth/login",
        "/api/admin/jobs/cleanup",
        "/actuator/health",
        "/nothing"
      })
  void browserThatAsksForAnotherSitesPageIsRefused(String path) throws Exception {
    HttpResponse<String> answer =
        byHost.send(
            "OPTIONS",
            path,
            "",
            "Origin",
            "https://elsewhere.example.com",
            "Access-Control-Request-Method",
            "POST");

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(Serving.json(answer).get("error").asString()).isEqualTo("Forbidden");
    assertThat(answer.headers().map()).doesNotContainKeys("allow", "access-control-allow-methods");
  }

  @Test
  void signingOutIsJudgedToo() throws Exception {
    String[] foreign = {"Cookie", cookie, "Sec-Fetch-Site", "cross-site"};

    assertThat(byHost.send("POST", LOGOUT, "", foreign).statusCode()).isEqualTo(403);
    assertThat(byHost.send("GET", "/api/auth/me", "", "Cookie", cookie).statusCode())
        .isEqualTo(200);
  }

  @Test
  void readingIsNot() throws Exception {
    assertThat(
            byHost
                .send("GET", "/api/auth/me", "", "Cookie", cookie, "Sec-Fetch-Site", "cross-site")
                .statusCode())
        .isEqualTo(200);
  }

  @Test
  void whoIsNotSignedInIsToldThatFirst() throws Exception {
    assertThat(byHost.send("POST", CLEANUP, "", "Sec-Fetch-Site", "cross-site").statusCode())
        .isEqualTo(401);
  }

  @Test
  void foreignSiteIsRefusedBeforeTheBodyIsJudged() throws Exception {
    assertThat(
            byHost
                .send(
                    "POST",
                    CLEANUP,
                    "x".repeat(100_000),
                    "Cookie",
                    cookie,
                    "Sec-Fetch-Site",
                    "cross-site")
                .statusCode())
        .isEqualTo(403);
  }

  @Test
  void requestWithATokenIsExempt() throws Exception {
    String token =
        new Tokens(host.dataSource())
            .create(Actor.atCommandLine(), "exempt", Role.OPERATOR, null)
            .orElseThrow()
            .reveal();

    assertThat(
            byHost
                .send(
                    "POST",
                    CLEANUP,
                    "",
                    "Authorization",
                    "Bearer " + token,
                    "Sec-Fetch-Site",
                    "cross-site")
                .statusCode())
        .isEqualTo(200);
    assertThat(
            byHost
                .send(
                    "POST",
                    "/api/cron/cleanup-jobs",
                    "",
                    "Authorization",
                    "Bearer " + Serving.CRON_SECRET,
                    "Sec-Fetch-Site",
                    "cross-site")
                .statusCode())
        .isEqualTo(200);
  }
}
