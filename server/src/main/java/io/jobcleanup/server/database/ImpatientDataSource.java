package io.jobcleanup.server.database;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * A pool that, once it had to say that the database doesn't answer, says so at once for a moment:
 * whoever asks several times while the database is away waits once. Safe for use by several
 * threads.
 */
final class ImpatientDataSource extends DelegatingDataSource {
  private static final Duration MOMENT = Duration.ofSeconds(1);

  private record Failure(SQLException cause, long nanos) {}

  private final HikariDataSource pool;
  private final AtomicReference<@Nullable Failure> last = new AtomicReference<>();

  ImpatientDataSource(HikariDataSource pool) {
    super(pool);
    this.pool = pool;
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
      return connection;
    } catch (SQLTransientConnectionException e) {
      // A pool whose connections are all in use is no outage.
      if (pool.getHikariPoolMXBean().getTotalConnections() < pool.getMaximumPoolSize()) {
        last.set(new Failure(e, System.nanoTime()));
      }
      throw e;
    }
  }
}
