package io.jobcleanup.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.Host;
import io.jobcleanup.server.TestPostgres;
import io.jobcleanup.server.account.Actor;
import io.jobcleanup.server.account.Role;
import io.jobcleanup.server.account.Tokens;
import io.jobcleanup.server.service.Serving;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What contract section 4 says, and the routes that read. */
@Timeout(60)
class AdminApiTest {
  private static final String CLEANUP = "/api/admin/jobs/cleanup";
  private static final String JSON = "application/json";
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static Host host;
  private static Serving serving;
  private static String operator;
  private static String viewer;

  @BeforeAll
  static void start() throws Exception {
    host = Host.on(TestPostgres.server());
    host.user("u", 1000);
    host.execute("insert into users (id, \"updatedAt\") values ('poor', now())");
    serving = Serving.on(host, "JOB_CLEANUP_BATCH_SIZE", "50");
    operator = token("operator", Role.OPERATOR);
    viewer = token("viewer", Role.VIEWER);
  }

  private static String token(String name, Role role) {
    return new Tokens(host.dataSource())
        .create(Actor.atCommandLine(), name, role, null)
        .orElseThrow()
        .reveal();
  }

  @AfterAll
  static void stop() throws SQLException {
    serving.close();
    host.close();
  }

  @BeforeEach
  void clear() throws SQLException {
    host.execute("delete from token_transactions; delete from image_enhancement_jobs");
  }

  private static HttpResponse<String> post(String type, String body) throws Exception {
    return type == null
        ? serving.send("POST", CLEANUP, body, "Authorization", "Bearer " + operator)
        : serving.send(
            "POST", CLEANUP, body, "Authorization", "Bearer " + operator, "Content-Type", type);
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return serving.send("GET", path, "", "Authorization", "Bearer " + viewer);
  }

  private static JsonNode json(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue(JSON);
    return Serving.json(answer);
  }

  private static JsonNode problem(int status, String error, HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    JsonNode problem = Serving.json(answer);
    assertThat(problem.get("status").intValue()).isEqualTo(status);
    assertThat(problem.get("error").stringValue()).isEqualTo(error);
    assertThat(problem.get("title").stringValue()).isNotEmpty();
    return problem;
  }

  private static List<String> stuckJobs(int... costs) throws SQLException {
    List<String> ids = new ArrayList<>();
    for (int cost : costs) {
      String id = "job-" + NUMBER.incrementAndGet();
      host.stuckJob(id, "u", cost);
      ids.add(id);
    }
    return ids;
  }

  private static String stuck() throws SQLException {
    return host.query("select count(*) from image_enhancement_jobs where status = 'PROCESSING'");
  }

  @Test
  void doneIsToldAsTheSpecificationTellsIt() throws Exception {
    List<String> jobs = stuckJobs(10, 10, 7);

    JsonNode answer = json(post(null, ""));

    assertThat(answer.propertyNames()).containsExactly("success", "result", "message");
    assertThat(answer.get("success").booleanValue()).isTrue();
    assertThat(answer.get("message").stringValue())
        .isEqualTo("Successfully cleaned up 3 stuck jobs and refunded 27 tokens");
    JsonNode result = answer.get("result");
    assertThat(result.get("totalFound").intValue()).isEqualTo(3);
    assertThat(result.get("cleanedUp").intValue()).isEqualTo(3);
    assertThat(result.get("failed").intValue()).isZero();
    assertThat(result.get("tokensRefunded").intValue()).isEqualTo(27);
    assertThat(result.get("errors").isEmpty()).isTrue();
    assertThat(result.get("owed").toString())
        .isEqualTo("{\"paid\":0,\"tokensPaid\":0,\"stillOwed\":0,\"tokensStillOwed\":0}");
    assertThat(result.get("remaining").booleanValue()).isFalse();
    assertThat(result.get("dryRun").booleanValue()).isFalse();
    assertThat(result.get("jobsTruncated").booleanValue()).isFalse();
    assertThat(result.get("jobs").size()).isEqualTo(3);
    JsonNode job = result.get("jobs").get(0);
    assertThat(jobs).contains(job.get("id").stringValue());
    assertThat(job.get("userId").stringValue()).isEqualTo("u");
    assertThat(job.get("processingDuration").longValue()).isBetween(600_000L, 700_000L);
    assertThat(job.has("error")).isFalse();
    assertThat(
            host.query(
                "select trigger || ' ' || actor from job_cleanup.run where id = '%s'"
                    .formatted(result.get("runId").stringValue())))
        .isEqualToIgnoringCase("api token:operator");
  }

  @Test
  void oneJobAndOneTokenAreSingular() throws Exception {
    stuckJobs(1);

    assertThat(json(post(null, "")).get("message").stringValue())
        .isEqualTo("Successfully cleaned up 1 stuck job and refunded 1 token");
  }

  @Test
  void failedJobIsCountedNamedAndExplained() throws Exception {
    stuckJobs(4);
    String owed = "job-" + NUMBER.incrementAndGet();
    host.stuckJob(owed, "poor", 9);

    JsonNode answer = json(post(null, ""));

    assertThat(answer.get("message").stringValue())
        .isEqualTo("Successfully cleaned up 1 stuck job and refunded 4 tokens, 1 failed");
    JsonNode result = answer.get("result");
    assertThat(result.get("totalFound").intValue()).isEqualTo(2);
    assertThat(result.get("failed").intValue()).isEqualTo(1);
    assertThat(result.get("errors").get(0).get("jobId").stringValue()).isEqualTo(owed);
    assertThat(result.get("errors").get(0).get("error").stringValue()).isNotEmpty();
    host.execute("delete from job_cleanup.refund where state = 'OWED'");
  }

  @Test
  void dryRunListsAndChangesNothing() throws Exception {
    stuckJobs(10, 10, 7);

    JsonNode answer = json(post(JSON, "{\"dryRun\":true}"));

    assertThat(answer.get("message").stringValue())
        .isEqualTo("Dry run: Found 3 stuck jobs (no changes made)");
    JsonNode result = answer.get("result");
    assertThat(result.get("totalFound").intValue()).isEqualTo(3);
    assertThat(result.get("cleanedUp").intValue()).isZero();
    assertThat(result.get("tokensRefunded").intValue()).isZero();
    assertThat(result.get("jobs").size()).isEqualTo(3);
    assertThat(result.get("jobs").get(0).get("tokensRefunded").intValue()).isZero();
    assertThat(result.get("jobs").get(0).get("tokensCost").intValue()).isPositive();
    assertThat(stuck()).isEqualTo("3");
  }

  @Test
  void nothingStuckIsSaid() throws Exception {
    JsonNode answer = json(post(null, ""));

    assertThat(answer.get("message").stringValue()).isEqualTo("No stuck jobs found");
    assertThat(answer.get("result").get("totalFound").intValue()).isZero();
  }

  @Test
  void timeoutAndBatchSizeAreHeeded() throws Exception {
    stuckJobs(1, 1, 1);

    assertThat(
            json(post(JSON, "{\"timeoutMs\":2592000000}"))
                .get("result")
                .get("totalFound")
                .intValue())
        .isZero();
    JsonNode two = json(post(JSON, "{\"timeoutMs\":1000,\"batchSize\":2}")).get("result");
    assertThat(two.get("totalFound").intValue()).isEqualTo(2);
    assertThat(two.get("remaining").booleanValue()).isTrue();
    assertThat(json(post(JSON, "{\"batchSize\":10000}")).get("result").get("totalFound").intValue())
        .isEqualTo(1);
  }

  @Test
  void configuredBatchSizeHoldsWhereNoneIsAsked() throws Exception {
    stuckJobs(new int[51]);

    assertThat(json(post(null, "")).get("result").get("totalFound").intValue()).isEqualTo(50);
  }

  @ParameterizedTest
  @CsvSource(
      value = {
        "NULL,''",
        "NULL,' \t\r\n'",
        "application/json,''",
        "application/json,'  '",
        "application/x-www-form-urlencoded,' '",
        "text/plain,' '",
        "nonsense,' '"
      },
      nullValues = "NULL")
  void emptyOrBlankBodyMeansTheDefaultsUnderAnyType(String type, String body) throws Exception {
    stuckJobs(1);

    assertThat(json(post(type, body)).get("result").get("cleanedUp").intValue()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=\"UTF-8\"",
        "APPLICATION/JSON"
      })
  void jsonIsJsonHoweverItsTypeIsSpelt(String type) throws Exception {
    assertThat(json(post(type, "{\"dryRun\":true}")).get("result").get("dryRun").booleanValue())
        .isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "text/json",
        "application/problem+json",
        "application/json; charset=iso-8859-1",
        "application/*",
        "nonsense"
      })
  void bodyOfAnotherTypeIs415AndCleansNothing(String type) throws Exception {
    stuckJobs(1);

    problem(415, "Unsupported media type", post(type, "{\"dryRun\":true}"));

    assertThat(stuck()).isEqualTo("1");
  }

  @Test
  void bodyWithoutAnyTypeAndCompressedOneAre415() throws Exception {
    stuckJobs(1);

    problem(415, "Unsupported media type", post(null, "{\"dryRun\":true}"));
    problem(
        415,
        "Unsupported media type",
        serving.send(
            "POST",
            CLEANUP,
            "{}",
            "Authorization",
            "Bearer " + operator,
            "Content-Type",
            JSON,
            "Content-Encoding",
            "gzip"));
    assertThat(stuck()).isEqualTo("1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"FOO", "PROPFIND", "get", "CONNECTED"})
  void methodThatNoPathIsForIsNotImplemented(String method) throws Exception {
    for (String path : List.of(CLEANUP, "/nothing", "/api/cron/cleanup-jobs", "/")) {
      problem(501, "Not implemented", serving.send(method, path, ""));
    }
  }

  @Test
  void traceIsNotAllowed() throws Exception {
    HttpResponse<String> answer = serving.send("TRACE", CLEANUP, "");

    problem(405, "Method not allowed", answer);
    assertThat(answer.headers().firstValue("Allow")).isPresent();
  }

  @Test
  void describedCookiesAreThoseThatSigningInSets() throws Exception {
    List<String> described = new ArrayList<>();
    json(get("/v3/api-docs"))
        .at("/components/securitySchemes")
        .forEach(it -> described.add(it.path("name").asString()));
    described.removeIf(String::isEmpty);
    List<String> set = new ArrayList<>();
    try (Serving overTls = Serving.on(host, "JOB_CLEANUP_PUBLIC_URL", "https://jobs.example.com")) {
      for (Serving each : List.of(serving, overTls)) {
        set.add(each.cookie(Serving.EMAIL, Serving.PASSWORD).split("=")[0]);
      }
    }

    assertThat(described).isEqualTo(set);
    assertThat(json(get("/v3/api-docs")).at("/paths/~1api~1admin~1runs/get/security").toString())
        .isEqualTo("[{\"session\":[]},{\"sessionOverTls\":[]},{\"token\":[]}]");
  }

  static Stream<List<String>> wrongBodies() {
    return Stream.of(
        List.of("{\"dryrun\":true}", "dryrun is no field", "dryRun?"),
        List.of("{\"timeoutMs\":\"600000\"}", "timeoutMs is \"600000\"", "1000 to 2592000000"),
        List.of("{\"timeoutMs\":60000.5}", "timeoutMs is 60000.5"),
        List.of("{\"timeoutMs\":60000.0}", "timeoutMs is 60000.0,"),
        List.of("{\"timeoutMs\":6e4}", "timeoutMs is 6e4,"),
        List.of("{\"timeoutMs\":6E+4}", "timeoutMs is 6E+4,"),
        List.of("{\"timeoutMs\":1e400}", "timeoutMs is 1e400,"),
        List.of("{\"timeoutMs\":-0}", "timeoutMs is -0,"),
        List.of("{\"timeoutMs\":null}", "timeoutMs is null"),
        List.of("{\"timeoutMs\":true}", "timeoutMs is true"),
        List.of("{\"timeoutMs\":[600000]}", "timeoutMs is an array"),
        List.of("{\"timeoutMs\":999}", "timeoutMs is 999"),
        List.of("{\"timeoutMs\":2592000001}", "timeoutMs is 2592000001"),
        List.of("{\"timeoutMs\":-600000}", "timeoutMs is -600000"),
        List.of("{\"timeoutMs\":99999999999999999999999999}", "timeoutMs is 9999"),
        List.of("{\"batchSize\":0}", "batchSize is 0", "1 to 10000"),
        List.of("{\"batchSize\":10001}", "batchSize is 10001"),
        List.of("{\"batchSize\":\"5\"}", "batchSize is \"5\""),
        List.of("{\"dryRun\":\"true\"}", "dryRun is \"true\"", "true or false"),
        List.of("{\"dryRun\":1}", "dryRun is 1"),
        List.of("{\"dryRun\":null}", "dryRun is null"),
        List.of("{\"dryRun\":1,\"batchSize\":0,\"x\":{}}", "dryRun is 1", "batchSize is 0", "x is"),
        List.of("{\"dryRun\":true,\"dryRun\":true}", "dryRun is there twice"),
        List.of("{\"dryRun\":true,\"\\u0064ryRun\":false}", "dryRun is there twice"),
        List.of("{\"dryRun\":true} {}", "goes on"),
        List.of("{\"dryRun\":true} x", "JSON"),
        List.of("[{\"dryRun\":true}]", "not an object"),
        List.of("true", "not an object"),
        List.of("null", "not an object"),
        List.of("\"{}\"", "not an object"),
        List.of("{\"dryRun\":true", "JSON"),
        List.of("{\"dryRun\":true,}", "JSON"),
        List.of("{dryRun:true}", "JSON"),
        List.of("{'dryRun':true}", "JSON"),
        List.of("{\"timeoutMs\":0600000}", "JSON"),
        List.of("{\"dryRun\":True}", "JSON"),
        List.of("// yes\n{\"dryRun\":true}", "JSON"),
        List.of("\uFEFF{\"dryRun\":true}", "byte order mark"),
        List.of("{\"\\ud800\":1}", "no field"),
        List.of("[".repeat(5000), "JSON"),
        List.of("{\"" + "x".repeat(30_000) + "\":1}", "no field"));
  }

  @ParameterizedTest
  @MethodSource("wrongBodies")
  void wrongBodyIs400SaysWhatIsWrongAndCleansNothing(List<String> bodyAndFaults) throws Exception {
    stuckJobs(1);

    JsonNode problem = problem(400, "Invalid request", post(JSON, bodyAndFaults.getFirst()));

    assertThat(problem.get("detail").stringValue())
        .contains(bodyAndFaults.subList(1, bodyAndFaults.size()))
        .hasSizeLessThan(400);
    assertThat(stuck()).isEqualTo("1");
  }

  @Test
  void bodyThatIsntUtf8Is400() throws Exception {
    stuckJobs(1);
    String answer =
        raw(
            request(CLEANUP, "Content-Type: application/json", "Content-Length: 9"),
            new byte[] {'{', '"', 'a', (byte) 0xff, '"', ':', '1', '}', ' '});

    assertThat(answer).startsWith("HTTP/1.1 400").contains("isn't UTF-8");
    assertThat(stuck()).isEqualTo("1");
  }

  @Test
  void bodyOf64KiBPassesAndALargerOneIs413() throws Exception {
    String largest = "{\"dryRun\":true}" + " ".repeat(64 * 1024 - 15);

    json(post(JSON, largest));
    problem(413, "Payload too large", post(JSON, largest + " "));
    problem(413, "Payload too large", post("text/plain", largest + "x"));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8, 15})
  void muchLargerBodyIsReadAwaySoThatTheClientSeesTheAnswer(int mebibytes) throws Exception {
    byte[] body = new byte[mebibytes * 1024 * 1024];

    assertThat(
            raw(
                request(
                    CLEANUP, "Content-Type: application/json", "Content-Length: " + body.length),
                body))
        .startsWith("HTTP/1.1 413");
    ByteArrayOutputStream chunks = new ByteArrayOutputStream();
    for (int i = 0; i < mebibytes; i++) {
      chunks.writeBytes("100000\r\n".getBytes(StandardCharsets.US_ASCII));
      chunks.write(body, 0, 1024 * 1024);
      chunks.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
    }
    chunks.writeBytes("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    assertThat(
            raw(
                request(CLEANUP, "Content-Type: application/json", "Transfer-Encoding: chunked"),
                chunks.toByteArray()))
        .startsWith("HTTP/1.1 413");
  }

  @Test
  void earlierStatusOfTheTableComesFirst() throws Exception {
    String large = "x".repeat(70_000);
    stuckJobs(1);

    problem(
        401, "Unauthorized", serving.send("POST", CLEANUP, large, "Content-Type", "text/plain"));
    problem(
        403,
        "Forbidden",
        serving.send("POST", CLEANUP, large, "Authorization", "Bearer " + viewer));
    problem(413, "Payload too large", post("text/plain", large));
    problem(415, "Unsupported media type", post("text/plain", "{\"dryrun\":1}"));
    assertThat(stuck()).isEqualTo("1");
  }

  @Test
  void otherMethodTypeAndPathAreProblemsToo() throws Exception {
    HttpResponse<String> method = get(CLEANUP);
    problem(405, "Method not allowed", method);
    assertThat(method.headers().firstValue("Allow")).hasValue("POST");
    problem(
        406,
        "Not acceptable",
        serving.send(
            "GET",
            "/api/admin/runs",
            "",
            "Authorization",
            "Bearer " + viewer,
            "Accept",
            "text/html"));
    problem(404, "Not found", get("/api/admin/nothing"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /a{b HTTP/1.1\r\nHost: x",
        "GARBAGE",
        "GET /%zz HTTP/1.1\r\nHost: x",
        "GET /x%00 HTTP/1.1\r\nHost: x",
        "GET / HTTP/1.1\r\nHost: x\r\nHost: y",
        "GET / HTTP/1.1",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x"
      })
  void requestThatTheServerItselfRefusesIsAProblemWithoutInternals(String head) throws Exception {
    String answer = raw((head + "\r\n\r\n").getBytes(StandardCharsets.UTF_8), new byte[0]);

    assertThat(answer)
        .startsWith("HTTP/1.1 400")
        .contains("Content-Type: application/problem+json", "\"error\":\"Invalid request\"")
        .contains("X-Content-Type-Options: nosniff")
        .doesNotContainIgnoringCase("tomcat")
        .doesNotContainIgnoringCase("exception")
        .doesNotContain("<html");
  }

  @Test
  void serverOfTheManagementPortRefusesInTheSameForm() throws Exception {
    int management;
    try (ServerSocket free = new ServerSocket(0)) {
      management = free.getLocalPort();
    }
    try (Serving both = Serving.on(host, "MANAGEMENT_PORT", String.valueOf(management))) {
      assertThat(Serving.send(management, "GET", "/actuator/health", "").statusCode())
          .isEqualTo(200);
      assertThat(both.send("GET", "/actuator/health", "").statusCode()).isNotEqualTo(200);
      assertThat(
              raw(
                  management,
                  "GET /a{b HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.UTF_8),
                  new byte[0]))
          .startsWith("HTTP/1.1 400")
          .contains("\"error\":\"Invalid request\"")
          .doesNotContain("<html");
    }
  }

  @Test
  void stuckJobsAreListedAsTheCommandLineListsThem() throws Exception {
    List<String> jobs = stuckJobs(3, 4);

    JsonNode found = json(get("/api/admin/jobs/stuck"));

    assertThat(found.get("jobs").size()).isEqualTo(2);
    JsonNode first = found.get("jobs").get(0);
    assertThat(first.get("id").stringValue()).isEqualTo(jobs.getFirst());
    assertThat(first.get("wouldGiveBack").intValue()).isEqualTo(3);
    assertThat(json(get("/api/admin/jobs/stuck?limit=1")).get("jobs").size()).isEqualTo(1);
    assertThat(json(get("/api/admin/jobs/stuck?timeoutMs=2592000000")).get("jobs").isEmpty())
        .isTrue();
    assertThat(stuck()).isEqualTo("2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api/admin/jobs/stuck?limit=0",
        "/api/admin/jobs/stuck?limit=10001",
        "/api/admin/jobs/stuck?limit=1&limit=2",
        "/api/admin/jobs/stuck?limt=1",
        "/api/admin/jobs/stuck?timeoutMs=5m",
        "/api/admin/runs?limit=1001",
        "/api/admin/runs?after=nonsense"
      })
  void wrongParameterIs400(String path) throws Exception {
    problem(400, "Invalid request", get(path));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "plain",
        "with space",
        "ümläut",
        "a/b",
        "a%b",
        "a;b",
        "a\\b",
        "a?b#c",
        "a//b",
        "a/./b"
      })
  void jobIsExplainedWhateverCharactersItsKeyHas(String key) throws Exception {
    host.stuckJob(key, "u", 5);
    String encoded = URLEncoder.encode(key, StandardCharsets.UTF_8).replace("+", "%20");

    for (String name : List.of(encoded, "images%3A" + encoded)) {
      JsonNode explained = json(get("/api/admin/jobs/" + name));

      assertThat(explained.get("jobs").size()).isEqualTo(1);
      assertThat(explained.get("jobs").get(0).get("id").stringValue()).isEqualTo(key);
      assertThat(explained.get("jobs").get(0).get("stuck").booleanValue()).isTrue();
    }
  }

  @Test
  void jobThatIsntThereIs404() throws Exception {
    problem(404, "Not found", get("/api/admin/jobs/nobody"));
  }

  @Test
  void lateCompletionsAreListedPageByPage() throws Exception {
    for (String job : List.of("late_1", "late_2")) {
      host.stuckJob(job, "u", 10);
      post(null, "");
      host.execute(
          "update image_enhancement_jobs set status = 'COMPLETED', \"imageUrl\" = 'late.png' where id = '%s'"
              .formatted(job));
      post(null, "");
    }

    JsonNode first = json(get("/api/admin/late-completions?limit=1"));
    JsonNode second =
        json(get("/api/admin/late-completions?limit=1&after=" + first.get("next").stringValue()));

    JsonNode late = first.get("lateCompletions").get(0);
    assertThat(late.get("id").stringValue()).isEqualTo("late_2");
    assertThat(late.get("userId").stringValue()).isEqualTo("u");
    assertThat(late.get("tokensRefunded").intValue()).isEqualTo(10);
    assertThat(late.get("delivered").get("imageUrl").stringValue()).isEqualTo("late.png");
    assertThat(second.get("lateCompletions").get(0).get("id").stringValue()).isEqualTo("late_1");
    problem(400, "Invalid request", get("/api/admin/late-completions?after=nonsense"));
    problem(400, "Invalid request", get("/api/admin/late-completions?before=1"));
  }

  @Test
  void runsAreListedPageByPageAndShownWithTheirJobs() throws Exception {
    List<String> runs = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      stuckJobs(1, 2);
      runs.addFirst(json(post(null, "")).get("result").get("runId").stringValue());
    }

    JsonNode first = json(get("/api/admin/runs?limit=2"));
    JsonNode second = json(get("/api/admin/runs?limit=2&after=" + first.get("next").stringValue()));

    assertThat(first.get("runs").get(0).get("runId").stringValue()).isEqualTo(runs.get(0));
    assertThat(first.get("runs").get(1).get("runId").stringValue()).isEqualTo(runs.get(1));
    assertThat(second.get("runs").get(0).get("runId").stringValue()).isEqualTo(runs.get(2));
    JsonNode run = first.get("runs").get(0);
    assertThat(run.get("trigger").stringValue()).isEqualTo("API");
    assertThat(run.get("actor").stringValue()).isEqualTo("token:operator");
    assertThat(run.get("state").stringValue()).isEqualTo("COMPLETED");
    assertThat(run.get("tokensRefunded").intValue()).isEqualTo(3);

    JsonNode shown = json(get("/api/admin/runs/" + runs.getFirst() + "?limit=1"));
    assertThat(shown.get("run")).isEqualTo(run);
    assertThat(shown.get("jobs").size()).isEqualTo(1);
    JsonNode rest =
        json(
            get(
                "/api/admin/runs/%s?after=%s"
                    .formatted(
                        runs.getFirst(),
                        URLEncoder.encode(
                            shown.get("next").stringValue(), StandardCharsets.UTF_8))));
    assertThat(rest.get("jobs").size()).isEqualTo(1);
    assertThat(rest.get("next").isNull()).isTrue();
    problem(404, "Not found", get("/api/admin/runs/01890000-0000-7000-8000-000000000000"));
    problem(404, "Not found", get("/api/admin/runs/nonsense"));
  }

  private static byte[] request(String path, String... headers) {
    return "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nConnection: close\r\n%s\r\n\r\n"
        .formatted(path, operator, String.join("\r\n", headers))
        .getBytes(StandardCharsets.US_ASCII);
  }

  /** Sends all of it before it reads anything, as simple clients do. */
  private static String raw(byte[] head, byte[] body) throws Exception {
    return raw(serving.port(), head, body);
  }

  private static String raw(int port, byte[] head, byte[] body) throws Exception {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(10_000);
      OutputStream out = socket.getOutputStream();
      out.write(head);
      out.write(body);
      out.flush();
      InputStream in = socket.getInputStream();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void dryRunThatIsAskedForInTheQueryStartsNoRealOne() throws Exception {
    String job = stuckJobs(3).getFirst();

    HttpResponse<String> answer =
        serving.send("POST", CLEANUP + "?dryRun=true", "", "Authorization", "Bearer " + operator);

    assertThat(problem(400, "Invalid request", answer).get("detail").stringValue())
        .contains("dryRun is no parameter of this request");
    assertThat(host.status(job)).isEqualTo("PROCESSING");
  }

  @Test
  void whatTheClientWouldLikeToReadDecidesNothingAboutACleanup() throws Exception {
    String[] html = {"Authorization", "Bearer " + operator, "Accept", "text/html"};

    assertThat(serving.send("POST", CLEANUP, "x", html).statusCode()).isEqualTo(415);
    json(serving.send("POST", CLEANUP, "", html));
  }

  @Test
  void lookIsAnsweredWhileAllThatMayRunAtOnceRuns() throws Exception {
    host.execute(
        """
        create function slow() returns trigger language plpgsql as
          'begin perform pg_sleep(0.01); return new; end';
        create trigger slow before update on image_enhancement_jobs
          for each row execute function slow();
        """);
    try {
      stuckJobs(new int[150]);
      List<CompletableFuture<HttpResponse<String>>> runs =
          Stream.of("{}", "{}", "{}")
              .map(body -> CompletableFuture.supplyAsync(() -> run(body)))
              .toList();
      await("t", "select count(*) > 0 from image_enhancement_jobs where status = 'FAILED'");

      json(get("/api/admin/jobs/stuck"));
      json(post(JSON, "{\"dryRun\":true}"));

      assertThat(runs).noneMatch(CompletableFuture::isDone);
      assertThat(runs).allMatch(it -> it.join().statusCode() == 200);
    } finally {
      host.execute("drop function slow() cascade");
    }
  }

  private static HttpResponse<String> run(String body) {
    try {
      return post(JSON, body);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static void await(String value, String sql) throws SQLException {
    while (!host.query(sql).equals(value)) {
      Thread.onSpinWait();
    }
  }
}
