package io.jobcleanup.run;

/** The host's own code could not give tokens back. */
final class RefunderException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  RefunderException(Exception cause) {
    super(
        "the host's TokenRefunder failed: %s%s"
            .formatted(
                cause.getClass().getSimpleName(),
                cause.getMessage() == null ? "" : ": " + cause.getMessage()),
        cause);
  }
}
