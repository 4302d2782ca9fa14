package io.jobcleanup;

import java.util.List;

/**
 * The database answers, but can't be used as configured: a privilege, a table or our own schema is
 * missing.
 */
public final class UnusableDatabaseException extends JobCleanupException {

  private static final long serialVersionUID = 1L;

  /**
   * All that is in the way, at once.
   *
   * @param faults what is wrong and how to mend it, at least one
   */
  public UnusableDatabaseException(List<String> faults) {
    super(String.join("\n", faults));
  }

  /** One thing that is in the way. */
  public UnusableDatabaseException(String fault, Throwable cause) {
    super(fault, cause);
  }
}
