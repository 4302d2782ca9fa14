package io.jobcleanup.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PaceTest {

  private static final int MOST = 1000;

  @Test
  void transactionThatIsAloneDoublesUpToTheMost() {
    assertThat(Pace.next(100, Duration.ofMillis(400), MOST, true)).isEqualTo(200);
    assertThat(Pace.next(800, Duration.ofMillis(400), MOST, true)).isEqualTo(MOST);
  }

  @Test
  void transactionAmongOthersTakesWhatFitsIntoAShortTime() {
    assertThat(Pace.next(1000, Duration.ofMillis(100), MOST, false)).isEqualTo(100);
    assertThat(Pace.next(100, Duration.ofMillis(20), MOST, false)).isEqualTo(50);
  }

  @Test
  void transactionAmongOthersGrowsByTwiceAtMost() {
    assertThat(Pace.next(25, Duration.ofMillis(1), MOST, false)).isEqualTo(50);
    assertThat(Pace.next(25, Duration.ZERO, MOST, false)).isEqualTo(50);
  }

  @Test
  void transactionNeverShrinksBelowTheFewest() {
    assertThat(Pace.next(20, Duration.ofSeconds(1), MOST, false)).isEqualTo(Pace.FEWEST_JOBS);
    assertThat(Pace.next(3, Duration.ofSeconds(1), 3, false)).isEqualTo(3);
  }

  @Test
  void runMayGoOnUntilItIsStoppedOrItsTimeIsOver() {
    boolean[] stopped = {false};
    Pace pace = new Pace(() -> stopped[0], null);
    assertThat(pace.mayGoOn()).isTrue();
    stopped[0] = true;
    assertThat(pace.mayGoOn()).isFalse();
    assertThat(new Pace(() -> false, Duration.ofNanos(1)).mayGoOn()).isFalse();
    assertThat(new Pace(() -> false, Duration.ofDays(1)).mayGoOn()).isTrue();
  }
}
