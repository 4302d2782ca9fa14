package io.jobcleanup.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.jobcleanup.embedded.EmbeddedPostgres;
import io.jobcleanup.server.Program.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The specification's manual test, word for word, and the database that it runs on. */
@Execution(ExecutionMode.CONCURRENT)
class EmbeddedDefaultTest {
  private static final String CREATE_A_STUCK_JOB =
      """
      UPDATE image_enhancement_jobs
         SET status = 'PROCESSING',
             "processingStartedAt" = NOW() - INTERVAL '10 minutes'
         WHERE id = 'some-job-id';
      """;
  private static final String JOB =
      "select status, \"errorMessage\" from image_enhancement_jobs where id = 'some-job-id'";
  private static final String BALANCE = "select balance from user_token_balances";
  private static final String TRANSACTION =
      "select amount, type, source, \"balanceAfter\" from token_transactions"
          + " where \"sourceId\" = 'some-job-id' and type = 'REFUND'";
  private static final List<String> KOLKATA = List.of("-Duser.timezone=Asia/Kolkata");

  @TempDir Path directory;
  Map<String, String> variables;

  @BeforeEach
  void setUp() {
    variables =
        Map.of("JOB_CLEANUP_HOME", directory.resolve("home").toString(), "TZ", "America/New_York");
  }

  @AfterEach
  void stop() throws IOException, InterruptedException {
    run(variables, "stop");
  }

  private Ended run(Map<String, String> variables, String... arguments)
      throws IOException, InterruptedException {
    return Program.inOwnProcess(directory, variables, List.of(), arguments);
  }

  private void assertThatItIsCleanedUp(Map<String, String> variables)
      throws IOException, InterruptedException {
    assertThat(run(variables, "sql", JOB).out())
        .containsPattern(
            "FAILED  Job timed out after 60\\ds\\. Automatically cleaned up and tokens refunded\\.");
    assertThat(run(variables, "sql", BALANCE).out()).contains("    110\n");
    assertThat(run(variables, "sql", TRANSACTION).out())
        .containsPattern("10  REFUND  enhancement_failed +110\n\\(1 row\\)");
  }

  @Test
  @Execution(ExecutionMode.SAME_THREAD)
  void manualTestWorksWordForWord() throws IOException, InterruptedException {
    Ended update = Program.inOwnProcess(directory, variables, KOLKATA, "sql", CREATE_A_STUCK_JOB);
    Ended run = Program.inOwnProcess(directory, variables, KOLKATA, "run");

    assertThat(update.out()).isEqualTo("UPDATE 1\n");
    assertThat(run.code()).isZero();
    assertThat(run.out()).startsWith("Settled 1 stuck job, gave back 10 tokens to 1 payer");
    assertThatItIsCleanedUp(variables);
  }

  @Test
  @Execution(ExecutionMode.SAME_THREAD)
  void manualTestWorksThroughPsqlByTheLineThatIsPrinted() throws IOException, InterruptedException {
    assumeThat(Stream.of(System.getenv("PATH").split(":")).map(Path::of))
        .as("psql is installed here")
        .anyMatch(it -> Files.isExecutable(it.resolve("psql")));
    Ended first = run(variables, "find");
    String psql = first.err().substring(first.err().indexOf("PGPASSFILE=")).strip();

    Ended update =
        Program.ended(
            List.of("sh", "-c", psql + " -c \"$1\"", "sh", CREATE_A_STUCK_JOB),
            directory,
            variables);
    Ended run = Program.inOwnProcess(directory, variables, KOLKATA, "run");

    assertThat(update.out()).isEqualTo("UPDATE 1\n");
    assertThat(run.out()).startsWith("Settled 1 stuck job, gave back 10 tokens");
    assertThatItIsCleanedUp(variables);
  }

  @Test
  @Execution(ExecutionMode.SAME_THREAD)
  void manualTestWorksOnAServerInAnotherZone() throws Exception {
    try (EmbeddedPostgres postgres =
            EmbeddedPostgres.temporary(Map.of("timezone", "America/New_York"));
        Host host = Host.on(postgres)) {
      host.user("u_17", 100);
      host.stuckJob("some-job-id", "u_17", 10);
      host.execute(
          "update image_enhancement_jobs set status = 'COMPLETED', \"processingStartedAt\" = null");

      Program.inOwnProcess(directory, host.variables(), KOLKATA, "sql", CREATE_A_STUCK_JOB);
      Ended run = Program.inOwnProcess(directory, host.variables(), KOLKATA, "run");

      assertThat(run.out()).startsWith("Settled 1 stuck job, gave back 10 tokens");
      assertThatItIsCleanedUp(host.variables());
    }
  }

  @Test
  @Execution(ExecutionMode.SAME_THREAD)
  void firstStartMakesTheSpecificationsTablesWithBooksThatAddUp()
      throws IOException, InterruptedException {
    Ended job =
        Program.run(
            variables,
            "sql",
            "--json",
            "select j.status, j.\"tokensCost\", b.balance,"
                + " (select sum(amount) from token_transactions) as ledger"
                + " from image_enhancement_jobs j join user_token_balances b using (\"userId\")");

    assertThat(job.out())
        .isEqualTo(
            "{\"rows\":[{\"status\":\"COMPLETED\",\"tokensCost\":10,\"balance\":100,\"ledger\":100}],"
                + "\"truncated\":false}\n");
    assertThat(job.err()).contains("PGPASSFILE=").contains(" psql -h 127.0.0.1 -p ");
    run(variables, "migrate");
    assertThat(run(variables, "doctor", "--json").out())
        .isEqualTo("{\"ok\":true,\"faults\":[],\"warnings\":[]}\n");
  }

  @Test
  @Execution(ExecutionMode.SAME_THREAD)
  void whatWasChangedThereStaysOverAStopAndIsNotMadeAnew()
      throws IOException, InterruptedException {
    run(variables, "sql", "drop table image_enhancement_jobs cascade");
    Ended stopped = run(variables, "stop");

    Ended after =
        Program.run(
            variables, "sql", "select to_regclass('image_enhancement_jobs') is null as gone");

    assertThat(stopped.out()).contains("is stopped; its data are kept");
    assertThat(after.out()).contains("true");
    run(variables, "stop");
    assertThat(run(variables, "stop").out()).startsWith("No embedded database runs in ");
  }

  @Test
  @Execution(ExecutionMode.SAME_THREAD)
  void twoFirstStartsAtOnceMakeOneDatabase() throws Exception {
    List<CompletableFuture<Ended>> both =
        Stream.of(1, 2)
            .map(
                it ->
                    CompletableFuture.supplyAsync(
                        () -> {
                          try {
                            return run(variables, "find", "--json");
                          } catch (IOException | InterruptedException e) {
                            throw new AssertionError(e);
                          }
                        }))
            .toList();

    assertThat(both).allSatisfy(it -> assertThat(it.get().out()).isEqualTo("{\"jobs\":[]}\n"));
  }

  @Test
  @Execution(ExecutionMode.SAME_THREAD)
  void filesInTheWorkingDirectoryAreRead() throws IOException, InterruptedException {
    Files.writeString(directory.resolve("application.yaml"), "job-cleanup.batch-size: 0\n");

    Ended setting = run(variables, "find");
    Files.delete(directory.resolve("application.yaml"));
    Files.writeString(directory.resolve("mapping.yaml"), "sorces: {}\n");
    Ended mapping = run(variables, "find");

    assertThat(setting.code()).isEqualTo(2);
    assertThat(setting.err()).startsWith("application.yaml:1  job-cleanup.batch-size: is \"0\"");
    assertThat(mapping.code()).isEqualTo(2);
    assertThat(mapping.err()).contains("mapping.yaml:1  sorces");
  }
}
