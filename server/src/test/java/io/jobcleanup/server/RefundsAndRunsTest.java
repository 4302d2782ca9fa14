package io.jobcleanup.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.Program.Ended;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The commands that tell what was given back, and what runs did. */
class RefundsAndRunsTest {
  private static final JsonMapper JSON = JsonMapper.shared();
  private Host host;

  @BeforeEach
  void setUp() throws SQLException {
    host = Host.on(TestPostgres.server());
    host.user("u_17", 40);
    host.execute("insert into users (id, \"updatedAt\") values ('u_99', now())");
  }

  @AfterEach
  void tearDown() throws SQLException {
    host.close();
  }

  private Ended run(String... arguments) {
    return Program.run(host.variables(), arguments);
  }

  private String runId() throws SQLException {
    return host.query("select id from job_cleanup.run order by id desc limit 1");
  }

  private static JsonNode json(Ended ended) {
    assertThat(ended.out().strip().lines()).hasSize(1);
    return JSON.readTree(ended.out());
  }

  // refunds

  @ParameterizedTest
  @ValueSource(
      strings = {
        "refunds",
        "refunds --owed",
        "refunds --user u_17 --job img_1",
        "refunds --json",
        "runs",
        "runs --csv",
        "runs --json"
      })
  void whereOurSchemaIsNotThereNothingWasDoneSoFar(String line) throws SQLException {
    Ended ended = run(line.split(" "));

    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(host.query("select to_regnamespace('job_cleanup')")).isNull();
  }

  @Test
  void oneUserAndOneJobAreAnsweredAtOnceWithTimeReasonRunAndLedgerRow() throws SQLException {
    host.stuckJob("img_1", "u_17", 10);
    run("run");

    Ended ended = run("refunds", "--user", "u_17", "--job", "img_1");

    assertThat(ended.code()).isZero();
    assertThat(ended.out())
        .startsWith("img_1  given back: 10 tokens to u_17\n")
        .containsPattern(
            "given back +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\dZ, by run " + runId())
        .containsPattern(
            "ledger row +public\\.token_transactions %s, balance 50 after it"
                .formatted(host.query("select id from token_transactions where type = 'REFUND'")))
        .containsPattern("why +the job was failed .* processed for 10m, timeout 5m")
        .containsPattern("charge +the job's own cost");
  }

  @Test
  void anotherUsersRefundIsNotTakenForTheOneAskedFor() throws SQLException {
    host.stuckJob("img_1", "u_17", 10);
    run("run");

    Ended ended = run("refunds", "--user", "u_99", "--job", "img_1");

    assertThat(ended.out())
        .startsWith("img_1  nothing was given back to u_99 by us")
        .containsPattern("but +10 tokens given back to u_17 at .* by run " + runId());
  }

  @Test
  void jobWithoutARefundIsAnsweredByTheHistory() throws SQLException {
    host.stuckJob("free", "u_17", 0);
    host.stuckJob("theirs", "u_17", 10);
    host.execute(
        """
        insert into token_transactions (id, "userId", amount, type, "sourceId", "balanceAfter")
        values ('t1', 'u_17', 10, 'REFUND', 'theirs', 50)
        """);
    run("run");

    assertThat(run("refunds", "--job", "free").out())
        .startsWith("free  nothing was given back by us, and nothing is owed\n")
        .containsPattern("it cost nothing; run " + runId() + ", \\d{4}")
        .contains("job-cleanup find free");
    assertThat(run("refunds", "--job", "images:theirs").out())
        .contains("the host had given it back itself; run " + runId());
    assertThat(run("refunds", "--job", "never").out())
        .startsWith("never  nothing was given back by us, and nothing is owed: no run that we")
        .contains("job-cleanup find never");
  }

  @Test
  void refusedJobIsToldWithWhatTheHostSaid() throws SQLException {
    host.stuckJob("img_60aa", "u_17", 12);
    host.execute(
        """
        create function check_quota() returns trigger language plpgsql as $$begin
          raise 'quota closed'; end$$;
        create trigger check_quota before update on image_enhancement_jobs
          for each row execute function check_quota()
        """);
    run("run");

    assertThat(run("refunds", "--job", "img_60aa").out())
        .contains("the host refused to let it be failed; run " + runId())
        .contains("quota closed");
  }

  @Test
  void listIsNewestFirstAScreenfulWithSumsAndTheNextStep() throws SQLException {
    for (int i = 0; i < 25; i++) {
      host.stuckJob("img_" + i, "u_17", 2);
    }
    run("run");
    host.stuckJob("img_55d1", "u_99", 12);
    run("run");

    Ended ended = run("refunds");

    assertThat(ended.out())
        .startsWith("26 refunds, the newest first\n")
        .containsPattern("img_55d1 +u_99 +12 +owed +no row in public.user_token_balances for u_99")
        .contains("  20 of 26: --limit shows more, --json lists all")
        .contains(
            "Given back: 50 tokens in 25 refunds. Owed: 12 tokens in 1 refund, the oldest for ")
        .contains("job-cleanup refunds waive JOB --reason REASON");
    assertThat(run("refunds", "--limit", "26").out()).doesNotContain("--limit");
    assertThat(run("refunds", "--owed").out())
        .startsWith("1 refund,")
        .contains("img_55d1")
        .doesNotContain("img_1 ");
    assertThat(run("refunds", "--user", "u_99").out()).doesNotContain("u_17");
    assertThat(run("refunds", "--limit", "0").code()).isEqualTo(2);
  }

  @Test
  void jsonHasAllRefundsWhateverTheirNumberInBoundedMemory() throws SQLException {
    run("run");
    host.execute(
        """
        insert into job_cleanup.refund
          (refund_key, source, job_table, job_key, payer, amount, state, run_id, seconds, failed_at, last_tried_at, paid_at)
        select 'x/' || n, 'images', 'public.image_enhancement_jobs', n::text, repeat('p', 200), 1, 'PAID', gen_random_uuid(),
               600, now() - n * interval '1 second', now(), now()
        from generate_series(1, 30000) n
        """);
    AtomicLong bytes = new AtomicLong();
    AtomicLong most = new AtomicLong();
    PrintStream counting =
        new PrintStream(
            new OutputStream() {
              @Override
              public void write(int b) {
                bytes.incrementAndGet();
              }

              @Override
              public void write(byte[] b, int from, int length) {
                bytes.addAndGet(length);
                most.accumulateAndGet(length, Math::max);
              }
            },
            false,
            StandardCharsets.UTF_8);

    int code =
        Main.run(
            List.of("refunds", "--json"),
            host.variables(),
            System.in,
            counting,
            new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8),
            false);

    assertThat(code).isZero();
    assertThat(bytes.get()).isGreaterThan(15_000_000);
    assertThat(most.get()).as("the most that was written at once").isLessThan(100_000);
    JsonNode answer = json(run("refunds", "--json", "--job", "17"));
    assertThat(answer.get("refunds")).hasSize(1);
    assertThat(answer.get("totals").get("tokensPaid").asInt()).isEqualTo(1);
    assertThat(json(run("refunds", "--json")).get("refunds")).hasSize(30_000);
  }

  @Test
  void jsonTellsTheHistoryOfTheJobToo() throws SQLException {
    host.stuckJob("free", "u_17", 0);
    run("run");

    JsonNode answer = json(run("refunds", "--job", "free", "--json"));

    assertThat(answer.propertyNames()).containsExactly("refunds", "runsOfJob", "totals");
    assertThat(answer.get("refunds")).isEmpty();
    assertThat(answer.at("/runsOfJob/0/outcome").asString()).isEqualTo("NothingToRefund");
    assertThat(answer.at("/runsOfJob/0/runId").asString()).isEqualTo(runId());
  }

  // refunds waive

  @Test
  void waiverIsToldAndHoldsForAllRunsToCome() throws SQLException {
    host.stuckJob("img_55d1", "u_99", 12);
    run("run");

    Ended ended = run("refunds", "waive", "img_55d1", "--reason", "agreed with support");

    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(ended.out())
        .isEqualTo(
            "Written off: 12 tokens owed to u_99 for job img_55d1.\n"
                + "No run gives that back any more.\n");
    host.execute(
        "insert into user_token_balances (id, \"userId\", balance, \"updatedAt\") values ('b',"
            + " 'u_99', 0, now())");
    run("run");
    assertThat(host.balance("u_99")).isEqualTo("0");
    assertThat(run("refunds", "--job", "img_55d1").out())
        .startsWith("img_55d1  written off: 12 tokens to u_99\n")
        .containsPattern("written off +.*Z by " + System.getProperty("user.name"))
        .containsPattern("reason +agreed with support");
  }

  @Test
  void waiverInJson() throws SQLException {
    host.stuckJob("img_55d1", "u_99", 12);
    run("run");

    JsonNode answer =
        json(run("refunds", "waive", "images:img_55d1", "--reason", "agreed", "--json"));

    assertThat(answer.at("/waived/0/state").asString()).isEqualTo("WAIVED");
    assertThat(answer.at("/waived/0/tokens").asInt()).isEqualTo(12);
    assertThat(answer.at("/waived/0/userId").asString()).isEqualTo("u_99");
  }

  @Test
  void waiverOfWhatIsNotOwedSaysHowItStands() throws SQLException {
    host.stuckJob("img_1", "u_17", 10);
    run("run");

    Ended paid = run("refunds", "waive", "img_1", "--reason", "x");
    assertThat(paid.code()).isEqualTo(2);
    assertThat(paid.err())
        .contains("Nothing is owed for job img_1: 10 tokens given back to u_17 at ")
        .contains("by run " + runId());
    Ended unknown = run("refunds", "waive", "img_2", "--reason", "x");
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err()).contains("Nothing is owed for a job \"img_2\"");
  }

  @Test
  void waiverWantsAReasonOf500CharactersAtMost() throws SQLException {
    host.stuckJob("img_55d1", "u_99", 12);
    run("run");

    assertThat(run("refunds", "waive", "img_55d1").code()).isEqualTo(2);
    for (String reason : List.of(" ", "x".repeat(501))) {
      Ended ended = run("refunds", "waive", "img_55d1", "--reason", reason);
      assertThat(ended.code()).isEqualTo(2);
      assertThat(ended.err()).contains("Nothing was written off: the reason ", "1 to 500");
    }
    assertThat(host.query("select state from job_cleanup.refund")).isEqualTo("OWED");
  }

  // runs

  @Test
  void runsAreListedNewestFirstAndOneIsShownWithItsJobs() throws SQLException {
    run("run");
    host.stuckJob("img_1", "u_17", 10);
    run("run");
    String last = runId();

    Ended list = run("runs");
    assertThat(list.code()).isZero();
    assertThat(list.out().lines().toList().get(1))
        .startsWith(last)
        .contains("command, " + System.getProperty("user.name"))
        .contains("10 tokens")
        .contains("went to its end");
    assertThat(list.out()).contains("job-cleanup runs show " + last);
    assertThat(run("runs", "--limit", "1").out()).contains("…", "--limit 1000");

    Ended shown = run("runs", "show", last);
    assertThat(shown.out())
        .startsWith(last + "  went to its end\n")
        .containsPattern("settled +1 job, gave back 10 tokens; 0 failed")
        .containsPattern("img_1 +u_17 +10 +10 +Refunded");
    Ended unknown = run("runs", "show", "no-such-run");
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err())
        .isEqualTo("There is no run \"no-such-run\". Which there are:  job-cleanup runs\n");
  }

  @Test
  void runWhoseProcessDiedDidntEnd() throws SQLException {
    run("run");
    host.execute(
        """
        insert into job_cleanup.run (id, trigger, dry_run, batch_size, drain, started_at)
        values ('ffffffff-0000-7000-8000-000000000001', 'CRON', false, 1, true, clock_timestamp() - interval '61 minutes'),
               ('ffffffff-0000-7000-8000-000000000002', 'CRON', false, 1, true, clock_timestamp() - interval '59 minutes')
        """);

    List<String> lines = run("runs").out().lines().toList();

    assertThat(lines.get(1)).contains("under way");
    assertThat(lines.get(2)).contains("didn't end");
  }

  @Test
  void sinceTakesADurationOrADate() throws SQLException {
    run("run");
    host.execute(
        "update job_cleanup.run set started_at = started_at - interval '3 days', completed_at ="
            + " now()");
    run("run");

    assertThat(run("runs", "--since", "2d", "--ndjson").out().lines()).hasSize(1);
    assertThat(run("runs", "--since", "4d", "--ndjson").out().lines()).hasSize(2);
    assertThat(run("runs", "--since", "2001-02-03", "--ndjson").out().lines()).hasSize(2);
    assertThat(run("runs", "--since", "2999-02-03").out()).startsWith("No run since then.");
    assertThat(run("runs", "--since", "yesterday").code()).isEqualTo(2);
  }

  @Test
  void csvIsAsRfc4180SaysAndFormulasAreTexts() throws SQLException {
    host.stuckJob("=1+1", "u_17", 10);
    host.stuckJob("a,\"b\"\nc", "u_17", 1);
    run("run");
    String id = runId();
    host.execute(
        "update job_cleanup.run set actor = '@SUM(1)', error = 'x', tokens_refunded = -1.50");

    assertThat(run("runs", "--csv").out())
        .startsWith(
            "runId,trigger,actor,state,startedAt,completedAt,timeoutMs,batchSize,drain,totalFound,cleanedUp,failed,tokensRefunded,owedPaid,owedTokensPaid,error\r\n")
        .contains(id + ",COMMAND,'@SUM(1),COMPLETED,")
        .endsWith(",2,2,0,-1.5,0,0,x\r\n");
    assertThat(run("runs", "show", id, "--csv").out())
        .startsWith(
            "runId,id,source,userId,tokensRefunded,tokensCost,processingDuration,outcome,error,settledAt\r\n")
        .contains(id + ",'=1+1,images,u_17,10,10,")
        .contains(id + ",\"a,\"\"b\"\"\nc\",images,u_17,1,1,");
  }

  @Test
  void runsAreOneJsonObjectOrOneALine() throws SQLException {
    for (int i = 0; i < 3; i++) {
      run("run");
    }
    host.stuckJob("img_1", "u_17", 10);
    run("run");

    assertThat(json(run("runs", "--json")).get("runs")).hasSize(4);
    assertThat(json(run("runs", "--json", "--limit", "2")).get("runs")).hasSize(2);
    List<String> lines = run("runs", "--ndjson").out().lines().toList();
    assertThat(lines).hasSize(4);
    assertThat(JSON.readTree(lines.getFirst()).get("runId").asString()).isEqualTo(runId());
    JsonNode shown = json(run("runs", "show", runId(), "--json"));
    assertThat(shown.at("/run/cleanedUp").asInt()).isEqualTo(1);
    assertThat(shown.at("/jobs/0/id").asString()).isEqualTo("img_1");
    assertThat(run("runs", "show", runId(), "--ndjson").out().lines()).hasSize(1);
    Ended both = run("runs", "--csv", "--json");
    assertThat(both.code()).isEqualTo(2);
    assertThat(both.out()).contains("--csv, --ndjson and --json don't go together.");
  }
}
