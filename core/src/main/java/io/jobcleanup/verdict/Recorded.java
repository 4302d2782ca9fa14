package io.jobcleanup.verdict;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * What our own record says of a line.
 *
 * @param state paid, owed or waived
 * @param amount how much; null where it was in doubt
 */
public record Recorded(State state, @Nullable BigDecimal amount) {

  /** What became of a line. */
  public enum State {
    /** Given back. */
    PAID,
    /** To be given back. */
    OWED,
    /** Not to be given back: somebody decided so, or the host gave it back itself. */
    WAIVED
  }
}
