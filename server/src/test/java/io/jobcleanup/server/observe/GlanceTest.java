package io.jobcleanup.server.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class GlanceTest {
  private static final Duration FRESH = Duration.ofSeconds(15);
  private static final Duration PATIENCE = Duration.ofMillis(50);

  private final AtomicLong nanos = new AtomicLong();
  private final AtomicInteger asked = new AtomicInteger();

  @Test
  void answerIsGivenAgainWhileItIsFresh() {
    Glance<Integer> glance =
        new Glance<>(asked::incrementAndGet, FRESH, Duration.ofSeconds(10), nanos::get);

    assertThat(glance.get()).contains(1);
    assertThat(glance.get()).contains(1);
    nanos.addAndGet(FRESH.toNanos() + 1);
    assertThat(glance.get()).contains(2);
  }

  @Test
  void failureIsNoAnswerAndIsNotAskedAgainAtOnce() {
    Glance<Integer> glance =
        new Glance<>(
            () -> {
              asked.incrementAndGet();
              throw new IllegalStateException("away");
            },
            FRESH,
            Duration.ofSeconds(10),
            nanos::get);

    assertThat(glance.get()).isEmpty();
    assertThat(glance.get()).isEmpty();
    assertThat(asked).hasValue(1);
  }

  @Test
  void slowQuestionIsAskedOnceAndWaitedForOnce() {
    CountDownLatch hang = new CountDownLatch(1);
    Glance<Integer> glance =
        new Glance<>(
            () -> {
              int number = asked.incrementAndGet();
              try {
                hang.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              return number;
            },
            FRESH,
            PATIENCE);

    long start = System.nanoTime();
    for (int i = 0; i < 50; i++) {
      assertThat(glance.get()).isEmpty();
    }

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(PATIENCE.multipliedBy(20));
    assertThat(asked).hasValue(1);
    hang.countDown();
  }
}
