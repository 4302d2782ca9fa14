package io.jobcleanup.server;

import org.jspecify.annotations.Nullable;

/** Ends a command with a sentence for whoever typed it, which never holds a secret. */
public final class ProgramException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ExitCode code;

  /** Ends the command; {@code message} may have several lines. */
  public ProgramException(ExitCode code, String message) {
    this(code, message, null);
  }

  /**
   * Ends the command.
   *
   * @param cause what happened, for whoever debugs; its text isn't shown
   */
  public ProgramException(ExitCode code, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /** What the process ends with. */
  public ExitCode code() {
    return code;
  }

  /** What to tell whoever typed it. */
  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
