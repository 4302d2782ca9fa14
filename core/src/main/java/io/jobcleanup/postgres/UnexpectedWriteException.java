package io.jobcleanup.postgres;

/**
 * A write went through without an error, but not as asked: a trigger or policy of the host dropped
 * or changed it.
 */
public final class UnexpectedWriteException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Says what was asked for and what came back. */
  public UnexpectedWriteException(String message) {
    super(message);
  }
}
