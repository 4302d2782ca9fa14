package io.jobcleanup.server.schedule;

import com.github.kagkarlsson.scheduler.Clock;
import io.jobcleanup.server.database.SqlText;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The database's clock, as it was when last asked, carried on by the time that has passed in this
 * process: whatever the machine's own clock says or jumps to, changes nothing. Asks again now and
 * then, and goes on by itself while the database is away. Safe for use by several threads.
 */
final class DatabaseClock implements Clock {
  private static final Duration ASKED_EVERY = Duration.ofSeconds(10);
  private static final String DATABASE_TIME = SqlText.of(DatabaseClock.class, "database-time");

  private record Reading(Instant time, long nanos) {}

  private final JdbcClient jdbc;
  private final LongSupplier nanos;
  private final ReentrantLock asking = new ReentrantLock();
  private volatile Reading reading;
  private volatile long askedAt;

  /**
   * Asks the database.
   *
   * @throws DataAccessException if it doesn't answer
   */
  DatabaseClock(JdbcClient jdbc) {
    this(jdbc, System::nanoTime);
  }

  DatabaseClock(JdbcClient jdbc, LongSupplier nanos) {
    this.jdbc = jdbc;
    this.nanos = nanos;
    this.reading = read();
    this.askedAt = reading.nanos();
  }

  @Override
  public Instant now() {
    if (nanos.getAsLong() - askedAt > ASKED_EVERY.toNanos() && asking.tryLock()) {
      try {
        reading = read();
      } catch (DataAccessException e) {
        // The last reading is still good; whoever uses the time for a statement hears of this.
      } finally {
        askedAt = nanos.getAsLong();
        asking.unlock();
      }
    }
    Reading last = reading;
    return last.time().plusNanos(nanos.getAsLong() - last.nanos());
  }

  private Reading read() {
    long before = nanos.getAsLong();
    Instant time = jdbc.sql(DATABASE_TIME).query(OffsetDateTime.class).single().toInstant();
    return new Reading(time, before + (nanos.getAsLong() - before) / 2);
  }
}
