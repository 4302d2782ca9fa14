package io.jobcleanup.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 3, unit = TimeUnit.MINUTES)
class DurablePostgresTest {
  @TempDir Path directory;
  Path home;

  @BeforeEach
  void setUp() {
    home = directory.resolve("home");
  }

  @AfterEach
  void stopServer() {
    if (Files.isDirectory(home.resolve("postgres"))) {
      EmbeddedPostgres.at(home).stop();
    }
  }

  @Test
  void keepsItsDataAndAddressOverARestart() throws SQLException {
    EmbeddedPostgres postgres = EmbeddedPostgres.at(home);
    execute(postgres, "CREATE TABLE kept AS SELECT 42 AS answer");
    postgres.stop();

    EmbeddedPostgres again = EmbeddedPostgres.at(home);

    assertThat(again.startedByUs()).isTrue();
    assertThat(again.jdbcUrl()).isEqualTo(postgres.jdbcUrl());
    assertThat(query(again, "SELECT answer FROM kept")).isEqualTo("42");
  }

  @Test
  void serverOutlivesTheProcessThatStartedIt() throws Exception {
    Process starter = OtherProcess.start(home);
    OtherProcess.Seen seen = OtherProcess.seenBy(starter);
    starter.waitFor();

    EmbeddedPostgres postgres = EmbeddedPostgres.at(home);

    assertThat(seen.startedByUs()).isTrue();
    assertThat(postgres.startedByUs()).isFalse();
    assertThat(postgres.pid()).isEqualTo(seen.pid());
  }

  @Test
  void twoFirstStartsAtOnceShareOneServer() throws IOException {
    Process first = OtherProcess.start(home);
    Process second = OtherProcess.start(home);

    OtherProcess.Seen one = OtherProcess.seenBy(first);
    OtherProcess.Seen other = OtherProcess.seenBy(second);

    assertThat(one.pid()).isEqualTo(other.pid());
    assertThat(one.port()).isEqualTo(other.port());
    assertThat(List.of(one.startedByUs(), other.startedByUs()))
        .containsExactlyInAnyOrder(true, false);
  }

  @Test
  void startsAgainAfterAKill() throws SQLException {
    EmbeddedPostgres postgres = EmbeddedPostgres.at(home);
    execute(postgres, "CREATE TABLE kept AS SELECT 42 AS answer");
    kill(postgres);

    EmbeddedPostgres again = EmbeddedPostgres.at(home);

    assertThat(again.startedByUs()).isTrue();
    assertThat(query(again, "SELECT answer FROM kept")).isEqualTo("42");
  }

  @Test
  void startsAgainWhenItsProcessNumberHasGoneToSomebodyElse() throws IOException, SQLException {
    EmbeddedPostgres postgres = EmbeddedPostgres.at(home);
    Path pidFile = home.resolve("postgres/postmaster.pid");
    List<String> lines = Files.readAllLines(pidFile);
    postgres.stopImmediately();
    lines.set(0, String.valueOf(ProcessHandle.current().pid()));
    Files.write(pidFile, lines);

    EmbeddedPostgres again = EmbeddedPostgres.at(home);

    assertThat(again.startedByUs()).isTrue();
    assertThat(query(again, "SELECT 1")).isEqualTo("1");
  }

  @Test
  void takesAnotherPortWhenItsOwnIsTaken() throws IOException, SQLException {
    EmbeddedPostgres postgres = EmbeddedPostgres.at(home);
    int before = postgres.port();
    postgres.stop();

    try (ServerSocket taken = new ServerSocket(before, 1, InetAddress.getByName("127.0.0.1"))) {
      EmbeddedPostgres again = EmbeddedPostgres.at(home);

      assertThat(again.port()).isNotEqualTo(taken.getLocalPort());
      assertThat(query(again, "SELECT 1")).isEqualTo("1");
    }
  }

  @Test
  void runsBelowADirectoryThatIsItsOwnersAlone() throws IOException, SQLException {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));

    EmbeddedPostgres postgres = EmbeddedPostgres.at(home);

    assertThat(query(postgres, "SELECT 1")).isEqualTo("1");
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve("postgres"))))
        .isEqualTo("rwx------");
  }

  /** One that nothing happens to is enough for all of these. */
  @Nested
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  class WhileItRuns {
    Path itsHome;
    EmbeddedPostgres postgres;

    @BeforeAll
    void start(@TempDir Path itsDirectory) {
      itsHome = itsDirectory.resolve("home");
      postgres = EmbeddedPostgres.at(itsHome);
    }

    @AfterAll
    void stop() {
      postgres.stop();
    }

    @Test
    void isSetUpToLast() throws SQLException {
      assertThat(query(postgres, "SHOW fsync")).isEqualTo("on");
      assertThat(query(postgres, "SHOW data_checksums")).isEqualTo("on");
      assertThat(query(postgres, "SHOW server_encoding")).isEqualTo("UTF8");
      assertThat(query(postgres, "SHOW log_timezone")).isEqualTo("UTC");
      // SHOW timezone would give the zone that the driver asked for.
      assertThat(
              query(
                  postgres,
                  "SELECT setting FROM pg_file_settings WHERE name = 'timezone' AND applied"))
          .isEqualTo("UTC");
      assertThat(
              query(
                  postgres,
                  "SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname ="
                      + " current_user"))
          .isEqualTo("t");
    }

    @Test
    void secondProcessFindsTheRunningServer() throws IOException {
      OtherProcess.Seen seen = OtherProcess.seenBy(OtherProcess.start(itsHome));

      assertThat(seen).isEqualTo(new OtherProcess.Seen(postgres.pid(), postgres.port(), false));
    }

    @Test
    void wrongPasswordIsRefused() {
      assertThatExceptionOfType(SQLException.class)
          .isThrownBy(
              () -> DriverManager.getConnection(postgres.jdbcUrl(), postgres.user(), "guess"))
          .satisfies(e -> assertThat(e.getSQLState()).isEqualTo("28P01"));
    }

    @Test
    void passwordFileThatDoesNotFitIsNamed() throws IOException {
      Path pgpass = itsHome.resolve("pgpass");
      String right = Files.readString(pgpass);
      Files.writeString(pgpass, right.replace(postgres.password(), "other"));

      assertThatThrownBy(() -> EmbeddedPostgres.at(itsHome))
          .isInstanceOf(EmbeddedPostgresException.class)
          .hasMessageContaining("pgpass")
          .hasMessageNotContaining(postgres.password());

      Files.writeString(pgpass, right);
    }

    @Test
    void listensOnLoopbackOnly() throws IOException, SQLException {
      assertThat(query(postgres, "SHOW listen_addresses")).isEqualTo("127.0.0.1");
      assertThat(query(postgres, "SHOW unix_socket_directories")).isEmpty();
      List<InetAddress> others =
          NetworkInterface.networkInterfaces()
              .flatMap(NetworkInterface::inetAddresses)
              .filter(address -> !address.isLoopbackAddress())
              .toList();
      for (InetAddress address : others) {
        assertThatThrownBy(() -> new Socket(address, postgres.port()).close())
            .isInstanceOf(IOException.class);
      }
    }

    @Test
    void passwordIsInItsFileAndNotInThePsqlLine() throws IOException {
      Path pgpass = itsHome.resolve("pgpass");

      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(pgpass)))
          .isEqualTo("rw-------");
      assertThat(pgpass)
          .content()
          .isEqualTo("127.0.0.1:*:*:job_cleanup:%s%n".formatted(postgres.password()));
      assertThat(postgres.psqlLine())
          .isEqualTo(
              "PGPASSFILE=%s psql -h 127.0.0.1 -p %d -U job_cleanup job_cleanup"
                  .formatted(pgpass, postgres.port()));
    }

    @Test
    void serverDoesNotInheritOurEnvironment() throws SQLException {
      assumeThat(Path.of("/proc/self/environ")).exists();

      String environment =
          "SELECT encode(pg_read_binary_file('/proc/self/environ', 0, 100000), 'escape')";

      assertThat(query(postgres, environment)).doesNotContain("HOME=");
    }

    @Test
    void closeLeavesTheServerToOthers() throws SQLException {
      EmbeddedPostgres.at(itsHome).close();

      assertThat(query(postgres, "SELECT 1")).isEqualTo("1");
    }
  }

  private static void kill(EmbeddedPostgres postgres) {
    ProcessHandle server = ProcessHandle.of(postgres.pid()).orElseThrow();
    server.destroyForcibly();
    server.onExit().join();
  }

  private static void execute(EmbeddedPostgres postgres, String sql) throws SQLException {
    try (Connection connection = postgres.connect();
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String query(EmbeddedPostgres postgres, String sql) throws SQLException {
    try (Connection connection = postgres.connect();
        var statement = connection.createStatement();
        var rows = statement.executeQuery(sql)) {
      assertThat(rows.next()).isTrue();
      return rows.getString(1);
    }
  }
}
