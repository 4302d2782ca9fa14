package io.jobcleanup;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * Gives tokens back by the host's own Java code, in the place of a mapping's balances and ledger.
 *
 * <p>It is called inside the transaction that fails the job, on its connection, after job and payer
 * are locked and before the commit; what it writes is kept or undone together with the job's new
 * status. It must neither commit nor roll back, nor close the connection, and it should be done in
 * milliseconds: the whole transaction has half of the server's {@code deadlock_timeout}. It is
 * called again for the same {@link RefundOrder#key()} only if the transaction before was rolled
 * back.
 */
@FunctionalInterface
public interface TokenRefunder {

  /**
   * Gives one amount back.
   *
   * @param connection the settling transaction's connection
   * @param order what to give back to whom
   * @throws SQLException if the host's tables refuse it: the job is failed all the same, and the
   *     refund is owed
   */
  void refund(Connection connection, RefundOrder order) throws SQLException;
}
