package io.jobcleanup.server.database;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * A pool whose connections are waited for in line, so that it is asked for one only when one is to
 * be had: whoever waits for others is never told that the database is away. Once it is, all that
 * wait are told at once, and for a moment whoever comes. Connections to a database that has gone
 * silent are cut within 5 s. Safe for use by several threads.
 */
final class ImpatientDataSource extends DelegatingDataSource {
  private static final Duration MOMENT = Duration.ofSeconds(1);
  private static final Duration LOOK_EVERY = Duration.ofMillis(250);

  /** How long one waits for others; longer than their statements take, shorter than callers do. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** A database that has let anybody have a connection within that time is there. */
  private static final Duration JUST_NOW = Duration.ofMillis(500);

  /** One look may have failed because all is slow, and a run that is slow isn't to be cut off. */
  private static final Duration CERTAIN_AFTER = Duration.ofMillis(1_500);

  private static final String CONNECTION_FAILURE = "08006";

  private record Failure(SQLException cause, long nanos) {}

  private final HikariDataSource pool;
  private final Probe probe;
  private final OutageLog outages;
  private final Duration patience;
  private final LentConnections lent = new LentConnections();
  private final Turnstile turns;
  private final List<Turnstile> lines = new CopyOnWriteArrayList<>();
  private final AtomicReference<@Nullable Failure> last = new AtomicReference<>();
  private volatile long answeredAt = System.nanoTime();

  private ImpatientDataSource(
      HikariDataSource pool, Probe probe, OutageLog outages, Duration patience) {
    super(pool);
    this.pool = pool;
    this.probe = probe;
    this.outages = outages;
    this.patience = patience;
    this.turns = line(pool.getMaximumPoolSize());
  }

  /** Wraps a pool, and looks after its connections until it is closed. */
  static ImpatientDataSource of(HikariDataSource pool, Probe probe, OutageLog outages) {
    return of(pool, probe, outages, PATIENCE);
  }

  static ImpatientDataSource of(
      HikariDataSource pool, Probe probe, OutageLog outages, Duration patience) {
    ImpatientDataSource source = new ImpatientDataSource(pool, probe, outages, patience);
    Thread.ofPlatform().daemon().name("database-watch").start(source::watch);
    return source;
  }

  private Turnstile line(int places) {
    Turnstile line = new Turnstile(places);
    lines.add(line);
    return line;
  }

  @Override
  public Connection getConnection() throws SQLException {
    return inTurn(turns, this::lend);
  }

  /**
   * The same connections with a line before the common one, for those who come in crowds: however
   * many they are, nobody else waits for more than a few of them.
   *
   * @param most how many of the connections they have at once, at least 1
   */
  DataSource lane(int most) {
    Turnstile lane = line(most);
    return new DelegatingDataSource(this) {
      @Override
      public Connection getConnection() throws SQLException {
        return inTurn(lane, ImpatientDataSource.this::getConnection);
      }
    };
  }

  private interface Way {
    Connection connection() throws SQLException;
  }

  private Connection inTurn(Turnstile line, Way further) throws SQLException {
    try {
      line.enter(patience);
    } catch (ExecutionException e) {
      throw away(e.getCause() == null ? e : e.getCause());
    } catch (TimeoutException e) {
      throw busy(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SQLException("interrupted while waiting for a connection", e);
    }
    boolean entered = false;
    try {
      Connection connection = ReturnedConnection.then(further.connection(), line::leave);
      entered = true;
      return connection;
    } finally {
      if (!entered) {
        line.leave();
      }
    }
  }

  private Connection lend() throws SQLException {
    long start = System.nanoTime();
    while (true) {
      Failure failure = last.get();
      if (failure != null && within(MOMENT, failure.nanos)) {
        throw away(failure.cause);
      }
      try {
        Connection connection = pool.getConnection();
        answeredAt = System.nanoTime();
        last.set(null);
        outages.answered();
        return lent.lend(connection);
      } catch (SQLTransientConnectionException e) {
        if (!isThere()) {
          fail(e);
          throw e;
        }
        if (!within(patience, start)) {
          throw busy(e);
        }
      }
    }
  }

  /**
   * Whether the database answers others, though the pool got no connection from it: it may be slow
   * to open one more, or have no more for us.
   */
  private boolean isThere() {
    return within(JUST_NOW, answeredAt) || (lent.any() && probe.answers());
  }

  private void fail(SQLException cause) {
    last.set(new Failure(cause, System.nanoTime()));
    sendAway(cause);
  }

  private void sendAway(SQLException cause) {
    lines.forEach(it -> it.sendAway(cause));
  }

  private static boolean within(Duration duration, long since) {
    return System.nanoTime() - since < duration.toNanos();
  }

  private BusyException busy(Exception cause) {
    return new BusyException(
        "no connection became free within %d ms".formatted(patience.toMillis()), cause);
  }

  private static SQLException away(Throwable cause) {
    return new SQLTransientConnectionException(cause.getMessage(), CONNECTION_FAILURE, cause);
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
        if (!within(JUST_NOW, answeredAt)) {
          sendAway(gone());
        }
      } else if (!within(CERTAIN_AFTER, silentSince)) {
        fail(gone());
        LentConnections.cut(suspicious);
      }
      LockSupport.parkNanos(LOOK_EVERY.toNanos());
    }
  }

  private static SQLException gone() {
    return new SQLTransientConnectionException("the database has gone silent", CONNECTION_FAILURE);
  }
}
