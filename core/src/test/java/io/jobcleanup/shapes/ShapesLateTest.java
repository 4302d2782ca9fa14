package io.jobcleanup.shapes;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.Diagnosis;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.LateCompletion;
import io.jobcleanup.Outcome;
import io.jobcleanup.StuckJob;
import io.jobcleanup.mapping.Jobs;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.mapping.Source;
import io.jobcleanup.mapping.Value;
import io.jobcleanup.support.FrozenWorker;
import io.jobcleanup.support.TestDatabase;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A worker that was frozen past its job's timeout, and wakes after the cleanup, in each shape. */
class ShapesLateTest {

  private static final int MORE = 3;

  /** A host whose worker is frozen, and its cleanup. */
  private static final class Frozen {
    final Shape shape;
    final TestDatabase database;
    final JobCleanup cleanup;
    final Jobs jobs;
    final String job;
    final FrozenWorker worker;

    Frozen(Shape shape) {
      this.shape = shape;
      this.database = shape.create(MORE);
      this.cleanup = shape.cleanup(database);
      StuckJob stuck =
          cleanup.findStuckJobs(CleanupOptions.defaults()).stream()
              .max(Comparator.comparing(StuckJob::wouldGiveBack))
              .orElseThrow();
      this.job = stuck.job().text();
      this.jobs =
          shape.mapping().sources().stream()
              .filter(it -> it.name().equals(stuck.job().source()))
              .map(Source::jobs)
              .findFirst()
              .orElseThrow();
      this.worker =
          FrozenWorker.of(
              database,
              "update \"%s\" set \"%s\" = '%s' where cast(\"%s\" as text) = ?"
                  .formatted(
                      jobs.table(), status(), jobs.completed().getFirst(), jobs.key().getFirst()),
              job);
    }

    String status() {
      return ((Value.Column) jobs.status()).name();
    }

    /** Cleans up; gives what was given back for the worker's job. */
    BigDecimal cleanUp() {
      CleanupResult result = cleanup.cleanupStuckJobs();
      Outcome outcome =
          result.jobs().stream()
              .filter(it -> it.job().text().equals(job))
              .findFirst()
              .orElseThrow()
              .outcome();
      assertThat(outcome).isInstanceOfAny(Outcome.Refunded.class, Outcome.NothingToRefund.class);
      return outcome.tokensRefunded();
    }

    String state() {
      return database.value(
          "select \"%s\" from \"%s\" where cast(\"%s\" as text) = ?"
              .formatted(status(), jobs.table(), jobs.key().getFirst()),
          job);
    }

    List<LateCompletion> late() {
      return cleanup.lateCompletions(null, 10).items();
    }
  }

  @ParameterizedTest
  @EnumSource
  void workerThatWakesIsReportedByTheNextRun(Shape shape) throws Exception {
    Frozen host = new Frozen(shape);
    BigDecimal givenBack = host.cleanUp();
    List<String> before = shape.rows(host.database);
    List<String> refunds =
        host.database.rows("select refund_key, state, amount from job_cleanup.refund order by 1");

    assertThat(host.worker.wake()).isEqualTo(1);
    assertThat(host.late()).isEmpty();
    host.cleanup.cleanupStuckJobs();
    host.cleanup.cleanupStuckJobs();

    assertThat(host.late())
        .singleElement()
        .satisfies(
            late -> {
              assertThat(late.job()).isEqualTo(host.job);
              assertThat(late.status()).isEqualTo(host.jobs.completed().getFirst());
              assertThat(late.prevented()).isFalse();
              assertThat(late.tokensRefunded()).isEqualByComparingTo(givenBack);
              assertThat(late.delivered()).doesNotContain("\"" + host.status() + "\":", "null");
            });
    List<String> changed = new ArrayList<>(shape.rows(host.database));
    changed.removeAll(before);
    assertThat(changed).as("nothing but the job").hasSize(1);
    assertThat(
            host.database.rows(
                "select refund_key, state, amount from job_cleanup.refund order by 1"))
        .isEqualTo(refunds);
  }

  @ParameterizedTest
  @EnumSource
  void workerThatWakesBehindTheGuardHitsNothingAndIsRecorded(Shape shape) throws Exception {
    Frozen host = new Frozen(shape);
    JobCleanup asOwner = JobCleanup.builder(host.database).mapping(shape.mapping()).build();
    assertThat(asOwner.guard(null)).hasSize(shape.mapping().sources().size());
    assertThat(asOwner.guard(null)).as("the second time").isEmpty();
    BigDecimal givenBack = host.cleanUp();
    String state = host.state();

    assertThat(host.worker.wake()).isZero();
    host.cleanup.cleanupStuckJobs();

    assertThat(host.state()).isEqualTo(state);
    assertThat(host.late())
        .singleElement()
        .satisfies(
            late -> {
              assertThat(late.job()).isEqualTo(host.job);
              assertThat(late.status()).isEqualTo(host.jobs.completed().getFirst());
              assertThat(late.prevented()).isTrue();
              assertThat(late.tokensRefunded()).isEqualByComparingTo(givenBack);
            });
    assertThat(host.shape.audit(host.database)).isEmpty();
    assertThat(host.cleanup.diagnose().of(Diagnosis.Level.WARNING))
        .noneMatch(it -> it.about().equals("late"));
    assertThat(host.cleanup.diagnose().findings())
        .noneMatch(it -> it.message().contains("job_cleanup_guard"));
  }

  @ParameterizedTest
  @EnumSource
  void guardChangesNothingOfWhatARunDoes(Shape shape) {
    TestDatabase database = shape.create();
    JobCleanup cleanup = shape.cleanup(database);
    Mapping mapping = shape.mapping();
    JobCleanup.builder(database).mapping(mapping).build().guard(null);

    cleanup.cleanupStuckJobs();
    assertThat(shape.rows(database)).containsExactlyInAnyOrderElementsOf(shape.expected());

    shape.mend(database);
    database.execute("update job_cleanup.refund set next_try_at = now() where state = 'OWED'");
    cleanup.cleanupStuckJobs();
    assertThat(shape.rows(database)).noneMatch(row -> row.contains("tokens pending"));
    assertThat(cleanup.lateCompletions(null, 10).items()).isEmpty();
  }
}
