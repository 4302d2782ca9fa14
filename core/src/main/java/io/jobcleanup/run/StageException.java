package io.jobcleanup.run;

import io.jobcleanup.postgres.Budget;
import io.jobcleanup.postgres.SqlFault;
import io.jobcleanup.postgres.UnexpectedWriteException;
import java.util.Optional;
import java.util.function.Supplier;

/** Something went wrong at a stage of a settlement: the stage tells what becomes of the job. */
final class StageException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What was being done. */
  enum Stage {
    /**
     * Rows were looked for and locked, without waiting for any: what is waited for is a whole
     * table.
     */
    HOLD,
    /** The job itself was judged or written: where that fails for a job alone, it is refused. */
    JOB,
    /**
     * The refund was worked out or written: where that fails for a job alone, the refund is owed.
     */
    REFUND
  }

  private final Stage stage;

  private StageException(Stage stage, RuntimeException cause) {
    super(cause);
    this.stage = stage;
  }

  /** Does some work; what it throws is known by its stage. */
  static <T> T at(Stage stage, Supplier<T> work) {
    try {
      return work.get();
    } catch (StageException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new StageException(stage, e);
    }
  }

  /** Does some work; what it throws is known by its stage. */
  static void run(Stage stage, Runnable work) {
    at(
        stage,
        () -> {
          work.run();
          return stage;
        });
  }

  Stage stage() {
    return stage;
  }

  /**
   * Whether it is a fault of ours, not of database or host: then nothing may be concluded about the
   * job.
   */
  boolean isBug() {
    Throwable cause = getCause();
    return SqlFault.of(this) == null
        && !(cause instanceof UnexpectedWriteException)
        && !(cause instanceof RefunderException)
        && !(cause instanceof Payment.RefundTakenException)
        && !(cause instanceof Payment.MadeMeanwhileException)
        && !outlasted();
  }

  /** Whether it may go away by itself. */
  boolean passing() {
    SqlFault fault = SqlFault.of(this);
    return getCause() instanceof Payment.RefundTakenException
        || getCause() instanceof Payment.MadeMeanwhileException
        || (fault != null && fault.passing());
  }

  /** The unique index that a write collided in, if that is what happened. */
  Optional<String> collision() {
    SqlFault fault = SqlFault.of(this);
    return fault == null ? Optional.empty() : Optional.ofNullable(fault.collidedIn());
  }

  /** Whether somebody held a lock for longer than we wait. */
  boolean lockNotToBeHad() {
    SqlFault fault = SqlFault.of(this);
    return fault != null && fault.state().equals("55P03");
  }

  /** Whether the connection is gone. */
  boolean connectionLost() {
    SqlFault fault = SqlFault.of(this);
    return fault != null && fault.connectionLost();
  }

  /** Whether it took longer than a transaction may. */
  boolean outlasted() {
    SqlFault fault = SqlFault.of(this);
    return getCause() instanceof Budget.ExhaustedException || (fault != null && fault.outlasted());
  }

  /** What went wrong, in the host's words. */
  String reason() {
    SqlFault fault = SqlFault.of(this);
    if (fault == null || getCause() instanceof RefusedWriteException) {
      return String.valueOf(getCause() == null ? getMessage() : getCause().getMessage());
    }
    return stage == Stage.REFUND && !fault.passing()
        ? "what the mapping says of the refund can't be worked out: " + fault
        : fault.toString();
  }
}
