package io.jobcleanup.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class Uuid7Test {

  @Test
  void idsSortByTimeToTheMicrosecondAndThenByNumber() {
    Instant time = Instant.parse("2026-11-24T22:00:00.123456Z");
    List<String> ids = new ArrayList<>();
    for (int micros = 0; micros < 3; micros++) {
      for (int number = 0; number < 2000; number += 500) {
        ids.add(Uuid7.of(time.plusNanos(micros * 1000L), number).toString());
      }
    }
    assertThat(ids).isSorted().doesNotHaveDuplicates();
    assertThat(Uuid7.of(time, 0).version()).isEqualTo(7);
    assertThat(Uuid7.of(time, 0).variant()).isEqualTo(2);
    assertThat(Uuid7.of(time, 0).getMostSignificantBits() >>> 16).isEqualTo(time.toEpochMilli());
  }
}
