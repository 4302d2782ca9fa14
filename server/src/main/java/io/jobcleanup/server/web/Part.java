package io.jobcleanup.server.web;

import io.jobcleanup.Page;
import jakarta.servlet.http.HttpServletRequest;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Which part of a list is asked for.
 *
 * @param after where the page before ended; null begins at the first
 * @param most how many
 */
record Part(@Nullable String after, int most) {
  private static final int USUAL_ITEMS = 100;

  /** What a request asks for that takes no other parameters. */
  static Part of(HttpServletRequest request) {
    Parameters parameters = new Parameters(request);
    Part part = from(parameters);
    parameters.end();
    return part;
  }

  /** What {@code after} and {@code limit} say. */
  static Part from(Parameters parameters) {
    String after = parameters.text("after").orElse(null);
    int most =
        parameters.integer("limit", 1, Page.MAX_ITEMS).map(Math::toIntExact).orElse(USUAL_ITEMS);
    return new Part(after, most);
  }

  /** Reads it. The only argument that can still be wrong is where the page begins. */
  <T> T read(Supplier<T> reading) {
    try {
      return reading.get();
    } catch (IllegalArgumentException e) {
      throw new ProblemException(Problem.invalid("after isn't what the page before gave as next"));
    }
  }
}
