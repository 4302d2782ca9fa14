package io.jobcleanup.server.account;

import io.jobcleanup.server.account.Accounts.Known;
import io.jobcleanup.server.database.SqlText;
import java.time.Duration;
import java.util.Optional;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Who is signed in: one row for each browser, with no more than whose it is and when it was used,
 * by the database's clock. Safe for use by several threads.
 */
final class Sessions {
  /** A session ends when it wasn't used for that long. */
  static final Duration IDLE = Duration.ofHours(1);

  /** A session ends that long after its sign-in, however much it is used. */
  static final Duration LONGEST = Duration.ofHours(12);

  private static final String FIND = SqlText.of(Sessions.class, "find-session");

  private final JdbcClient jdbc;

  Sessions(DataSource dataSource) {
    this.jdbc = JdbcClient.create(dataSource);
  }

  private record Found(Caller caller, boolean touch) {}

  /**
   * Opens a session, if the account is there and its password the one that was judged; sweeps out
   * those that have ended.
   *
   * @return what the cookie holds
   */
  Optional<String> open(Known account) {
    String session = Credential.make();
    jdbc.sql(SqlText.of(Sessions.class, "sweep-sessions"))
        .param("idle", IDLE.toSeconds())
        .param("longest", LONGEST.toSeconds())
        .update();
    int opened =
        jdbc.sql(SqlText.of(Sessions.class, "open-session"))
            .param("digest", Credential.digest(session))
            .param("account", account.id())
            .param("hash", account.passwordHash())
            .update();
    return opened == 1 ? Optional.of(session) : Optional.empty();
  }

  /** Whose session it is, with the role that they have now; empty if it is none, or has ended. */
  Optional<Caller> find(String session) {
    byte[] digest = Credential.digest(session);
    Optional<Found> found =
        jdbc.sql(FIND)
            .param("digest", digest)
            .param("idle", IDLE.toSeconds())
            .param("longest", LONGEST.toSeconds())
            .query(
                (row, number) ->
                    new Found(
                        new Caller(row.getString("email"), Role.of(row.getString("role"))),
                        row.getBoolean("touch")))
            .optional();
    if (found.isPresent() && found.get().touch()) {
      jdbc.sql(SqlText.of(Sessions.class, "touch-session")).param("digest", digest).update();
    }
    return found.map(Found::caller);
  }

  /**
   * Ends a session.
   *
   * @return whether there was one
   */
  boolean end(String session) {
    return jdbc.sql(SqlText.of(Sessions.class, "end-session"))
            .param("digest", Credential.digest(session))
            .update()
        == 1;
  }
}
