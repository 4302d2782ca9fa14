package io.jobcleanup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobcleanup.support.PrismaHost;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** A run ends when it has to, takes what it can get, and leaves the database to others. */
@Isolated("tells whether sessions get to work beside each other")
class PaceOfRunsTest {

  private static final int USERS = 50;
  private static final int JOBS = 600;
  private static final CleanupOptions DRAIN = CleanupOptions.defaults().withDrain(true);

  /** Notes which threads settle jobs: each has a session of its own. */
  private static final class Threads implements CleanupListener {
    final Set<String> names = ConcurrentHashMap.newKeySet();

    @Override
    public void settled(String runId, JobReport job) {
      names.add(Thread.currentThread().getName());
    }
  }

  private static PrismaHost hostWithManyStuckJobs() {
    PrismaHost host = PrismaHost.create();
    for (int user = 1; user <= USERS; user++) {
      host.user("u" + user, 100);
    }
    host.aStuckJob("pattern").of("u1").costing(1).insert();
    host.database()
        .execute(
            """
            insert into image_enhancement_jobs
            select (jsonb_populate_record(job,
                     jsonb_build_object('id', 'j' || n, 'userId', 'u' || (1 + n %% %d)))).*
            from image_enhancement_jobs job, generate_series(1, %d) n
            """
                .formatted(USERS, JOBS - 1));
    return host;
  }

  private static long failed(PrismaHost host) {
    return Long.parseLong(
        host.database()
            .rows("select count(*) from image_enhancement_jobs where status = 'FAILED'")
            .getFirst());
  }

  @Test
  void drainEndsAfterItsLongestDurationAndSaysThatSomethingRemains() {
    PrismaHost host = hostWithManyStuckJobs();
    CleanupResult result = host.run(DRAIN.withMaxDuration(Duration.ofNanos(1)));
    assertThat(result.totalFound()).isZero();
    assertThat(result.remaining()).isTrue();

    CleanupResult rest = host.run(DRAIN.withMaxDuration(Duration.ofHours(1)));
    assertThat(rest.cleanedUp()).isEqualTo(JOBS);
    assertThat(rest.remaining()).isFalse();
  }

  @Test
  void stoppedRunEndsWithItsTransactionAndNoFurtherOneBegins() {
    PrismaHost host = hostWithManyStuckJobs();
    JobCleanup[] cleanup = new JobCleanup[1];
    cleanup[0] =
        JobCleanup.builder(host.database())
            .listener(
                new CleanupListener() {
                  @Override
                  public void settled(String runId, JobReport job) {
                    cleanup[0].stop();
                  }
                })
            .build();
    cleanup[0].migrate();

    CleanupResult result = cleanup[0].cleanupStuckJobs(DRAIN);
    assertThat(result.cleanedUp()).isPositive().isLessThan(JOBS);
    assertThat(result.remaining()).isTrue();
    assertThat(failed(host)).isEqualTo(result.cleanedUp());
    assertThatThrownBy(() -> cleanup[0].cleanupStuckJobs(DRAIN))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("stopped");
    assertThat(cleanup[0].findStuckJobs(CleanupOptions.defaults())).isNotEmpty();
  }

  @Test
  void runBesideNobodySettlesWithTwoSessions() {
    PrismaHost host = hostWithManyStuckJobs();
    Threads threads = new Threads();
    JobCleanup cleanup = JobCleanup.builder(host.database()).listener(threads).build();
    cleanup.migrate();

    CleanupResult result = cleanup.cleanupStuckJobs(DRAIN);
    assertThat(result.cleanedUp()).isEqualTo(JOBS);
    assertThat(result.held()).isZero();
    assertThat(threads.names).hasSize(2);
    assertThat(
            host.database()
                .rows(
                    "select count(*), sum(balance) from user_token_balances where balance <> 112"))
        .containsExactly("0|");
  }

  @Test
  void runBesideAHostAtWorkSettlesWithOneSession() throws Exception {
    PrismaHost host = hostWithManyStuckJobs();
    Threads threads = new Threads();
    JobCleanup cleanup = JobCleanup.builder(host.database()).listener(threads).build();
    cleanup.migrate();
    AtomicBoolean atWork = new AtomicBoolean(true);
    try (Connection connection = host.database().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("select 1");
      CompletableFuture<Void> work =
          CompletableFuture.runAsync(
              () -> {
                try {
                  while (atWork.get()) {
                    statement.execute("select 1");
                  }
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              });
      CleanupResult result = cleanup.cleanupStuckJobs(DRAIN);
      atWork.set(false);
      work.join();
      assertThat(result.cleanedUp()).isEqualTo(JOBS);
      assertThat(threads.names).hasSize(1);
    }
  }
}
