package io.jobcleanup.server.database;

import io.jobcleanup.UnreachableDatabaseException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Set;

/** Tells the database's being away from whatever else can go wrong with it. */
public final class Outage {
  private static final String CONNECTION_CLASS = "08";
  private static final Set<String> OTHERS =
      Set.of("57P01", "57P02", "57P03", "57P05", "25P03", "53300");

  private Outage() {}

  /** Whether an error came of a database that doesn't answer, or that hung up. */
  public static boolean isBehind(Throwable error) {
    if (BusyException.isBehind(error)) {
      return false;
    }
    for (Throwable at = error; at != null; at = at.getCause()) {
      if (at instanceof UnreachableDatabaseException
          || (at instanceof SQLException sql && isOne(sql))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isOne(SQLException error) {
    String state = error.getSQLState();
    return error instanceof SQLTransientConnectionException
        || (state != null && (state.startsWith(CONNECTION_CLASS) || OTHERS.contains(state)));
  }
}
