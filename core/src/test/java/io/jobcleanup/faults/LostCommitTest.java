package io.jobcleanup.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.UnreachableDatabaseException;
import io.jobcleanup.support.Size;
import io.jobcleanup.support.TestDatabase;
import io.jobcleanup.support.TestPostgres;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The connection is cut while COMMIT is under way: the client can't know what came of it. */
class LostCommitTest {
  private static final int CUTS = Size.of(10, 100);
  private static final int JOBS = 60;
  private static final CleanupOptions DRAIN =
      CleanupOptions.defaults().withBatchSize(20).withDrain(true);

  private static JobCleanup cleanup(PaidJobs jobs, FaultProxy proxy) {
    return JobCleanup.builder(jobs.database().through(proxy.port())).build();
  }

  @Test
  void runWhoseSettlingCommitIsCutGoesOnAndPaysNothingTwice() throws Exception {
    Random random = new Random(1);
    try (FaultProxy proxy = new FaultProxy(TestPostgres.server()::port)) {
      PaidJobs jobs = null;
      for (int i = 0; i < CUTS; i++) {
        jobs = i % PaidJobs.ROUNDS == 0 ? new PaidJobs(TestDatabase.create()) : jobs;
        JobCleanup cleanup = cleanup(jobs, proxy);
        Point point = i % 2 == 0 ? Point.AFTER_COMMIT : Point.BEFORE_COMMIT;
        String after = "cut %d, %s".formatted(i, point);
        jobs.goStuck(JOBS);
        proxy.at(point, 1 + random.nextInt(3), FaultProxy.Link::cut);

        long cleanedUp = cleanup.cleanupStuckJobs(DRAIN).cleanedUp();

        assertThat(proxy.struck()).as(after).isTrue();
        assertThat(cleanedUp).as(after).isEqualTo(JOBS);
        jobs.assertSound(after);
        jobs.assertThatASecondRunSettlesTheRest(after);
      }
    }
  }

  @Test
  void runThatIsCutForGoodAtACommitLeavesTheRestToTheNext() throws Exception {
    Random random = new Random(2);
    try (FaultProxy proxy = new FaultProxy(TestPostgres.server()::port)) {
      PaidJobs jobs = null;
      for (int i = 0; i < CUTS; i++) {
        jobs = i % PaidJobs.ROUNDS == 0 ? new PaidJobs(TestDatabase.create()) : jobs;
        JobCleanup cleanup = cleanup(jobs, proxy);
        Point point = i % 2 == 0 ? Point.AFTER_ANY_COMMIT : Point.BEFORE_ANY_COMMIT;
        int commit = 1 + random.nextInt(12);
        String after = "cut %d for good, %s %d".formatted(i, point, commit);
        jobs.goStuck(JOBS);
        proxy.at(point, commit, link -> proxy.cutAll());

        Throwable thrown = catchThrowable(() -> cleanup.cleanupStuckJobs(DRAIN));

        assertThat(proxy.struck()).as(after).isTrue();
        assertThat(thrown).as(after).isInstanceOf(UnreachableDatabaseException.class);
        jobs.awaitNobodyElse();
        jobs.assertSound(after);
        jobs.assertThatASecondRunSettlesTheRest(after);
      }
    }
  }
}
