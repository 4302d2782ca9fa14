package io.jobcleanup.server.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.log.Lines;
import java.io.EOFException;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.CannotGetJdbcConnectionException;

/** What the log has of the database's being away. */
class OutageLogTest {
  private final AtomicLong nanos = new AtomicLong();
  private final OutageLog outages = new OutageLog(nanos::get);
  private final Lines lines = new Lines();

  @AfterEach
  void close() {
    lines.close();
  }

  private String lost() {
    return outages.lost(
        "GET /x", new CannotGetJdbcConnectionException("none", new SQLException("refused")));
  }

  private void seconds(int number) {
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(number));
  }

  private List<String> told() {
    return lines.with("The database");
  }

  @Test
  void requestsWithinHalfAMinuteShareALineAndItsId() {
    String first = lost();
    seconds(29);
    assertThat(lost()).isEqualTo(first);
    assertThat(told())
        .containsExactly(
            "[WARN] The database doesn't answer id=%s request=\"GET /x\" cause=refused count=1"
                .formatted(first));

    seconds(1);
    String second = lost();

    assertThat(second).isNotEqualTo(first);
    assertThat(told()).hasSize(2).last().asString().endsWith("count=2").contains("id=" + second);
  }

  @Test
  void causeThatSaysNothingLeavesTheWordToTheOneBefore() {
    outages.lost(
        "GET /x",
        new CannotGetJdbcConnectionException("none", new SQLException("lost", new EOFException())));

    assertThat(told()).singleElement().asString().contains(" cause=lost ");
  }

  @Test
  void returnIsToldOnceWithWhatWasHeldBack() {
    lost();
    seconds(7);
    lost();
    lost();

    outages.answered();
    outages.answered();

    assertThat(told())
        .hasSize(2)
        .last()
        .isEqualTo("[INFO] The database answers again seconds=7 count=2");
  }

  @Test
  void databaseThatComesAndGoesHasTwoLinesInHalfAMinute() {
    for (int i = 0; i < 290; i++) {
      lost();
      outages.answered();
      nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(100));
    }
    assertThat(told()).hasSize(2);

    seconds(1);
    lost();

    assertThat(told()).hasSize(3).last().asString().endsWith("count=290");
  }

  @Test
  void databaseThatWasNeverAwayIsNotToldOf() {
    outages.answered();

    assertThat(told()).isEmpty();
  }
}
