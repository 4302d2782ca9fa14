package io.jobcleanup.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.Program.Ended;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class VerifyCommandTest {
  Host host;

  @BeforeEach
  void setUp() throws SQLException {
    host = Host.on(TestPostgres.server());
    host.user("u_17", 40);
    host.stuckJob("img_1", "u_17", 10);
    assertThat(Program.run(host.variables(), "run").code()).isZero();
  }

  @AfterEach
  void tearDown() throws SQLException {
    host.close();
  }

  private static JsonNode json(Ended ended) {
    return JsonMapper.shared().readTree(ended.out());
  }

  private void deleteTheRefund() throws SQLException {
    host.execute("delete from token_transactions where \"sourceId\" = 'img_1'");
  }

  @Test
  void booksOfAFreshRunBalance() {
    Ended ended = Program.run(host.variables(), "verify");

    assertThat(ended.code()).isZero();
    assertThat(ended.out())
        .startsWith("The books balance.\n1 refund of 10 tokens, 1 balance against 1 ledger row.\n");
  }

  @Test
  void findingNamesJobUserAndRowAndEndsWithOne() throws SQLException {
    String row = host.query("select id from token_transactions");
    deleteTheRefund();

    Ended ended = Program.run(host.variables(), "verify");

    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.out())
        .startsWith("The books don't balance: 2 findings.\n")
        .contains(
            "FINDING   ledger-row-gone  job images:img_1, user u_17, row public.token_transactions "
                + row)
        .contains("probably by hand: somebody deleted it")
        .contains("job-cleanup verify accept f-");
    assertThat(ended.err()).doesNotContain("\tat ");
  }

  @Test
  void jsonIsOneObjectWithEachFinding() throws SQLException {
    deleteTheRefund();

    Ended ended = Program.run(host.variables(), "verify", "--json");
    JsonNode answer = json(ended);

    assertThat(ended.code()).isEqualTo(1);
    assertThat(answer.get("ok").asBoolean()).isFalse();
    JsonNode finding = answer.get("findings").get(0);
    assertThat(finding.get("check").asString()).isEqualTo("ledger-row-gone");
    assertThat(finding.get("job").asString()).isEqualTo("images:img_1");
    assertThat(finding.get("user").asString()).isEqualTo("u_17");
    assertThat(finding.get("ledgerRow").asString()).startsWith("public.token_transactions ");
    assertThat(finding.get("cause").asString()).isNotBlank();
    assertThat(answer.get("notices").isArray()).isTrue();
  }

  @Test
  void acceptedFindingIsANoticeThatKeepsItsReason() throws SQLException {
    deleteTheRefund();
    JsonNode findings = json(Program.run(host.variables(), "verify", "--json")).get("findings");

    for (JsonNode each : findings) {
      Ended accepted =
          Program.run(
              host.variables(),
              "verify",
              "accept",
              each.get("id").asString(),
              "--reason",
              "restored from a backup later");
      assertThat(accepted.code()).as(accepted.all()).isZero();
      assertThat(accepted.out()).startsWith("Accepted f-");
    }
    Ended ended = Program.run(host.variables(), "verify");

    assertThat(ended.code()).isZero();
    assertThat(ended.out()).contains("accepted: restored from a backup later");
    assertThat(host.query("select accepted_by from job_cleanup.accepted_finding limit 1"))
        .isEqualTo(System.getProperty("user.name"));
  }

  @Test
  void findingThatIsNotThereIsRefusedInWords() {
    Ended ended =
        Program.run(host.variables(), "verify", "accept", "f-0123456789ab", "--reason", "x");

    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err()).contains("There is no finding \"f-0123456789ab\" now.");
  }

  @Test
  void reasonIsNeeded() throws SQLException {
    deleteTheRefund();
    String id =
        json(Program.run(host.variables(), "verify", "--json"))
            .get("findings")
            .get(0)
            .get("id")
            .asString();

    Ended without = Program.run(host.variables(), "verify", "accept", id);
    Ended blank = Program.run(host.variables(), "verify", "accept", id, "--reason", "  ");

    assertThat(without.code()).isEqualTo(2);
    assertThat(without.err()).contains("--reason");
    assertThat(blank.code()).isEqualTo(2);
    assertThat(blank.err()).contains("1 to 500 characters");
  }

  @Test
  void withoutOurSchemaNothingIsAFinding() throws SQLException {
    host.execute("drop schema job_cleanup cascade");

    Ended ended = Program.run(host.variables(), "verify");

    assertThat(ended.code()).isZero();
    assertThat(host.query("select to_regnamespace('job_cleanup') is null")).isEqualTo("t");
  }

  @Test
  void databaseThatIsAwayIsToldByThree() {
    Ended ended =
        Program.run(
            Map.of("DATABASE_URL", "postgresql://app:x@127.0.0.1:1/shop?connect_timeout=1"),
            "verify",
            "--json");

    assertThat(ended.code()).isEqualTo(3);
    assertThat(json(ended).get("success").asBoolean()).isFalse();
  }
}
