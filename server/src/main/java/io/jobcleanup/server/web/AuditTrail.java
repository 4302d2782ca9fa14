package io.jobcleanup.server.web;

import jakarta.servlet.http.HttpServletRequest;
import java.sql.Connection;
import java.util.Map;

/** Records what somebody did, in the transaction in which it was done. */
@FunctionalInterface
public interface AuditTrail {

  /**
   * Records an act.
   *
   * @param connection the connection of the act's transaction
   * @param by the request by which it was asked for
   * @param act what was done, such as {@code refund.waive}
   * @param target to what
   * @param before what held before
   * @param after what holds now
   */
  void record(
      Connection connection,
      HttpServletRequest by,
      String act,
      String target,
      Map<String, String> before,
      Map<String, String> after);
}
