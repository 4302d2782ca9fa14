package io.jobcleanup.shapes;

import static io.jobcleanup.shapes.OneHost.JOBS;
import static io.jobcleanup.shapes.OneHost.cause;
import static io.jobcleanup.shapes.OneHost.outcomes;
import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** None, one or several ledger rows a line, and what collides in them: sentence by sentence. */
class LanguageLedgerTest {

  private static final String OF_COST = "refund:\n  payer: payer\n  cost: cost\n";
  private static final String OF_CHARGES =
      "refund:\n  payer: payer\n  charge: {table: charges, match: \"=charge.job = job.id\", amount: amount}\n";
  private static final String USERS =
      "  balances: {table: users, match: {name: \"=:payer\"}, add: {credits: \"=:amount\"}}\n";

  private final OneHost host = new OneHost();

  private static String ledger(String... rows) {
    return "  ledger:\n    - " + String.join("\n    - ", rows) + "\n";
  }

  private static String row(String values) {
    return "{table: ledger, values: {%s}}".formatted(values);
  }

  @Test
  void eachRowIsWrittenForTheLinesThatItsWhenNames() {
    host.job(1, "ada", 0)
        .job(2, "bob", 0)
        .execute(
            "insert into charges values (3, 1, 'free', 2), (1, 2, 'paid', 4), (2, 1, null, 8), (4, 2, 'free', 1)");

    host.run(
        JOBS
            + OF_CHARGES
            + USERS
            + ledger(
                row(
                    "job: \"=:job\", amount: \"=:amount\", note: \"=charge.pool || charge.id\", kind: line"),
                "{table: ledger, when: \"=charge.pool = 'free'\", values: {job: \"=job.id\", amount: \"=-:amount\", kind: free}}"));

    assertThat(host.rows("select kind, job, amount, note from ledger order by kind, id"))
        .containsExactly(
            "free|1|-2|",
            "free|2|-1|",
            "line|1|8|",
            "line|1|2|free3",
            "line|2|4|paid1",
            "line|2|1|free4");
    assertThat(host.credits("ada")).isEqualTo(10);
    assertThat(host.credits("bob")).isEqualTo(5);
  }

  @Test
  void rowsOfOneTableForOneLineHaveIdsOfTheirOwn() {
    host.job(1, "ada", 5)
        .job(2, "ada", 6)
        .execute("create table entries (id uuid primary key, side text, amount int)");

    CleanupResult result =
        host.run(
            JOBS
                + OF_COST
                + USERS
                + ledger(
                    "{table: entries, values: {id: \"=:uuid\", side: debit, amount: \"=-:amount\"}}",
                    "{table: entries, values: {id: \"=:uuid\", side: credit, amount: \"=:amount\"}}"));

    assertThat(outcomes(result)).containsExactly("1 Refunded", "2 Refunded");
    assertThat(host.rows("select side, amount from entries order by side, id"))
        .containsExactly("credit|5", "credit|6", "debit|-5", "debit|-6");
  }

  @Test
  void markOfAChargeCanNameTheFirstRowThatRecordsIt() {
    host.job(1, "ada", 0)
        .execute("insert into charges values (1, 1, 'free', 2), (2, 1, 'paid', 4)");
    String row =
        "{table: ledger, when: \"=charge.pool = '%s'\", values: {note: \"=:uuid\", kind: \"=charge.pool\"}}";

    host.run(
        JOBS
            + OF_CHARGES.replace("amount: amount", "amount: amount, mark: {note: \"=:uuid\"}")
            + USERS
            + ledger(row.formatted("free"), row.formatted("paid"), row.formatted("paid")));

    assertThat(
            host.rows(
                "select c.pool, count(*), count(distinct l.note), count(*) filter (where l.note = c.note) from charges c join ledger l on l.kind = c.pool group by 1 order by 1"))
        .containsExactly("free|1|1|1", "paid|2|2|1");
  }

  @Test
  void balanceInALedgerRowIsMovedLineByLine() {
    host.job(1, "ada", 5)
        .job(2, "bob", 6)
        .job(3, "ada", 4)
        .execute("update users set credits = 100, note = 'note of ' || name");

    host.run(
        JOBS
            + OF_COST
            + USERS
            + ledger(
                row(
                    "job: \"=:job\", after: \"=balance.credits\", before: \"=balance.credits - :amount\", note: \"=balance.note\"")));

    assertThat(host.rows("select job, before, after, note from ledger order by job"))
        .containsExactly("1|100|105|note of ada", "2|100|106|note of bob", "3|105|109|note of ada");
  }

  @Test
  void balanceInALedgerRowIsThatOfTheFirstEntryThatTheLineGoesTo() {
    host.job(1, "ada", 0)
        .execute(
            """
            create table purses (owner text, pool text, coins int not null, primary key (owner, pool));
            insert into purses values ('ada', 'free', 10), ('ada', 'paid', 50);
            insert into charges values (1, 1, 'paid', 2), (2, 1, 'free', 4);
            """);
    String purse =
        "{table: purses, when: \"=charge.pool = '%1$s'\", match: {owner: \"=:payer\", pool: %1$s}, add: {coins: \"=:amount\"}}";

    host.run(
        JOBS
            + OF_CHARGES
            + "  balances:\n    - %s\n    - %s\n"
                .formatted(purse.formatted("free"), purse.formatted("paid"))
            + ledger(
                row("amount: \"=:amount\", after: \"=balance.coins\", note: \"=balance.pool\"")));

    assertThat(host.rows("select amount, after, note from ledger order by id"))
        .containsExactly("2|52|paid", "4|14|free");
  }

  @Test
  void namesHaveTheTypesOfWhatTheyStandFor() {
    host.job(1, "ada", 5)
        .execute("alter table jobs alter attempt type smallint; update jobs set attempt = 3");
    String types =
        "=concat_ws(' ', pg_typeof(:job), pg_typeof(:attempt), pg_typeof(:payer), pg_typeof(:amount), pg_typeof(:now),"
            + " pg_typeof(:seconds), pg_typeof(:timeout_ms), pg_typeof(:uuid), pg_typeof(:key), pg_typeof(:run), pg_typeof(:balance_after))";

    host.run(
        JOBS.replace("since:", "attempt: attempt, since:")
            + OF_COST
            + USERS
            + ledger(row("note: \"%s\", kind: \"=:key\"".formatted(types))));

    assertThat(host.rows("select note, kind from ledger"))
        .containsExactly(
            "integer smallint text integer timestamp with time zone bigint bigint uuid text text integer|public.jobs/1#3");
  }

  // Collisions

  private static final String ONCE_A_JOB =
      JOBS.replace("since:", "attempt: attempt, since:")
          + OF_COST
          + USERS
          + ledger(row("job: \"=:job\", kind: refund, amount: \"=:amount\", payer: \"=:payer\""));

  @Test
  void rowOfTheHostThatNamesTheJobMeansAlready() {
    host.job(1, "ada", 5)
        .job(2, "bob", 6)
        .execute(
            "create unique index once on ledger (job, kind); insert into ledger (job, kind, amount) values (1, 'refund', 5)");

    CleanupResult result = host.run(ONCE_A_JOB);

    assertThat(outcomes(result)).containsExactly("1 PaidByHost", "2 Refunded");
    assertThat(host.credits("ada")).isZero();
  }

  @Test
  void rowOfTheHostIsKnownInAPartOfAPartitionedLedgerToo() {
    host.job(1, "ada", 5)
        .job(2, "bob", 6)
        .execute(
            """
            drop table ledger;
            create table ledger (id bigserial, payer text, job int, amount int, kind text, note text, unique (job, kind))
              partition by list (kind);
            create table ledger_of_refunds partition of ledger for values in ('refund');
            insert into ledger (job, kind, amount) values (1, 'refund', 5);
            """);

    CleanupResult result = host.run(ONCE_A_JOB);

    assertThat(outcomes(result)).containsExactly("1 PaidByHost", "2 Refunded");
    assertThat(host.credits("ada")).isZero();
  }

  @Test
  void rowOfOursForAnEarlierAttemptIsNoSignThatTheHostPaid() {
    host.job(1, "ada", 5)
        .execute("create unique index once on ledger (job, kind); update jobs set attempt = 1");
    JobCleanup cleanup = host.cleanup(ONCE_A_JOB);
    cleanup.cleanupStuckJobs();
    host.execute("update jobs set state = 'running', attempt = 2");

    CleanupResult second = cleanup.cleanupStuckJobs();

    assertThat(outcomes(second)).containsExactly("1 RefundOwed");
    assertThat(cause(second, 1)).contains("duplicate key");
    assertThat(host.credits("ada")).isEqualTo(5);
    cleanup.cleanupStuckJobs();
    assertThat(host.rows("select attempt, state from job_cleanup.refund order by attempt"))
        .containsExactly("1|PAID", "2|OWED");

    host.execute("drop index once");
    assertThat(cleanup.cleanupStuckJobs().owed().paid()).isEqualTo(1);
    assertThat(host.credits("ada")).isEqualTo(10);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "note: \"=:key\";public.jobs/1#2",
        "note: \"=:job || '/' || :attempt\";1/2",
      })
  void rowThatNamesTheVeryAttemptIsTheHostsThoughWePaidAnEarlierOne(String value, String theirs) {
    host.job(1, "ada", 5)
        .execute("create unique index once on ledger (note); update jobs set attempt = 1");
    JobCleanup cleanup = host.cleanup(ONCE_A_JOB.replace("kind: refund", "kind: refund, " + value));
    cleanup.cleanupStuckJobs();
    host.execute("update jobs set state = 'running', attempt = 2");
    host.database.update("insert into ledger (note) values (?)", theirs);

    assertThat(outcomes(cleanup.cleanupStuckJobs())).containsExactly("1 PaidByHost");
    assertThat(host.credits("ada")).isEqualTo(5);
  }

  @Test
  void rowThatNamesTheChargeMeansThatThisLineIsGivenBack() {
    host.job(1, "ada", 0)
        .execute(
            """
            insert into charges values (1, 1, 'a', 2), (2, 1, 'b', 4);
            create unique index once on ledger (note);
            insert into ledger (note) values ('refund of 1');
            """);

    CleanupResult result =
        host.run(
            JOBS
                + OF_CHARGES
                + USERS
                + ledger(row("amount: \"=:amount\""), row("note: \"='refund of ' || charge.id\"")));

    assertThat(outcomes(result)).containsExactly("1 Refunded");
    assertThat(host.credits("ada")).isEqualTo(4);
    assertThat(host.rows("select amount, note from ledger order by id"))
        .containsExactly("|refund of 1", "4|", "|refund of 2");
  }

  @Test
  void owedRefundThatTheHostMeanwhileRecordedIsClosed() {
    host.job(1, "nobody", 5).execute("create unique index once on ledger (job, kind)");
    JobCleanup cleanup = host.cleanup(ONCE_A_JOB);
    assertThat(outcomes(cleanup.cleanupStuckJobs())).containsExactly("1 RefundOwed");
    host.execute(
        "insert into users (name) values ('nobody'); insert into ledger (job, kind) values (1, 'refund')");

    CleanupResult second = cleanup.cleanupStuckJobs();

    assertThat(second.owed().paid()).isZero();
    assertThat(second.owed().stillOwed()).isZero();
    assertThat(host.credits("nobody")).isZero();
  }
}
