package io.jobcleanup.server.database;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * A pool that, once it had to say that the database doesn't answer, says so at once for a moment:
 * whoever asks several times while the database is away waits once. Connections to a database that
 * has gone silent are cut within 5 s. Safe for use by several threads.
 */
final class ImpatientDataSource extends DelegatingDataSource {
  private static final Duration MOMENT = Duration.ofSeconds(1);
  private static final Duration LOOK_EVERY = Duration.ofMillis(250);

  /** One look may have failed because all is slow, and a run that is slow isn't to be cut off. */
  private static final Duration CERTAIN_AFTER = Duration.ofMillis(1_500);

  private static final String CONNECTION_FAILURE = "08006";

  private record Failure(SQLException cause, long nanos) {}

  private final HikariDataSource pool;
  private final Probe probe;
  private final OutageLog outages;
  private final LentConnections lent = new LentConnections();
  private final AtomicReference<@Nullable Failure> last = new AtomicReference<>();

  private ImpatientDataSource(HikariDataSource pool, Probe probe, OutageLog outages) {
    super(pool);
    this.pool = pool;
    this.probe = probe;
    this.outages = outages;
  }

  /** Wraps a pool, and looks after its connections until it is closed. */
  static ImpatientDataSource of(HikariDataSource pool, Probe probe, OutageLog outages) {
    ImpatientDataSource source = new ImpatientDataSource(pool, probe, outages);
    Thread.ofPlatform().daemon().name("database-watch").start(source::watch);
    return source;
  }

  @Override
  public Connection getConnection() throws SQLException {
    Failure failure = last.get();
    if (failure != null && System.nanoTime() - failure.nanos < MOMENT.toNanos()) {
      throw new SQLTransientConnectionException(
          failure.cause.getMessage(), failure.cause.getSQLState(), failure.cause);
    }
    try {
      Connection connection = pool.getConnection();
      last.set(null);
      outages.answered();
      return lent.lend(connection);
    } catch (SQLTransientConnectionException e) {
      // A pool whose connections are all in use is no outage.
      if (pool.getHikariPoolMXBean().getTotalConnections() < pool.getMaximumPoolSize()) {
        last.set(new Failure(e, System.nanoTime()));
      }
      throw e;
    }
  }

  private void watch() {
    long silentSince = 0;
    boolean silent = false;
    while (!pool.isClosed()) {
      List<Connection> suspicious = lent.suspicious();
      if (suspicious.isEmpty() || probe.answers()) {
        silent = false;
      } else if (!silent) {
        silent = true;
        silentSince = System.nanoTime();
      } else if (System.nanoTime() - silentSince > CERTAIN_AFTER.toNanos()) {
        last.set(new Failure(gone(), System.nanoTime()));
        LentConnections.cut(suspicious);
      }
      LockSupport.parkNanos(LOOK_EVERY.toNanos());
    }
  }

  private static SQLException gone() {
    return new SQLTransientConnectionException("the database has gone silent", CONNECTION_FAILURE);
  }
}
