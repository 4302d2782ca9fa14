package io.jobcleanup.server.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CrontabTest {
  private static final ZoneId UTC = ZoneId.of("UTC");
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

  @ParameterizedTest
  @CsvSource({
    "*/15 * * * *,         2026-11-24T22:00:00, 2026-11-24T22:15:00",
    "*/15 * * * *,         2026-11-24T22:59:59, 2026-11-24T23:00:00",
    "*/5 * * * *,          2026-12-31T23:55:00, 2027-01-01T00:00:00",
    "0 * * * *,            2026-11-24T22:00:00, 2026-11-24T23:00:00",
    "0 */6 * * *,          2026-11-24T18:00:00, 2026-11-25T00:00:00",
    "7-59/20 * * * *,      2026-11-24T22:28:00, 2026-11-24T22:47:00",
    "0 9-17/4 * * *,       2026-11-24T09:00:00, 2026-11-24T13:00:00",
    "'5,35 1,13 * * *',    2026-11-24T01:05:00, 2026-11-24T01:35:00",
    "0 0 1 jan *,          2026-11-24T00:00:00, 2027-01-01T00:00:00",
    "0 0 * FEB-Mar *,      2026-11-24T00:00:00, 2027-02-01T00:00:00",
    "0 0 29 2 *,           2026-11-24T00:00:00, 2028-02-29T00:00:00",
    "0 0 29 2 */6,         2026-11-24T00:00:00, 2032-02-29T00:00:00",
    "0 0 * * 7,            2026-11-24T00:00:00, 2026-11-29T00:00:00",
    "0 0 * * 0,            2026-11-24T00:00:00, 2026-11-29T00:00:00",
    "0 0 * * sun,          2026-11-24T00:00:00, 2026-11-29T00:00:00",
    "0 0 * * Fri-Sun,      2026-11-28T00:00:00, 2026-11-29T00:00:00",
    "0 0 * * 5-7,          2026-11-28T00:00:00, 2026-11-29T00:00:00",
    "0 0 * * mon-fri,      2026-11-27T00:00:00, 2026-11-30T00:00:00",
    "' 0\t0  * * 1 ',      2026-11-24T00:00:00, 2026-11-30T00:00:00",
  })
  void nextMomentIsTheFirstThatFitsAllFields(
      String crontab, LocalDateTime after, LocalDateTime next) {
    assertThat(Crontab.parse(crontab).next(after.toInstant(java.time.ZoneOffset.UTC), UTC))
        .isEqualTo(next.toInstant(java.time.ZoneOffset.UTC));
  }

  @Test
  void dayOfMonthOrDayOfWeekIsEnoughWhereBothAreRestricted() {
    assertThat(moments("30 4 1,15 * 5", "2026-11-13T05:00:00Z", UTC, 4))
        .containsExactly(
            "2026-11-15T04:30:00Z",
            "2026-11-20T04:30:00Z",
            "2026-11-27T04:30:00Z",
            "2026-12-01T04:30:00Z");
  }

  @Test
  void bothDaysMustFitWhereOneBeginsWithAStar() {
    assertThat(moments("0 0 */2 * 1", "2026-11-01T00:00:00Z", UTC, 2))
        .containsExactly("2026-11-09T00:00:00Z", "2026-11-23T00:00:00Z");
  }

  @Test
  void fixedTimeThatIsSkippedIsDueWhenTheClocksAreMoved() {
    assertThat(moments("30 2 * * *", "2027-03-27T12:00:00Z", BERLIN, 2))
        .containsExactly("2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z");
  }

  @Test
  void severalFixedTimesOfOneGapAreDueOnce() {
    assertThat(moments("0,30 2 * * *", "2027-03-28T00:30:00Z", BERLIN, 2))
        .containsExactly("2027-03-28T01:00:00Z", "2027-03-29T00:00:00Z");
  }

  @Test
  void fixedTimeThatComesTwiceIsDueTheFirstTime() {
    assertThat(moments("30 2 * * *", "2027-10-30T12:00:00Z", BERLIN, 2))
        .containsExactly("2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z");
  }

  @Test
  void everyFewMinutesGoesOnAcrossBothChangesOfTheClocks() {
    assertThat(moments("*/30 * * * *", "2027-03-28T00:15:00Z", BERLIN, 3))
        .containsExactly("2027-03-28T00:30:00Z", "2027-03-28T01:00:00Z", "2027-03-28T01:30:00Z");
    assertThat(moments("*/30 * * * *", "2027-10-31T00:15:00Z", BERLIN, 4))
        .containsExactly(
            "2027-10-31T00:30:00Z",
            "2027-10-31T01:00:00Z",
            "2027-10-31T01:30:00Z",
            "2027-10-31T02:00:00Z");
  }

  @Test
  void momentsStayInOrderWhereTheClocksAreMovedAcrossMidnight() {
    assertThat(moments("*/30 * * * *", "2009-11-01T02:20:00Z", ZoneId.of("America/St_Johns"), 5))
        .containsExactly(
            "2009-11-01T02:30:00Z",
            "2009-11-01T03:00:00Z",
            "2009-11-01T03:30:00Z",
            "2009-11-01T04:00:00Z",
            "2009-11-01T04:30:00Z");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "* * * *",
        "0 */15 * * * *",
        "@hourly",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * * 8",
        "-1 * * * *",
        "*/0 * * * *",
        "*/60 * * * *",
        "5/15 * * * *",
        "1, * * * *",
        "30-10 * * * *",
        "1-2-3 * * * *",
        "* * ? * *",
        "* * L * *",
        "* * * january *",
        "mon * * * *",
        "1.5 * * * *",
        "٣ * * * *"
      })
  void whatCrontabDoesNotAllowIsRefused(String crontab) {
    assertThatIllegalArgumentException().isThrownBy(() -> Crontab.parse(crontab));
  }

  @Test
  void refusalNamesFieldAndWhatIsAllowed() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Crontab.parse("* * * 13 *"))
        .withMessage(
            "has a wrong month: allowed are 1 to 12, jan to dec, *, ranges, lists and steps, not \"13\"");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Crontab.parse("0 0 31 2,4 *"))
        .withMessage("is \"0 0 31 2,4 *\", and no such day ever comes");
  }

  private static List<String> moments(String crontab, String after, ZoneId zone, int count) {
    List<String> moments = new ArrayList<>();
    Instant at = Instant.parse(after);
    for (int i = 0; i < count; i++) {
      at = Crontab.parse(crontab).next(at, zone);
      moments.add(at.toString());
    }
    return moments;
  }
}
