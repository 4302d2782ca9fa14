package io.jobcleanup.server.schedule;

import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** What the schedule does at a tick. */
public enum Mode {
  /** Nothing: it was switched off. */
  OFF,
  /**
   * It only tells what is stuck: nobody has run a cleanup on this database yet, and a backlog of
   * years must not be refunded because a service was started.
   */
  REPORTS,
  /** It runs a cleanup. */
  RUNS;

  /**
   * The rule of the first run.
   *
   * @param enabled what the settings say; null where they say nothing
   * @param embedded whether the database is our own
   * @param askedFor whether anybody ever ran a cleanup; asked only where it matters
   */
  static Mode of(@Nullable Boolean enabled, boolean embedded, BooleanSupplier askedFor) {
    if (enabled != null) {
      return enabled ? RUNS : OFF;
    }
    return embedded || askedFor.getAsBoolean() ? RUNS : REPORTS;
  }
}
