package io.jobcleanup.server.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.JobCleanup;
import io.jobcleanup.embedded.EmbeddedPostgres;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.server.Host;
import io.jobcleanup.server.acceptance.Description.Operation;
import io.jobcleanup.server.acceptance.GeneratedRequests.Made;
import io.jobcleanup.server.acceptance.GeneratedRequests.Verdict;
import io.jobcleanup.server.account.Actor;
import io.jobcleanup.server.account.Role;
import io.jobcleanup.server.account.Tokens;
import io.jobcleanup.server.schedule.Instance;
import io.jobcleanup.server.schema.ServiceSchema;
import io.jobcleanup.server.service.Serving;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * Requests made from the service's own description, right and wrong, by all kinds of callers, while
 * jobs go stuck. The service has no more rights than {@code migrate --print} grants.
 */
class GeneratedRequestsTest {
  private static final int REQUESTS = Size.of(5_000, 200_000);
  private static final int CALLERS_AT_ONCE = 4;
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String ROLE = "job_cleanup_app";

  private static final int FAULTS_SHOWN = 20;

  /** How many an account has before it closes for a while. */
  private static final int WRONG_PASSWORDS = 5;

  /** Signing in is slow on purpose. */
  private static final int SIGN_INS_ARE_RARER_BY = 10;

  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private static EmbeddedPostgres postgres;
  private static Host host;
  private static Serving serving;
  private static Description description;
  private static final Map<Role, String> TOKENS = new TreeMap<>();
  private static String cookie;

  private final Queue<String> faults = new ConcurrentLinkedQueue<>();
  private final Map<String, AtomicInteger> seen = new ConcurrentHashMap<>();
  private final List<String> runs = new CopyOnWriteArrayList<>();
  private final AtomicInteger jobs = new AtomicInteger();

  /**
   * Who asks.
   *
   * @param role null: nobody
   */
  private record Caller(String name, Role role, List<String> headers) {}

  @BeforeAll
  static void start() throws Exception {
    postgres = EmbeddedPostgres.temporary();
    host = Host.on(postgres);
    host.execute("create role job_cleanup_app login password 'app-password'");
    host.execute(JobCleanup.schemaScript(Mapping.builtIn()) + "\n" + ServiceSchema.script());
    serving =
        Serving.on(
            host,
            "DATABASE_URL",
            host.url().replaceFirst("//app:[^@]*@", "//" + ROLE + ":app-password@"),
            "JOB_CLEANUP_MIGRATE",
            "never",
            "JOB_CLEANUP_SCHEDULE_ENABLED",
            "true",
            "JOB_CLEANUP_SCHEDULE_CRON",
            "0 0 1 1 *",
            "JOB_CLEANUP_TRUSTED_PROXIES",
            "127.0.0.1");
    Tokens tokens = new Tokens(host.dataSource());
    for (Role each : Role.values()) {
      TOKENS.put(
          each,
          tokens.create(Actor.atCommandLine(), each.label(), each, null).orElseThrow().reveal());
    }
    cookie = serving.cookie(Serving.EMAIL, Serving.PASSWORD);
    description =
        new Description(
            serving
                .send(
                    "GET", "/v3/api-docs", "", "Authorization", "Bearer " + TOKENS.get(Role.VIEWER))
                .body());
    host.user("rich", 1_000_000);
    host.execute("insert into users (id, \"updatedAt\") values ('without a balance', now())");
    host.execute(
        """
        create function refuse() returns trigger language plpgsql as $$
        begin
          if new.id like 'refused%' then raise exception 'not this one'; end if;
          return new;
        end $$;
        create trigger refuse before update on image_enhancement_jobs
          for each row execute function refuse();
        """);
  }

  @AfterAll
  static void stop() throws SQLException {
    serving.close();
    host.close();
    postgres.close();
  }

  @Test
  void everyAnswerIsAsDescribedAndNoneIsAFailure() throws Exception {
    long seed = Long.getLong("acceptance.seed", System.nanoTime());
    goStuck();
    List<Future<?>> all = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(CALLERS_AT_ONCE)) {
      for (int i = 0; i < CALLERS_AT_ONCE; i++) {
        long own = seed + i;
        all.add(
            threads.submit(
                () -> {
                  ask(own, REQUESTS / CALLERS_AT_ONCE);
                  return null;
                }));
      }
    }
    for (Future<?> each : all) {
      each.get();
    }

    assertThat(faults).as("-Dacceptance.seed=%d, %s", seed, new TreeMap<>(seen)).isEmpty();
    assertThat(description.operations())
        .as("all operations have succeeded")
        .allMatch(it -> seen.containsKey(it.name() + " 200"));
    assertThat(seen.keySet()).contains("POST /api/admin/jobs/cleanup 413");
    assertThatTooManyWrongPasswordsAreAnsweredAsDescribed();
    assertThatTheScheduleWorksToo();
  }

  /** Whether so many of the requests were wrong sign-ins for one account is left to chance. */
  private void assertThatTooManyWrongPasswordsAreAnsweredAsDescribed() throws Exception {
    Operation login =
        description.operations().stream()
            .filter(it -> it.name().equals("POST /api/auth/login"))
            .findFirst()
            .orElseThrow();
    HttpResponse<String> answer = serving.signIn("nobody@example.com", "a wrong password");
    for (int i = 0; i < WRONG_PASSWORDS; i++) {
      answer = serving.signIn("nobody@example.com", "a wrong password");
    }

    assertThat(answer.statusCode()).isEqualTo(429);
    assertThat(description.fault(login, answer)).isEmpty();
  }

  /** All that a request could do was done with the rights that were granted; so is this. */
  private void assertThatTheScheduleWorksToo() throws SQLException {
    goStuck();
    host.execute("update job_cleanup.scheduled_task set execution_time = clock_timestamp()");
    Instance.await(
        "a run by schedule",
        Duration.ofSeconds(30),
        () -> {
          try {
            return host.query(
                    "select count(*) > 0 from job_cleanup.run where trigger = 'SCHEDULE' and state"
                        + " = 'COMPLETED'")
                .equals("t");
          } catch (SQLException e) {
            throw new IllegalStateException(e);
          }
        });
    assertThat(
            host.query(
                "select count(*) from image_enhancement_jobs where status = 'PROCESSING' and id not"
                    + " like 'refused%'"))
        .isEqualTo("0");
    assertThat(
            host.query(
                "select count(*) from (select 1 from token_transactions where type = 'REFUND' group"
                    + " by \"sourceId\" having count(*) > 1) twice"))
        .isEqualTo("0");
  }

  private void goStuck() throws SQLException {
    int number = jobs.incrementAndGet();
    for (int i = 0; i < 5; i++) {
      host.stuckJob("fine%d-%d".formatted(number, i), "rich", i);
    }
    host.stuckJob("owed" + number, "without a balance", 3);
    host.stuckJob("negative" + number, "rich", -3);
    if (number < 5) {
      host.stuckJob("refused" + number, "rich", 3);
    }
  }

  private void ask(long seed, int number) throws Exception {
    GeneratedRequests requests = new GeneratedRequests(description, seed);
    for (int i = 0; i < number && faults.size() < FAULTS_SHOWN; i++) {
      if (i % 50 == 0) {
        synchronized (this) {
          goStuck();
        }
      }
      Operation operation;
      do {
        operation = requests.pick(description.operations());
      } while (operation.path().equals("/api/auth/login")
          && !requests.oneIn(SIGN_INS_ARE_RARER_BY));
      if (requests.oneIn(20)) {
        askByAnotherMethod(requests, operation);
      } else {
        ask(requests, requests.of(operation, known(requests)));
      }
    }
  }

  private Map<String, List<String>> known(GeneratedRequests requests) {
    Map<String, List<String>> known = new TreeMap<>();
    known.put("job", List.of("fine1-1", "images:fine1-1", "owed1", "refused1"));
    known.put("user", List.of("rich", "without a balance"));
    known.put("owed", List.of("true", "false"));
    known.put("format", List.of("csv", "ndjson"));
    known.put("id", List.of(refund("owed" + requests.pick(List.of(1, jobs.get())))));
    known.put("reason", List.of("agreed with the user", "x"));
    known.put("email", List.of(Serving.EMAIL, Serving.EMAIL, "nobody@example.com"));
    known.put("password", List.of(Serving.PASSWORD, Serving.PASSWORD, "a wrong password"));
    if (!runs.isEmpty()) {
      known.put("run", List.of(requests.pick(runs)));
    }
    return known;
  }

  /** The id of the refund of a job that has no charge. */
  private static String refund(String job) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(("public.image_enhancement_jobs/" + job).getBytes(StandardCharsets.UTF_8));
  }

  private void askByAnotherMethod(GeneratedRequests requests, Operation operation)
      throws IOException, InterruptedException {
    String method = requests.pick(List.of("PUT", "DELETE", "PATCH", "POST", "GET", "PROPFIND"));
    if (description.operations().stream()
        .anyMatch(it -> it.method().equals(method) && it.path().equals(operation.path()))) {
      return;
    }
    Caller caller = caller(requests, operation);
    String path = operation.path().replaceAll("\\{.*?}", "x");
    HttpResponse<String> answer = send(method, path, caller.headers(), new byte[0]);
    List<Integer> expected =
        method.equals("PROPFIND") ? List.of(501) : List.of(400, 401, 403, 404, 405);
    if (!expected.contains(answer.statusCode())) {
      fault(method + " " + path, caller, "answered " + answer.statusCode());
    }
    description.faultOfProblem(answer).ifPresent(it -> fault(method + " " + path, caller, it));
  }

  private void ask(GeneratedRequests requests, Made made) throws IOException, InterruptedException {
    Operation operation = made.operation();
    Caller caller = caller(requests, operation);
    List<String> headers = new ArrayList<>(made.headers());
    headers.addAll(caller.headers());
    boolean plain = true;
    if (requests.oneIn(10)) {
      String site = requests.pick(List.of("same-origin", "none", "same-site", "cross-site", "x"));
      headers.addAll(List.of("Sec-Fetch-Site", site));
      plain = false;
    }
    if (requests.oneIn(10)) {
      String accept = requests.pick(List.of("application/json", "*/*", "text/html", "x", ";"));
      headers.addAll(List.of("Accept", accept));
      plain = false;
    }
    if (operation.path().equals("/api/auth/login")) {
      headers.addAll(List.of("X-Forwarded-For", "10.0.0." + requests.pick(List.of(1, 2, 3, 4))));
    }
    String what = operation.method() + " " + made.path() + " " + made.headers();
    HttpResponse<String> answer = send(operation.method(), made.path(), headers, made.body());
    int status = answer.statusCode();
    seen.computeIfAbsent(operation.name() + " " + status, it -> new AtomicInteger())
        .incrementAndGet();
    if (status >= 500) {
      fault(what, caller, "answered " + status + " " + answer.body());
    }
    description.fault(operation, answer).ifPresent(it -> fault(what, caller, it + made.what()));
    boolean may = may(operation, caller);
    if (!may && status < 400) {
      fault(what, caller, "was let through");
    }
    if (may && plain && made.verdict() == Verdict.RIGHT && !isRight(operation, status)) {
      fault(what, caller, "is right, but answered " + status + " " + answer.body());
    }
    if (may && made.verdict() == Verdict.WRONG && (status < 400 || status == 401)) {
      fault(what, caller, "is wrong (%s), but answered %d".formatted(made.what(), status));
    }
    remember(operation, answer);
  }

  private static boolean isRight(Operation operation, int status) {
    return status == 200
        || (operation.path().endsWith("/waive") && (status == 404 || status == 409))
        || (operation.path().equals("/api/auth/login") && (status == 401 || status == 429));
  }

  private static boolean may(Operation operation, Caller caller) {
    if (operation.path().startsWith("/api/cron/")) {
      return caller.name().equals("cron");
    }
    if (operation.path().equals("/api/auth/login") || operation.path().equals("/api/auth/logout")) {
      return !caller.name().equals("wrong") && !caller.name().equals("cron");
    }
    if (operation.path().endsWith("/waive")) {
      return caller.role() == Role.ADMIN;
    }
    return caller.role() != null
        && (caller.role() != Role.VIEWER || !operation.path().endsWith("/cleanup"));
  }

  private static Caller caller(GeneratedRequests requests, Operation operation) {
    if (operation.path().startsWith("/api/cron/") && requests.oneIn(2)) {
      return new Caller("cron", null, bearer(Serving.CRON_SECRET));
    }
    return switch (requests.pick(List.of(1, 2, 3, 4, 5, 6, 7, 8))) {
      case 1 -> new Caller("nobody", null, List.of());
      case 2 -> new Caller("wrong", null, bearer("jc_" + "x".repeat(43)));
      case 3 ->
          new Caller(
              "made-up cookie", null, List.of("Cookie", "job-cleanup-session=" + "x".repeat(43)));
      case 4 -> new Caller("viewer", Role.VIEWER, bearer(TOKENS.get(Role.VIEWER)));
      case 5 -> new Caller("operator", Role.OPERATOR, bearer(TOKENS.get(Role.OPERATOR)));
      // Signing out would end the session for the other requests.
      case 6, 7 ->
          operation.path().equals("/api/auth/logout")
              ? new Caller("nobody", null, List.of())
              : new Caller("cookie", Role.ADMIN, List.of("Cookie", cookie));
      default -> new Caller("admin", Role.ADMIN, bearer(TOKENS.get(Role.ADMIN)));
    };
  }

  private static List<String> bearer(String token) {
    return List.of("Authorization", "Bearer " + token);
  }

  private void remember(Operation operation, HttpResponse<String> answer) {
    if (answer.statusCode() == 200
        && operation.path().equals("/api/admin/jobs/cleanup")
        && runs.size() < 20) {
      JsonNode result = Serving.json(answer).get("result");
      if (!result.get("dryRun").asBoolean()) {
        runs.add(result.get("runId").asString());
      }
    }
  }

  private void fault(String what, Caller caller, String why) {
    faults.add("%s by %s: %s".formatted(what, caller.name(), why));
  }

  private static HttpResponse<String> send(
      String method, String path, List<String> headers, byte[] body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d%s".formatted(serving.port(), path)))
            .timeout(PATIENCE)
            .method(
                method,
                body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
    if (!headers.isEmpty()) {
      request.headers(headers.toArray(String[]::new));
    }
    return CLIENT.send(request.build(), BodyHandlers.ofString());
  }
}
