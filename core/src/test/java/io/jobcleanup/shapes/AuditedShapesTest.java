package io.jobcleanup.shapes;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.JobCleanup;
import io.jobcleanup.Verification;
import io.jobcleanup.support.TestDatabase;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AuditedShapesTest {

  @ParameterizedTest
  @EnumSource
  void booksBalanceAfterRunsAndOnceWhatIsOwedIsPaid(Shape shape) {
    TestDatabase database = shape.create(50);
    JobCleanup cleanup = shape.cleanup(database);
    cleanup.cleanupStuckJobs();

    Verification once = cleanup.verify(line -> {});
    shape.mend(database);
    database.execute("update job_cleanup.refund set next_try_at = now() where state = 'OWED'");
    cleanup.cleanupStuckJobs();
    Verification twice = cleanup.verify(line -> {});

    assertThat(once.findings()).isEmpty();
    assertThat(twice.findings()).isEmpty();
    boolean refunds = shape.mapping().sources().getFirst().refund() != null;
    assertThat(twice.refunds()).isGreaterThanOrEqualTo(refunds ? 50 : 0);
  }

  @ParameterizedTest
  @EnumSource
  void nothingIsAFindingWhereOurSchemaIsNotThere(Shape shape) {
    TestDatabase database = shape.create(5);
    JobCleanup cleanup = shape.cleanup(database);
    cleanup.dropSchema();

    Verification verification = cleanup.verify(line -> {});

    assertThat(verification.findings()).isEmpty();
    assertThat(verification.refunds()).isZero();
  }
}
