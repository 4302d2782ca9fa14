package io.jobcleanup.server.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.catalina.connector.ClientAbortException;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.async.AsyncRequestNotUsableException;

/** Answers with a {@link Problem} whatever a controller, or the way to it, throws. */
@RestControllerAdvice
@Order(Ordered.HIGHEST_PRECEDENCE)
class ErrorAnswers {
  private final Troubles troubles;

  ErrorAnswers(Troubles troubles) {
    this.troubles = troubles;
  }

  /** Whoever asked has hung up: there is nobody to answer, and nothing wrong with us. */
  @ExceptionHandler({ClientAbortException.class, AsyncRequestNotUsableException.class})
  void nobodyThere() {}

  @ExceptionHandler
  ResponseEntity<Problem> answer(
      Exception error, HttpServletRequest request, HttpServletResponse response) throws Exception {
    if (response.isCommitted()) {
      // What was sent must not look whole: the server cuts the connection.
      throw error;
    }
    return answer(error, request);
  }

  ResponseEntity<Problem> answer(Exception error, HttpServletRequest request) {
    if (error instanceof ErrorResponse known) {
      HttpHeaders headers = new HttpHeaders();
      headers.putAll(known.getHeaders());
      return answer(ofFramework(known.getStatusCode().value(), request), headers);
    }
    return answer(troubles.of(error, request), new HttpHeaders());
  }

  private static ResponseEntity<Problem> answer(Problem problem, HttpHeaders headers) {
    headers.setContentType(MediaType.APPLICATION_PROBLEM_JSON);
    problem.retryAfterHeader().ifPresent(it -> headers.set(HttpHeaders.RETRY_AFTER, it));
    return ResponseEntity.status(problem.status()).headers(headers).body(problem);
  }

  private static Problem ofFramework(int status, HttpServletRequest request) {
    return switch (status) {
      case 405 ->
          Problem.of(405).withDetail("%s isn't for this path".formatted(request.getMethod()));
      case 406 -> Problem.of(406).withDetail("this path answers with application/json");
      default -> Problem.of(status);
    };
  }
}
