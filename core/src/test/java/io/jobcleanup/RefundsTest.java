package io.jobcleanup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobcleanup.support.PrismaHost;
import io.jobcleanup.support.TestDatabase;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is told of refunds, and writing off what is owed. */
class RefundsTest {

  private final PrismaHost host = PrismaHost.create().user("u1", 100);
  private final TestDatabase database = host.database();
  private final JobCleanup cleanup = JobCleanup.builder(database).build();

  private List<RefundRecord> refunds(RefundQuery query) {
    return cleanup.refunds(query, null, Page.MAX_ITEMS).items();
  }

  private static RefundQuery ofJob(String job) {
    return RefundQuery.all().withJob(job);
  }

  /** A refund that is owed: its user has no balance. */
  private RefundRecord owed(String job) {
    database.update(
        "insert into users (id, email) values (?, ?) on conflict do nothing", "u9", "9");
    host.aStuckJob(job).of("u9").insert();
    host.run();
    return refunds(ofJob(job)).getFirst();
  }

  private void giveBalance() {
    database.execute(
        "insert into user_token_balances (\"userId\", balance, \"updatedAt\") values ('u9', 0,"
            + " now())");
  }

  @Test
  void nothingIsToldWhereOurSchemaIsNotThere() {
    assertThat(cleanup.refunds(RefundQuery.all(), null, 10)).isEqualTo(Page.empty());
    assertThat(cleanup.refundTotals(RefundQuery.all())).isEqualTo(RefundTotals.NONE);
    assertThat(cleanup.runsOfJob("j1", 10)).isEmpty();
    assertThat(cleanup.waive("j1", "why not", "me")).isEqualTo(new Waiver.NothingOwed(List.of()));
    assertThat(database.value("select to_regnamespace('job_cleanup')")).isEmpty();
  }

  @Test
  void paidRefundIsToldWithItsRunItsChargeAndItsLedgerRow() {
    host.aStuckJob("j1").charged().insert();
    String run = host.run().runId();

    RefundRecord refund = refunds(ofJob("j1")).getFirst();

    assertThat(refund.state()).isEqualTo(RefundRecord.State.PAID);
    assertThat(refund.payer()).isEqualTo("u1");
    assertThat(refund.amount()).isEqualByComparingTo("10");
    assertThat(refund.run()).isEqualTo(run).isEqualTo(refund.paidRun());
    assertThat(refund.paidAt()).isNotNull();
    assertThat(refund.processingDuration())
        .isBetween(Duration.ofMinutes(10), Duration.ofMinutes(11));
    assertThat(refund.timeout()).isEqualTo(CleanupOptions.DEFAULT_TIMEOUT);
    assertThat(refund.chargeTable()).isEqualTo("public.token_transactions");
    assertThat(refund.charge())
        .isEqualTo(database.value("select id from token_transactions where amount = -10"));
    assertThat(refund.ledgerTable()).isEqualTo("public.token_transactions");
    assertThat(refund.ledgerKey())
        .isEqualTo(database.value("select id from token_transactions where type = 'REFUND'"));
    assertThat(refund.balanceAfter()).isEqualByComparingTo("100");
    assertThat(refund.cause()).isNull();
    assertThat(refund.nextTryAt()).isNull();
    assertThat(refund.id()).matches("[A-Za-z0-9_-]+");
    assertThat(RefundRecord.keyOf(refund.id())).contains(refund.key());
  }

  @Test
  void owedRefundIsToldWithItsCauseAndItsNextTry() {
    RefundRecord refund = owed("j1");

    assertThat(refund.state()).isEqualTo(RefundRecord.State.OWED);
    assertThat(refund.cause()).contains("public.user_token_balances").contains("u9");
    assertThat(refund.nextTryAt()).isNotNull();
    assertThat(refund.paidRun()).isNull();
    assertThat(refunds(RefundQuery.all().withOwed(true))).containsExactly(refund);
  }

  @Test
  void refundsAreFoundByPayerByJobAndByWhatIsOwed() {
    host.user("u2", 5).aStuckJob("j1").insert().aStuckJob("j2").of("u2").insert();
    owed("j3");

    assertThat(refunds(RefundQuery.all())).hasSize(3);
    assertThat(refunds(RefundQuery.all().withPayer("u2")))
        .extracting(RefundRecord::job)
        .containsExactly("j2");
    assertThat(refunds(ofJob("j1"))).extracting(RefundRecord::payer).containsExactly("u1");
    assertThat(refunds(ofJob("images:j1"))).isEqualTo(refunds(ofJob("j1")));
    assertThat(refunds(ofJob("clips:j1"))).isEmpty();
    assertThat(refunds(ofJob("j1").withPayer("u2"))).isEmpty();
    assertThat(refunds(ofJob("j1").withPayer("u1"))).hasSize(1);
    assertThat(refunds(RefundQuery.all().withOwed(true)))
        .extracting(RefundRecord::job)
        .containsExactly("j3");
    assertThat(refunds(ofJob("j\u00001"))).isEmpty();
    assertThat(cleanup.refundTotals(ofJob("j\u00001"))).isEqualTo(RefundTotals.NONE);
  }

  @Test
  void jobOfASourceThatHadAnotherNameWhenItWasRefundedIsFound() {
    host.aStuckJob("j1").insert();
    host.run();
    database.execute("update job_cleanup.refund set source = 'pictures'");
    database.execute("update job_cleanup.run_job set source = 'pictures'");

    assertThat(refunds(ofJob("images:j1"))).hasSize(1);
    assertThat(refunds(ofJob("pictures:j1"))).hasSize(1);
    assertThat(cleanup.runsOfJob("images:j1", 10)).hasSize(1);
  }

  @Test
  void pagesAreNewestFirstAndHoldEachRefundOnce() {
    for (int run = 0; run < 3; run++) {
      for (int i = 0; i < 4; i++) {
        host.aStuckJob("a/b%d#%d\\".formatted(run, i)).insert();
      }
      host.run();
    }

    List<RefundRecord> read = new ArrayList<>();
    Page<RefundRecord> page = cleanup.refunds(RefundQuery.all(), null, 5);
    while (page.next() != null) {
      read.addAll(page.items());
      page = cleanup.refunds(RefundQuery.all(), page.next(), 5);
    }
    read.addAll(page.items());

    assertThat(read).isEqualTo(refunds(RefundQuery.all())).hasSize(12).doesNotHaveDuplicates();
    assertThat(read).isSortedAccordingTo((a, b) -> b.failedAt().compareTo(a.failedAt()));
    for (String nowhere :
        List.of("nowhere", "x/y", "2026-01-01T00:00:00Z/\u0000", "+999999999-01-01T00:00:00Z/x")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> cleanup.refunds(RefundQuery.all(), nowhere, 5));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> cleanup.refunds(RefundQuery.all(), null, 1001));
  }

  @Test
  void totalsAreOfWhatWasAskedFor() {
    host.aStuckJob("j1").insert().aStuckJob("j2").costing(5).insert();
    owed("j3");
    owed("j4");
    cleanup.waive("j4", "agreed", "me");

    RefundTotals all = cleanup.refundTotals(RefundQuery.all());

    assertThat(all.paid()).isEqualTo(2);
    assertThat(all.tokensPaid()).isEqualByComparingTo("15");
    assertThat(all.owed()).isEqualTo(1);
    assertThat(all.tokensOwed()).isEqualByComparingTo("10");
    assertThat(all.waived()).isEqualTo(1);
    assertThat(all.tokensWaived()).isEqualByComparingTo("10");
    assertThat(all.oldestOwed()).isBetween(Duration.ZERO, Duration.ofMinutes(2));
    assertThat(cleanup.refundTotals(RefundQuery.all().withPayer("u1")).refunds()).isEqualTo(2);
    assertThat(cleanup.refundTotals(RefundQuery.all().withPayer("u1")).oldestOwed()).isNull();
  }

  @Test
  void jobThatWasSettledWithoutGivingBackIsInTheHistory() {
    host.aStuckJob("free").costing(0).insert().aStuckJob("theirs").charged().insert();
    host.refund("theirs", "u1", 10);
    String run = host.run().runId();

    RunJob free = cleanup.runsOfJob("free", 10).getFirst();
    assertThat(free.outcome()).isEqualTo("NothingToRefund");
    assertThat(free.run()).isEqualTo(run);
    assertThat(cleanup.runsOfJob("images:theirs", 10))
        .extracting(RunJob::outcome)
        .containsExactly("PaidByHost");
    assertThat(cleanup.runsOfJob("nobody's", 10)).isEmpty();
  }

  @Test
  void waivedRefundIsNeverPaid() {
    RefundRecord owed = owed("j1");

    Waiver waiver = cleanup.waive("images:j1", "  the user left  ", "alice");

    RefundRecord waived = ((Waiver.Waived) waiver).refunds().getFirst();
    assertThat(waived.key()).isEqualTo(owed.key());
    assertThat(waived.state()).isEqualTo(RefundRecord.State.WAIVED);
    assertThat(waived.cause()).isEqualTo("the user left");
    assertThat(waived.waivedBy()).isEqualTo("alice");
    assertThat(waived.waivedAt()).isNotNull();
    assertThat(waived.nextTryAt()).isNull();
    giveBalance();
    assertThat(host.run().owed()).isEqualTo(OwedTotals.NONE);
    assertThat(host.balance("u9")).isZero();
    host.again("j1");
    assertThat(host.run().tokensRefunded()).isZero();
    assertThat(host.balance("u9")).isZero();
    assertThat(refunds(ofJob("j1"))).containsExactly(waived);
  }

  @Test
  void waiverOfWhatIsNotOwedChangesNothingAndTellsHowItStands() {
    host.aStuckJob("j1").insert();
    host.run();
    RefundRecord paid = refunds(ofJob("j1")).getFirst();

    assertThat(cleanup.waive("j1", "why not", "me"))
        .isEqualTo(new Waiver.NothingOwed(List.of(paid)));
    assertThat(cleanup.waiveRefund(paid.id(), "why not", "me", Waiver.Note.NONE))
        .isEqualTo(new Waiver.NothingOwed(List.of(paid)));
    assertThat(cleanup.waive("j2", "why not", "me")).isEqualTo(new Waiver.NothingOwed(List.of()));
    assertThat(refunds(ofJob("j1"))).containsExactly(paid);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "no id", "====", "_w", "AA", "bm8gc3VjaCBrZXk", "bm8gc3VjaCBrZXk="})
  void idThatIsNoneNamesNoRefund(String id) {
    cleanup.migrate();

    assertThat(cleanup.waiveRefund(id, "why not", "me", Waiver.Note.NONE))
        .isEqualTo(new Waiver.NothingOwed(List.of()));
  }

  @Test
  void waiverWantsAReason() {
    for (String reason : List.of("", " \n ", "x".repeat(501), "\u0000", "\ud800")) {
      assertThatIllegalArgumentException().isThrownBy(() -> cleanup.waive("j1", reason, "me"));
    }
    owed("j1");
    assertThat(cleanup.waive("j1", "😀".repeat(500), "me")).isInstanceOf(Waiver.Waived.class);
  }

  @Test
  void waiverOfAnAmbiguousNameNamesTheJobs() {
    owed("j1");
    database.execute(
        """
        insert into job_cleanup.refund
        select (jsonb_populate_record(r, '{"refund_key": "clips/j1", "source": "clips", "job_table": "public.clips"}')).*
        from job_cleanup.refund r\
        """);

    assertThat(cleanup.waive("j1", "why not", "me"))
        .isInstanceOfSatisfying(
            Waiver.Ambiguous.class,
            it -> assertThat(it.jobs()).containsExactlyInAnyOrder("images:j1", "clips:j1"));
    assertThat(cleanup.waive("clips:j1", "why not", "me")).isInstanceOf(Waiver.Waived.class);
    assertThat(refunds(RefundQuery.all().withOwed(true))).hasSize(1);
  }

  @Test
  void noteIsWrittenWithTheWaiverOrNeitherIs() {
    RefundRecord owed = owed("j1");
    database.execute("create table notes (key text primary key)");

    assertThatThrownBy(
            () ->
                cleanup.waiveRefund(
                    owed.id(),
                    "why not",
                    "me",
                    (connection, refund) -> {
                      connection.createStatement().execute("insert into notes values ('x')");
                      throw new SQLException("the note can't be kept");
                    }))
        .isInstanceOf(UnusableDatabaseException.class);
    assertThat(refunds(ofJob("j1"))).containsExactly(owed);
    assertThat(database.value("select count(*) from notes")).isEqualTo("0");

    cleanup.waiveRefund(
        owed.id(),
        "why not",
        "me",
        (connection, refund) -> {
          assertThat(refund).isEqualTo(owed);
          connection.createStatement().execute("insert into notes values ('y')");
        });
    assertThat(refunds(ofJob("j1")).getFirst().state()).isEqualTo(RefundRecord.State.WAIVED);
    assertThat(database.value("select count(*) from notes")).isEqualTo("1");
  }

  /** Both begin at once, many times: one of them wins, and what it says is so. */
  @Test
  void runThatPaysAndAWaiverNeverBothWin() throws Exception {
    giveNothing();
    Set<RefundRecord.State> seen = new HashSet<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      for (int i = 0; i < 90 && (i < 15 || seen.size() < 2); i++) {
        String job = "j" + i;
        database.execute("delete from user_token_balances where \"userId\" = 'u9'");
        owed(job);
        giveBalance();
        CyclicBarrier start = new CyclicBarrier(2);
        long head = i * 4 % 60;
        Future<CleanupResult> run =
            threads.submit(
                () -> {
                  start.await(10, TimeUnit.SECONDS);
                  return cleanup.cleanupStuckJobs();
                });
        Future<Waiver> waiver =
            threads.submit(
                () -> {
                  start.await(10, TimeUnit.SECONDS);
                  // A head start of none to some statements of the run.
                  for (int asked = 0; asked < head; asked++) {
                    cleanup.refundTotals(RefundQuery.all());
                  }
                  return cleanup.waive(job, "raced", "me");
                });

        long paid = run.get(30, TimeUnit.SECONDS).owed().paid();
        boolean waived = waiver.get(30, TimeUnit.SECONDS) instanceof Waiver.Waived;

        RefundRecord refund = refunds(ofJob(job)).getFirst();
        seen.add(refund.state());
        assertThat(waived).isNotEqualTo(paid == 1);
        assertThat(refund.state())
            .isEqualTo(waived ? RefundRecord.State.WAIVED : RefundRecord.State.PAID);
        assertThat(host.balance("u9")).isEqualByComparingTo(waived ? "0" : "10");
        assertThat(host.refunds(job)).hasSize(waived ? 0 : 1);
      }
    }
    assertThat(seen).contains(RefundRecord.State.WAIVED, RefundRecord.State.PAID);
  }

  private void giveNothing() {
    cleanup.migrate();
    database.execute("insert into users (id, email) values ('u9', '9')");
  }

  /** The run is in the middle of paying, and holds the refund: the waiver waits, and loses. */
  @Test
  void waiverWaitsForWhoeverHoldsTheRefund() throws Exception {
    RefundRecord owed = owed("j1");
    try (ExecutorService threads = Executors.newSingleThreadExecutor();
        var connection = database.getConnection();
        var statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("select from job_cleanup.refund for update");
      Future<Waiver> waiver = threads.submit(() -> cleanup.waive("j1", "raced", "me"));
      while (!database.value("select count(*) from pg_locks where not granted").equals("1")) {
        Thread.onSpinWait();
      }
      statement.execute("update job_cleanup.refund set state = 'PAID', paid_at = now()");
      connection.commit();

      assertThat(waiver.get(10, TimeUnit.SECONDS))
          .isInstanceOfSatisfying(
              Waiver.NothingOwed.class,
              it -> assertThat(it.refunds().getFirst().key()).isEqualTo(owed.key()));
    }
    assertThat(refunds(ofJob("j1")).getFirst().state()).isEqualTo(RefundRecord.State.PAID);
  }
}
