package io.jobcleanup.run;

import io.jobcleanup.CleanupListener;
import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobReport;
import io.jobcleanup.LateCompletion;
import io.jobcleanup.RefundOrder;
import io.jobcleanup.Trigger;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Several listeners as one. What one of them throws is logged and goes no further: all of it is
 * committed by then.
 *
 * @param all the listeners, in the order in which they hear
 */
public record Listeners(List<CleanupListener> all) implements CleanupListener {

  private static final Logger LOG = LoggerFactory.getLogger("io.jobcleanup.Cleanup");

  /** Takes a copy. */
  public Listeners {
    all = List.copyOf(all);
  }

  @Override
  public void started(String runId, Trigger trigger, CleanupOptions options) {
    each(it -> it.started(runId, trigger, options));
  }

  @Override
  public void found(String runId, long count) {
    each(it -> it.found(runId, count));
  }

  @Override
  public void settled(String runId, JobReport report) {
    each(it -> it.settled(runId, report));
  }

  @Override
  public void owedPaid(String runId, RefundOrder order) {
    each(it -> it.owedPaid(runId, order));
  }

  @Override
  public void foundLate(String runId, LateCompletion late) {
    each(it -> it.foundLate(runId, late));
  }

  @Override
  public void failed(CleanupResult committed, Duration took) {
    each(it -> it.failed(committed, took));
  }

  @Override
  public void completed(CleanupResult result, Duration took) {
    each(it -> it.completed(result, took));
  }

  private void each(Consumer<CleanupListener> call) {
    for (CleanupListener listener : all) {
      try {
        call.accept(listener);
      } catch (RuntimeException e) {
        LOG.atError()
            .setCause(e)
            .addKeyValue("listener", listener.getClass().getName())
            .log("A listener failed");
      }
    }
  }
}
