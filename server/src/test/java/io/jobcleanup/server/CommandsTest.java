package io.jobcleanup.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.Program.Ended;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class CommandsTest {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final List<String> COMMANDS =
      List.of(
          "demo", "serve", "run", "find", "runs", "refunds", "verify", "late", "doctor", "map",
          "migrate", "user", "token", "sql", "stop");

  @TempDir Path directory;
  Host host;

  @BeforeEach
  void setUp() throws SQLException {
    host = Host.on(TestPostgres.server());
    host.user("u_17", 40);
  }

  @AfterEach
  void tearDown() throws SQLException {
    host.close();
  }

  private static JsonNode json(Ended ended) {
    assertThat(ended.out().strip().lines()).hasSize(1);
    return JSON.readTree(ended.out());
  }

  // run

  @Test
  void runFailsStuckJobsAndGivesTokensBack() throws SQLException {
    host.stuckJob("img_1", "u_17", 10);
    host.stuckJob("img_2", "u_17", 5);
    host.stuckJob("img_3", "u_17", 0);

    Ended ended = Program.run(host.variables(), "run");

    assertThat(ended.code()).isZero();
    assertThat(ended.out())
        .startsWith("Settled 3 stuck jobs, gave back 15 tokens to 1 payer in ")
        .containsPattern("refunded +2  15 tokens")
        .containsPattern("nothing to give +1")
        .containsPattern("owed +0");
    assertThat(host.status("img_1")).isEqualTo("FAILED");
    assertThat(host.balance("u_17")).isEqualTo("55");
  }

  @Test
  void runLogsTheSpecificationsLinesOnStandardError() throws SQLException {
    host.stuckJob("abc123", "u_17", 10);

    Ended ended = Program.run(host.variables(), "run");

    String time = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z ";
    assertThat(ended.err())
        .containsPattern(time + "\\[INFO] Starting stuck jobs cleanup")
        .containsPattern(time + "\\[INFO] Found stuck jobs count=1")
        .containsPattern(time + "\\[INFO] Cleaning up stuck job jobId=abc123 tokensCost=10")
        .containsPattern(
            time
                + "\\[INFO] Job cleaned up successfully tokensRefunded=10 processingDuration=60\\ds")
        .containsPattern(
            time + "\\[INFO] Cleanup completed totalFound=1 cleanedUp=1 tokensRefunded=10");
    assertThat(ended.out()).doesNotContain("[INFO]");
  }

  @Test
  void runAnswersAsTheApiWould() throws SQLException {
    host.stuckJob("img_1", "u_17", 10);

    Ended ended = Program.run(host.variables(), "run", "--json");

    assertThat(ended.code()).isZero();
    JsonNode answer = json(ended);
    assertThat(answer.propertyNames()).containsExactly("success", "result", "message");
    assertThat(answer.get("success").asBoolean()).isTrue();
    assertThat(answer.get("message").asString())
        .isEqualTo("Successfully cleaned up 1 stuck job and refunded 10 tokens");
    JsonNode result = answer.get("result");
    assertThat(result.propertyNames())
        .containsExactly(
            "totalFound",
            "cleanedUp",
            "failed",
            "tokensRefunded",
            "jobs",
            "errors",
            "owed",
            "runId",
            "dryRun",
            "remaining",
            "held",
            "jobsTruncated");
    assertThat(result.get("jobs").get(0).propertyNames())
        .containsExactly(
            "id",
            "userId",
            "tokensRefunded",
            "tokensCost",
            "processingDuration",
            "source",
            "outcome");
    assertThat(result.get("jobs").get(0).get("processingDuration").asLong())
        .isBetween(600_000L, 660_000L);
    assertThat(ended.out()).contains("\"tokensRefunded\":10,").doesNotContain("10.0");
    assertThat(result.get("owed").toString())
        .isEqualTo("{\"paid\":0,\"tokensPaid\":0,\"stillOwed\":0,\"tokensStillOwed\":0}");
  }

  @Test
  void secondRunFindsNothing() throws SQLException {
    host.stuckJob("img_1", "u_17", 10);
    Program.run(host.variables(), "run");

    Ended ended = Program.run(host.variables(), "run");

    assertThat(ended.code()).isZero();
    assertThat(ended.out()).isEqualTo("No stuck jobs found.\n");
    assertThat(host.balance("u_17")).isEqualTo("50");
  }

  @Test
  void owedRefundEndsWithOneAndIsPaidOnceItsCauseIsGone() throws SQLException {
    host.execute("insert into users (id, \"updatedAt\") values ('u_99', now())");
    host.stuckJob("img_55", "u_99", 12);

    Ended owing = Program.run(host.variables(), "run");

    assertThat(owing.code()).isEqualTo(1);
    assertThat(owing.out())
        .contains("; 1 refund is owed")
        .contains("OWED     img_55   12 tokens to u_99: ");
    host.execute(
        """
        insert into user_token_balances (id, "userId", balance, "updatedAt")
        values ('late', 'u_99', 1, now())
        """);
    host.execute("update job_cleanup.refund set next_try_at = now() - interval '1 hour'");

    Ended paying = Program.run(host.variables(), "run");

    assertThat(paying.code()).isZero();
    assertThat(owing.out())
        .contains(
            "What is owed is tried again by the next two runs, then after a delay that grows from 1m"
                + " to 1h.")
        .doesNotContain("What was refused");
    assertThat(paying.out()).contains("Paid 1 refund owed from earlier runs: 12 tokens.");
    assertThat(host.balance("u_99")).isEqualTo("13");
  }

  @Test
  void refusedJobEndsWithOneAndSaysWhatTheHostSaid() throws SQLException {
    host.stuckJob("img_60", "u_17", 5);
    host.execute(
        """
        create function refuse() returns trigger language plpgsql as
        $$ begin raise exception 'quota closed'; end $$;
        create trigger check_quota before update on image_enhancement_jobs
          for each row execute function refuse()
        """);

    Ended ended = Program.run(host.variables(), "run");
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.out())
        .contains("; 1 job was refused")
        .contains("What was refused is tried again by runs after a delay that grows from 1m to 1h.")
        .doesNotContain("What is owed")
        .contains("REFUSED  img_60")
        .contains("quota closed");
    assertThat(host.status("img_60")).isEqualTo("PROCESSING");
  }

  @Test
  void dryRunChangesNothingAndMakesNoSchema() throws SQLException {
    host.stuckJob("img_1", "u_17", 10);

    Ended ended = Program.run(host.variables(), "run", "--dry-run");

    assertThat(ended.code()).isZero();
    assertThat(ended.out())
        .startsWith("Dry run: Found 1 stuck job (no changes made)")
        .containsPattern("img_1 +u_17 +10m +10 tokens");
    assertThat(host.status("img_1")).isEqualTo("PROCESSING");
    assertThat(host.query("select count(*) from pg_namespace where nspname = 'job_cleanup'"))
        .isEqualTo("0");
  }

  @Test
  void drainSettlesMoreThanABatchAndShowsItsProgressToAPerson() throws SQLException {
    for (int i = 0; i < 7; i++) {
      host.stuckJob("img_" + i, "u_17", 1);
    }

    Ended one = Program.run(host.variables(), "run", "--batch-size", "2");
    Ended all = Program.run(host.variables(), "", true, "run", "--batch-size", "2", "--drain");

    assertThat(one.out()).startsWith("Settled 2 stuck jobs").contains("job-cleanup run --drain");
    assertThat(all.out()).startsWith("Settled 5 stuck jobs").doesNotContain("--drain");
    assertThat(host.balance("u_17")).isEqualTo("47");
  }

  @Test
  void drainShowsAPersonHowFarItIsAndLeavesNoTraceOfIt() throws SQLException {
    host.execute(
        """
        insert into image_enhancement_jobs
          (id, "userId", "imageUrl", tier, "tokensCost", status, "processingStartedAt", "updatedAt")
        select 'img_' || n, 'u_17', '', 'TIER_1K', 1, 'PROCESSING',
          (now() at time zone 'UTC') - interval '10 minutes', now()
        from generate_series(1, 3000) n
        """);

    Ended ended = Program.run(host.variables(), "", true, "run", "--drain");

    assertThat(ended.out()).startsWith("Settled 3,000 stuck jobs, gave back 3000 tokens");
    assertThat(ended.err())
        .containsPattern(
            "\\r\\x1b\\[K  [\\d,]+ jobs done   \\d+ tokens back   [\\d,]+ jobs a second")
        .doesNotContainPattern("a second(?!\r)");
    assertThat(ended.err().lines().filter(it -> it.contains("Cleaning up stuck job")).count())
        .isEqualTo(100);
  }

  @Test
  void connectionLostInMidRunEndsWithThree() throws SQLException {
    host.stuckJob("img_1", "u_17", 10);
    host.execute(
        """
        create function hang_up() returns trigger language plpgsql as
        $$ begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$;
        create trigger hang_up before update on image_enhancement_jobs
          for each row execute function hang_up()
        """);

    Ended ended = Program.run(host.variables(), "run");
    Ended json = Program.run(host.variables(), "run", "--json");

    assertThat(ended.code()).isEqualTo(3);
    assertThat(ended.err()).contains("The database was lost in mid-run").doesNotContain("\tat ");
    assertThat(json.code()).isEqualTo(3);
    assertThat(json(json).get("success").asBoolean()).isFalse();
    assertThat(host.status("img_1")).isEqualTo("PROCESSING");
    assertThat(host.balance("u_17")).isEqualTo("40");
  }

  @Test
  void timeoutGivenWithTheRunComesFirst() throws SQLException {
    host.stuckJob("img_1", "u_17", 10);

    Ended patient = Program.run(host.variables(), "run", "--timeout", "1h");
    Ended configured = Program.run(host.variables("JOB_CLEANUP_TIMEOUT", "1h"), "run", "--json");
    Ended quick =
        Program.run(host.variables("JOB_CLEANUP_TIMEOUT", "1h"), "run", "--timeout", "90s");

    assertThat(patient.out()).isEqualTo("No stuck jobs found.\n");
    assertThat(configured.out()).contains("\"totalFound\":0");
    assertThat(quick.out()).startsWith("Settled 1 stuck job,");
  }

  @Test
  void perJobLinesCanBeSwitchedOff() throws SQLException {
    host.stuckJob("img_1", "u_17", 10);

    Ended ended = Program.run(host.variables("JOB_CLEANUP_LOG_PER_JOB", "false"), "run");

    assertThat(ended.err()).contains("Cleanup completed").doesNotContain("Cleaning up stuck job");
  }

  @Test
  void logLinesAreEcsJsonOnRequest() throws SQLException {
    host.stuckJob("img_1", "u_17", 10);

    Ended ended = Program.run(host.variables("LOGGING_STRUCTURED_FORMAT_CONSOLE", "ecs"), "run");

    List<JsonNode> lines = ended.err().lines().map(JSON::readTree).toList();
    assertThat(lines).isNotEmpty().allMatch(line -> line.has("@timestamp") && line.has("message"));
    assertThat(lines)
        .anyMatch(
            line ->
                line.get("message").asString().equals("Found stuck jobs")
                    && line.get("count").asInt() == 1);
  }

  @Test
  void migrateNeverLeavesTheSchemaToWhoeverOwnsIt() throws SQLException {
    Map<String, String> never = host.variables("JOB_CLEANUP_MIGRATE", "never");

    Ended refused = Program.run(never, "run");
    Ended json = Program.run(never, "run", "--json");
    Program.run(never, "migrate");
    Ended allowed = Program.run(never, "run");

    assertThat(refused.code()).isEqualTo(4);
    assertThat(refused.err()).contains("job-cleanup migrate");
    assertThat(json.code()).isEqualTo(4);
    assertThat(json(json).get("success").asBoolean()).isFalse();
    assertThat(allowed.code()).isZero();
  }

  @Test
  void runThatIsToldToEndEndsWithItsTransactionAndSaysHowFarItCame()
      throws IOException, InterruptedException, SQLException {
    host.stuckJob("pattern", "u_17", 1);
    host.execute(
        """
        insert into image_enhancement_jobs
        select (jsonb_populate_record(job, jsonb_build_object('id', 'img_' || n))).*
        from image_enhancement_jobs job, generate_series(1, 1999) n;
        create function slow() returns trigger language plpgsql as
          'begin perform pg_sleep(0.001); return new; end';
        create trigger slow before update on image_enhancement_jobs
          for each row execute function slow();
        """);

    Ended ended =
        Program.ended(
            Program.command(List.of(), "run", "--drain", "--json"),
            directory,
            host.variables(),
            process -> {
              awaitFailedJobs();
              process.destroy();
            });

    assertThat(ended.code()).isEqualTo(143);
    assertThat(ended.err()).contains("Interrupted: ").contains("found by the next run");
    JsonNode result = json(ended).get("result");
    String failed =
        host.query("select count(*) from image_enhancement_jobs where status = 'FAILED'");
    assertThat(result.get("remaining").asBoolean()).isTrue();
    assertThat(result.get("cleanedUp").asString()).isEqualTo(failed);
    assertThat(Integer.parseInt(failed)).isLessThan(2000);
    assertThat(host.query("select state || ' ' || total_found from job_cleanup.run"))
        .isEqualTo("COMPLETED " + failed);
  }

  private void awaitFailedJobs() {
    try {
      while (host.query("select 1 from image_enhancement_jobs where status = 'FAILED' limit 1")
          .equals("(no row)")) {
        Thread.onSpinWait();
      }
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  // find

  @Test
  void findListsWhatIsStuckAndWhatItWouldGiveBack() throws SQLException {
    host.stuckJob("img_1", "u_17", 10);
    host.stuckJob("img_2", "u_17", 0);

    Ended ended = Program.run(host.variables(), "find");

    assertThat(ended.code()).isZero();
    assertThat(ended.out())
        .startsWith("2 jobs stuck for longer than 5m (database clock ")
        .containsPattern("img_1 +u_17 +10m +10 tokens  PROCESSING since \\d\\d:\\d\\d:\\d\\dZ")
        .contains("10 tokens to 1 payer.   Settle them:  job-cleanup run");
    assertThat(Program.run(host.variables(), "find", "--timeout", "1h").out())
        .isEqualTo("No jobs are stuck for longer than 1h.\n");
  }

  @Test
  void findAnswersInJson() throws SQLException {
    host.stuckJob("img_1", "u_17", 10);

    JsonNode jobs = json(Program.run(host.variables(), "find", "--json")).get("jobs");

    assertThat(jobs).hasSize(1);
    assertThat(jobs.get(0).get("id").asString()).isEqualTo("img_1");
    assertThat(jobs.get(0).get("wouldGiveBack").asInt()).isEqualTo(10);
    assertThat(Program.run(host.variables(), "find", "--json", "--timeout", "1h").out())
        .isEqualTo("{\"jobs\":[]}\n");
  }

  @Test
  void findExplainsAJobByNameAndOneThatIsNotThereIsBadUsage() throws SQLException {
    host.stuckJob("img_1", "u_17", 10);

    Ended there = Program.run(host.variables(), "find", "img_1");
    Ended absent = Program.run(host.variables(), "find", "img_2");

    assertThat(there.code()).isZero();
    assertThat(there.out()).startsWith("img_1  stuck\n").contains("u_17, balance 40");
    assertThat(
            json(Program.run(host.variables(), "find", "img_1", "--json"))
                .get("jobs")
                .get(0)
                .get("stuck")
                .asBoolean())
        .isTrue();
    assertThat(absent.code()).isEqualTo(2);
    assertThat(absent.err()).isEqualTo("There is no job \"img_2\".\n");
  }

  @Test
  void findOfAnAmbiguousJobNamesTheCandidates() throws SQLException, IOException {
    host.stuckJob("img_1", "u_17", 10);
    host.execute("create table clips (id text primary key, state text, started timestamptz)");
    host.execute("insert into clips values ('img_1', 'working', now() - interval '1 hour')");
    Path mapping =
        Files.writeString(
            directory.resolve("two.yaml"),
            """
            sources:
              images:
                jobs:
                  table: image_enhancement_jobs
                  key: id
                  status: status
                  processing: PROCESSING
                  since: processingStartedAt
                  fail: {status: FAILED}
                refund: none
              clips:
                jobs:
                  table: clips
                  key: id
                  status: state
                  processing: working
                  since: started
                  fail: {state: broken}
                refund: none
            """);

    Ended ended = Program.run(host.variables(), "find", "img_1", "--mapping", mapping.toString());

    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err()).contains("images:img_1").contains("clips:img_1");
  }

  // doctor

  @Test
  void doctorFindsAHealthyDatabaseHealthy() throws SQLException {
    Program.run(host.variables(), "migrate");

    Ended ended = Program.run(host.variables(), "doctor");

    assertThat(ended.code()).isZero();
    assertThat(ended.out()).contains("ok    database").endsWith("All is well.\n");
    assertThat(Program.run(host.variables(), "doctor", "--json").out())
        .isEqualTo("{\"ok\":true,\"faults\":[],\"warnings\":[]}\n");
  }

  @Test
  void doctorTellsWhatIsOwedAndItsStatementShowsIt() throws SQLException {
    Program.run(host.variables(), "migrate");
    host.execute("insert into users (id, \"updatedAt\") values ('u_98', now())");
    host.stuckJob("img_98", "u_98", 12);
    host.stuckJob("img_99", "u_98", 15);
    Program.run(host.variables(), "run");

    Ended ended = Program.run(host.variables(), "doctor");
    JsonNode warning =
        json(Program.run(host.variables(), "doctor", "--json")).get("warnings").get(0);

    assertThat(ended.code()).isZero();
    assertThat(ended.out())
        .contains("warn  refunds         2 refunds are owed, 27 tokens; each run tries those")
        .endsWith("No fault, 1 warning\n");
    assertThat(warning.get("about").asString()).isEqualTo("refunds");
    String command = warning.get("remedy").get(0).asString();
    assertThat(command).startsWith("job-cleanup sql \"").endsWith("\"");
    String statement = command.substring("job-cleanup sql \"".length(), command.length() - 1);
    assertThat(Program.run(host.variables(), "sql", statement).out())
        .contains("img_98", "img_99", "u_98", "12", "15");
  }

  @Test
  void colourIsForTerminalsOnlyAndSaysNothingByItself() {
    Ended coloured = Program.run(host.variables(), "", true, "doctor");
    Ended wanted = Program.run(host.variables("NO_COLOR", "1"), "", true, "doctor");
    Ended piped = Program.run(host.variables(), "doctor");

    assertThat(coloured.out()).contains("\u001b[");
    assertThat(wanted.out()).doesNotContain("\u001b").contains("  ok    database");
    assertThat(piped.out()).doesNotContain("\u001b").contains("  ok    database");
  }

  @Test
  void doctorsStatementMendsAMissingIndexWhenPasted() throws SQLException {
    Program.run(host.variables(), "migrate");
    host.execute("drop index image_enhancement_jobs_stuck");
    JsonNode ill = json(Program.run(host.variables(), "doctor", "--json"));
    assertThat(ill.get("ok").asBoolean()).isTrue();
    String statement = ill.get("warnings").get(0).get("remedy").get(0).asString();

    Ended pasted = Program.run(host.variables(), "sql", statement);

    assertThat(statement).containsIgnoringCase("create index concurrently");
    assertThat(pasted.code()).isZero();
    assertThat(Program.run(host.variables(), "doctor", "--json").out()).contains("\"warnings\":[]");
  }

  @Test
  void doctorEndsWithFourOnAFaultAndWithThreeWhereNobodyAnswers() throws SQLException {
    host.execute("drop table token_transactions");

    Ended fault = Program.run(host.variables(), "doctor");
    Ended away =
        Program.run(
            Map.of("DATABASE_URL", "postgresql://u:p@127.0.0.1:1/db?connect_timeout=1"),
            "doctor",
            "--json");

    assertThat(fault.code()).isEqualTo(4);
    assertThat(fault.out()).contains("FAULT").contains("token_transactions");
    assertThat(away.code()).isEqualTo(3);
    assertThat(json(away).get("ok").asBoolean()).isFalse();
    assertThat(away.out()).contains("connection refused");
  }

  // map, migrate

  @Test
  void mapPrintsAMappingThatServes() throws SQLException, IOException {
    host.stuckJob("img_1", "u_17", 10);
    Ended printed = Program.run(Map.of(), "map", "--default");
    Path mapping = Files.writeString(directory.resolve("mapping.yaml"), printed.out());

    Ended ended = Program.run(host.variables("JOB_CLEANUP_MAPPING", mapping.toString()), "run");

    assertThat(printed.code()).isZero();
    assertThat(ended.out()).startsWith("Settled 1 stuck job, gave back 10 tokens");
  }

  @Test
  void faultyMappingIsBadConfigurationAndOneThatTheDatabaseContradictsIsNot() throws IOException {
    String text = Program.run(Map.of(), "map", "--default").out();
    Path mistyped = Files.writeString(directory.resolve("a.yaml"), text.replace("payer:", "payr:"));
    Path contradicted =
        Files.writeString(
            directory.resolve("b.yaml"), text.replace("payer: userId", "payer: usrId"));

    Ended bad = Program.run(host.variables(), "run", "--mapping", mistyped.toString());
    Ended wrong = Program.run(host.variables(), "run", "--mapping", contradicted.toString());
    Ended absent = Program.run(host.variables(), "run", "--mapping", "nowhere.yaml");

    assertThat(bad.code()).isEqualTo(2);
    assertThat(bad.err()).contains("a.yaml:").contains("payer");
    assertThat(wrong.code()).isEqualTo(4);
    assertThat(wrong.err()).contains("b.yaml:").contains("userId");
    assertThat(absent.code()).isEqualTo(2);
    assertThat(absent.err()).contains("nowhere.yaml");
  }

  @Test
  void migratePrintsItsSqlWithoutADatabase() {
    Ended ended =
        Program.run(
            Map.of("DATABASE_URL", "postgresql://u:p@127.0.0.1:1/db"), "migrate", "--print");

    assertThat(ended.code()).isZero();
    assertThat(ended.out()).contains("create schema").containsIgnoringCase("grant ");
  }

  @Test
  void migrateDropsOnlyWhatItWasToldTo() throws SQLException {
    Program.run(host.variables(), "migrate");
    String schemas = "select count(*) from pg_namespace where nspname = 'job_cleanup'";

    assertThat(Program.run(host.variables(), "migrate", "--drop").code()).isEqualTo(2);
    assertThat(Program.run(host.variables(), "no\n", true, "migrate", "--drop").code())
        .isEqualTo(2);
    assertThat(host.query(schemas)).isEqualTo("1");
    assertThat(Program.run(host.variables(), "drop\n", true, "migrate", "--drop").code()).isZero();
    assertThat(host.query(schemas)).isEqualTo("0");
    Program.run(host.variables(), "migrate");
    assertThat(Program.run(host.variables(), "migrate", "--drop", "--yes").code()).isZero();
    assertThat(host.query(schemas)).isEqualTo("0");
  }

  // sql

  @Test
  void sqlPrintsAnAlignedTableOrWhatWasDone() throws SQLException {
    Ended selected =
        Program.run(
            host.variables(),
            "sql",
            "select id, 7 as n, null as nothing, E'a\\nb' as \"text\" from users");

    assertThat(selected.code()).isZero();
    assertThat(selected.out())
        .isEqualTo("id    n  nothing  text\nu_17  7  null     a\\nb\n(1 row)\n");
    assertThat(Program.run(host.variables(), "sql", "update users set name = 'x';").out())
        .isEqualTo("UPDATE 1\n");
    assertThat(Program.run(host.variables(), "sql", "create table t (a int)").out())
        .isEqualTo("OK\n");
  }

  @Test
  void sqlAnswersInJsonWithPlainNumbers() {
    Ended ended =
        Program.run(
            host.variables(),
            "sql",
            "--json",
            "select 27.0 as a, 0.5 as b, true as c, '{\"d\": [1]}'::jsonb as d, 1e20::float8 as e,"
                + " 'x' as a");

    assertThat(ended.out())
        .isEqualTo(
            "{\"rows\":[{\"a\":27,\"b\":0.5,\"c\":true,\"d\":{\"d\":[1]},"
                + "\"e\":100000000000000000000,\"a_2\":\"x\"}],\"truncated\":false}\n");
  }

  @Test
  void sqlErrorEndsWithOneAndPostgresqlsOwnWords() {
    Ended ended = Program.run(host.variables(), "sql", "select * from nowhere");
    Ended json = Program.run(host.variables(), "sql", "--json", "select * from nowhere");

    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.err()).contains("relation \"nowhere\" does not exist");
    assertThat(json.code()).isEqualTo(1);
    assertThat(json(json).get("error").asString()).contains("nowhere");
  }

  @Test
  void sqlRunsOneStatementOnly() throws SQLException {
    Ended ended = Program.run(host.variables(), "sql", "delete from users; select 1");

    assertThat(ended.code()).isEqualTo(2);
    assertThat(host.query("select count(*) from users")).isEqualTo("1");
  }

  @Test
  void schemaOfTheAddressIsTheSearchPathAlsoBehindAPooler() throws SQLException {
    host.execute("create schema \"My Shop\"");
    host.execute("create table \"My Shop\".users as select 'other' as id");
    String url = host.url() + "?schema=My%20Shop";

    for (String each : List.of(url, url + "&pgbouncer=true")) {
      Ended ended = Program.run(Map.of("DATABASE_URL", each), "sql", "select id from users");
      assertThat(ended.out()).contains("other");
    }
    Ended missing = Program.run(Map.of("DATABASE_URL", url), "find");
    assertThat(missing.code()).isEqualTo(4);
    assertThat(missing.err()).contains("image_enhancement_jobs");
  }

  @Test
  void schemaOfTheAddressIsWhereTheTablesAreCleaned() throws SQLException {
    host.stuckJob("img_1", "u_17", 10);
    host.execute(
        "alter database %s set search_path to pg_catalog"
            .formatted(host.query("select current_database()")));

    Ended without = Program.run(host.variables(), "find");
    Ended with = Program.run(Map.of("DATABASE_URL", host.url() + "?schema=public"), "run");

    assertThat(without.code()).isEqualTo(4);
    assertThat(with.out()).startsWith("Settled 1 stuck job, gave back 10 tokens");
  }

  // late

  @Test
  void lateCompletionsAreListedWithWhatToDoAboutThem() throws SQLException {
    assertThat(Program.run(host.variables(), "late").out())
        .isEqualTo(
            "No job was completed after it had been given back, as far as runs have seen.\n");
    assertThat(host.query("select to_regnamespace('job_cleanup')")).isNull();
    host.stuckJob("img_1", "u_17", 10);
    Program.run(host.variables(), "run");
    host.execute(
        "update image_enhancement_jobs set status = 'COMPLETED', \"imageUrl\" = 'result.png'");
    Ended run = Program.run(host.variables(), "run");

    Ended late = Program.run(host.variables(), "late");
    JsonNode json = json(Program.run(host.variables(), "late", "--json"));

    assertThat(run.err())
        .contains("[WARN] Completed after it was failed and given back jobId=img_1 userId=u_17");
    assertThat(late.code()).isZero();
    assertThat(late.out())
        .startsWith("1 job was completed after it had been given back: 10 tokens.\n")
        .contains("imageUrl: result.png", "job-cleanup late guard");
    JsonNode one = json.get("lateCompletions").get(0);
    assertThat(one.get("id").stringValue()).isEqualTo("img_1");
    assertThat(one.get("tokensRefunded").intValue()).isEqualTo(10);
    assertThat(one.get("delivered").get("imageUrl").stringValue()).isEqualTo("result.png");
    assertThat(one.get("prevented").booleanValue()).isFalse();
    assertThat(json.get("next").isNull()).isTrue();
  }

  @Test
  void guardIsInstalledPrintedAndTakenOff() throws SQLException {
    Ended early = Program.run(host.variables(), "late", "guard");
    assertThat(early.code()).isEqualTo(4);
    assertThat(early.err()).contains("job-cleanup migrate");
    Program.run(host.variables(), "migrate");
    Ended printed = Program.run(host.variables(), "late", "guard", "--print");
    Ended made = Program.run(host.variables(), "late", "guard", "images");
    Ended again = Program.run(host.variables(), "late", "guard");
    host.stuckJob("img_1", "u_17", 10);
    Program.run(host.variables(), "run");
    host.execute("update image_enhancement_jobs set status = 'COMPLETED'");

    assertThat(printed.out()).contains("create or replace trigger \"job_cleanup_guard_images\"");
    assertThat(made.out())
        .isEqualTo(
            "The guard is on public.image_enhancement_jobs. What it prevents:  job-cleanup late\n");
    assertThat(again.out()).isEqualTo("The guard is there already, and fits the mapping.\n");
    assertThat(host.status("img_1")).isEqualTo("FAILED");
    assertThat(Program.run(host.variables(), "late").out())
        .contains("1 attempt was prevented by the guard.", "not COMPLETED: prevented")
        .doesNotContain("Have the worker's UPDATE");
    assertThat(Program.run(host.variables(), "doctor").out()).contains("the guard keeps them");
    Ended unknown = Program.run(host.variables(), "late", "guard", "videos");
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err()).isEqualTo("There is no source \"videos\", the mapping has images.\n");

    assertThat(Program.run(host.variables(), "late", "guard", "--drop").out())
        .isEqualTo("The guard is taken off public.image_enhancement_jobs.\n");
    assertThat(Program.run(host.variables(), "late", "guard", "--drop").out())
        .isEqualTo("There is no guard.\n");
  }

  @Test
  void roleThatOwnsNoTableIsToldOfWhatToPrint() throws SQLException {
    Program.run(host.variables(), "migrate");
    String role = "no_owner_" + host.query("select current_database()");
    host.execute(
        """
        create role %1$s login password 'r';
        grant all on schema job_cleanup to %1$s;
        grant all on all tables in schema job_cleanup, public to %1$s;
        revoke trigger on image_enhancement_jobs from %1$s
        """
            .formatted(role));
    String url =
        "postgresql://%s:r@127.0.0.1:%d/%s"
            .formatted(role, TestPostgres.server().port(), host.query("select current_database()"));

    Ended ended = Program.run(Map.of("DATABASE_URL", url), "late", "guard");

    assertThat(ended.code()).isEqualTo(4);
    assertThat(ended.err()).contains("job-cleanup late guard --print");
    assertThat(Program.run(Map.of("DATABASE_URL", url), "late", "guard", "--print").code())
        .isZero();
  }

  // reaching the database

  @Test
  void databaseThatDoesntAnswerEndsWithThreeWithinSeconds() {
    long start = System.nanoTime();

    Ended ended =
        Program.run(
            Map.of("DATABASE_URL", "postgresql://u:" + Host.CANARY + "@127.0.0.1:1/db"), "run");

    assertThat(ended.code()).isEqualTo(3);
    assertThat(ended.err())
        .isEqualTo(
            "The database at 127.0.0.1:1 doesn't answer (connection refused, tried for 3 s)."
                + " Is it up, and is DATABASE_URL right?\n");
    assertThat((System.nanoTime() - start) / 1e9).isLessThan(5);
  }

  @Test
  void serverThatAcceptsButNeverSpeaksEndsWithThree() throws IOException {
    try (java.net.ServerSocket silent =
        new java.net.ServerSocket(0, 5, java.net.InetAddress.getLoopbackAddress())) {
      Ended ended =
          Program.run(
              Map.of(
                  "DATABASE_URL",
                  "postgresql://u:p@127.0.0.1:%d/db?connect_timeout=1"
                      .formatted(silent.getLocalPort())),
              "find");

      assertThat(ended.code()).isEqualTo(3);
      assertThat(ended.err()).contains("doesn't answer");
    }
  }

  @Test
  void wrongPasswordAbsentRoleAndAbsentDatabaseEndWithThreeAndSaySo() {
    String address = "127.0.0.1:" + TestPostgres.server().port();

    Ended password =
        Program.run(Map.of("DATABASE_URL", "postgresql://app:no@%s/x".formatted(address)), "find");
    Ended database =
        Program.run(
            Map.of("DATABASE_URL", host.url().replaceFirst("/host_\\d+", "/nowhere")),
            "find",
            "--json");

    assertThat(password.code()).isEqualTo(3);
    assertThat(password.err())
        .isEqualTo(
            "The database at %s doesn't let \"app\" in: user or password is wrong. Is DATABASE_URL right?\n"
                .formatted(address));
    assertThat(database.code()).isEqualTo(3);
    assertThat(json(database).get("error").asString())
        .isEqualTo(
            "The server at %s has no database \"nowhere\". Is DATABASE_URL right?"
                .formatted(address));
  }

  @Test
  void prismasOtherParametersAreIgnoredWithOneLine() {
    Ended ended =
        Program.run(
            Map.of("DATABASE_URL", host.url() + "?sslaccept=strict&pool_timeout=7&schema=public"),
            "find");

    assertThat(ended.code()).isZero();
    assertThat(ended.err().lines()).hasSize(1);
    assertThat(ended.err()).contains("parameters=pool_timeout,sslaccept");
  }

  @Test
  void databaseWithoutTheTablesEndsWithFour() throws SQLException {
    try (Host empty = Host.empty(TestPostgres.server())) {
      for (String command : List.of("run", "find")) {
        Ended ended = Program.run(empty.variables(), command);
        assertThat(ended.code()).isEqualTo(4);
        assertThat(ended.err())
            .contains("image_enhancement_jobs")
            .endsWith("nothing was started.\n");
      }
      assertThat(empty.query("select to_regclass('public.users') is null")).isEqualTo("t");
    }
  }

  @Test
  void roleWithoutPrivilegesEndsWithFour() throws SQLException {
    host.execute(
        "create role reader_%d login password 'r'".formatted(TestPostgres.server().port()));
    String url =
        "postgresql://reader_%d:r@127.0.0.1:%d/%s"
            .formatted(
                TestPostgres.server().port(),
                TestPostgres.server().port(),
                host.query("select current_database()"));

    Ended ended = Program.run(Map.of("DATABASE_URL", url), "run");

    assertThat(ended.code()).isEqualTo(4);
    assertThat(ended.err()).isNotBlank().doesNotContain("\tat ");
  }

  @Test
  void portThatIsTakenIsNamedInOneSentence() throws IOException {
    try (ServerSocket taken = new ServerSocket(0)) {
      String port = String.valueOf(taken.getLocalPort());

      Ended ended = Program.run(host.variables("PORT", port), "serve");

      assertThat(ended.code()).isEqualTo(2);
      assertThat(ended.err().lines().filter(line -> !line.contains("[INFO]")))
          .containsExactly(
              "Port %s is taken by another program. Set PORT to a free one.".formatted(port));
    }
  }

  // usage

  @Test
  void misspeltOptionSuggestsTheRightOne() {
    Ended ended = Program.run(Map.of(), "run", "--dryrun");

    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err())
        .isEqualTo(
            "job-cleanup run has no option --dryrun. Did you mean --dry-run?\n"
                + "See:  job-cleanup run --help\n");
  }

  @Test
  void misspeltCommandSuggestsTheRightOne() {
    assertThat(Program.run(Map.of(), "rnu").err())
        .startsWith("There is no command \"rnu\". Did you mean run?");
    assertThat(Program.run(Map.of(), "docter").err()).contains("Did you mean doctor?");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "run --timeout 5",
        "run --timeout 500ms",
        "run --timeout 31d",
        "run --batch-size 0",
        "run --batch-size 10001",
        "run extra",
        "sql",
        "map --default --table jobs",
        "migrate --print --drop",
        "late guard --print --drop",
        "serve --port 80",
        "user add",
        "token create",
        ""
      })
  void badUsageEndsWithTwoAndOneJsonObjectWhereAskedFor(String line) {
    String[] arguments = line.isEmpty() ? new String[0] : line.split(" ");

    Ended plain = Program.run(Map.of(), arguments);

    assertThat(plain.code()).isEqualTo(2);
    assertThat(plain.out()).isEmpty();
    assertThat(plain.err()).isNotBlank().doesNotContain("Exception");
    if (line.startsWith("run") || line.startsWith("sql")) {
      Ended json = Program.run(Map.of(), (line + " --json").split(" "));
      assertThat(json.code()).isEqualTo(2);
      assertThat(json(json).get("success").asBoolean()).isFalse();
      assertThat(json.err()).isEmpty();
    }
  }

  @Test
  void helpNamesWhatThereIsAndNothingElse() {
    Ended help = Program.run(Map.of(), "--help");

    assertThat(help.code()).isZero();
    assertThat(help.out()).contains(COMMANDS).doesNotContain("rehearse");
    for (String command : COMMANDS) {
      assertThat(Program.run(Map.of(), command, "--help").code()).isZero();
    }
    assertThat(Program.run(Map.of(), "--version").out()).startsWith("job-cleanup ");
  }

  @Test
  void unknownSettingsStopTheStartBeforeTheDatabaseIsAsked() throws IOException {
    Path file =
        Files.writeString(directory.resolve("application.yaml"), "job-cleanup:\n  batch-siz: 7\n");

    Ended ended =
        Program.run(
            Map.of(
                "DATABASE_URL",
                "postgresql://u:p@127.0.0.1:1/db",
                "SPRING_CONFIG_LOCATION",
                file.toUri().toString()),
            "run");

    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err())
        .isEqualTo(
            "application.yaml:2  job-cleanup.batch-siz: is no setting of this program."
                + " Did you mean job-cleanup.batch-size?\n1 fault; nothing was started.\n");
  }
}
