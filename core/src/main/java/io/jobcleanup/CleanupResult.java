package io.jobcleanup;

import java.math.BigDecimal;
import java.util.List;

/**
 * What one run did to the stuck jobs that it settled or was refused. Counts are jobs; tokens are
 * the host's own units.
 *
 * @param runId names the run in our history
 * @param dryRun whether it only looked: then {@code totalFound} counts what is stuck, and nothing
 *     was settled
 * @param totalFound jobs settled or refused in this run, at least 0
 * @param cleanedUp jobs failed with their tokens back, or with nothing to give back
 * @param failed jobs refused, or failed with a refund that is owed
 * @param tokensRefunded tokens given back for the jobs of this run; what is owed is not in it
 * @param jobs what became of each job, the first {@link #MAX_JOBS}
 * @param jobsTruncated whether there were more jobs than {@code jobs} lists
 * @param errors the jobs counted as failed: owed ones as {@code jobs}, refused ones the first
 *     {@link #MAX_REFUSED}
 * @param owed what became of refunds owed from earlier runs
 * @param held stuck jobs left alone, since somebody holds them, their payer or the balance; the
 *     next run tries them again
 * @param remaining whether another run now would settle something
 */
public record CleanupResult(
    String runId,
    boolean dryRun,
    long totalFound,
    long cleanedUp,
    long failed,
    BigDecimal tokensRefunded,
    List<JobReport> jobs,
    boolean jobsTruncated,
    List<JobReport> errors,
    OwedTotals owed,
    long held,
    boolean remaining) {

  /** How many jobs a result lists at most. */
  public static final int MAX_JOBS = 10_000;

  /** How many refused jobs a result lists among its errors at most. */
  public static final int MAX_REFUSED = 100;

  /**
   * Checks that the counts agree.
   *
   * @throws IllegalArgumentException if, in a real run, settled and failed jobs don't add up to
   *     those found
   */
  public CleanupResult {
    if (dryRun ? cleanedUp + failed != 0 : cleanedUp + failed != totalFound) {
      throw new IllegalArgumentException(
          "counts disagree: totalFound=%d cleanedUp=%d failed=%d dryRun=%s"
              .formatted(totalFound, cleanedUp, failed, dryRun));
    }
    jobs = List.copyOf(jobs);
    errors = List.copyOf(errors);
  }

  /** The result in one English sentence, as the specification words it. */
  public String message() {
    if (totalFound == 0) {
      return "No stuck jobs found";
    }
    if (dryRun) {
      return "Dry run: Found %s (no changes made)".formatted(count(totalFound, "stuck job"));
    }
    return "Successfully cleaned up %s and refunded %s%s"
        .formatted(
            count(cleanedUp, "stuck job"),
            tokens(tokensRefunded),
            failed == 0 ? "" : ", %d failed".formatted(failed));
  }

  /** An amount of tokens in words: {@code 1 token}, {@code 27 tokens}, {@code 0.5 tokens}. */
  public static String tokens(BigDecimal amount) {
    return "%s %s"
        .formatted(plain(amount), amount.compareTo(BigDecimal.ONE) == 0 ? "token" : "tokens");
  }

  /** An amount as a plain number without trailing zeros after the point. */
  public static String plain(BigDecimal amount) {
    return amount.signum() == 0 ? "0" : amount.stripTrailingZeros().toPlainString();
  }

  private static String count(long number, String noun) {
    return "%d %s%s".formatted(number, noun, number == 1 ? "" : "s");
  }
}
