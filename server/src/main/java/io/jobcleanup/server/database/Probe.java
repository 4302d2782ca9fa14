package io.jobcleanup.server.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Asks whether the database answers, over a connection of its own that isn't kept: those of the
 * pool may be the very ones that hang. Safe for use by several threads, which share what one finds.
 */
final class Probe {
  private static final Duration GOOD_FOR = Duration.ofSeconds(1);
  private static final int PATIENCE_SECONDS = 1;
  private static final String STARTING_OR_ENDING = "57P03";

  private final PGSimpleDataSource source;
  private final ReentrantLock lock = new ReentrantLock();
  private boolean answered = true;
  private long asked = System.nanoTime() - GOOD_FOR.toNanos();

  Probe(DatabaseUrl url) {
    PGSimpleDataSource known = url.dataSource();
    source = new PGSimpleDataSource();
    source.setURL(known.getURL());
    source.setUser(known.getUser());
    source.setPassword(known.getPassword());
    source.setConnectTimeout(PATIENCE_SECONDS);
    source.setLoginTimeout(PATIENCE_SECONDS);
    source.setSocketTimeout(PATIENCE_SECONDS);
  }

  /** Whether it answers now; takes about a second where it doesn't. */
  boolean answers() {
    lock.lock();
    try {
      if (System.nanoTime() - asked >= GOOD_FOR.toNanos()) {
        answered = ask();
        asked = System.nanoTime();
      }
      return answered;
    } finally {
      lock.unlock();
    }
  }

  private boolean ask() {
    try (Connection connection = source.getConnection()) {
      return connection.isValid(PATIENCE_SECONDS);
    } catch (SQLException e) {
      // Whoever has no connection left for us, or doesn't let us in, answers.
      String state = e.getSQLState();
      return state != null && !state.startsWith("08") && !state.equals(STARTING_OR_ENDING);
    }
  }
}
