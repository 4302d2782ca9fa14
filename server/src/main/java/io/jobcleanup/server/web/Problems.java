package io.jobcleanup.server.web;

import io.jobcleanup.server.answer.Json;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.springframework.http.HttpHeaders;

/** Writes {@link Problem}s where no controller does: in filters, and for the server itself. */
public final class Problems {

  private Problems() {}

  /** Answers with a problem, unless the answer is already under way. Headers set before stay. */
  public static void write(HttpServletResponse response, Problem problem) throws IOException {
    if (response.isCommitted()) {
      return;
    }
    response.resetBuffer();
    response.setStatus(problem.status());
    response.setContentType(Problem.MEDIA_TYPE);
    problem.retryAfterHeader().ifPresent(it -> response.setHeader(HttpHeaders.RETRY_AFTER, it));
    byte[] body = Json.write(problem).getBytes(StandardCharsets.UTF_8);
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
    response.flushBuffer();
  }
}
