package io.jobcleanup.shapes;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.Diagnosis;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.support.TestDatabase;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Execution(ExecutionMode.CONCURRENT)
class ShapesTest {

  @ParameterizedTest
  @EnumSource
  void oneRunSettlesWhatIsStuckAndASecondChangesNothing(Shape shape) {
    TestDatabase database = shape.create();
    JobCleanup cleanup = shape.cleanup(database);

    CleanupResult result = cleanup.cleanupStuckJobs();

    assertThat(shape.rows(database)).containsExactlyInAnyOrderElementsOf(shape.expected());
    assertThat(result.totalFound()).isEqualTo(shape.stuckJobs());
    assertThat(cleanup.cleanupStuckJobs().totalFound()).isZero();
    assertThat(shape.rows(database)).containsExactlyInAnyOrderElementsOf(shape.expected());
  }

  @ParameterizedTest
  @EnumSource
  void eightRunsAtOnceSettleEachJobOnce(Shape shape) throws Exception {
    TestDatabase database = shape.create();
    JobCleanup cleanup = shape.cleanup(database);
    Callable<CleanupResult> run =
        () -> cleanup.cleanupStuckJobs(CleanupOptions.defaults().withBatchSize(1).withDrain(true));

    long settled = 0;
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<CleanupResult>> runs = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        runs.add(threads.submit(run));
      }
      for (Future<CleanupResult> each : runs) {
        settled += each.get().totalFound();
      }
    }
    settled += run.call().totalFound();

    assertThat(shape.rows(database)).containsExactlyInAnyOrderElementsOf(shape.expected());
    assertThat(settled).isEqualTo(shape.stuckJobs());
  }

  @ParameterizedTest
  @EnumSource
  void moreJobsAreSettledBesideThem(Shape shape) {
    TestDatabase database = shape.create(50);
    JobCleanup cleanup = shape.cleanup(database);

    CleanupResult result = cleanup.cleanupStuckJobs();

    assertThat(result.totalFound()).isEqualTo(shape.stuckJobs() + 50);
    assertThat(shape.audit(database)).isEmpty();
    assertThat(shape.ownRows(database)).containsExactlyInAnyOrderElementsOf(shape.expected());
  }

  @ParameterizedTest
  @EnumSource
  void whatIsOwedIsPaidOnceItsCauseIsGone(Shape shape) {
    TestDatabase database = shape.create();
    JobCleanup cleanup = shape.cleanup(database);
    cleanup.cleanupStuckJobs();
    String owed = "select count(*) from job_cleanup.refund where state = 'OWED'";
    long before = database.number(owed).longValue();

    boolean mended = shape.mend(database);
    database.execute("update job_cleanup.refund set next_try_at = now() where state = 'OWED'");
    CleanupResult result = cleanup.cleanupStuckJobs();

    assertThat(mended).isEqualTo(before > 0);
    assertThat(result.owed().paid()).isEqualTo(before);
    assertThat(database.number(owed)).isZero();
    assertThat(shape.rows(database)).noneMatch(row -> row.contains("tokens pending"));
    assertThat(cleanup.cleanupStuckJobs().owed().paid()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void mappingHasNoFault(Shape shape) {
    Diagnosis diagnosis = shape.cleanup(shape.create()).diagnose();

    assertThat(diagnosis.of(Diagnosis.Level.FAULT)).isEmpty();
  }
}
