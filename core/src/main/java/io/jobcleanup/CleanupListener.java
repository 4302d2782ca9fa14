package io.jobcleanup;

import java.time.Duration;

/**
 * Hears what a run does, after it is committed. Called on the run's own thread, in order; what it
 * throws is logged and changes nothing.
 */
public interface CleanupListener {

  /** A run has begun. */
  default void started(String runId, Trigger trigger, CleanupOptions options) {}

  /**
   * The stuck jobs were counted.
   *
   * @param count how many were stuck at the start; up to the batch size unless the run drains
   */
  default void found(String runId, long count) {}

  /** One job was settled or refused. */
  default void settled(String runId, JobReport report) {}

  /** A refund owed from an earlier run was paid. */
  default void owedPaid(String runId, RefundOrder order) {}

  /** A job was found that a worker completed after a run had failed it. */
  default void foundLate(String runId, LateCompletion late) {}

  /**
   * The run ended before its time: the database was lost, or wouldn't go on.
   *
   * @param committed what had been settled until then
   */
  default void failed(CleanupResult committed, Duration took) {}

  /** The run is over, and went to its end. */
  default void completed(CleanupResult result, Duration took) {}
}
