package io.jobcleanup.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.Host;
import io.jobcleanup.server.TestPostgres;
import io.jobcleanup.server.account.Actor;
import io.jobcleanup.server.account.Role;
import io.jobcleanup.server.account.Tokens;
import io.jobcleanup.server.service.Serving;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Refunds over HTTP, writing them off, and the export of runs. */
@Timeout(60)
class RefundsApiTest {
  private static final String REFUNDS = "/api/admin/refunds";
  private static final String REASON = "{\"reason\":\"agreed with the user\"}";
  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static Host host;
  private static Serving serving;
  private static String admin;
  private static String operator;
  private static String viewer;

  @BeforeAll
  static void start() throws Exception {
    host = Host.on(TestPostgres.server());
    host.user("rich", 1000);
    host.execute("insert into users (id, \"updatedAt\") values ('poor', now())");
    serving = Serving.on(host);
    admin = token("admin", Role.ADMIN);
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

  private static HttpResponse<String> get(String path) throws Exception {
    return serving.send("GET", path, "", "Authorization", "Bearer " + viewer);
  }

  private static HttpResponse<String> waive(String by, String id, String body) throws Exception {
    return serving.send(
        "POST",
        REFUNDS + "/" + id + "/waive",
        body,
        "Authorization",
        "Bearer " + by,
        "Content-Type",
        "application/json");
  }

  /** A job settled by a run: paid to the rich, owed to the poor. */
  private static String settled(String user) throws Exception {
    String job = "job/" + NUMBER.incrementAndGet();
    host.stuckJob(job, user, 5);
    assertThat(
            serving
                .send("POST", "/api/admin/jobs/cleanup", "", "Authorization", "Bearer " + operator)
                .statusCode())
        .isEqualTo(200);
    return job;
  }

  private static JsonNode refundOf(String job) throws Exception {
    JsonNode answer = Serving.json(get(REFUNDS + "?job=" + job));
    assertThat(answer.get("refunds")).as(answer.toString()).hasSize(1);
    return answer.at("/refunds/0");
  }

  private static String problem(int status, HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    return Serving.json(answer).path("detail").asString("");
  }

  @Test
  void refundsAreListedByUserByJobAndByWhatIsOwedPageByPage() throws Exception {
    String paid = settled("rich");
    String owed = settled("poor");

    JsonNode refund = refundOf(paid);
    assertThat(refund.get("state").asString()).isEqualTo("PAID");
    assertThat(refund.get("tokens").asInt()).isEqualTo(5);
    assertThat(refund.get("ledgerTable").asString()).isEqualTo("public.token_transactions");
    assertThat(refund.get("paidRunId").asString()).isEqualTo(refund.get("runId").asString());
    assertThat(refundOf(owed).get("cause").asString()).contains("no row in", "poor");
    JsonNode all = Serving.json(get(REFUNDS + "?limit=1"));
    assertThat(all.propertyNames()).containsExactly("refunds", "runsOfJob", "totals", "next");
    assertThat(all.get("refunds")).hasSize(1);
    String next = URLEncoder.encode(all.get("next").asString(), StandardCharsets.UTF_8);
    JsonNode second = Serving.json(get(REFUNDS + "?limit=1&after=" + next));
    assertThat(second.has("totals")).isFalse();
    assertThat(second.at("/refunds/0/id")).isNotEqualTo(all.at("/refunds/0/id"));
    assertThat(Serving.json(get(REFUNDS + "?user=poor&owed=true&job=" + owed)).get("refunds"))
        .hasSize(1);
    assertThat(Serving.json(get(REFUNDS + "?user=rich&job=" + owed)).get("refunds")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"?owed=yes", "?limit=0", "?after=x", "?jobs=1", "?job=a&job=b"})
  void wrongParameterIs400(String query) throws Exception {
    problem(400, get(REFUNDS + query));
  }

  @Test
  void adminWritesOffWhatIsOwedAndIsAuditedWithIt() throws Exception {
    String job = settled("poor");
    String id = refundOf(job).get("id").asString();

    HttpResponse<String> answer = waive(admin, id, REASON);

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(Serving.json(answer).at("/waived/0/state").asString()).isEqualTo("WAIVED");
    JsonNode refund = refundOf(job);
    assertThat(refund.get("state").asString()).isEqualTo("WAIVED");
    assertThat(refund.get("cause").asString()).isEqualTo("agreed with the user");
    assertThat(refund.get("waivedBy").asString()).isEqualTo("token:admin");
    assertThat(
            host.query(
                """
                select concat_ws('|', actor, origin, act, before ->> 'state', before ->> 'tokens', after ->> 'reason')
                from job_cleanup.audit_entry where target = 'public.image_enhancement_jobs/job\\/%s'
                """
                    .formatted(job.substring(4))))
        .isEqualTo("token:admin|127.0.0.1|refund.waive|OWED|5|agreed with the user");
    assertThat(problem(409, waive(admin, id, REASON)))
        .contains("it was written off at ", " by token:admin: agreed with the user");
  }

  @Test
  void auditThatCantBeWrittenUndoesTheWaiver() throws Exception {
    String job = settled("poor");
    host.execute(
        """
        create function no_audit() returns trigger language plpgsql as $$begin
          if new.act = 'refund.waive' then raise 'audit is full'; end if; return new; end$$;
        create trigger no_audit before insert on job_cleanup.audit_entry
          for each row execute function no_audit()
        """);
    try {
      problem(500, waive(admin, refundOf(job).get("id").asString(), REASON));
    } finally {
      host.execute("drop trigger no_audit on job_cleanup.audit_entry; drop function no_audit()");
    }
    assertThat(refundOf(job).get("state").asString()).isEqualTo("OWED");
  }

  @Test
  void whatWasGivenBackIs409AndWhatIsntThereIs404() throws Exception {
    JsonNode refund = refundOf(settled("rich"));

    assertThat(problem(409, waive(admin, refund.get("id").asString(), REASON)))
        .contains("it was given back at ", refund.get("runId").asString());
    problem(404, waive(admin, "bm8gc3VjaCBrZXk", REASON));
    problem(404, waive(admin, "no%20id", REASON));
    problem(404, waive(admin, refund.get("id").asString() + "=", REASON));
  }

  @Test
  void earlierStatusComesFirst() throws Exception {
    String id = refundOf(settled("poor")).get("id").asString();
    String path = REFUNDS + "/" + id + "/waive";

    assertThat(serving.send("POST", path, "{").statusCode()).isEqualTo(401);
    assertThat(waive(operator, id, "{").statusCode()).isEqualTo(403);
    String cookie = serving.cookie(Serving.EMAIL, Serving.PASSWORD);
    assertThat(
            serving
                .send("POST", path, REASON, "Cookie", cookie, "Sec-Fetch-Site", "cross-site")
                .statusCode())
        .isEqualTo(403);
    problem(413, waive(admin, id, " ".repeat(70_000) + REASON));
    problem(
        415,
        serving.send(
            "POST",
            path,
            REASON,
            "Authorization",
            "Bearer " + admin,
            "Content-Type",
            "text/plain"));
    for (String body :
        new String[] {
          "",
          "{}",
          "{\"reason\":\" \"}",
          "{\"reason\":7}",
          "{\"reason\":\"\\u0000\"}",
          "{\"reason\":\"\\ud800\"}",
          "{\"reason\":\"x\",\"reasons\":\"y\"}",
          "{\"reason\":\"%s\"}".formatted("x".repeat(501))
        }) {
      problem(400, waive(admin, id, body));
    }
    assertThat(host.query("select count(*) from job_cleanup.refund where waived_by = 'x'"))
        .isEqualTo("0");
    assertThat(waive(admin, id, REASON).statusCode()).isEqualTo(200);
  }

  @Test
  void runsAreExportedAsCsvAndAsJsonLines() throws Exception {
    settled("rich");

    HttpResponse<String> csv = get("/api/admin/runs/export");
    assertThat(csv.headers().firstValue("Content-Type")).hasValue("text/csv;charset=UTF-8");
    assertThat(csv.headers().firstValue("Content-Disposition"))
        .hasValue("attachment; filename=\"runs.csv\"");
    assertThat(csv.body()).startsWith("runId,trigger,").contains(",API,token:operator,COMPLETED,");
    HttpResponse<String> lines = get("/api/admin/runs/export?format=ndjson");
    assertThat(lines.headers().firstValue("Content-Type"))
        .hasValue("application/x-ndjson;charset=UTF-8");
    assertThat(lines.body().lines().count()).isEqualTo(csv.body().lines().count() - 1);
    HttpResponse<String> wantingJson =
        serving.send(
            "GET",
            "/api/admin/runs/export",
            "",
            "Authorization",
            "Bearer " + viewer,
            "Accept",
            "application/json");
    assertThat(wantingJson.body()).isEqualTo(csv.body());
    problem(400, get("/api/admin/runs/export?format=xml"));
    problem(400, get("/api/admin/runs/export?formats=csv"));
  }
}
