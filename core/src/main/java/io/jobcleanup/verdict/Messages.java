package io.jobcleanup.verdict;

import io.jobcleanup.CleanupResult;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** The texts written to a failed job, see contract section 3. */
public final class Messages {

  private Messages() {}

  /** Nothing was to be given back. */
  public static String cleanedUp(long seconds) {
    return "Job timed out after %ds. Automatically cleaned up.".formatted(seconds);
  }

  /** The tokens are back. */
  public static String refunded(long seconds) {
    return "Job timed out after %ds. Automatically cleaned up and tokens refunded."
        .formatted(seconds);
  }

  /**
   * The tokens are owed.
   *
   * @param amount how many; null where that is in doubt
   */
  public static String owed(long seconds, @Nullable BigDecimal amount) {
    return "Job timed out after %ds. Automatically cleaned up; refund of %s tokens pending."
        .formatted(seconds, amount == null ? "?" : CleanupResult.plain(amount));
  }
}
