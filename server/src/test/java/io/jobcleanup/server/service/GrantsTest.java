package io.jobcleanup.server.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobcleanup.JobCleanup;
import io.jobcleanup.embedded.EmbeddedPostgres;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.server.Host;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.account.Accounts;
import io.jobcleanup.server.account.Actor;
import io.jobcleanup.server.account.Password;
import io.jobcleanup.server.account.Role;
import io.jobcleanup.server.account.Tokens;
import io.jobcleanup.server.schema.ServiceSchema;
import io.jobcleanup.server.settings.Secret;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is made by hand from {@code migrate --print}, and the role that has just its grants. */
class GrantsTest {
  private static final String ROLE = "job_cleanup_app";
  private static EmbeddedPostgres postgres;
  private Host host;

  @BeforeAll
  static void startPostgres() throws SQLException {
    postgres = EmbeddedPostgres.temporary();
    try (Host first = Host.empty(postgres)) {
      first.execute("create role job_cleanup_app login password 'app-password'");
    }
  }

  @AfterAll
  static void stopPostgres() {
    postgres.close();
  }

  @BeforeEach
  void makeHost() throws SQLException {
    host = Host.on(postgres);
    host.user("u1", 100);
    host.stuckJob("j1", "u1", 10);
  }

  @AfterEach
  void close() throws SQLException {
    host.close();
  }

  private String urlOfRole() {
    return host.url().replaceFirst("//app:[^@]*@", "//" + ROLE + ":app-password@");
  }

  private void pasteScript() throws SQLException {
    host.execute(JobCleanup.schemaScript(Mapping.builtIn()) + "\n" + ServiceSchema.script());
  }

  private JobCleanup asOwner() {
    return JobCleanup.builder(host.dataSource()).build();
  }

  @Test
  void grantsSufficeToServe() throws Exception {
    pasteScript();

    try (Serving serving =
        Serving.on(
            host,
            "DATABASE_URL",
            urlOfRole(),
            "JOB_CLEANUP_MIGRATE",
            "never",
            "JOB_CLEANUP_SCHEDULE_ENABLED",
            "true",
            "JOB_CLEANUP_SCHEDULE_CRON",
            "0 0 1 1 *")) {
      String cookie = serving.cookie(Serving.EMAIL, Serving.PASSWORD);
      HttpResponse<String> run =
          serving.send("POST", "/api/admin/jobs/cleanup", "", "Cookie", cookie);
      assertThat(run.statusCode()).isEqualTo(200);
      assertThat(Serving.json(run).at("/result/tokensRefunded").asInt()).isEqualTo(10);
      HttpResponse<String> cron =
          serving.send(
              "GET",
              "/api/cron/cleanup-jobs",
              "",
              "Authorization",
              "Bearer " + Serving.CRON_SECRET);
      assertThat(cron.statusCode()).isEqualTo(200);
      for (String path :
          new String[] {
            "/api/admin/runs",
            "/api/admin/jobs/stuck",
            "/api/admin/jobs/j1",
            "/actuator/health",
            "/actuator/prometheus"
          }) {
        assertThat(serving.send("GET", path, "", "Cookie", cookie).statusCode())
            .as(path)
            .isEqualTo(200);
      }
      assertThat(serving.signIn(Serving.EMAIL, "wrong").statusCode()).isEqualTo(401);
      assertThat(serving.send("POST", "/api/auth/logout", "", "Cookie", cookie).statusCode())
          .isEqualTo(200);
      assertThat(host.query("select count(*) from job_cleanup.scheduled_task")).isEqualTo("1");
    }
    assertThat(host.balance("u1")).isEqualTo("110");
    assertThat(host.status("j1")).isEqualTo("FAILED");
  }

  @Test
  void grantsSufficeForPeopleAndTokens() throws SQLException {
    pasteScript();
    org.postgresql.ds.PGSimpleDataSource role =
        (org.postgresql.ds.PGSimpleDataSource) host.dataSource();
    role.setUser(ROLE);
    role.setPassword("app-password");
    Accounts accounts = new Accounts(role);
    Tokens tokens = new Tokens(role);
    Actor actor = Actor.atCommandLine();
    Password password = new Password(new Secret("a password of its own"));

    assertThat(accounts.add(actor, "a@example.com", Role.VIEWER, password)).isTrue();
    assertThat(accounts.changeRole(actor, "a@example.com", Role.ADMIN)).isTrue();
    assertThat(accounts.changePassword(actor, "a@example.com", password)).isTrue();
    assertThat(accounts.remove(actor, "a@example.com")).isTrue();
    assertThat(tokens.create(actor, "t", Role.VIEWER, null)).isPresent();
    assertThat(tokens.revoke(actor, "t")).isTrue();
  }

  @Test
  void grantsHaveNoDdlAndDeleteNothingOfTheHostNorOfWhatIsRemembered() throws SQLException {
    pasteScript();

    assertThat(
            host.query(
                """
                select string_agg(table_schema || '.' || table_name, ' ' order by table_name)
                from information_schema.table_privileges
                where grantee = 'job_cleanup_app' and privilege_type in ('DELETE', 'TRUNCATE', 'TRIGGER')
                """))
        .isEqualTo(
            "job_cleanup.admin job_cleanup.api_token job_cleanup.refusal job_cleanup.run job_cleanup.run_job"
                + " job_cleanup.scheduled_task job_cleanup.session job_cleanup.sign_in_attempt");
    assertThat(
            host.query(
                "select has_schema_privilege('job_cleanup_app', 'job_cleanup', 'create') or has_table_privilege('job_cleanup_app', 'job_cleanup.audit_entry', 'update')"))
        .isEqualTo("f");
  }

  @Test
  void scriptMakesWhatMigrateMakes() throws SQLException {
    pasteScript();
    try (Host other = Host.on(postgres)) {
      new ServiceSchema(other.dataSource()).migrate(JobCleanup.builder(other.dataSource()).build());

      assertThat(host.query(tables())).isEqualTo(other.query(tables()));
      assertThat(host.query(indexes())).isEqualTo(other.query(indexes()));
    }
    assertThat(new ServiceSchema(host.dataSource()).migrate(asOwner())).isZero();
  }

  private static String tables() {
    return "select string_agg(concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default), chr(10) order by table_name, column_name) from information_schema.columns where table_schema = 'job_cleanup'";
  }

  private static String indexes() {
    return "select string_agg(indexdef, chr(10) order by indexdef) from pg_indexes where schemaname = 'job_cleanup'";
  }

  @Test
  void migratingAgainDoesNothing() {
    ServiceSchema schema = new ServiceSchema(host.dataSource());

    assertThat(schema.migrate(asOwner())).isEqualTo(3);
    assertThat(schema.migrate(asOwner())).isZero();
    schema.requireCurrent(asOwner());
  }

  @Test
  void embedderGetsNoneOfTheServicesTables() throws SQLException {
    asOwner().migrate();

    assertThat(host.query("select to_regclass('job_cleanup.admin')")).isNull();
    assertThatThrownBy(() -> new ServiceSchema(host.dataSource()).requireCurrent(asOwner()))
        .isInstanceOf(ProgramException.class)
        .hasMessageContaining("no tables for the service yet");
  }

  @Test
  void missingGrantIsToldBeforeTheServiceStarts() throws SQLException {
    pasteScript();
    host.execute("revoke delete on job_cleanup.session from job_cleanup_app");

    assertThatThrownBy(
            () -> Serving.on(host, "DATABASE_URL", urlOfRole(), "JOB_CLEANUP_MIGRATE", "never"))
        .isInstanceOf(ProgramException.class)
        .hasMessageContaining("migrate --print");
  }
}
