package io.jobcleanup;

/**
 * What can go wrong with a whole run, as opposed to one of its jobs. No message of these carries a
 * secret.
 */
public abstract sealed class JobCleanupException extends RuntimeException
    permits InvalidMappingException, UnreachableDatabaseException, UnusableDatabaseException {

  private static final long serialVersionUID = 1L;

  /** For the family. */
  protected JobCleanupException(String message, Throwable cause) {
    super(message, cause);
  }

  /** For the family. */
  protected JobCleanupException(String message) {
    super(message);
  }
}
