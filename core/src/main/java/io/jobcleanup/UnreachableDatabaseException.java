package io.jobcleanup;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The database doesn't answer, or was lost in mid-run. What had been committed stays, and what
 * hadn't is found again.
 */
public final class UnreachableDatabaseException extends JobCleanupException {

  private static final long serialVersionUID = 1L;

  private final transient @Nullable CleanupResult committed;

  /** It doesn't answer at all. */
  public UnreachableDatabaseException(String message, Throwable cause) {
    this(message, cause, null);
  }

  /**
   * It was lost in mid-run.
   *
   * @param committed what the run had committed until then
   */
  public UnreachableDatabaseException(
      String message, Throwable cause, @Nullable CleanupResult committed) {
    super(message, cause);
    this.committed = committed;
  }

  /** What the run had committed when the database was lost; empty if no run was under way. */
  public Optional<CleanupResult> committed() {
    return Optional.ofNullable(committed);
  }
}
