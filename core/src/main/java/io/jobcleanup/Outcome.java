package io.jobcleanup;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** What became of one stuck job. */
public sealed interface Outcome {

  /**
   * The job is failed, and its tokens are back in the balance.
   *
   * @param tokens what was given back, more than 0
   */
  record Refunded(BigDecimal tokens) implements Outcome {
    /**
     * Checks the amount.
     *
     * @throws IllegalArgumentException if it isn't positive
     */
    public Refunded {
      if (tokens.signum() <= 0) {
        throw new IllegalArgumentException(
            "a refund of " + tokens + " tokens, more than 0 is needed");
      }
    }
  }

  /** The job is failed; it cost nothing, so nothing was given back. */
  record NothingToRefund() implements Outcome {}

  /** The job is failed; we had given its tokens back before, so nothing was given back again. */
  record AlreadyRefunded() implements Outcome {}

  /**
   * The job is failed; the host had given its tokens back itself, so nothing was given back again.
   */
  record PaidByHost() implements Outcome {}

  /**
   * The job is failed; its tokens, or some of them, could not be given back yet and are owed.
   *
   * @param paid what could be given back, 0 or more
   * @param owed what is owed, more than 0; null where the amount itself is in doubt
   * @param cause what stands in the way
   */
  record RefundOwed(BigDecimal paid, @Nullable BigDecimal owed, String cause) implements Outcome {}

  /**
   * The host won't let the job be failed; nothing of it was changed.
   *
   * @param cause what the host said
   */
  record Refused(String cause) implements Outcome {}

  /**
   * Somebody holds the job, its payer or the balance, or it isn't stuck any more; we changed
   * nothing.
   */
  record PassedOver() implements Outcome {}

  /** The outcome's name as the records and metrics spell it. */
  default String label() {
    return getClass().getSimpleName();
  }

  /** What was given back, 0 where nothing was. */
  default BigDecimal tokensRefunded() {
    return switch (this) {
      case Refunded refunded -> refunded.tokens();
      case RefundOwed owed -> owed.paid();
      case NothingToRefund nothing -> BigDecimal.ZERO;
      case AlreadyRefunded already -> BigDecimal.ZERO;
      case PaidByHost byHost -> BigDecimal.ZERO;
      case Refused refused -> BigDecimal.ZERO;
      case PassedOver passedOver -> BigDecimal.ZERO;
    };
  }

  /** What went wrong, null where nothing did. */
  default @Nullable String error() {
    return switch (this) {
      case RefundOwed owed -> "refund owed: " + owed.cause();
      case Refused refused -> refused.cause();
      case Refunded refunded -> null;
      case NothingToRefund nothing -> null;
      case AlreadyRefunded already -> null;
      case PaidByHost byHost -> null;
      case PassedOver passedOver -> null;
    };
  }
}
