package io.jobcleanup;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** What came of writing off what is owed. */
public sealed interface Waiver {

  /** The most characters that a reason has. */
  int LONGEST_REASON = 500;

  /**
   * It is written off: no run gives it back any more.
   *
   * @param refunds as they are now, at least one
   */
  record Waived(List<RefundRecord> refunds) implements Waiver {
    /** Takes a copy. */
    public Waived {
      refunds = List.copyOf(refunds);
    }
  }

  /**
   * Nothing is owed, so nothing was changed.
   *
   * @param refunds what there is, and how it stands; empty where there is no refund at all
   */
  record NothingOwed(List<RefundRecord> refunds) implements Waiver {
    /** Takes a copy. */
    public NothingOwed {
      refunds = List.copyOf(refunds);
    }
  }

  /**
   * Something is owed for several jobs of that name, so nothing was changed.
   *
   * @param jobs each as source:key
   */
  record Ambiguous(List<String> jobs) implements Waiver {
    /** Takes a copy. */
    public Ambiguous {
      jobs = List.copyOf(jobs);
    }
  }

  /** What else is to be written with it, in the same transaction. */
  @FunctionalInterface
  interface Note {
    /** Nothing else. */
    Note NONE = (connection, owed) -> {};

    /**
     * Writes it.
     *
     * @param connection the transaction's connection
     * @param owed the refund as it was until now
     * @throws SQLException if that can't be: the refund is owed as before then
     */
    void write(Connection connection, RefundRecord owed) throws SQLException;
  }

  /**
   * A reason as it is kept.
   *
   * @throws IllegalArgumentException if it is blank, too long, or has characters that PostgreSQL
   *     can't keep
   */
  static String checkReason(String reason) {
    String stripped = reason.strip();
    int length = stripped.codePointCount(0, stripped.length());
    if (length < 1 || length > LONGEST_REASON) {
      throw new IllegalArgumentException(
          stripped.isEmpty()
              ? "the reason is blank, 1 to %d characters are allowed".formatted(LONGEST_REASON)
              : "the reason has %d characters, 1 to %d are allowed"
                  .formatted(length, LONGEST_REASON));
    }
    if (stripped
        .codePoints()
        .anyMatch(it -> it == 0 || Character.getType(it) == Character.SURROGATE)) {
      throw new IllegalArgumentException("the reason has a character that is none");
    }
    return stripped;
  }
}
