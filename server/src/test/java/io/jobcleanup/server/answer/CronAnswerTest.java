package io.jobcleanup.server.answer;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.answer.CronAnswer.Counts;
import java.math.BigDecimal;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CronAnswerTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2026-11-24T22:00:00.000Z",
        "2026-11-24T22:00:00.100Z",
        "2026-11-24T22:00:59.641Z"
      })
  void timestampHasItsMillisecondsAlways(String timestamp) {
    assertThat(
            Json.write(
                new CronAnswer(
                    true,
                    Instant.parse(timestamp),
                    new Counts(0, 0, 0, BigDecimal.ZERO, 0, false))))
        .startsWith("{\"success\":true,\"timestamp\":\"" + timestamp + "\",");
  }
}
