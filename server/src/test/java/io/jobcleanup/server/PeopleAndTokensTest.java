package io.jobcleanup.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.Program.Ended;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

/** The commands about people and tokens. */
class PeopleAndTokensTest {
  private static final String PASSWORD = "Canary-password-1";
  private Host host;

  @BeforeEach
  void makeHost() throws SQLException {
    host = Host.on(TestPostgres.server());
  }

  @AfterEach
  void closeHost() throws SQLException {
    host.close();
  }

  private Ended run(String typed, String... arguments) {
    return Program.run(host.variables("LOGGING_LEVEL_ROOT", "TRACE"), typed, false, arguments);
  }

  private String entries() throws SQLException {
    return host.query(
        "select string_agg(concat_ws(' ', act, target, before, after), '; ' order by id)"
            + " from job_cleanup.audit_entry");
  }

  @Test
  void userIsAddedChangedAndRemovedAndEachIsRecorded() throws SQLException {
    Ended added = run(PASSWORD + "\r\n", "user", "add", "Ann@Example.com", "--role", "operator");
    assertThat(added.code()).isZero();
    assertThat(added.out()).isEqualTo("Added ann@example.com as operator.\n");
    Ended changed = run("", "user", "role", "ann@example.com", "ADMIN");
    assertThat(changed.out()).isEqualTo("ann@example.com is admin now.\n");
    Ended renewed = run("Canary-password-2\n", "user", "password", "ann@example.com");
    assertThat(renewed.code()).isZero();
    Ended removed = run("", "user", "remove", "ann@example.com");
    assertThat(removed.out()).isEqualTo("Removed ann@example.com.\n");
    assertThat(removed.err()).contains("There is no admin now.");

    assertThat(entries())
        .isEqualTo(
            "user.add ann@example.com {\"role\": \"operator\"};"
                + " user.role ann@example.com {\"role\": \"operator\"} {\"role\": \"admin\"};"
                + " user.password ann@example.com;"
                + " user.remove ann@example.com {\"role\": \"admin\"}");
    assertThat(host.query("select distinct actor || ' at ' || origin from job_cleanup.audit_entry"))
        .isEqualTo(System.getProperty("user.name") + " at command line");
    for (Ended each : new Ended[] {added, changed, renewed, removed}) {
      assertThat(each.all()).doesNotContain("Canary-password", "{pbkdf2");
    }
  }

  @Test
  void listsWhoMaySignIn() {
    run(PASSWORD, "user", "add", "ann@example.com", "--role", "viewer");

    assertThat(run("", "user", "list").out())
        .containsPattern("EMAIL +ROLE +SINCE\nann@example.com +viewer +\\d{4}-\\d\\d-\\d\\d ");
    assertThat(
            JsonMapper.shared()
                .readTree(run("", "user", "list", "--json").out())
                .at("/users/0/role")
                .asString())
        .isEqualTo("viewer");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "user add ann@example.com --role operator | short | 11 characters|12 and more",
        "user add ann@example.com --role chief | x | chief|viewer, operator, admin",
        "user add ann@example.com | x | --role|--role",
        "user add ann --role viewer | x | \"ann\"|admin@example.com",
        "user add there@example.com --role viewer | a password of mine | is there already|user role",
        "user role nobody@example.com viewer | x | There is no nobody@example.com|user list",
        "user password nobody@example.com | x | There is no nobody@example.com|user list",
        "user remove nobody@example.com | x | There is no nobody@example.com|user list",
        "user | x | Which command?|add",
        "user ad ann@example.com | x | Did you mean add?|user --help",
        "token create --name a/b --role viewer | x | \"a/b\" is no name|letters",
        "token create --name there --role viewer | x | There is a token there already|revoke",
        "token create --name n --role viewer --expires 90 | x | \"90\"|unit",
        "token revoke nothing | x | There is no token nothing|token list"
      })
  void whatCannotBeMeantIsRefusedAndChangesNothing(
      String command, String typed, String says, String names) throws SQLException {
    run(PASSWORD, "user", "add", "there@example.com", "--role", "viewer");
    run("", "token", "create", "--name", "there", "--role", "viewer");
    String before = entries();

    Ended ended =
        Program.run(
            host.variables(), typed.replace("short", "eleven char"), false, command.split(" "));

    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err()).contains(says, names).doesNotContain("\tat ");
    assertThat(entries()).isEqualTo(before);
  }

  @Test
  void passwordIsWantedOnStandardInput() {
    Ended ended = run("", "user", "add", "ann@example.com", "--role", "viewer");

    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err()).contains("There is no password on standard input");
  }

  @Test
  void tokenIsShownOnceAndKeptAsADigest() throws SQLException {
    Ended created =
        run("", "token", "create", "--name", "ci.1", "--role", "operator", "--expires", "90d");

    assertThat(created.code()).isZero();
    assertThat(created.out()).matches("jc_[A-Za-z0-9_-]{43}\n");
    String token = created.out().strip();
    assertThat(created.err()).doesNotContain(token);
    assertThat(
            host.query(
                "select name || ' ' || role || ' ' || (expires_at - created_at between '89 days' and '91 days') from job_cleanup.api_token where token_digest = sha256('%s')"
                    .formatted(token)))
        .isEqualTo("ci.1 OPERATOR true");
    assertThat(run("", "token", "list").out())
        .containsPattern("ci\\.1 +operator +\\d")
        .doesNotContain(token);
    assertThat(run("", "token", "list", "--json").out()).contains("\"expired\":false");
    assertThat(run("", "token", "revoke", "ci.1").out()).isEqualTo("Revoked ci.1.\n");
    assertThat(host.query("select count(*) from job_cleanup.api_token")).isEqualTo("0");
    assertThat(entries()).matches("token.create ci\\.1 \\{.*}; token.revoke ci\\.1 \\{.*}");
    assertThat(
            host.query("select count(*) from job_cleanup.audit_entry e where e::text like '%jc_%'"))
        .isEqualTo("0");
  }

  @Test
  void listsNeedTheTablesAndMakeNone() throws SQLException {
    Ended ended = run("", "user", "list");

    assertThat(ended.code()).isEqualTo(4);
    assertThat(ended.err()).contains("job-cleanup migrate");
    assertThat(host.query("select to_regnamespace('job_cleanup')")).isNull();
  }

  @Test
  void tablesAreNotMadeUnderMigrateNever() throws SQLException {
    Ended ended =
        Program.run(
            host.variables("JOB_CLEANUP_MIGRATE", "never"),
            PASSWORD,
            false,
            "user",
            "add",
            "ann@example.com",
            "--role",
            "viewer");

    assertThat(ended.code()).isEqualTo(4);
    assertThat(host.query("select to_regnamespace('job_cleanup')")).isNull();
  }

  @Test
  void databaseThatIsAwayIsToldOf() {
    Ended ended =
        Program.run(
            Map.of("DATABASE_URL", "postgresql://a:b@127.0.0.1:1/x?connect_timeout=1"),
            PASSWORD,
            false,
            "token",
            "list");

    assertThat(ended.code()).isEqualTo(3);
  }
}
