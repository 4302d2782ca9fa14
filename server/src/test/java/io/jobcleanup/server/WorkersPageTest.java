package io.jobcleanup.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The statements of the page for workers do what it says, a cleaner beside them. */
class WorkersPageTest {
  private static final Path PAGE = Path.of("..", "docs", "how-to", "workers-beside-a-cleaner.md");
  private static final Pattern CODE =
      Pattern.compile(
          "^```sql\\n-- ([a-z ]+)[^\\n]*\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);
  private static final String BY_ID_ALONE =
      "update image_enhancement_jobs set status = 'COMPLETED' where id = 'late'";

  private static Map<String, String> page;

  private Host host;

  @BeforeAll
  static void readPageAndStartServer() throws IOException {
    page = new HashMap<>();
    CODE.matcher(Files.readString(PAGE))
        .results()
        .forEach(it -> page.put(it.group(1).strip(), it.group(2)));
  }

  @BeforeEach
  void makeHost() throws SQLException {
    host = Host.on(TestPostgres.server());
    host.user("u_1", 50);
  }

  @AfterEach
  void leave() throws SQLException {
    host.close();
  }

  @Test
  void finishHitsTheWorkersOwnJobOnly() throws SQLException {
    host.stuckJob("late", "u_1", 10);
    host.execute(
        "update image_enhancement_jobs set status = 'PENDING', \"processingStartedAt\" = null");
    String first = claim();
    host.execute(
        """
        update image_enhancement_jobs
        set "processingStartedAt" = "processingStartedAt" - interval '10 minutes'
        """);
    String ticket = started();
    cleanUp();

    assertThat(first).isEqualTo("late");
    assertThat(hits("finish", "late", ticket)).isZero();
    assertThat(host.status("late")).isEqualTo("FAILED");

    host.execute("update image_enhancement_jobs set status = 'PENDING'");
    claim();
    assertThat(hits("finish", "late", ticket)).isZero();
    assertThat(hits("finish", "late", started())).isEqualTo(1);
    assertThat(host.status("late")).isEqualTo("COMPLETED");
  }

  @Test
  void givingBackHitsNothingOnceACleanupWasFirst() throws SQLException {
    host.stuckJob("ours", "u_1", 10);
    host.stuckJob("late", "u_1", 7);

    assertThat(host.query(statement("give back", "ours"))).isEqualTo("u_1");
    assertThat(hits("add", "u_1", "10")).isEqualTo(1);
    cleanUp();

    assertThat(host.query(statement("give back", "late"))).isEqualTo("(no row)");
    assertThat(host.balance("u_1")).isEqualTo("67");
  }

  @Test
  void lateUpdateIsDropped() throws SQLException {
    host.execute(page.get("drop"));
    failLate();

    assertThat(update(BY_ID_ALONE)).isZero();
    assertThat(update(BY_ID_ALONE.replace("COMPLETED", "PROCESSING"))).isZero();
    assertThat(update(BY_ID_ALONE.replace("'COMPLETED'", "'FAILED', \"errorMessage\" = null")))
        .isZero();
    assertThat(host.status("late")).isEqualTo("FAILED");
  }

  @Test
  void lateUpdateIsRefusedWithAllThatTheWorkerDidBesides() throws SQLException {
    host.execute(page.get("refuse"));
    failLate();
    String before = host.balance("u_1");

    assertThatThrownBy(
            () -> {
              try (Connection worker = host.dataSource().getConnection();
                  Statement statement = worker.createStatement()) {
                worker.setAutoCommit(false);
                statement.execute(statement("add", "u_1", "10"));
                statement.execute(
                    BY_ID_ALONE.replace("'COMPLETED'", "'FAILED', \"errorMessage\" = 'x'"));
                worker.commit();
              }
            })
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("job late was failed and given back by a cleanup");
    assertThat(host.balance("u_1")).isEqualTo(before);
    assertThat(host.status("late")).isEqualTo("FAILED");
  }

  @ParameterizedTest
  @ValueSource(strings = {"drop", "refuse"})
  void everythingElseIsLetThrough(String trigger) throws SQLException {
    host.execute(page.get(trigger));
    host.execute("insert into users (id, \"updatedAt\") values ('poor', now())");
    host.stuckJob("owed", "poor", 5);
    failLate();
    host.execute(
        """
        insert into user_token_balances (id, "userId", balance, "updatedAt")
        values ('balance-poor', 'poor', 0, now())
        """);

    cleanUp();
    assertThat(host.balance("poor")).isEqualTo("5");
    assertThat(host.query("select \"errorMessage\" from image_enhancement_jobs where id = 'owed'"))
        .endsWith("tokens refunded.");
    assertThat(update("update image_enhancement_jobs set \"enhancementType\" = 'BLEND'"))
        .isEqualTo(2);
    for (String status : new String[] {"PENDING", "PROCESSING", "COMPLETED"}) {
      assertThat(update(BY_ID_ALONE.replace("COMPLETED", status))).isEqualTo(1);
    }
    update(BY_ID_ALONE.replace("'COMPLETED'", "'FAILED', \"errorMessage\" = 'no memory'"));
    assertThat(update(BY_ID_ALONE)).isEqualTo(1);
    assertThat(Program.run(host.variables(), "doctor").code()).isZero();
    host.execute(page.get("take off"));
    assertThat(host.query("select count(*) from pg_proc where proname like '%late_update'"))
        .isEqualTo("0");
  }

  private void failLate() throws SQLException {
    host.stuckJob("late", "u_1", 10);
    cleanUp();
    assertThat(host.status("late")).isEqualTo("FAILED");
  }

  private void cleanUp() {
    Program.run(host.variables(), "run");
  }

  private String claim() throws SQLException {
    return host.query(page.get("claim"));
  }

  private String started() throws SQLException {
    return host.query("select \"processingStartedAt\" from image_enhancement_jobs");
  }

  private int hits(String name, String... parameters) throws SQLException {
    return update(statement(name, parameters));
  }

  private int update(String sql) throws SQLException {
    try (Connection worker = host.dataSource().getConnection();
        Statement statement = worker.createStatement()) {
      return statement.executeUpdate(sql);
    }
  }

  private static String statement(String name, String... parameters) {
    String sql = page.get(name);
    for (int i = 0; i < parameters.length; i++) {
      sql = sql.replace("$" + (i + 1), "'" + parameters[i] + "'");
    }
    return sql;
  }
}
