package io.jobcleanup.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.Program.Ended;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class RehearseCommandTest {

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

  @Test
  void rehearsalShowsEachRowBeforeAndAfterAndKeepsNothing() throws SQLException {
    host.stuckJob("img_1", "u_17", 10);
    host.stuckJob("img_2", "u_17", 5);

    Ended ended = Program.run(host.variables(), "run", "--rehearse");

    assertThat(ended.code()).isZero();
    assertThat(ended.out())
        .startsWith("Rehearsal: nothing below was kept.\n\nimg_1   10 tokens to u_17\n")
        .containsPattern("  image_enhancement_jobs +status +PROCESSING +→  FAILED\n")
        .containsPattern(
            "\n +errorMessage +null +→  Job timed out after 6\\d\\ds\\. Automatically cleaned up and tokens refunded\\.\n")
        .containsPattern("\n  user_token_balances +balance +40 +→  50\n")
        .containsPattern("\n  user_token_balances +balance +50 +→  55\n")
        .containsPattern(
            "\n  token_transactions +\\+ id [0-9a-f-]{36}  userId u_17  amount 10  type REFUND ")
        .contains("\n2 jobs, 3 rows changed, 2 rows added. Locked for ")
        .contains("2 of public.image_enhancement_jobs, 1 of public.user_token_balances")
        .endsWith("Do it:  job-cleanup run\n");
    assertThat(host.status("img_1")).isEqualTo("PROCESSING");
    assertThat(host.balance("u_17")).isEqualTo("40");
    assertThat(host.query("select count(*) from token_transactions")).isEqualTo("0");
    assertThat(host.query("select count(*) from pg_namespace where nspname = 'job_cleanup'"))
        .isEqualTo("0");
  }

  @Test
  void rowsThatAHostsTriggerWritesAreShownBesides() throws SQLException {
    host.stuckJob("img_1", "u_17", 10);
    host.execute("create table audit (id int generated always as identity primary key, what text)");
    host.execute(
        """
        create function note() returns trigger language plpgsql as $$
        begin insert into audit (what) values (new.status); return new; end $$""");
    host.execute(
        "create trigger noted after update on image_enhancement_jobs for each row execute function note()");

    Ended ended = Program.run(host.variables(), "run", "--rehearse");

    assertThat(ended.out())
        .contains("Besides, by the host's triggers and functions or the mapping's `also`:\n")
        .containsPattern("\n  audit +\\+ id 1  what FAILED\n");
  }

  @Test
  void jobThatWouldBeOwedOrRefusedIsToldAndTheExitCodeIsOne() throws SQLException {
    host.stuckJob("img_1", "u_17", 10);
    host.execute("delete from user_token_balances");
    host.stuckJob("img_2", "u_17", 0);
    host.execute(
        """
        create function quota() returns trigger language plpgsql as $$
        begin if new.id = 'img_2' then raise 'quota closed'; end if; return new; end $$""");
    host.execute(
        "create trigger check_quota before update on image_enhancement_jobs for each row execute function quota()");

    Ended ended = Program.run(host.variables(), "run", "--rehearse");

    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.out())
        .contains(
            "img_1   OWED, 10 tokens to u_17: no row in public.user_token_balances for u_17\n")
        .contains("img_2   REFUSED, stays as it is: quota closed");
  }

  @Test
  void rehearsalAnswersInJson() throws SQLException {
    host.stuckJob("img_1", "u_17", 10);

    Ended ended = Program.run(host.variables(), "run", "--rehearse", "--json");

    JsonNode answer = JsonMapper.shared().readTree(ended.out());
    JsonNode job = answer.get("jobs").get(0);
    assertThat(job.get("id").asString()).isEqualTo("img_1");
    assertThat(job.get("tokensRefunded").asInt()).isEqualTo(10);
    JsonNode balance = job.get("rows").get(1);
    assertThat(balance.get("table").asString()).isEqualTo("public.user_token_balances");
    assertThat(balance.get("columns").get("balance").toString())
        .isEqualTo("{\"before\":\"40\",\"after\":\"50\"}");
    assertThat(answer.get("rowsLocked").get("public.user_token_balances").asInt()).isEqualTo(1);
  }

  @Test
  void nothingStuckIsSaidSo() throws SQLException {
    assertThat(Program.run(host.variables(), "run", "--rehearse").out())
        .isEqualTo("No stuck jobs found: there is nothing to rehearse.\n");
  }

  @Test
  void onlyTheFirstTenJobsAreShownUnlessAllAreAskedFor() throws SQLException {
    for (int i = 10; i < 22; i++) {
      host.stuckJob("img_" + i, "u_17", 1);
    }

    assertThat(Program.run(host.variables(), "run", "--rehearse").out())
        .contains("\n2 more jobs: --all lists them")
        .doesNotContain("img_21 ");
    assertThat(Program.run(host.variables(), "run", "--rehearse", "--all").out())
        .contains("\nimg_21   1 token to u_17\n")
        .doesNotContain("--all");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--rehearse --dry-run", "--rehearse --drain", "--all"})
  void optionsThatContradictEachOtherAreRefused(String options) throws SQLException {
    Ended ended = Program.run(host.variables(), ("run " + options).split(" "));

    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err()).contains("--rehearse");
  }
}
