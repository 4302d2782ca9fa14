package io.jobcleanup.server.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.Host;
import io.jobcleanup.server.TestPostgres;
import io.jobcleanup.server.account.Accounts;
import io.jobcleanup.server.account.Actor;
import io.jobcleanup.server.account.Password;
import io.jobcleanup.server.account.Role;
import io.jobcleanup.server.account.Tokens;
import io.jobcleanup.server.settings.Secret;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.web.servlet.handler.SimpleUrlHandlerMapping;
import org.springframework.web.servlet.mvc.method.RequestMappingInfoHandlerMapping;

/**
 * Who may use which route: all routes that the running service has, each by every kind of caller.
 */
class RoutesTest {
  private static final String PASSWORD = "a password of its own";

  /** Who may use a route. */
  private enum For {
    ANYBODY,
    /** Whoever knows the cron secret, which none of the callers here does. */
    CRON,
    VIEWERS,
    OPERATORS,
    ADMINS
  }

  /** Every route there is. One that isn't here fails the test: decide who it is for. */
  private static final Map<String, For> ROUTES = new LinkedHashMap<>();

  static {
    ROUTES.put("POST /api/admin/jobs/cleanup", For.OPERATORS);
    ROUTES.put("GET /api/admin/jobs/stuck", For.VIEWERS);
    ROUTES.put("GET /api/admin/jobs/{job:(?s)(?!cleanup$).+}", For.VIEWERS);
    ROUTES.put("GET /api/admin/late-completions", For.VIEWERS);
    ROUTES.put("GET /api/admin/runs", For.VIEWERS);
    ROUTES.put("GET /api/admin/runs/export", For.VIEWERS);
    ROUTES.put("GET /api/admin/runs/{run}", For.VIEWERS);
    ROUTES.put("GET /api/admin/refunds", For.VIEWERS);
    ROUTES.put("POST /api/admin/refunds/{id}/waive", For.ADMINS);
    ROUTES.put("GET /api/auth/me", For.VIEWERS);
    ROUTES.put("POST /api/auth/login", For.ANYBODY);
    ROUTES.put("GET /api/cron/cleanup-jobs", For.CRON);
    ROUTES.put("POST /api/cron/cleanup-jobs", For.CRON);
    ROUTES.put("HEAD /api/cron/cleanup-jobs", For.CRON);
    ROUTES.put("OPTIONS /api/cron/cleanup-jobs", For.CRON);
    ROUTES.put("GET /actuator", For.VIEWERS);
    ROUTES.put("GET /actuator/health", For.ANYBODY);
    ROUTES.put("GET /actuator/health/**", For.ANYBODY);
    ROUTES.put("GET /actuator/info", For.VIEWERS);
    ROUTES.put("GET /actuator/metrics", For.VIEWERS);
    ROUTES.put("GET /actuator/metrics/{requiredMetricName}", For.VIEWERS);
    ROUTES.put("GET /actuator/prometheus", For.VIEWERS);
    ROUTES.put("GET /v3/api-docs", For.VIEWERS);
    ROUTES.put("GET /v3/api-docs.yaml", For.VIEWERS);
    ROUTES.put("GET /v3/api-docs/swagger-config", For.VIEWERS);
    ROUTES.put("GET /", For.VIEWERS);
    ROUTES.put("GET /sign-in.js", For.ANYBODY);
    ROUTES.put("GET /sign-in.css", For.ANYBODY);
    ROUTES.put("GET /swagger-ui.html", For.VIEWERS);
    ROUTES.put("GET /swagger-ui/**", For.VIEWERS);
    ROUTES.put("GET /swagger-ui/*swagger-initializer.js", For.VIEWERS);
    // Last, as it ends the sessions that the others are asked with.
    ROUTES.put("POST /api/auth/logout", For.ANYBODY);
  }

  /** What isn't any route is known to admins alone. */
  private static final Map<String, For> NO_ROUTES =
      Map.of(
          "GET /nothing", For.ADMINS,
          "POST /nothing", For.ADMINS,
          "DELETE /api/admin/runs", For.ADMINS,
          "POST /api/admin/refunds", For.ADMINS,
          "PUT /api/admin/jobs/cleanup", For.OPERATORS,
          "GET /actuator/env", For.VIEWERS,
          "POST /actuator/health/x", For.ANYBODY,
          "GET /api/admin/nothing", For.VIEWERS,
          "OPTIONS /api/admin/runs", For.ADMINS);

  private static Host host;
  private static Serving serving;
  private static final Map<String, Caller> CALLERS = new LinkedHashMap<>();

  /**
   * A kind of caller.
   *
   * @param role null: none
   */
  private record Caller(Role role, boolean wrong, List<String> headers) {
    boolean may(For route) {
      return switch (route) {
        case ANYBODY -> !wrong;
        case CRON -> false;
        case VIEWERS -> role != null;
        case OPERATORS -> role != null && role != Role.VIEWER;
        case ADMINS -> role == Role.ADMIN;
      };
    }

    /** What is answered where it may not. */
    int refusal(For route) {
      return role == null || route == For.CRON ? 401 : 403;
    }
  }

  @BeforeAll
  static void start() throws Exception {
    host = Host.on(TestPostgres.server());
    serving = Serving.on(host);
    Accounts accounts = new Accounts(host.dataSource());
    Tokens tokens = new Tokens(host.dataSource());
    Actor actor = Actor.atCommandLine();
    CALLERS.put("nobody", new Caller(null, false, List.of()));
    for (Role role : Role.values()) {
      String email = role.label() + "@example.com.invalid";
      accounts.add(actor, email, role, new Password(new Secret(PASSWORD)));
      CALLERS.put(
          role.label(),
          new Caller(role, false, List.of("Cookie", serving.cookie(email, PASSWORD))));
      CALLERS.put(
          "token of " + role.label(), new Caller(role, false, bearer(tokens, role.label(), role)));
    }
    CALLERS.put("revoked token", new Caller(null, true, bearer(tokens, "revoked", Role.ADMIN)));
    tokens.revoke(actor, "revoked");
    CALLERS.put("expired token", new Caller(null, true, bearer(tokens, "expired", Role.ADMIN)));
    host.execute("update job_cleanup.api_token set expires_at = now() where name = 'expired'");
    accounts.add(actor, "removed@example.com", Role.ADMIN, new Password(new Secret(PASSWORD)));
    CALLERS.put(
        "removed account",
        new Caller(
            null, false, List.of("Cookie", serving.cookie("removed@example.com", PASSWORD))));
    accounts.remove(actor, "removed@example.com");
    CALLERS.put(
        "made-up cookie",
        new Caller(null, false, List.of("Cookie", "job-cleanup-session=" + "x".repeat(43))));
    CALLERS.put(
        "cron secret",
        new Caller(null, true, List.of("Authorization", "Bearer " + Serving.CRON_SECRET)));
  }

  private static List<String> bearer(Tokens tokens, String name, Role role) {
    return List.of(
        "Authorization",
        "Bearer "
            + tokens
                .create(Actor.atCommandLine(), name, role, Duration.ofHours(1))
                .orElseThrow()
                .reveal());
  }

  @AfterAll
  static void stop() throws Exception {
    serving.close();
    host.close();
  }

  @Test
  void everyRouteIsInTheTable() {
    Set<String> routes = new TreeSet<>();
    serving
        .context()
        .getBeansOfType(RequestMappingInfoHandlerMapping.class)
        .values()
        .forEach(
            mapping ->
                mapping
                    .getHandlerMethods()
                    .keySet()
                    .forEach(
                        info ->
                            info.getMethodsCondition()
                                .getMethods()
                                .forEach(
                                    method ->
                                        info.getPatternValues()
                                            .forEach(path -> routes.add(method + " " + path)))));
    serving
        .context()
        .getBeansOfType(SimpleUrlHandlerMapping.class)
        .values()
        .forEach(
            mapping -> mapping.getUrlMap().keySet().forEach(path -> routes.add("GET " + path)));

    assertThat(routes).containsExactlyInAnyOrderElementsOf(ROUTES.keySet());
  }

  @Test
  void everyRouteIsForThoseThatTheTableSays() throws Exception {
    Map<String, For> all = new LinkedHashMap<>(NO_ROUTES);
    all.putAll(ROUTES);
    SoftAssertions softly = new SoftAssertions();
    for (Map.Entry<String, For> each : all.entrySet()) {
      for (Map.Entry<String, Caller> caller : CALLERS.entrySet()) {
        if (caller.getKey().equals("cron secret") && each.getValue() == For.CRON) {
          continue;
        }
        HttpResponse<String> answer = ask(each.getKey(), caller.getValue().headers());
        String what = each.getKey() + " by " + caller.getKey();
        if (caller.getValue().may(each.getValue())) {
          softly.assertThat(answer.statusCode()).as(what).isNotIn(401, 403).isLessThan(500);
        } else {
          softly
              .assertThat(answer.statusCode())
              .as(what)
              .isEqualTo(caller.getValue().refusal(each.getValue()));
          softly
              .assertThat(answer.headers().firstValue("Content-Type"))
              .as(what)
              .contains("application/problem+json");
        }
        assertHasSecurityHeaders(softly, what, answer);
      }
    }
    softly.assertAll();
  }

  private static HttpResponse<String> ask(String route, List<String> headers) throws Exception {
    String[] parts = route.split(" ", 2);
    String path =
        parts[1].replace("{run}", "01a210ce-68c3-75db-8000-031e6987a5dc").replaceAll("\\{.*}", "x");
    return serving.send(
        parts[0],
        path.replace("**", "liveness").replace("*", ""),
        "",
        headers.toArray(String[]::new));
  }

  private static void assertHasSecurityHeaders(
      SoftAssertions softly, String what, HttpResponse<String> answer) {
    softly
        .assertThat(answer.headers().firstValue("Content-Security-Policy").orElse(""))
        .as(what)
        .contains("default-src 'none'", "frame-ancestors 'none'", "script-src 'self';");
    softly
        .assertThat(
            List.of(
                answer.headers().firstValue("X-Content-Type-Options").orElse(""),
                answer.headers().firstValue("Referrer-Policy").orElse(""),
                answer.headers().firstValue("Cross-Origin-Opener-Policy").orElse(""),
                answer.headers().firstValue("Cache-Control").orElse("")))
        .as(what)
        .containsExactly("nosniff", "same-origin", "same-origin", "no-store");
    softly.assertThat(answer.headers().firstValue("Strict-Transport-Security")).as(what).isEmpty();
  }

  @Test
  void headReadsAsGetDoes() throws Exception {
    List<String> viewer = CALLERS.get("token of viewer").headers();

    assertThat(ask("HEAD /api/admin/runs", viewer).statusCode()).isEqualTo(200);
    assertThat(ask("HEAD /api/admin/runs", List.of()).statusCode()).isEqualTo(401);
  }

  @Test
  void healthHasDetailsForCallersWithARoleAlone() throws Exception {
    assertThat(ask("GET /actuator/health", List.of()).body()).doesNotContain("details");
    assertThat(ask("GET /actuator/health", CALLERS.get("token of viewer").headers()).body())
        .contains("details");
  }

  @Test
  void managementPortHasTheSameRules() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    String[] viewer = CALLERS.get("token of viewer").headers().toArray(String[]::new);
    try (Serving apart = Serving.on(host, "MANAGEMENT_PORT", String.valueOf(port))) {
      HttpResponse<String> health = Serving.send(port, "GET", "/actuator/health", "");
      assertThat(health.statusCode()).isEqualTo(200);
      assertThat(health.body()).doesNotContain("details");
      List<HttpResponse<String>> answers = new ArrayList<>(List.of(health));
      answers.add(Serving.send(port, "GET", "/actuator/prometheus", ""));
      assertThat(answers.getLast().statusCode()).isEqualTo(401);
      answers.add(Serving.send(port, "GET", "/nothing", ""));
      assertThat(answers.getLast().statusCode()).isEqualTo(401);
      answers.add(Serving.send(port, "GET", "/actuator/prometheus", "", viewer));
      assertThat(answers.getLast().statusCode()).isEqualTo(200);
      assertThat(Serving.send(port, "GET", "/actuator/health", "", viewer).body())
          .contains("details");
      assertThat(apart.send("GET", "/actuator/prometheus", "", viewer).statusCode()).isIn(403, 404);
      SoftAssertions softly = new SoftAssertions();
      answers.forEach(it -> assertHasSecurityHeaders(softly, it.uri().toString(), it));
      softly.assertAll();
    }
  }
}
