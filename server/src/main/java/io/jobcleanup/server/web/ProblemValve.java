package io.jobcleanup.server.web;

import io.jobcleanup.server.answer.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.jspecify.annotations.Nullable;

/**
 * Answers with a {@link Problem} where the server itself refuses a request, which then reaches no
 * filter: one with a malformed request line, for instance.
 */
public final class ProblemValve extends ErrorReportValve {

  /** For the server. */
  public ProblemValve() {}

  @Override
  protected void report(Request request, Response response, @Nullable Throwable thrown) {
    int status = response.getStatus();
    if (status < 400 || response.getContentWritten() > 0 || !response.setErrorReported()) {
      return;
    }
    try {
      response.setContentType(Problem.MEDIA_TYPE);
      SecurityHeaders.set(response, request.isSecure());
      response
          .getOutputStream()
          .write(Json.write(Problem.of(status)).getBytes(StandardCharsets.UTF_8));
      response.finishResponse();
    } catch (IOException | IllegalStateException e) {
      // Whoever asked is gone, or has had an answer already.
    }
  }
}
