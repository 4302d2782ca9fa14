package io.jobcleanup.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.UnreachableDatabaseException;
import io.jobcleanup.embedded.EmbeddedPostgres;
import io.jobcleanup.support.Size;
import io.jobcleanup.support.TestDatabase;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** PostgreSQL is stopped at once in the middle of two runs, and has to recover when it starts. */
class StoppedServerTest {
  private static final int STOPS = Size.of(3, 25);
  private static final int RUNS = 2;
  private static final int JOBS = 400;
  private static final CleanupOptions DRAIN =
      CleanupOptions.defaults().withBatchSize(20).withDrain(true);

  @Test
  void serverThatIsStoppedAtOnceLeavesNothingByHalvesAndNothingIsPaidTwice() throws Exception {
    Random random = new Random(4);
    try (EmbeddedPostgres server =
            EmbeddedPostgres.temporary(Map.of("fsync", "on", "full_page_writes", "on"));
        FaultProxy proxy = new FaultProxy(server::port);
        ExecutorService threads = Executors.newFixedThreadPool(RUNS)) {
      PaidJobs jobs = null;
      for (int i = 0; i < STOPS; i++) {
        jobs = i % PaidJobs.ROUNDS == 0 ? new PaidJobs(TestDatabase.create(server)) : jobs;
        JobCleanup cleanup = JobCleanup.builder(jobs.database().through(proxy.port())).build();
        Point point = Point.OF_A_BATCH.get(random.nextInt(Point.OF_A_BATCH.size()));
        int times = 1 + random.nextInt(JOBS / DRAIN.batchSize() / RUNS);
        String after = "stop %d, %s %d".formatted(i, point, times);
        jobs.goStuck(JOBS);
        proxy.at(point, times, link -> server.stopImmediately());

        List<Future<Throwable>> runs = new ArrayList<>();
        for (int run = 0; run < RUNS; run++) {
          runs.add(threads.submit(() -> catchThrowable(() -> cleanup.cleanupStuckJobs(DRAIN))));
        }
        for (Future<Throwable> run : runs) {
          assertThat(run.get()).as(after).isInstanceOf(UnreachableDatabaseException.class);
        }

        assertThat(proxy.struck()).as(after).isTrue();
        server.start();
        jobs.assertSound(after);
        jobs.assertThatASecondRunSettlesTheRest(after);
      }
    }
  }
}
