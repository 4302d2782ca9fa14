package io.jobcleanup;

import org.jspecify.annotations.Nullable;

/**
 * Something in the books that isn't as it should be.
 *
 * @param id what names it: the same for the same rows and amounts, whenever it is found
 * @param check what was found, such as {@code ledger-row-gone}
 * @param invariant the rule that is broken, {@code I1} to {@code I9}, see docs/explanation/books.md
 * @param job the job, as source:key; null where it is about none
 * @param user whose tokens they are; null where that isn't known
 * @param ledgerRow the table and key of the row; null where it is about none
 * @param message what was found, with the amounts
 * @param culprit who probably did it
 * @param cause how it probably came about
 * @param remedy what to do
 * @param accepted why somebody took responsibility for it; null where nobody has
 */
public record Finding(
    String id,
    String check,
    String invariant,
    @Nullable String job,
    @Nullable String user,
    @Nullable String ledgerRow,
    String message,
    Culprit culprit,
    String cause,
    String remedy,
    @Nullable String accepted) {

  /** Who probably brought something about. */
  public enum Culprit {
    /** A fault of Job Cleanup. */
    US,
    /** A worker that came back to a job after it was failed. */
    LATE_WORKER,
    /** The host's own code. */
    HOST,
    /** Somebody who changed rows past all code. */
    HAND
  }

  /** The same, after somebody took responsibility for it. */
  public Finding accepted(String reason) {
    return new Finding(
        id, check, invariant, job, user, ledgerRow, message, culprit, cause, remedy, reason);
  }
}
