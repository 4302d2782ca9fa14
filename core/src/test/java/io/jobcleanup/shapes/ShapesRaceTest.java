package io.jobcleanup.shapes;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.support.PooledDataSource;
import io.jobcleanup.support.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Cleaners at once among each shape's own writers, which take their locks in their own order. */
class ShapesRaceTest {

  private static final int JOBS = 96;
  private static final int CLEANERS = 8;
  private static final int WRITERS = 4;

  /** One in so many transactions of a writer is about a job that may be stuck; the rest charge. */
  private static final int ONE_IN = 30;

  /** So that it meets us at work, and leaves us some of the processors. */
  private static final String LOCKS_HELD_FOR_SECONDS = "0.003";

  private PooledDataSource connections;

  @AfterEach
  void close() throws SQLException {
    connections.close();
  }

  @ParameterizedTest
  @EnumSource
  void eightCleanersAmongTheHostsWritersGiveEachChargeBackOnceAndKillNoneOfTheirStatements(
      Shape shape) throws Exception {
    TestDatabase database = shape.create(JOBS);
    List<String> transactions = shape.makeHost(database);
    List<JobCleanup> cleaners = new ArrayList<>();
    connections = new PooledDataSource(shape.asCleaner(database));
    for (int i = 0; i < CLEANERS; i++) {
      cleaners.add(shape.cleanupBy(connections));
    }
    Host host = new Host(database, transactions);
    long settled = 0;
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      List<Future<Void>> writers = new ArrayList<>();
      List<Future<Long>> runs = new ArrayList<>();
      try {
        for (int i = 0; i < WRITERS; i++) {
          writers.add(threads.submit(host.writer(i)));
        }
        assertThat(host.atWork.await(30, TimeUnit.SECONDS)).as("the host does all it can").isTrue();
        for (int i = 0; i < CLEANERS; i++) {
          runs.add(threads.submit(cleaner(cleaners.get(i), i % 2 == 0 ? 1 : 100)));
        }
        for (Future<Long> run : runs) {
          settled += run.get();
        }
      } finally {
        host.over.set(true);
      }
      for (Future<Void> writer : writers) {
        writer.get();
      }
    }
    settled += cleaner(cleaners.getFirst(), 100).call();

    assertThat(shape.audit(database)).isEmpty();
    assertThat(shape.ownRows(database)).containsExactlyInAnyOrderElementsOf(shape.expected());
    assertThat(cleaners.getFirst().findStuckJobs(CleanupOptions.defaults())).isEmpty();
    assertThat(settled).as("what the cleaners did").isGreaterThan(JOBS / 4);
  }

  /** Settles what is stuck until nothing is left, and says how many jobs that were. */
  private static Callable<Long> cleaner(JobCleanup cleanup, int batchSize) {
    CleanupOptions options = CleanupOptions.defaults().withBatchSize(batchSize).withDrain(true);
    return () -> {
      long settled = 0;
      boolean remaining = true;
      while (remaining) {
        CleanupResult result = cleanup.cleanupStuckJobs(options);
        settled += result.totalFound();
        remaining = result.remaining();
      }
      return settled;
    };
  }

  /** The host at work: several writers, until told to stop; a deadlock or other error ends one. */
  private static final class Host {
    private final TestDatabase database;
    private final List<String> transactions;
    private final Set<String> done = ConcurrentHashMap.newKeySet();

    /** Down once each of its transactions has hit a row. */
    final CountDownLatch atWork = new CountDownLatch(1);

    final AtomicBoolean over = new AtomicBoolean();

    Host(TestDatabase database, List<String> transactions) {
      this.database = database;
      this.transactions = transactions;
    }

    /** Each writer has payers of its own: among themselves they would deadlock without our help. */
    Callable<Void> writer(int writer) {
      return () -> {
        Random random = new Random(writer);
        try (Connection connection = database.getConnection();
            Statement settings = connection.createStatement()) {
          settings.execute("set lock_timeout = '2s'");
          while (!over.get()) {
            boolean charges = atWork.getCount() == 0 && random.nextInt(ONE_IN) > 0;
            String transaction =
                charges ? "charge" : transactions.get(random.nextInt(transactions.size()));
            int number = random.nextInt(JOBS / WRITERS) * WRITERS + writer;
            if (hit(connection, transaction, number) > 0
                && done.add(transaction)
                && done.containsAll(transactions)) {
              atWork.countDown();
            }
          }
        }
        return null;
      };
    }

    private static int hit(Connection connection, String transaction, int number)
        throws SQLException {
      try (PreparedStatement statement =
          connection.prepareStatement(
              "select host.%s(?), pg_sleep(%s)".formatted(transaction, LOCKS_HELD_FOR_SECONDS))) {
        statement.setInt(1, number);
        try (ResultSet result = statement.executeQuery()) {
          result.next();
          return result.getInt(1);
        }
      }
    }
  }
}
