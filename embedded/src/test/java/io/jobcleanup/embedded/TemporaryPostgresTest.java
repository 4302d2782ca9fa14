package io.jobcleanup.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 3, unit = TimeUnit.MINUTES)
class TemporaryPostgresTest {
  @Test
  void isGoneAfterClose() throws SQLException {
    EmbeddedPostgres postgres = EmbeddedPostgres.temporary();
    Path directory = Path.of(query(postgres, "SHOW data_directory")).getParent();
    ProcessHandle server = ProcessHandle.of(postgres.pid()).orElseThrow();
    assertThat(directory).exists();

    postgres.close();

    assertThat(directory).doesNotExist();
    assertThat(server.onExit()).succeedsWithin(Duration.ofSeconds(10));
  }

  @Test
  void settingsGoBeforeOurs() throws SQLException {
    try (EmbeddedPostgres postgres =
        EmbeddedPostgres.temporary(Map.of("fsync", "on", "deadlock_timeout", "200ms"))) {
      assertThat(query(postgres, "SHOW fsync")).isEqualTo("on");
      assertThat(query(postgres, "SHOW deadlock_timeout")).isEqualTo("200ms");
      assertThat(query(postgres, "SHOW max_connections")).isEqualTo("200");
    }
  }

  @Test
  void databasesAreApart() throws SQLException {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.temporary()) {
      String url = postgres.createDatabase("Second \"one\"");

      try (Connection connection = postgres.connect("Second \"one\"")) {
        assertThat(connection.getCatalog()).isEqualTo("Second \"one\"");
        assertThat(connection.getMetaData().getURL()).isEqualTo(url);
      }
      assertThatThrownBy(() -> postgres.createDatabase("Second \"one\""))
          .isInstanceOf(EmbeddedPostgresException.class)
          .hasMessageContaining("already exists");
    }
  }

  @Test
  void databaseIsMadeLikeAnother() throws SQLException {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.temporary()) {
      postgres.createDatabase("first");
      try (Connection connection = postgres.connect("first");
          var statement = connection.createStatement()) {
        statement.execute("CREATE TABLE kept AS SELECT 42 AS answer");
      }

      postgres.createDatabase("second", "first");

      try (Connection connection = postgres.connect("second");
          var statement = connection.createStatement();
          var rows = statement.executeQuery("SELECT answer FROM kept")) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getInt(1)).isEqualTo(42);
      }
    }
  }

  @Test
  void comesBackOnItsPortAfterACrash() throws SQLException {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.temporary()) {
      String url = postgres.jdbcUrl();
      long pid = postgres.pid();

      postgres.stopImmediately();
      assertThatThrownBy(postgres::connect).isInstanceOf(SQLException.class);
      assertThatThrownBy(postgres::pid).isInstanceOf(IllegalStateException.class);
      postgres.start();

      assertThat(postgres.jdbcUrl()).isEqualTo(url);
      assertThat(postgres.pid()).isNotEqualTo(pid);
      assertThat(query(postgres, "SELECT 1")).isEqualTo("1");
    }
  }

  @Test
  void restartIsANewServer() throws SQLException {
    try (EmbeddedPostgres postgres = EmbeddedPostgres.temporary()) {
      long pid = postgres.pid();

      postgres.restart();

      assertThat(postgres.pid()).isNotEqualTo(pid);
      assertThat(query(postgres, "SELECT 1")).isEqualTo("1");
    }
  }

  @Test
  void settingThatPostgresDoesNotKnowIsNamed() {
    assertThatThrownBy(() -> EmbeddedPostgres.temporary(Map.of("no_such_setting", "1")))
        .isInstanceOf(EmbeddedPostgresException.class)
        .hasMessageContaining("no_such_setting");
  }

  @Test
  void settingThatIsNoNameIsRefused() {
    assertThatThrownBy(() -> EmbeddedPostgres.temporary(Map.of("a = 1\nb", "1")))
        .isInstanceOf(IllegalArgumentException.class);
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
