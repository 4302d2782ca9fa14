package io.jobcleanup.verdict;

import java.time.Duration;

/**
 * How long to wait before something that failed is tried again: doubling from a minute up to an
 * hour.
 */
public final class Delays {

  private static final Duration MOST = Duration.ofHours(1);

  private Delays() {}

  /**
   * After the host refused a job.
   *
   * @param tries how often it was tried, at least 1
   */
  public static Duration afterRefusal(int tries) {
    return doubling(tries);
  }

  /**
   * After a refund could not be paid: the next two runs try at once, since most causes are mended
   * by a person who then looks for the effect.
   *
   * @param tries how often it was tried, at least 1
   */
  public static Duration afterOwed(int tries) {
    return tries <= 2 ? Duration.ZERO : doubling(tries - 2);
  }

  private static Duration doubling(int times) {
    Duration delay = Duration.ofMinutes(1L << Math.min(times - 1, 10));
    return delay.compareTo(MOST) > 0 ? MOST : delay;
  }
}
