package io.jobcleanup;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What waits for a run now.
 *
 * @param stuck per source, in the mapping's order, what is stuck
 * @param owedRefunds how many refunds are owed
 * @param owedTokens their tokens, as far as the amounts are known
 * @param oldestOwed how long ago the job was failed whose refund is owed for longest; null where
 *     nothing is owed
 */
public record Backlog(
    List<Stuck> stuck, long owedRefunds, BigDecimal owedTokens, @Nullable Duration oldestOwed) {

  /** How far the jobs of one source are counted. */
  public static final int MOST_COUNTED = 10_000;

  /** Takes a copy. */
  public Backlog {
    stuck = List.copyOf(stuck);
  }

  /**
   * The stuck jobs of one source, those too that the host refuses to let be failed.
   *
   * @param source the source's name
   * @param jobs how many, counted up to {@link #MOST_COUNTED}
   * @param longest how long the oldest of them has been processed; null where there is none
   */
  public record Stuck(String source, long jobs, @Nullable Duration longest) {}
}
