package io.jobcleanup.server.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.embedded.EmbeddedPostgres;
import io.jobcleanup.server.Host;
import io.jobcleanup.server.account.Accounts;
import io.jobcleanup.server.account.Actor;
import io.jobcleanup.server.account.Password;
import io.jobcleanup.server.account.Role;
import io.jobcleanup.server.account.Tokens;
import io.jobcleanup.server.schedule.Instance;
import io.jobcleanup.server.service.Serving;
import io.jobcleanup.server.settings.Secret;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import tools.jackson.databind.json.JsonMapper;

/** Secrets, each made for this test alone, and looked for wherever the service leaves words. */
@Execution(ExecutionMode.CONCURRENT)
class CanaryTest {
  private static final String USER = "user@example.com";
  private static final String JSON = "application/json";

  @TempDir static Path directory;

  private static EmbeddedPostgres postgres;

  private final Map<String, String> secrets = new LinkedHashMap<>();
  private final List<String> answers = new ArrayList<>();
  private Host host;
  private Instance instance;

  @BeforeAll
  static void startPostgres() {
    postgres = EmbeddedPostgres.temporary();
  }

  @AfterAll
  static void stopPostgres() {
    postgres.close();
  }

  @AfterEach
  void stop() throws SQLException {
    if (instance != null) {
      instance.close();
    }
    if (host != null) {
      host.close();
    }
  }

  private String secret(String name) {
    return secrets.computeIfAbsent(name, it -> "canary/" + UUID.randomUUID() + "+%!");
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  @Test
  @Execution(ExecutionMode.SAME_THREAD)
  void secretsAreInNoLogNoAnswerAndNoTableAtTrace() throws Exception {
    host = Host.on(postgres);
    host.user("u1", 100);
    host.stuckJob("j1", "u1", 10);
    host.execute(
        "create role canary login superuser password '%s'".formatted(secret("database password")));
    instance =
        Instance.start(
                directory,
                host.variables(
                    "DATABASE_URL",
                    host.url()
                        .replaceFirst(
                            "//app:[^@]*@",
                            "//canary:" + encoded(secret("database password")) + "@"),
                    "LOGGING_LEVEL_ROOT",
                    "TRACE",
                    "CRON_SECRET",
                    secret("cron secret"),
                    "CRON_SECRET_PREVIOUS",
                    secret("previous cron secret"),
                    "ADMIN_EMAIL",
                    Serving.EMAIL,
                    "ADMIN_PASSWORD",
                    secret("admin's password")))
            .ready();
    Tokens tokens = new Tokens(host.dataSource());
    secrets.put(
        "token",
        tokens.create(Actor.atCommandLine(), "t", Role.ADMIN, null).orElseThrow().reveal());
    secrets.put(
        "revoked token",
        tokens.create(Actor.atCommandLine(), "r", Role.ADMIN, null).orElseThrow().reveal());
    tokens.revoke(Actor.atCommandLine(), "r");
    new Accounts(host.dataSource())
        .add(
            Actor.atCommandLine(),
            USER,
            Role.VIEWER,
            new Password(new Secret(secret("user's password"))));
    secrets.put("session", signIn(Serving.EMAIL, secret("admin's password")));
    secrets.put("session that was ended", signIn(USER, secret("user's password")));
    ask("POST", "/api/auth/logout", "", "Cookie", cookie("session that was ended"));

    askAll();
    signInWrongly();
    for (String table : List.of("session", "api_token", "sign_in_attempt", "run")) {
      host.execute("alter table job_cleanup.%1$s rename to %1$s_away".formatted(table));
    }
    askAll();
    signInWrongly();
    for (String table : List.of("session", "api_token", "sign_in_attempt", "run")) {
      host.execute("alter table job_cleanup.%1$s_away rename to %1$s".formatted(table));
    }
    postgres.stopImmediately();
    askAll();
    signInWrongly();
    postgres.start();
    host = host.again();
    Instance.await(
        "the database is back",
        Duration.ofSeconds(20),
        () -> statusOf("/api/auth/me", cookie("session")) == 200);
    askAll();
    String tables = tables();
    assertThat(instance.log()).contains("[TRACE]", "[DEBUG]", "Stuck", Serving.EMAIL);
    assertThat(tables).contains(Serving.EMAIL, "sign-in", "refused");
    instance.beginToTerminate();
    instance.awaitEnd();

    assertThat(answers).hasSizeGreaterThan(200);
    SoftAssertions softly = new SoftAssertions();
    secrets.forEach(
        (name, secret) ->
            forms(secret)
                .forEach(
                    form -> {
                      softly.assertThat(linesWith(form, instance.log())).as(name).isEmpty();
                      softly.assertThat(linesWith(form, tables)).as(name).isEmpty();
                      softly.assertThat(answers).as(name).noneMatch(it -> it.contains(form));
                    }));
    softly.assertAll();
  }

  @Test
  @Execution(ExecutionMode.SAME_THREAD)
  void secretsThatAreNotAllowedAreNotShownWhenTheyStopTheStart() throws Exception {
    String tooShort = "canary-" + UUID.randomUUID().toString().substring(0, 3);
    String database = secret("database password");

    instance =
        Instance.start(
            directory,
            Map.of(
                "DATABASE_URL",
                "postgresql://u:" + database + "@127.0.0.1:x/nowhere",
                "CRON_SECRET",
                tooShort,
                "ADMIN_EMAIL",
                Serving.EMAIL,
                "ADMIN_PASSWORD",
                tooShort));

    assertThat(instance.awaitEnd()).isEqualTo(2);
    assertThat(instance.log())
        .contains("CRON_SECRET", "ADMIN_PASSWORD")
        .doesNotContain(tooShort, database, encoded(database));
  }

  /** As it is, and as URLs, JSON and headers would write it. */
  private static Stream<String> forms(String secret) {
    byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
    return Stream.of(
            secret,
            encoded(secret),
            secret.replace("/", "\\/"),
            Base64.getEncoder().encodeToString(bytes),
            // Where it stands behind something else.
            secret.substring(secret.length() / 2))
        .distinct();
  }

  private static List<String> linesWith(String form, String text) {
    return text.lines()
        .filter(it -> it.contains(form))
        .map(it -> it.substring(0, Math.min(300, it.length())))
        .limit(3)
        .toList();
  }

  private String tables() throws SQLException {
    StringBuilder all = new StringBuilder();
    for (String table :
        host.query(
                "select string_agg(tablename, ' ') from pg_tables where schemaname = 'job_cleanup'")
            .split(" ")) {
      all.append(
          host.query(
              "select coalesce(string_agg(row::text, chr(10)), '') from job_cleanup.%s row"
                  .formatted(table)));
      all.append('\n');
    }
    return all.toString();
  }

  private String cookie(String name) {
    return "job-cleanup-session=" + secrets.get(name);
  }

  private List<String[]> credentials() {
    List<String[]> all = new ArrayList<>();
    all.add(new String[0]);
    for (String name : secrets.keySet()) {
      all.add(new String[] {"Authorization", "Bearer " + secrets.get(name)});
    }
    all.add(new String[] {"Cookie", cookie("session")});
    all.add(new String[] {"Cookie", cookie("session that was ended")});
    all.add(new String[] {"Cookie", cookie("session"), "Sec-Fetch-Site", "cross-site"});
    all.add(
        new String[] {
          "Authorization",
          "Basic "
              + Base64.getEncoder()
                  .encodeToString(
                      ("u:" + secret("admin's password")).getBytes(StandardCharsets.UTF_8))
        });
    return all;
  }

  private void askAll() throws IOException, InterruptedException {
    List<String> routes =
        List.of(
            "GET /api/cron/cleanup-jobs",
            "POST /api/admin/jobs/cleanup",
            "GET /api/admin/jobs/stuck",
            "GET /api/admin/jobs/j1",
            "GET /api/admin/runs",
            "GET /api/admin/runs/x",
            "GET /api/auth/me",
            "GET /nothing",
            "GET /actuator/health",
            "GET /actuator/prometheus");
    for (String route : routes) {
      String[] parts = route.split(" ");
      for (String[] each : credentials()) {
        ask(parts[0], parts[1], "", each);
      }
    }
    for (String path :
        List.of(
            "/actuator",
            "/actuator/metrics",
            "/actuator/info",
            "/actuator/env",
            "/actuator/configprops",
            "/actuator/beans",
            "/actuator/loggers",
            "/actuator/threaddump",
            "/actuator/httpexchanges",
            "/v3/api-docs",
            "/swagger-ui.html")) {
      ask("GET", path, "", "Authorization", "Bearer " + secrets.get("token"));
    }
  }

  /** Passwords where they belong, where they don't, and in bodies that can't be read. */
  private void signInWrongly() throws IOException, InterruptedException {
    String password = secret("user's password");
    for (String body :
        List.of(
            json(Map.of("email", USER, "password", secret("password that was mistyped"))),
            json(Map.of("email", password, "password", password)),
            json(Map.of("email", USER, "passwort", password)),
            json(Map.of("email", USER, "password", List.of(password))),
            json(Map.of("email", List.of(password), "password", password)),
            json(Map.of("email", USER, "password", password)) + password,
            "{\"email\":\"" + USER + "\",\"password\":" + password + "}",
            password,
            "\"" + password + "\"",
            "")) {
      ask("POST", "/api/auth/login", body, "Content-Type", JSON);
      ask("POST", "/api/auth/login", body, "Content-Type", "text/plain");
    }
  }

  private static String json(Object value) {
    return JsonMapper.shared().writeValueAsString(value);
  }

  private String signIn(String email, String password) throws IOException, InterruptedException {
    HttpResponse<String> answer =
        Serving.send(
            instance.port(),
            "POST",
            "/api/auth/login",
            json(Map.of("email", email, "password", password)),
            "Content-Type",
            JSON);
    answers.add(answer.body());
    String cookie = Serving.cookieOf(answer);
    return cookie.substring(cookie.indexOf('=') + 1);
  }

  private void ask(String method, String path, String body, String... headers)
      throws IOException, InterruptedException {
    HttpResponse<String> answer = Serving.send(instance.port(), method, path, body, headers);
    answers.add(answer.statusCode() + " " + answer.headers().map() + "\n" + answer.body());
  }

  private int statusOf(String path, String cookie) {
    try {
      return Serving.send(instance.port(), "GET", path, "", "Cookie", cookie).statusCode();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
