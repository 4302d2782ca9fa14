package io.jobcleanup.server.account;

import io.jobcleanup.server.database.SqlText;
import java.time.Duration;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * How many passwords may be tried: {@value #PER_ACCOUNT} wrong ones an account and {@value
 * #PER_ADDRESS} an address within 15 minutes, counted in the database for all instances together.
 * Tries that are refused for it don't count, so nobody is locked out for good. Safe for use by
 * several threads.
 */
final class SignInLimits {
  static final int PER_ACCOUNT = 5;
  static final int PER_ADDRESS = 20;
  static final Duration WINDOW = Duration.ofMinutes(15);

  /** A password that is judged for longer than that was left by an instance that died: wrong. */
  private static final Duration JUDGED_WITHIN = Duration.ofSeconds(30);

  private final JdbcClient jdbc;
  private final TransactionTemplate transaction;

  SignInLimits(DataSource dataSource) {
    this.jdbc = JdbcClient.create(dataSource);
    this.transaction = new TransactionTemplate(new JdbcTransactionManager(dataSource));
  }

  /** What becomes of a try. */
  sealed interface Admission {
    /** It may be judged; what came of it is told to {@link #wrong} or {@link #right}. */
    record Admitted(long attempt) implements Admission {}

    /** So many are being judged just now that it depends on them. */
    record Busy() implements Admission {}

    /** It isn't judged, and none will be for that long. */
    record Refused(Duration retryAfter) implements Admission {}
  }

  /**
   * Asks whether a password may be judged. One that is counts as wrong until it is found right, or
   * many at once would be tried before the first is counted.
   *
   * @param email as typed, whether there is such an account or not
   */
  Admission admit(String email, String address) {
    Admission admission = transaction.execute(status -> decide(email, address));
    if (admission == null) {
      throw new IllegalStateException("a decision is never null");
    }
    return admission;
  }

  private record Standing(@Nullable Long refusedForSeconds, boolean busy) {}

  private Admission decide(String email, String address) {
    byte[] account = Credential.digest(email);
    jdbc.sql(SqlText.of(SignInLimits.class, "lock-attempts"))
        .param("account", account)
        .param("address", address)
        .query()
        .listOfRows();
    jdbc.sql(SqlText.of(SignInLimits.class, "sweep-attempts"))
        .param("window", WINDOW.toSeconds())
        .update();
    Standing standing =
        jdbc.sql(SqlText.of(SignInLimits.class, "count-attempts"))
            .param("account", account)
            .param("address", address)
            .param("window", WINDOW.toSeconds())
            .param("judged", JUDGED_WITHIN.toSeconds())
            .param("perAccount", PER_ACCOUNT)
            .param("perAddress", PER_ADDRESS)
            .query(
                (row, number) ->
                    new Standing(row.getObject("refused_for", Long.class), row.getBoolean("busy")))
            .single();
    if (standing.refusedForSeconds() != null) {
      return new Admission.Refused(Duration.ofSeconds(Math.max(1, standing.refusedForSeconds())));
    }
    if (standing.busy()) {
      return new Admission.Busy();
    }
    long attempt =
        jdbc.sql(SqlText.of(SignInLimits.class, "begin-attempt"))
            .param("account", account)
            .param("address", address)
            .query(Long.class)
            .single();
    return new Admission.Admitted(attempt);
  }

  /** The password was wrong. */
  void wrong(long attempt) {
    jdbc.sql(SqlText.of(SignInLimits.class, "attempt-wrong")).param("attempt", attempt).update();
  }

  /** The password was right, or wasn't judged after all. */
  void right(long attempt) {
    jdbc.sql(SqlText.of(SignInLimits.class, "attempt-right")).param("attempt", attempt).update();
  }
}
