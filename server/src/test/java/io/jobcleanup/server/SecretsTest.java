package io.jobcleanup.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.Program.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretsTest {
  private static final List<String> COMMANDS =
      List.of(
          "migrate",
          "run",
          "run --json",
          "find",
          "find img_1",
          "doctor",
          "migrate --print",
          "sql select",
          "sql nonsense",
          "run --dry-run",
          "run --dryrun",
          "migrate --drop --yes");

  @TempDir Path directory;

  @Test
  void passwordIsInNoOutputAtTrace() throws SQLException {
    try (Host host = Host.on(TestPostgres.server())) {
      host.user("u_17", 40);
      String jdbc =
          "jdbc:postgresql://127.0.0.1:%d/%s?user=app&password=%s"
              .formatted(
                  TestPostgres.server().port(),
                  host.query("select current_database()"),
                  Host.CANARY.replace("!", "%21"));
      for (String url :
          List.of(
              host.url(),
              jdbc,
              host.url() + "?sslmode=require&connect_timeout=1",
              host.url() + "&&?x=1",
              host.url().replace("127.0.0.1", "127.0.0.1:9:9"),
              host.url().replaceFirst("host_\\d+", "nowhere"),
              jdbc.replace("app", "nobody"),
              jdbc.replace("/host", ":x/host"),
              "x" + host.url())) {
        host.stuckJob("img_" + Math.abs(url.hashCode()), "u_17", 1);
        for (String command : COMMANDS) {
          assertHidden(
              Program.run(
                  Map.of("DATABASE_URL", url, "LOGGING_LEVEL_ROOT", "TRACE"), command.split(" ")),
              "Canary-7f3a");
        }
      }
    }
  }

  @Test
  void driverCantWriteTheAddressToStandardErrorByItself() throws IOException, InterruptedException {
    Ended ended =
        Program.inOwnProcess(
            directory,
            Map.of("DATABASE_URL", "jdbc:postgresql://127.0.0.1:1?password=" + Host.CANARY),
            List.of(),
            "find");

    assertThat(ended.code()).isEqualTo(2);
    assertHidden(ended, Host.CANARY);
  }

  @Test
  void tracingDoesTrace() throws SQLException {
    try (Host host = Host.on(TestPostgres.server())) {
      Ended ended = Program.run(host.variables("LOGGING_LEVEL_ROOT", "TRACE"), "run");

      assertThat(ended.err()).contains("[DEBUG]");
    }
  }

  @Test
  void passwordOfTheEmbeddedDatabaseIsInNoOutputAtTrace() throws Exception {
    Path home = directory.resolve("home");
    Map<String, String> variables =
        Map.of("JOB_CLEANUP_HOME", home.toString(), "LOGGING_LEVEL_ROOT", "TRACE");
    try {
      Ended first = Program.run(variables, "run");
      String line = Files.readString(home.resolve("pgpass")).strip();
      String password = line.substring(line.lastIndexOf(':') + 1);

      assertThat(password).hasSizeGreaterThan(20);
      assertHidden(first, password);
      for (String command : COMMANDS) {
        assertHidden(Program.run(variables, command.split(" ")), password);
      }
    } finally {
      Program.run(variables, "stop");
    }
  }

  private static void assertHidden(Ended ended, String secret) {
    assertThat(ended.all()).isNotEmpty();
    assertThat(ended.all().contains(secret)).as("the secret is shown").isFalse();
  }
}
