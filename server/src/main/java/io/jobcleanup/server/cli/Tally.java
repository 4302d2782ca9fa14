package io.jobcleanup.server.cli;

import io.jobcleanup.CleanupListener;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobReport;
import io.jobcleanup.Outcome;
import java.math.BigDecimal;
import java.util.concurrent.TimeUnit;

/**
 * Counts what a run does, job by job, however many there are; where a person watches a drain, shows
 * it as it moves. Written by the run's own thread, and read by any.
 */
final class Tally implements CleanupListener {
  private static final long REDRAW_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /** How many jobs came to the same end, and the tokens of it. */
  record Count(long jobs, BigDecimal tokens) {
    private static final Count NONE = new Count(0, BigDecimal.ZERO);

    private Count plus(BigDecimal more) {
      return new Count(jobs + 1, tokens.add(more));
    }
  }

  private final Surroundings surroundings;
  private final boolean moving;
  private final long start = System.nanoTime();
  private long lastDrawn = start;
  private volatile Count refunded = Count.NONE;
  private volatile Count nothing = Count.NONE;
  private volatile Count owed = Count.NONE;
  private volatile Count refused = Count.NONE;

  Tally(Surroundings surroundings, boolean progress) {
    this.surroundings = surroundings;
    this.moving = progress && surroundings.terminal();
  }

  @Override
  public void settled(String runId, JobReport report) {
    switch (report.outcome()) {
      case Outcome.Refunded it -> refunded = refunded.plus(it.tokens());
      case Outcome.NothingToRefund it -> nothing = nothing.plus(BigDecimal.ZERO);
      case Outcome.AlreadyRefunded it -> nothing = nothing.plus(BigDecimal.ZERO);
      case Outcome.PaidByHost it -> nothing = nothing.plus(BigDecimal.ZERO);
      case Outcome.RefundOwed it ->
          owed = owed.plus(it.owed() == null ? BigDecimal.ZERO : it.owed());
      case Outcome.Refused it -> refused = refused.plus(BigDecimal.ZERO);
      case Outcome.PassedOver it -> {}
    }
    long now = System.nanoTime();
    if (moving && now - lastDrawn > REDRAW_NANOS) {
      lastDrawn = now;
      draw(now);
    }
  }

  private void draw(long now) {
    long jobs = refunded.jobs + nothing.jobs + owed.jobs + refused.jobs;
    double seconds = (now - start) / 1e9;
    surroundings
        .err()
        .showPassing(
            "  %s done   %s back   %s a second"
                .formatted(
                    Words.count(jobs, "job"),
                    CleanupResult.tokens(refunded.tokens),
                    Words.count(Math.round(jobs / seconds), "job")));
  }

  /** How many jobs were failed so far; may be asked by another thread. */
  long settled() {
    return refunded.jobs + nothing.jobs + owed.jobs;
  }

  Count refunded() {
    return refunded;
  }

  Count nothing() {
    return nothing;
  }

  Count owed() {
    return owed;
  }

  Count refused() {
    return refused;
  }
}
