package io.jobcleanup.embedded;

import org.jspecify.annotations.Nullable;

/**
 * Says that the embedded PostgreSQL can't be unpacked, started, reached or stopped, and why. Where
 * the server had something to say, its last log lines are in the message; its password never is.
 */
public final class EmbeddedPostgresException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  EmbeddedPostgresException(String message) {
    super(message);
  }

  EmbeddedPostgresException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
