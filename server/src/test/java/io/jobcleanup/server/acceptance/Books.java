package io.jobcleanup.server.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.Host;
import java.sql.SQLException;

/** A host whose users pay for jobs that then go stuck, and whose books must add up at any time. */
final class Books {
  private static final int BALANCE = 1_000_000;

  private final int users;
  private Host host;

  private Books(Host host, int users) {
    this.host = host;
    this.users = users;
  }

  /** Opens them: each user has tokens, and the ledger says where from. */
  static Books open(Host host, int users) throws SQLException {
    for (int i = 0; i < users; i++) {
      host.user("u" + i, BALANCE);
    }
    host.execute(
        """
        insert into token_transactions (id, "userId", amount, type, "balanceAfter")
        select 'opening-' || "userId", "userId", balance, 'EARN_PURCHASE', balance
        from user_token_balances
        """);
    host.execute(
        """
        create function go_stuck(job text, payer text, cost int) returns void language plpgsql as $$
        declare after int;
        begin
          insert into image_enhancement_jobs
            (id, "userId", "imageUrl", tier, "tokensCost", status, "processingStartedAt", "updatedAt")
          values (job, payer, '', 'TIER_1K', cost, 'PROCESSING',
            (now() at time zone 'UTC') - interval '10 minutes', now());
          update user_token_balances set balance = balance - cost where "userId" = payer
          returning balance into after;
          insert into token_transactions (id, "userId", amount, type, "sourceId", "balanceAfter")
          values ('charge-' || job, payer, -cost, 'SPEND_ENHANCEMENT', job, after);
        end $$
        """);
    return new Books(host, users);
  }

  /** Goes on over another connection. */
  void goOn(Host again) {
    host = again;
  }

  /** Has jobs go stuck, each paid for by another user, at a cost of 1 to 9. */
  void goStuck(String prefix, int jobs) throws SQLException {
    for (int i = 0; i < jobs; i++) {
      host.execute(
          "select go_stuck('%1$s-%2$d', 'u%3$d', %4$d)".formatted(prefix, i, i % users, 1 + i % 9));
    }
  }

  /** How many jobs are still stuck. */
  int stuck() throws SQLException {
    return Integer.parseInt(
        host.query("select count(*) from image_enhancement_jobs where status = 'PROCESSING'"));
  }

  /** Nothing is settled by half, and nothing twice, whatever is still to be done. */
  void assertThatTheyAddUp() throws SQLException {
    assertNone(
        "balances that aren't the sum of the ledger",
        """
        select "userId" from user_token_balances b
        where balance <> (select sum(amount) from token_transactions t where t."userId" = b."userId")
        """);
    assertNone(
        "charges that were given back more than once",
        """
        select "sourceId" from token_transactions where type = 'REFUND'
        group by "sourceId" having count(*) > 1
        """);
    assertNone(
        "failed jobs whose tokens weren't given back, and others whose tokens were",
        """
        select id from image_enhancement_jobs j
        where (status = 'FAILED') <> exists (
          select from token_transactions t
          where t."sourceId" = j.id and t.type = 'REFUND' and t.amount = j."tokensCost")
        """);
    assertNone(
        "refunds of which our record and the ledger differ",
        """
        select "sourceId" from token_transactions t
        full join job_cleanup.run_job r on r.job_key = t."sourceId"
        where t.type = 'REFUND' and r.job_key is null or r.job_key is not null and t.id is null
        """);
  }

  /** Each job that ever went stuck was settled, once. */
  void assertThatAllIsSettled() throws SQLException {
    assertThat(stuck()).as("stuck jobs").isZero();
    assertThatTheyAddUp();
    assertThat(
            host.query(
                "select count(*) - count(distinct job_key) || ' ' || count(*) from"
                    + " job_cleanup.run_job where outcome = 'Refunded'"))
        .as("jobs settled twice, and settlements")
        .isEqualTo("0 " + host.query("select count(*) from image_enhancement_jobs"));
    assertThat(host.query("select sum(balance) from user_token_balances"))
        .as("tokens of all users")
        .isEqualTo(String.valueOf((long) users * BALANCE));
  }

  private void assertNone(String what, String sql) throws SQLException {
    assertThat(host.query("select string_agg(id, ' ') from (%s) found(id)".formatted(sql)))
        .as(what)
        .isNull();
  }
}
