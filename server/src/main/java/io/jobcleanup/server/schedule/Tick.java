package io.jobcleanup.server.schedule;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.JobCleanupException;
import io.jobcleanup.StuckJob;
import io.jobcleanup.Trigger;
import java.math.BigDecimal;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/** What is done at a tick of the schedule. Safe for use by several threads. */
final class Tick {
  private static final Logger log = LoggerFactory.getLogger(Tick.class);
  private static final int MOST_REPORTED = CleanupOptions.MAX_BATCH_SIZE;

  private final JobCleanup cleanup;
  private final CleanupOptions options;
  private final Supplier<Mode> mode;

  /** What is done with some options, by what the mode is at each tick. */
  Tick(JobCleanup cleanup, CleanupOptions options, Supplier<Mode> mode) {
    this.cleanup = cleanup;
    this.options = options;
    this.mode = mode;
  }

  /**
   * Does it.
   *
   * @return whether another run now would settle something
   * @throws RuntimeException if it couldn't be done; it is logged already
   */
  boolean come() {
    return logged(
        () ->
            switch (mode.get()) {
              case OFF -> false;
              case REPORTS -> tell();
              case RUNS -> cleanup.cleanupStuckJobs(options, Trigger.SCHEDULE, null).remaining();
            });
  }

  /**
   * Tells what a run would settle.
   *
   * @throws RuntimeException if it couldn't be done; it is logged already
   */
  void report() {
    logged(this::tell);
  }

  private static boolean logged(BooleanSupplier work) {
    try {
      return work.getAsBoolean();
    } catch (JobCleanupException e) {
      log.atError().addKeyValue("error", e.getMessage()).log("Scheduled cleanup failed");
      throw e;
    } catch (RuntimeException e) {
      log.atError().setCause(e).log("Scheduled cleanup failed");
      throw e;
    }
  }

  private boolean tell() {
    List<StuckJob> stuck =
        cleanup.findStuckJobs(CleanupOptions.defaults().withBatchSize(MOST_REPORTED));
    BigDecimal tokens =
        stuck.stream().map(StuckJob::wouldGiveBack).reduce(BigDecimal.ZERO, BigDecimal::add);
    LoggingEventBuilder line =
        log.atWarn()
            .addKeyValue("jobs", stuck.size())
            .addKeyValue("tokens", CleanupResult.plain(tokens));
    if (!stuck.isEmpty()) {
      line = line.addKeyValue("oldest", stuck.getFirst().since());
    }
    if (stuck.size() == MOST_REPORTED) {
      line = line.addKeyValue("more", true);
    }
    line.log(
        "The schedule only reports until somebody has run a cleanup, or set job-cleanup.schedule.enabled=true");
    return !stuck.isEmpty();
  }
}
