package io.jobcleanup.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.support.Size;
import io.jobcleanup.support.TestDatabase;
import io.jobcleanup.support.TestPostgres;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A JVM is killed with SIGKILL in the middle of a drain, at each named point and at random. */
class KilledTest {
  private static final int KILLS = Size.of(12, 100);

  /** As many as are shared by two sessions of one run. */
  private static final int JOBS = 240;

  /** By then a drain is over, if nobody stops it. */
  private static final int MESSAGES_OF_A_DRAIN = 150;

  private static final int PATIENCE_SECONDS = 60;

  @Test
  void jvmThatIsKilledLeavesNothingByHalvesAndNothingIsPaidTwice() throws Exception {
    PaidJobs jobs = null;
    Random random = new Random(3);
    try (FaultProxy proxy = new FaultProxy(TestPostgres.server()::port)) {
      for (int i = 0; i < KILLS; i++) {
        jobs = i % PaidJobs.ROUNDS == 0 ? new PaidJobs(TestDatabase.create()) : jobs;
        // Two of twelve at random.
        int which = i % (Point.OF_A_BATCH.size() + 2);
        boolean named = which < Point.OF_A_BATCH.size();
        Point point = named ? Point.OF_A_BATCH.get(which) : Point.ANYWHERE;
        int times = 1 + random.nextInt(named ? JOBS / Cleaner.BATCH_SIZE - 1 : MESSAGES_OF_A_DRAIN);
        String after = "kill %d, %s %d".formatted(i, point, times);
        jobs.goStuck(JOBS);
        CompletableFuture<Process> victim = new CompletableFuture<>();
        proxy.at(
            point,
            times,
            link -> {
              kill(victim.join());
              link.cut();
            });

        Process cleaner = Cleaner.start(jobs.database().through(proxy.port()));
        victim.complete(cleaner);
        try {
          assertThat(cleaner.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as(after).isTrue();
        } finally {
          cleaner.destroyForcibly();
        }

        assertThat(proxy.struck()).as(after).isTrue();
        assertThat(cleaner.exitValue()).as(after).isEqualTo(Cleaner.KILLED);
        jobs.awaitNobodyElse();
        jobs.assertSound(after);
        jobs.assertThatASecondRunSettlesTheRest(after);
      }
    }
  }

  /** Returns when it is dead: what it waited for is answered to nobody. */
  private static void kill(Process process) {
    process.destroyForcibly().onExit().join();
  }
}
