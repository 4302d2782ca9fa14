package io.jobcleanup.server.web;

/** Ends a request with a {@link Problem}. */
public final class ProblemException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Problem problem;

  /** Ends it. */
  public ProblemException(Problem problem) {
    super(problem.error(), null, false, false);
    this.problem = problem;
  }

  /** What to answer. */
  public Problem problem() {
    return problem;
  }
}
