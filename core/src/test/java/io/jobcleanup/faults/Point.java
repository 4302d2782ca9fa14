package io.jobcleanup.faults;

import java.util.List;
import java.util.function.Predicate;

/** Where in a batch something can happen to it. */
enum Point {
  AFTER_CLAIM(answered("for no key update of job skip locked")),
  AFTER_LOOK(answered("select wanted.n, (select clock_timestamp()) as now")),
  AFTER_JOB_WRITE(answeredWrite("update", "image_enhancement_jobs")),
  AFTER_BALANCE_WRITE(answeredWrite("update", "user_token_balances")),
  AFTER_LEDGER_WRITE(answeredWrite("insert", "token_transactions")),
  AFTER_REFUND_RECORD(answeredWrite("insert", "job_cleanup.refund")),
  AFTER_HISTORY(answeredWrite("insert", "job_cleanup.run_job")),
  /** COMMIT never gets to the server. */
  BEFORE_COMMIT(it -> !it.answered() && it.settling() && it.commits()),
  /** The server has committed, and nobody hears of it. */
  AFTER_COMMIT(it -> it.answered() && it.settling() && it.commits()),
  BETWEEN_TRANSACTIONS(it -> !it.answered() && it.begins() && it.settledBefore()),
  /** Any COMMIT, of whatever a run commits, that never gets to the server. */
  BEFORE_ANY_COMMIT(it -> !it.answered() && it.commits()),
  AFTER_ANY_COMMIT(it -> it.answered() && it.commits()),
  /** Whatever is said. */
  ANYWHERE(it -> true);

  /** The named points of a batch, in the order in which it comes to them. */
  static final List<Point> OF_A_BATCH =
      List.of(
          AFTER_CLAIM,
          AFTER_LOOK,
          AFTER_JOB_WRITE,
          AFTER_BALANCE_WRITE,
          AFTER_LEDGER_WRITE,
          AFTER_REFUND_RECORD,
          AFTER_HISTORY,
          BEFORE_COMMIT,
          AFTER_COMMIT,
          BETWEEN_TRANSACTIONS);

  /**
   * A moment of a conversation with the server.
   *
   * @param statements what the client asks for in one go
   * @param answered whether the server has done it; else it hasn't been asked yet
   * @param settling whether the transaction has settled jobs
   * @param settledBefore whether an earlier transaction of anybody had, and was committed
   */
  record Moment(
      List<String> statements, boolean answered, boolean settling, boolean settledBefore) {

    boolean begins() {
      return statements.contains("BEGIN");
    }

    boolean commits() {
      return statements.contains("COMMIT");
    }

    private boolean has(Predicate<String> statement) {
      return statements.stream().anyMatch(statement);
    }
  }

  private final Predicate<Moment> here;

  Point(Predicate<Moment> here) {
    this.here = here;
  }

  boolean is(Moment moment) {
    return here.test(moment);
  }

  /** Whether a transaction that has come to this point is committed. */
  boolean isCommitted() {
    return this == AFTER_COMMIT || this == BETWEEN_TRANSACTIONS;
  }

  private static Predicate<Moment> answered(String words) {
    return moment -> moment.answered() && moment.has(sql -> sql.contains(words));
  }

  private static Predicate<Moment> answeredWrite(String verb, String table) {
    return moment -> moment.answered() && moment.has(sql -> writes(sql, verb, table));
  }

  /** Whether a statement writes a table, whatever else it reads. */
  static boolean writes(String sql, String verb, String table) {
    String beginning = sql.strip().split("\n", 2)[0].replace("\"", "");
    return beginning.matches(verb + "( into)? (public\\.)?" + table.replace(".", "\\.") + "\\b.*");
  }
}
