package io.jobcleanup.server.database;

import java.io.Serial;
import java.sql.SQLTransientException;

/**
 * No connection became free in time, as all of ours were in use for so long. The database is there:
 * this is no {@link Outage}.
 */
public final class BusyException extends SQLTransientException {
  @Serial private static final long serialVersionUID = 1L;

  /** PostgreSQL's class for want of resources, which pass. */
  private static final String INSUFFICIENT_RESOURCES = "53000";

  /**
   * With what was waited for.
   *
   * @param message for the log
   */
  public BusyException(String message, Throwable cause) {
    super(message, INSUFFICIENT_RESOURCES, cause);
  }

  /** Whether an error came of it. */
  public static boolean isBehind(Throwable error) {
    for (Throwable at = error; at != null; at = at.getCause()) {
      if (at instanceof BusyException) {
        return true;
      }
    }
    return false;
  }
}
