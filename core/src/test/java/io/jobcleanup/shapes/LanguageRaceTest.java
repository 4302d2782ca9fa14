package io.jobcleanup.shapes;

import static io.jobcleanup.shapes.OneHost.JOBS;
import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Cleaners at once, where the mapping makes rows, marks, calls the host or writes besides. */
class LanguageRaceTest {

  private static final int JOBS_STUCK = 96;
  private static final int PAYERS = 8;
  private static final int CLEANERS = 8;

  private final OneHost host = new OneHost();

  /** Jobs of 1 token each, shared out among payers that have no balance yet. */
  private void stuckJobs() {
    host.execute(
        "insert into jobs (id, payer, cost, began) select n, 'p' || n %% %d, 1, now() - interval '1 hour' - n * interval '1 second' from generate_series(1, %d) n"
            .formatted(PAYERS, JOBS_STUCK));
  }

  private void payers() {
    host.execute(
        "insert into users (name) select 'p' || n from generate_series(0, %d) n"
            .formatted(PAYERS - 1));
  }

  /** Has eight cleaners drain at once, among the host's own work, until nothing is left. */
  private void eightAtOnce(String keys, List<Callable<Void>> hostsWork) throws Exception {
    List<JobCleanup> cleaners = new ArrayList<>();
    for (int i = 0; i < CLEANERS; i++) {
      cleaners.add(host.cleanup(keys));
    }
    CountDownLatch start = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < CLEANERS; i++) {
        JobCleanup cleaner = cleaners.get(i);
        CleanupOptions options =
            CleanupOptions.defaults().withBatchSize(i % 2 == 0 ? 5 : 100).withDrain(true);
        all.add(
            threads.submit(
                () -> {
                  start.await();
                  CleanupResult result;
                  do {
                    result = cleaner.cleanupStuckJobs(options);
                    assertThat(result.errors()).isEmpty();
                  } while (result.remaining());
                  return null;
                }));
      }
      for (Callable<Void> work : hostsWork) {
        all.add(
            threads.submit(
                () -> {
                  start.await();
                  return work.call();
                }));
      }
      start.countDown();
      for (Future<?> each : all) {
        each.get();
      }
    }
    CleanupResult last = cleaners.getFirst().cleanupStuckJobs();
    assertThat(last.errors()).isEmpty();
    assertThat(last.remaining()).isFalse();
    assertThat(host.rows("select id from jobs where state = 'running'")).isEmpty();
    assertThat(
            host.rows(
                "select state, count(*) from job_cleanup.refund where state <> 'PAID' group by 1"))
        .isEmpty();
  }

  private String sums() {
    return String.join(",", host.rows("select distinct credits from users where name like 'p%'"));
  }

  @Test
  void rowsOfABalanceAreMadeOnceAndHoldWhatEveryJobGaveBack() throws Exception {
    stuckJobs();

    eightAtOnce(
        JOBS
            + """
            refund:
              payer: payer
              cost: cost
              balances: {table: users, match: {name: "=:payer"}, add: {credits: "=:amount"}, missing: create, values: {spare: 3}}
              ledger: {table: ledger, values: {payer: "=:payer", job: "=:job", before: "=:balance_before", after: "=:balance_after"}}
            """,
        List.of());

    assertThat(sums()).isEqualTo(Integer.toString(JOBS_STUCK / PAYERS));
    assertThat(
            host.rows(
                "select count(*), count(distinct job), count(distinct (payer, after)), max(after - before) from ledger"))
        .containsExactly("%1$d|%1$d|%1$d|1".formatted(JOBS_STUCK));
  }

  @Test
  void markKeepsTheHostsOwnRefundsFromPayingWhatWePaidAndOursFromPayingTheirs() throws Exception {
    stuckJobs();
    payers();
    host.execute("insert into charges (id, job, amount) select id, id, 1 from jobs");
    // So that both pay some, whoever is quicker.
    refundByTheHost(JOBS_STUCK);
    List<Callable<Void>> own = new ArrayList<>();
    for (int writer = 0; writer < 4; writer++) {
      int of = writer;
      own.add(
          () -> {
            for (int job = JOBS_STUCK - of; job > 4; job -= 4) {
              refundByTheHost(job);
            }
            return null;
          });
    }

    eightAtOnce(
        JOBS
            + """
            refund:
              payer: payer
              charge: {table: charges, match: "=charge.job = job.id", amount: amount, mark: {state: given}}
              mark: {refunded: "=:amount"}
              already: "=charge.state = 'given'"
              balances: {table: users, match: {name: "=:payer"}, add: {credits: "=:amount"}}
              ledger: {table: ledger, values: {job: "=:job", note: us}}
            """,
        own);

    assertThat(sums()).isEqualTo(Integer.toString(JOBS_STUCK / PAYERS));
    assertThat(host.rows("select state, count(*) from charges group by 1"))
        .containsExactly("given|" + JOBS_STUCK);
    assertThat(host.rows("select count(*), count(distinct job) from ledger"))
        .containsExactly("%1$d|%1$d".formatted(JOBS_STUCK));
    assertThat(host.rows("select job from ledger where note is null"))
        .as("the host paid some")
        .isNotEmpty();
    assertThat(host.rows("select job from ledger where note = 'us'"))
        .as("we paid some")
        .isNotEmpty();
  }

  /** Balance first, then the charge by its mark, then the job: the other way round than we. */
  private void refundByTheHost(int job) throws Exception {
    try (Connection connection = host.database.getConnection();
        PreparedStatement balance =
            connection.prepareStatement(
                "update users u set spare = spare + 1 from jobs j where j.id = ? and u.name = j.payer");
        PreparedStatement charge =
            connection.prepareStatement(
                "update charges set state = 'given' where job = ? and state = 'taken' returning id");
        PreparedStatement pay =
            connection.prepareStatement(
                """
                with paid as (update users u set credits = credits + 1 from jobs j where j.id = ? and u.name = j.payer returning j.id)
                insert into ledger (job) select id from paid""");
        PreparedStatement mark =
            connection.prepareStatement("update jobs set told = 'seen' where id = ?")) {
      connection.setAutoCommit(false);
      balance.setInt(1, job);
      balance.execute();
      charge.setInt(1, job);
      try (ResultSet claimed = charge.executeQuery()) {
        if (claimed.next()) {
          pay.setInt(1, job);
          pay.execute();
        }
      }
      mark.setInt(1, job);
      mark.execute();
      connection.commit();
    }
  }

  @Test
  void hostsFunctionIsCalledOnceForEachJobAndFurtherStatementsToo() throws Exception {
    stuckJobs();
    payers();
    host.execute(
        """
        create table holds (job int primary key, state text default 'held', released int default 0);
        insert into holds (job) select id from jobs;
        create function give(who text, tokens int, of int) returns boolean language sql as $$
          insert into ledger (payer, amount, job) values (who, tokens, of);
          update users set credits = credits + tokens where name = who returning true;
        $$;
        """);

    eightAtOnce(
        JOBS
            + """
            refund: {payer: payer, cost: cost, statement: "=give(:payer, :amount, :job)"}
            also:
              - "update holds h set state = 'released', released = released + 1 from settled s where h.job = s.job and h.state = 'held'"
            """,
        List.of());

    assertThat(sums()).isEqualTo(Integer.toString(JOBS_STUCK / PAYERS));
    assertThat(host.rows("select count(*), count(distinct job) from ledger"))
        .containsExactly("%1$d|%1$d".formatted(JOBS_STUCK));
    assertThat(host.rows("select state, released, count(*) from holds group by 1, 2"))
        .containsExactly("released|1|" + JOBS_STUCK);
  }

  @Test
  void balancesThatFollowThemselvesStayExact() throws Exception {
    stuckJobs();
    payers();

    eightAtOnce(
        JOBS
            + """
            refund:
              payer: payer
              cost: cost
              balances: {table: users, match: {name: "=:payer"}, add: {credits: "=:amount", spare: "=case when balance.spare < 5 then :amount else 0 end"}}
            """,
        List.of());

    assertThat(host.rows("select distinct spare from users where name like 'p%'"))
        .containsExactly("5");
    assertThat(sums()).isEqualTo(Integer.toString(JOBS_STUCK / PAYERS));
  }
}
