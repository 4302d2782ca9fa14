package io.jobcleanup.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobcleanup.support.TestDatabase;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BudgetTest {

  private static final Duration LENGTH = Duration.ofMillis(500);

  private long now;

  private Budget budget() {
    return new Budget(LENGTH, () -> now);
  }

  private void pass(long ms) {
    now += TimeUnit.MILLISECONDS.toNanos(ms);
  }

  @Test
  void serverIsToldSomewhatLessThanIsLeftSoThatItNeedNotBeToldEachTime() {
    Budget budget = budget();
    assertThat(budget.tell()).isEqualTo(OptionalLong.of(480));
    pass(19);
    assertThat(budget.tell()).isEmpty();
    pass(1);
    assertThat(budget.tell()).isEqualTo(OptionalLong.of(460));
  }

  @Test
  void serverIsToldAllThatIsLeftEachTimeTowardsTheEnd() {
    Budget budget = budget();
    pass(430);
    assertThat(budget.tell()).isEqualTo(OptionalLong.of(70));
    assertThat(budget.tell()).isEqualTo(OptionalLong.of(70));
    pass(66);
    assertThatThrownBy(budget::tell).isInstanceOf(Budget.ExhaustedException.class);
  }

  @Test
  void serverIsToldAnewAfterASavepointWasRolledBackTo() {
    Budget budget = budget();
    String limit =
        new Database(TestDatabase.create(), null)
            .write(
                tx -> {
                  tx.holdWithin(budget);
                  limit(tx);
                  pass(100);
                  assertThatThrownBy(
                          () ->
                              tx.behindSavepoint(
                                  () -> {
                                    pass(100);
                                    tx.execute("select 1 / 0");
                                    return "";
                                  }))
                      .hasMessageContaining("division by zero");
                  return limit(tx);
                });
    assertThat(limit).isEqualTo("280ms");
  }

  private static String limit(Tx tx) {
    return tx.one("select current_setting('statement_timeout')", Map.of(), row -> row.getString(1));
  }
}
