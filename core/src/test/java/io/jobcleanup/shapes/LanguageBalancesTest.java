package io.jobcleanup.shapes;

import static io.jobcleanup.shapes.OneHost.JOBS;
import static io.jobcleanup.shapes.OneHost.cause;
import static io.jobcleanup.shapes.OneHost.outcomes;
import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import java.sql.Connection;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** None, one or several balances: sentence by sentence. */
class LanguageBalancesTest {

  private static final String LEDGER =
      "  ledger: {table: ledger, values: {job: \"=:job\", amount: \"=:amount\", before: \"=:balance_before\", after: \"=:balance_after\"}}\n";

  private static final String CHARGES =
      "  charge: {table: charges, match: \"=charge.job = job.id\", amount: amount}\n";

  private final OneHost host =
      new OneHost()
          .execute(
              """
              create table purses (owner text, pool text default 'paid', coins smallint not null default 7,
                label text not null default 'plain', id uuid, unique (owner, pool));
              """);

  /** A refund of the job's cost into balances, each in the mapping's flow style. */
  private static String into(String... balances) {
    return JOBS + "refund:\n  payer: payer\n  cost: cost\n" + balances(balances) + LEDGER;
  }

  private static String ofCharges(String... balances) {
    return JOBS + "refund:\n  payer: payer\n" + CHARGES + balances(balances) + LEDGER;
  }

  private static String balances(String... balances) {
    return "  balances:\n    - " + String.join("\n    - ", balances) + "\n";
  }

  private static final String USERS =
      "{table: users, match: {name: \"=:payer\"}, add: {credits: \"=:amount\"}}";

  private static final String PURSES =
      "{table: purses, match: {owner: \"=:payer\", pool: paid}, add: {coins: \"=:amount\"}}";

  @ParameterizedTest
  @CsvSource({"owed, RefundOwed, 0, ''", "skip, Refunded, 5, ''", "create, Refunded, 5, ada 12"})
  void missingIsJudgedForEachBalanceByItself(
      String missing, String outcome, int credits, String purse) {
    host.job(1, "ada", 5);

    CleanupResult result =
        host.run(into(USERS, PURSES.replace("add:", "missing: %s, add:".formatted(missing))));

    assertThat(outcomes(result)).containsExactly("1 " + outcome);
    assertThat(host.credits("ada")).isEqualTo(credits);
    assertThat(String.join(",", host.rows("select owner || ' ' || coins from purses")))
        .isEqualTo(purse);
    assertThat(host.states()).isEqualTo("1 failed");
  }

  @Test
  void balanceThatIsMissingIsOwedUntilItIsThereAndThenAllOfThemMove() {
    host.job(1, "ada", 5);
    JobCleanup cleanup = host.cleanup(into(USERS, PURSES));
    cleanup.cleanupStuckJobs();
    assertThat(host.credits("ada")).isZero();

    host.execute("insert into purses (owner) values ('ada')");

    assertThat(cleanup.cleanupStuckJobs().owed().paid()).isEqualTo(1);
    assertThat(host.credits("ada")).isEqualTo(5);
    assertThat(host.rows("select coins from purses")).containsExactly("12");
  }

  @Test
  void eachLineGoesWhereItsWhenSaysAndNullIsFalse() {
    host.job(1, "ada", 0)
        .execute(
            """
            insert into charges values (1, 1, 'free', 2), (2, 1, 'paid', 4), (3, 1, null, 8), (4, 1, 'both', 16);
            insert into purses (owner, pool, coins) values ('ada', 'free', 0), ('ada', 'paid', 100);
            """);

    CleanupResult result =
        host.run(
            ofCharges(
                PURSES
                    .replace("pool: paid", "pool: free")
                    .replace("add:", "when: \"=charge.pool in ('free', 'both')\", add:"),
                PURSES.replace("add:", "when: \"=charge.pool in ('paid', 'both')\", add:")));

    assertThat(result.tokensRefunded()).isEqualByComparingTo("30");
    assertThat(host.rows("select pool, coins from purses order by pool"))
        .containsExactly("free|18", "paid|120");
    assertThat(host.rows("select amount, before, after from ledger order by id"))
        .containsExactly("2|0|2", "4|100|104", "8||", "16|2|18");
  }

  @Test
  void oneRowInTwoEntriesMovesByBothInOneChain() {
    host.job(1, "ada", 5).job(2, "ada", 6).job(3, "bob", 1);

    host.run(
        into(
            "{table: users, match: {name: \"=:payer\"}, add: {credits: \"=:amount\"}, set: {note: first}}",
            "{table: users, match: {name: \"=:payer\"}, add: {credits: \"=:amount * 10\", spare: \"=-:amount\"}}"));

    assertThat(host.rows("select name, credits, spare, note from users order by name"))
        .containsExactly("ada|121|-11|first", "bob|11|-1|first");
    assertThat(host.rows("select job, before, after from ledger order by job"))
        .containsExactly("1|0|55", "2|55|121", "3|0|11");
  }

  @Test
  void overflowOfTheSecondUndoesTheFirstAndMakesNoRow() {
    host.job(1, "ada", 5)
        .job(2, "nobody", 6)
        .job(3, "bob", 1)
        .execute(
            "insert into purses (owner, coins) values ('ada', 32765), ('nobody', 32767), ('bob', 0)");

    CleanupResult result = host.run(into(USERS.replace("add:", "missing: create, add:"), PURSES));

    assertThat(outcomes(result)).containsExactly("1 RefundOwed", "2 RefundOwed", "3 Refunded");
    assertThat(cause(result, 1)).contains("coins of ada, paid would be 32770");
    assertThat(host.rows("select name, credits from users order by name"))
        .containsExactly("ada|0", "bob|1");
    assertThat(host.rows("select job from ledger")).containsExactly("3");
  }

  @ParameterizedTest
  @CsvSource({"9, 4, 9, 4", "5, 0, 5, 0", "3, 0, 3, 0", "0, 0, 0, 0", "-2, -2, -2, -2"})
  void loweredColumnStopsAtTheFloorAndTheAmountIsNotCut(
      int before, int after, int ledgerBefore, int ledgerAfter) {
    host.job(1, "ada", 5).execute("update users set credits = -100, spare = " + before);

    host.run(
        into(
            "{table: users, match: {name: \"=:payer\"}, floor: 0, add: {spare: \"=-:amount\", credits: \"=:amount\"}}"));

    assertThat(host.rows("select spare, credits from users where name = 'ada'"))
        .containsExactly(after + "|-95");
    assertThat(host.rows("select amount, before, after from ledger"))
        .containsExactly("5|%d|%d".formatted(ledgerBefore, ledgerAfter));
  }

  @Test
  void addThatNamesBalanceIsWorkedOutLineByLineOldestFirst() {
    for (int i = 1; i <= 4; i++) {
      host.job(i, i == 2 ? "bob" : "ada", 6);
    }
    host.execute("update jobs set began = now() - interval '1 day' + interval '1 hour' * (5 - id)");

    host.run(
        into(
            "{table: users, match: {name: \"=:payer\"}, add: {credits: \"=least(:amount, 10 - balance.credits)\","
                + " spare: \"=balance.credits\"}}"));

    assertThat(host.rows("select name, credits, spare from users order by name"))
        .containsExactly("ada|10|16", "bob|6|0");
    assertThat(host.rows("select job, before, after from ledger order by id"))
        .containsExactly("4|0|6", "3|6|10", "2|0|6", "1|10|10");
  }

  @Test
  void rowBalanceHasWhatEveryEntryOfThatRowMoved() {
    host.job(1, "ada", 5).job(2, "ada", 6);

    host.run(
        JOBS
            + "refund:\n  payer: payer\n  cost: cost\n"
            + balances(
                "{table: users, match: {name: \"=:payer\"}, add: {credits: \"=balance.spare\"}}",
                "{table: users, match: {name: \"=:payer\"}, add: {spare: \"=:amount\"}}")
            + "  ledger: {table: ledger, values: {job: \"=:job\", before: \"=balance.credits\", after: \"=balance.spare\"}}\n");

    assertThat(host.rows("select credits, spare from users where name = 'ada'"))
        .containsExactly("5|11");
    assertThat(host.rows("select job, before, after from ledger order by job"))
        .containsExactly("1|0|5", "2|5|11");
  }

  @Test
  void rowThatTwoEntriesFindByTheSameColumnsInAnotherOrderIsTheSame() {
    host.job(1, "ada", 5).execute("insert into purses (owner) values ('ada')");

    host.run(
        into(
            PURSES,
            PURSES.replace("owner: \"=:payer\", pool: paid", "pool: paid, owner: \"=:payer\"")));

    assertThat(host.rows("select coins from purses")).containsExactly("17");
  }

  @ParameterizedTest
  @CsvSource({"true, true", "job <> 2, false"})
  void payersSpeltInTwoWaysWhoHaveOneRowShareItsChain(String check, boolean all) {
    host.job(1, "7", 5)
        .job(2, "7.0", 6)
        .job(3, "7.00", 4)
        .execute(
            "create table accounts (id numeric primary key, coins int not null); insert into accounts values (7, 1)")
        .execute("alter table ledger add check (%s)".formatted(check));

    CleanupResult result =
        host.run(into("{table: accounts, match: {id: \"=:payer\"}, add: {coins: \"=:amount\"}}"));

    assertThat(outcomes(result))
        .containsExactly("1 Refunded", all ? "2 Refunded" : "2 RefundOwed", "3 Refunded");
    assertThat(host.rows("select coins from accounts")).containsExactly(all ? "16" : "10");
    assertThat(host.rows("select job, before, after from ledger where job = 3"))
        .containsExactly(all ? "3|12|16" : "3|6|10");
  }

  @Test
  void setSeesTheBalanceAsLockedOncePerRowAndBatch() {
    host.job(1, "ada", 5).job(2, "ada", 6).execute("update users set credits = 100");

    host.run(
        into(USERS.replace("add:", "set: {note: \"=balance.credits || ' ' || :source\"}, add:")));

    assertThat(host.rows("select credits, note from users where name = 'ada'"))
        .containsExactly("111|100 s");
  }

  @Test
  void setIsWorkedOutBeforeOurFirstWrite() {
    host.job(1, "ada", 5).job(2, "ada", 6);

    host.run(
        into(
            USERS.replace(
                "add:",
                "set: {note: \"=(select count(*) from jobs j where j.payer = balance.name and j.state = 'running')\"}, add:")));

    assertThat(host.rows("select credits, note from users where name = 'ada'"))
        .containsExactly("11|2");
  }

  @Test
  void addOfAConstantCountsTheLines() {
    host.job(1, "ada", 5).job(2, "ada", 6);

    host.run(into(USERS.replace("add: {", "add: {spare: 0100, ")));

    assertThat(host.rows("select credits, spare from users where name = 'ada'"))
        .containsExactly("11|200");
  }

  @Test
  void explanationForetellsTheFirstBalanceOnlyWhereItCan() {
    host.job(1, "ada", 5).execute("update users set spare = 3, credits = 10");
    CleanupOptions options = CleanupOptions.defaults();

    assertThat(host.cleanup(into(USERS)).explain("1", options).getFirst().would())
        .isEqualTo("mark it failed and give 5 tokens back to ada (balance 15)");
    String used =
        USERS.replace("add: {credits: \"=:amount\"}", "floor: 0, add: {spare: \"=-:amount\"}");
    assertThat(host.cleanup(into(used)).explain("1", options).getFirst().would())
        .isEqualTo("mark it failed and give 5 tokens back to ada (balance 0)");
    String twice = USERS.replace("=:amount", "=:amount * 2");
    assertThat(host.cleanup(into(twice)).explain("1", options).getFirst().would())
        .isEqualTo("mark it failed and give 5 tokens back to ada");
  }

  // missing: create

  private static final String CREATED = PURSES.replace("add:", "missing: create, add:");

  @Test
  void rowThatIsMadeBeginsWithItsValuesElseItsDefaults() {
    host.job(1, "ada", 5).job(2, "bob", 6).job(3, "ada", 4);

    host.run(into(CREATED.replace("add:", "values: {label: \"=:payer || job.id\"}, add:")));

    assertThat(host.rows("select owner, pool, coins, label from purses order by owner"))
        .containsExactly("ada|paid|16|ada1", "bob|paid|13|bob2");
    assertThat(host.rows("select job, before, after from ledger order by job"))
        .containsExactly("1|7|12", "2|7|13", "3|12|16");
  }

  @Test
  void columnThatMovesBeginsWithTheValueGiven() {
    host.job(1, "ada", 5);

    host.run(
        into(
            CREATED.replace(
                "add: {", "values: {coins: \"=job.cost * 100\"}, set: {label: set}, add: {")));

    assertThat(host.rows("select coins, label from purses")).containsExactly("505|set");
  }

  @Test
  void rowsOfOneTableMadeForOneLineHaveIdsOfTheirOwn() {
    host.job(1, "ada", 5).execute("create unique index on purses (id)");
    String withId = CREATED.replace("add:", "values: {id: \"=:uuid\"}, add:");

    CleanupResult result = host.run(into(withId, withId.replace("pool: paid", "pool: free")));

    assertThat(outcomes(result)).containsExactly("1 Refunded");
    assertThat(host.rows("select pool, coins from purses order by pool"))
        .containsExactly("free|12", "paid|12");
  }

  @Test
  void rowThatCollidesInAnotherIndexThanThatOfItsMatchIsARefusedWrite() {
    host.job(1, "ada", 5)
        .execute(
            "create unique index on purses (label); insert into purses (owner, label) values ('bob', 'plain')");

    CleanupResult result = host.run(into(CREATED));

    assertThat(outcomes(result)).containsExactly("1 RefundOwed");
    assertThat(cause(result, 1)).contains("duplicate key");
    assertThat(result.remaining()).isFalse();
  }

  @Test
  void rowIsMadeUnderAForeignKeyThatItsPayerHoldsElseItIsOwed() {
    host.job(1, "ada", 5)
        .job(2, "nobody", 6)
        .execute("alter table purses add foreign key (owner) references users");

    CleanupResult result = host.run(into(CREATED));

    assertThat(outcomes(result)).containsExactly("1 Refunded", "2 RefundOwed");
    assertThat(cause(result, 2)).contains("violates foreign key constraint");
    assertThat(host.rows("select owner, coins from purses")).containsExactly("ada|12");
  }

  @Test
  void jobWhoseNewRowWouldReferToARowThatSomebodyHoldsIsPassedOver() throws Exception {
    host.job(1, "ada", 5)
        .job(2, "bob", 6)
        .execute("alter table purses add foreign key (owner) references users");
    JobCleanup cleanup = host.cleanup(into(CREATED));
    try (Connection holder = host.database.getConnection();
        Statement statement = holder.createStatement()) {
      holder.setAutoCommit(false);
      statement.execute("select from users where name = 'ada' for update");

      assertThat(outcomes(cleanup.cleanupStuckJobs())).containsExactly("2 Refunded");
    }
    assertThat(outcomes(cleanup.cleanupStuckJobs())).containsExactly("1 Refunded");
  }

  @Test
  void rowThatSomebodyIsAboutToMakeIsWaitedForByNobody() throws Exception {
    host.job(1, "ada", 5).job(2, "bob", 6);
    JobCleanup cleanup = host.cleanup(into(CREATED));
    try (Connection maker = host.database.getConnection();
        Statement statement = maker.createStatement()) {
      maker.setAutoCommit(false);
      statement.execute("insert into purses (owner, coins) values ('ada', 50)");

      assertThat(outcomes(cleanup.cleanupStuckJobs())).containsExactly("2 Refunded");
      assertThat(host.states()).isEqualTo("1 running, 2 failed");
      maker.commit();
    }
    assertThat(outcomes(cleanup.cleanupStuckJobs())).containsExactly("1 Refunded");
    assertThat(host.rows("select owner, coins from purses order by owner"))
        .containsExactly("ada|55", "bob|13");
  }

  @Test
  void rowIsMadeOnceWhereTheBatchIsSettledJobByJob() {
    host.job(1, "ada", 5)
        .job(2, "ada", 6)
        .job(3, "ada", 4)
        .execute("alter table ledger add check (job <> 2)");

    CleanupResult result = host.run(into(CREATED));

    assertThat(outcomes(result)).containsExactly("1 Refunded", "2 RefundOwed", "3 Refunded");
    assertThat(host.rows("select coins from purses")).containsExactly("16");
    assertThat(host.rows("select job, before, after from ledger order by job"))
        .containsExactly("1|7|12", "3|12|16");
  }

  @Test
  void rowThatTheFirstOfSeveralJobsShouldHaveMadeIsMadeByTheNextThatCan() {
    host.job(1, "ada", 5).job(2, "ada", 6).execute("alter table ledger add check (job <> 1)");

    CleanupResult result = host.run(into(CREATED));

    assertThat(outcomes(result)).containsExactly("1 RefundOwed", "2 Refunded");
    assertThat(host.rows("select coins from purses")).containsExactly("13");
  }
}
