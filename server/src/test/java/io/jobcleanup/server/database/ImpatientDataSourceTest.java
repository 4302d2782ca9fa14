package io.jobcleanup.server.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.jobcleanup.embedded.EmbeddedPostgres;
import io.jobcleanup.server.Host;
import io.jobcleanup.server.TestPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.jdbc.CannotGetJdbcConnectionException;

/** How connections are waited for. */
@Timeout(60)
class ImpatientDataSourceTest {
  private static final Duration POOLS_PATIENCE = Duration.ofSeconds(1);
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofMillis(100);

  private EmbeddedPostgres postgres = TestPostgres.server();
  private Host host;
  private HikariDataSource pool;

  @BeforeEach
  void start() throws SQLException {
    host = Host.on(postgres);
  }

  @AfterEach
  void stop() throws SQLException {
    pool.close();
    host.close();
    if (postgres != TestPostgres.server()) {
      postgres.close();
    }
  }

  /** Goes on with a server that may be stopped, and whose roles may be changed. */
  private void takeAServerOfOurOwn() throws SQLException {
    host.close();
    postgres = EmbeddedPostgres.temporary();
    host = Host.on(postgres);
  }

  private ImpatientDataSource source(int connections, Duration patience) {
    HostDatabase.lookBeforeLending();
    DatabaseUrl url = DatabaseUrl.parse(host.url() + "?connection_limit=" + connections);
    pool = HostDatabase.pool(url, POOLS_PATIENCE);
    return ImpatientDataSource.of(pool, new Probe(url), new OutageLog(), patience);
  }

  /** Takes a connection, asks something and gives it back. */
  private static Void use(DataSource source) throws SQLException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("select 1");
    }
    return null;
  }

  private static void assertWaitsLongerThanThePoolWould(Future<Void> waiting) {
    long nanos = POOLS_PATIENCE.multipliedBy(2).toNanos();
    assertThatThrownBy(() -> waiting.get(nanos, TimeUnit.NANOSECONDS))
        .isInstanceOf(TimeoutException.class);
  }

  @Test
  void waitForOthersMayTakeLongerThanThePoolWouldWait() throws Exception {
    DataSource source = source(1, LONG);
    List<Future<Void>> waiting = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      try (Connection taken = source.getConnection()) {
        for (int i = 0; i < 20; i++) {
          waiting.add(threads.submit(() -> use(source)));
        }
        assertWaitsLongerThanThePoolWould(waiting.getFirst());
        assertThat(waiting).noneMatch(Future::isDone);
      }
      for (Future<Void> each : waiting) {
        each.get();
      }
    }
  }

  @Test
  void waitThatIsTooLongIsNoOutage() throws SQLException {
    DataSource source = source(1, SHORT);
    try (Connection taken = source.getConnection()) {
      assertThatThrownBy(source::getConnection)
          .isInstanceOf(BusyException.class)
          .hasMessage("no connection became free within 100 ms")
          .satisfies(
              it ->
                  assertThat(
                          Outage.isBehind(
                              new CannotGetJdbcConnectionException("none", (SQLException) it)))
                      .isFalse());
    }
    use(source);
  }

  @Test
  void connectionThatIsClosedTwiceWasGivenBackOnce() throws SQLException {
    DataSource source = source(1, SHORT);
    Connection closed = source.getConnection();
    closed.close();
    closed.close();

    try (Connection taken = source.getConnection()) {
      assertThatThrownBy(source::getConnection).isInstanceOf(BusyException.class);
    }
  }

  @Test
  void crowdInALaneLeavesConnectionsToOthers() throws SQLException {
    ImpatientDataSource source = source(2, SHORT);
    DataSource lane = source.lane(1);
    try (Connection taken = lane.getConnection()) {
      assertThatThrownBy(lane::getConnection).isInstanceOf(BusyException.class);
      use(source);
    }
    use(lane);
  }

  @Test
  void allThatWaitHearOfAnOutageFromTheFirstThatFindsIt() throws Exception {
    takeAServerOfOurOwn();
    ImpatientDataSource source = source(2, LONG);
    DataSource lane = source.lane(1);
    List<Future<Void>> waiting = new ArrayList<>();
    long goneAt;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      try (Connection one = source.getConnection();
          Connection other = lane.getConnection()) {
        for (int i = 0; i < 100; i++) {
          DataSource way = i % 2 == 0 ? source : lane;
          waiting.add(threads.submit(() -> use(way)));
        }
        host.close();
        postgres.stopImmediately();
        goneAt = System.nanoTime();
      }
      for (Future<Void> each : waiting) {
        assertThatThrownBy(each::get)
            .satisfies(it -> assertThat(Outage.isBehind(it)).as(() -> it.toString()).isTrue());
      }
    }
    // What the pool takes to say so, perhaps twice, and what a busy machine adds.
    assertThat(Duration.ofNanos(System.nanoTime() - goneAt))
        .isLessThan(POOLS_PATIENCE.multipliedBy(5));
  }

  @Test
  void serverThatHasNoFurtherConnectionForUsIsThere() throws Exception {
    takeAServerOfOurOwn();
    DataSource source = source(2, LONG);
    host.execute("alter role app nosuperuser connection limit 1");
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Void> waiting;
      try (Connection only = source.getConnection()) {
        waiting = threads.submit(() -> use(source));
        assertWaitsLongerThanThePoolWould(waiting);
      }
      waiting.get();
    }
  }
}
