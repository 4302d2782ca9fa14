package io.jobcleanup.server.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.answer.Json;
import io.jobcleanup.server.database.BusyException;
import io.jobcleanup.server.database.OutageLog;
import io.jobcleanup.server.log.Lines;
import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseEntity;
import org.springframework.jdbc.CannotGetJdbcConnectionException;

/** What is answered where the database is there and we have no connection to spare. */
class BusyAnswerTest {
  private static final HttpServletRequest REQUEST =
      (HttpServletRequest)
          Proxy.newProxyInstance(
              BusyAnswerTest.class.getClassLoader(),
              new Class<?>[] {HttpServletRequest.class},
              (proxy, method, arguments) ->
                  switch (method.getName()) {
                    case "getMethod" -> "GET";
                    case "getRequestURI" -> "/x";
                    default -> throw new UnsupportedOperationException(method.getName());
                  });

  private final ErrorAnswers answers = new ErrorAnswers(new Troubles(new OutageLog()));

  private Problem answer() {
    ResponseEntity<Problem> answer =
        answers.answer(
            new CannotGetJdbcConnectionException(
                "none", new BusyException("none was free", new TimeoutException())),
            REQUEST);
    assertThat(answer.getStatusCode().value()).isEqualTo(503);
    assertThat(answer.getHeaders().getFirst(HttpHeaders.RETRY_AFTER)).isEqualTo("5");
    Problem problem = answer.getBody();
    assertThat(problem).isNotNull();
    return problem;
  }

  @Test
  void busyServiceSaysSoAndWhenToTryAgain() {
    assertThat(Json.write(answer()))
        .contains(
            "\"error\":\"Service unavailable\"",
            "\"detail\":\"The service is busy. Try again in 5 s.\"")
        .doesNotContain("database", "retryAfter");
  }

  @Test
  void manyBusyAnswersShareALineAndItsId() {
    try (Lines lines = new Lines()) {
      Object id = answer().more().get("id");

      assertThat(answer().more()).containsEntry("id", id);
      assertThat(lines.with("All database"))
          .containsExactly(
              "[WARN] All database connections were in use for too long id=%s request=\"GET /x\" count=1"
                  .formatted(id));
    }
  }
}
