package io.jobcleanup.server;

/** How a command ended, as its process tells whoever started it. */
public enum ExitCode {
  /** All is fine. */
  FINE(0),
  /** Some job failed, or a statement did. */
  FAILED(1),
  /** A command, option or setting can't be what was meant. */
  MISCONFIGURED(2),
  /** The database doesn't answer, or doesn't let us in. */
  UNREACHABLE(3),
  /** The database answers, but can't be used as configured. */
  UNUSABLE(4);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  /** The number that the process ends with, 0 to 4. */
  public int number() {
    return number;
  }
}
