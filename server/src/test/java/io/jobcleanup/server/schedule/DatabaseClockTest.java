package io.jobcleanup.server.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jobcleanup.server.TestPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.AbstractDataSource;

class DatabaseClockTest {

  private final AtomicBoolean away = new AtomicBoolean();
  private final JdbcClient jdbc =
      JdbcClient.create(
          new AbstractDataSource() {
            @Override
            public Connection getConnection() throws SQLException {
              if (away.get()) {
                throw new SQLException("connection refused", "08001");
              }
              return TestPostgres.server().connect("postgres");
            }

            @Override
            public Connection getConnection(String user, String password) throws SQLException {
              return getConnection();
            }
          });

  private Instant databaseTime() {
    return jdbc.sql("select clock_timestamp()").query(OffsetDateTime.class).single().toInstant();
  }

  @Test
  void tellsTheDatabasesTime() {
    assertThat(new DatabaseClock(jdbc).now())
        .isCloseTo(databaseTime(), within(200, ChronoUnit.MILLIS));
  }

  @Test
  void carriesOnByTheTimeThatPassesWhileTheDatabaseIsAway() {
    AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
    DatabaseClock clock = new DatabaseClock(jdbc, nanos::get);
    Instant start = clock.now();
    away.set(true);

    nanos.addAndGet(Duration.ofHours(1).toNanos());

    assertThat(clock.now()).isEqualTo(start.plus(Duration.ofHours(1)));
  }

  @Test
  void asksAgainNowAndThenAsThisProcessMayHaveBeenAsleep() {
    AtomicLong nanos = new AtomicLong();
    DatabaseClock clock = new DatabaseClock(jdbc, nanos::get);

    nanos.addAndGet(Duration.ofHours(1).toNanos());

    assertThat(clock.now()).isCloseTo(databaseTime(), within(1, ChronoUnit.MINUTES));
  }
}
