package io.jobcleanup.verdict;

import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the tables and our own record say of one job's tokens.
 *
 * @param payer whose they are; null where the job has no payer
 * @param givenBack whether anything is given back for such a job at all
 * @param alreadyAll whether the tables show that all of it was given back
 * @param already how much the tables show as given back for the job by anybody, 0 where they don't
 *     tell
 * @param paidByUs how much we gave back for the job before
 * @param lines what it took, in the order of the charges
 */
public record Facts(
    @Nullable String payer,
    boolean givenBack,
    boolean alreadyAll,
    BigDecimal already,
    BigDecimal paidByUs,
    List<Line> lines) {
  /** Takes a copy. */
  public Facts {
    lines = List.copyOf(lines);
  }
}
