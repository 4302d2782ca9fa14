package io.jobcleanup.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.support.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ActivityTest {

  private static final Instant EVER = Instant.EPOCH;

  private final TestDatabase server = TestDatabase.create();
  private final Database database = new Database(server, null);
  private Connection other;

  @BeforeEach
  void otherSession() throws SQLException {
    other = server.getConnection();
  }

  @AfterEach
  void close() throws SQLException {
    other.close();
  }

  private String work(String sql) throws SQLException {
    try (Statement statement = other.createStatement();
        var row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  private boolean othersAtWork(Instant since, Set<Integer> ours) {
    return database.read(tx -> Activity.look(tx, since, ours)).othersAtWork();
  }

  @Test
  void sessionThatDidSomethingSinceIsAtWork() throws SQLException {
    work("select 1");
    assertThat(othersAtWork(EVER, Set.of())).isTrue();
  }

  @Test
  void sessionThatHasBeenIdleSinceIsNot() throws SQLException {
    Instant later =
        Instant.parse(
            work(
                "select to_char(clock_timestamp() at time zone 'UTC' + interval '1 hour', 'YYYY-MM-DD\"T\"HH24:MI:SSZ')"));
    assertThat(othersAtWork(later, Set.of())).isFalse();
  }

  @Test
  void sessionThatIsKnownAsOursIsNot() throws SQLException {
    int session = Integer.parseInt(work("select pg_backend_pid()"));
    assertThat(othersAtWork(EVER, Set.of(session))).isFalse();
  }

  @Test
  void sessionNamedAfterUsIsNot() throws SQLException {
    work("select set_config('application_name', 'job-cleanup', false)");
    assertThat(othersAtWork(EVER, Set.of())).isFalse();
  }

  @Test
  void sessionWhoseWorkOurRoleMayNotSeeCounts() throws SQLException {
    work("select 1");
    server.execute("create role blind login password 'blind'");
    Database blind = new Database(server.as("blind", "blind"), null);
    assertThat(blind.read(tx -> Activity.look(tx, null, Set.of())).othersAtWork()).isTrue();
  }
}
