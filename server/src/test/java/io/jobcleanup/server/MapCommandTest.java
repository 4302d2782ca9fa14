package io.jobcleanup.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.Program.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MapCommandTest {

  @TempDir Path directory;
  Host host;

  @BeforeEach
  void setUp() throws SQLException {
    host = Host.on(TestPostgres.server());
    host.user("u_17", 40);
    host.stuckJob("img_1", "u_17", 10);
  }

  @AfterEach
  void tearDown() throws SQLException {
    host.close();
  }

  @Test
  void draftServesARunAsItIs() throws IOException, SQLException {
    Path file = directory.resolve("mapping.yaml");

    Ended drafted =
        Program.run(
            host.variables("JOB_CLEANUP_MAPPING", file.toString()),
            "map",
            "--output",
            file.toString());
    Ended ended =
        Program.run(host.variables("JOB_CLEANUP_MAPPING", file.toString()), "run", "--timeout=5m");

    assertThat(drafted.code()).as(drafted.all()).isZero();
    assertThat(drafted.out()).isEmpty();
    assertThat(drafted.err()).contains("Drafted 1 source with").contains(file.toString());
    assertThat(ended.code()).as(Files.readString(file) + ended.err()).isZero();
    assertThat(host.status("img_1")).isEqualTo("FAILED");
    assertThat(host.balance("u_17")).isEqualTo("50");
  }

  @Test
  void draftIsAllThatStandardOutputHas() {
    Ended ended = Program.run(host.variables(), "map");

    assertThat(ended.code()).isZero();
    assertThat(ended.out())
        .startsWith("# A draft by job-cleanup map")
        .contains("table: image_enhancement_jobs")
        .doesNotContain(Host.CANARY);
    assertThat(ended.err()).containsPattern("Drafted 1 source with \\d+ questions for you\\.");
  }

  @Test
  void progressIsForTerminals() {
    Ended ended = Program.run(host.variables(), "", true, "map");

    assertThat(ended.err()).contains("Looking at image_enhancement_jobs");
    assertThat(ended.out()).doesNotContain("Looking at");
    assertThat(Program.run(host.variables(), "map").err()).doesNotContain("Looking at");
  }

  @Test
  void fileThatIsThereStaysAsItIs() throws IOException {
    Path file = Files.writeString(directory.resolve("mapping.yaml"), "mine");

    Ended drafted = Program.run(host.variables(), "map", "--output", file.toString());
    Ended builtIn = Program.run(Map.of(), "map", "--default", "--output", file.toString());

    assertThat(drafted.code()).isEqualTo(2);
    assertThat(drafted.err()).contains(file + " is there already");
    assertThat(builtIn.code()).isEqualTo(2);
    assertThat(file).hasContent("mine");
  }

  @Test
  void fileThatCannotBeWrittenIsBadUsage() {
    Ended ended =
        Program.run(Map.of(), "map", "--default", "--output", directory + "/no/such/place.yaml");

    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err()).contains("place.yaml can't be written");
  }

  @Test
  void databaseWithoutTablesIsTold() throws SQLException {
    try (Host empty = Host.empty(TestPostgres.server())) {
      Ended ended = Program.run(empty.variables(), "map");

      assertThat(ended.code()).isEqualTo(4);
      assertThat(ended.out()).isEmpty();
      assertThat(ended.err()).contains("no tables in this database");
    }
  }

  @Test
  void databaseWithoutJobsIsTold() throws SQLException {
    try (Host shop = Host.empty(TestPostgres.server())) {
      shop.execute("create table orders (id int primary key, status text, created_at timestamptz)");

      Ended ended = Program.run(shop.variables(), "map");

      assertThat(ended.code()).isEqualTo(4);
      assertThat(ended.out()).isEmpty();
      assertThat(ended.err()).contains("None of 1 table looks like one of jobs", "--table");
    }
  }

  @Test
  void tableThatIsNotThereIsBadUsage() {
    Ended ended = Program.run(host.variables(), "map", "--table", "image_enhancement_job");

    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err())
        .contains("There is no table \"image_enhancement_job\"")
        .contains("Did you mean \"image_enhancement_jobs\"?");
  }

  @Test
  void databaseThatIsAwayIsTold() {
    Ended ended = Program.run(Map.of("DATABASE_URL", "postgresql://u:p@127.0.0.1:1/db"), "map");

    assertThat(ended.code()).isEqualTo(3);
    assertThat(ended.out()).isEmpty();
  }
}
