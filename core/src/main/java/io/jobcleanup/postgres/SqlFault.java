package io.jobcleanup.postgres;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * What PostgreSQL said when a statement failed.
 *
 * @param state the SQLSTATE, five characters
 * @param message the message, in one line, with where it was raised as far as the server tells
 * @param hint the server's hint, empty where it has none
 * @param constraint the constraint or unique index at fault, null where it is about none
 */
public record SqlFault(String state, String message, String hint, @Nullable String constraint) {

  /**
   * Reads an exception.
   *
   * @param thrown whatever a statement threw
   * @return the fault, or null if no {@link SQLException} is behind it
   */
  public static @Nullable SqlFault of(Throwable thrown) {
    for (Throwable at = thrown; at != null; at = at.getCause()) {
      if (at instanceof SQLException sql) {
        return of(sql);
      }
    }
    return null;
  }

  private static SqlFault of(SQLException sql) {
    String state = sql.getSQLState() == null ? "XX000" : sql.getSQLState();
    String message = String.valueOf(sql.getMessage());
    String hint = "";
    String constraint = null;
    if (sql instanceof PSQLException psql && psql.getServerErrorMessage() != null) {
      ServerErrorMessage server = psql.getServerErrorMessage();
      String where = server.getWhere();
      message =
          server.getMessage()
              + (where == null ? "" : " (" + where.lines().findFirst().orElse("") + ")");
      hint = server.getHint() == null ? "" : server.getHint();
      constraint = server.getConstraint();
    }
    return new SqlFault(
        state,
        message.lines().map(String::strip).reduce((a, b) -> a + " " + b).orElse(""),
        hint,
        constraint);
  }

  /** The unique index that a write collided in; null where it is something else that happened. */
  public @Nullable String collidedIn() {
    return state.equals("23505") ? constraint : null;
  }

  /**
   * Whether it may go away by itself: connection lost, serialization or deadlock, resources, object
   * in use, operator intervention, system error, idle in transaction. See contract section 3 and <a
   * href="https://www.postgresql.org/docs/current/errcodes-appendix.html">PostgreSQL's error
   * codes</a>.
   */
  public boolean passing() {
    return switch (state.substring(0, 2)) {
      case "08", "40", "53", "55", "57", "58" -> true;
      default -> state.equals("25P03");
    };
  }

  /** Whether the connection is gone. */
  public boolean connectionLost() {
    return state.startsWith("08") || state.startsWith("57P") || state.equals("25P03");
  }

  /** Whether a statement took longer than it was given. */
  public boolean outlasted() {
    return state.equals("57014");
  }

  @Override
  public String toString() {
    return message + " [" + state + "]";
  }
}
