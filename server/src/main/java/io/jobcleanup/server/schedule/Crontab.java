package io.jobcleanup.server.schedule;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;

/**
 * When something is to be done, in the five fields of crontab(5): minute, hour, day of month,
 * month, day of week. Immutable.
 *
 * <p>Where day of month and day of week are both restricted, neither beginning with {@code *}, a
 * day that fits one of them fits. Across a change of the clocks it does as cron does: with {@code
 * *} in minute or hour, it follows the time that passes; at fixed times, a time that is skipped is
 * due when the clocks are moved, and one that comes twice is due the first time.
 */
public final class Crontab {

  private static final List<String> MONTHS =
      List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");
  private static final List<String> DAYS = List.of("sun", "mon", "tue", "wed", "thu", "fri", "sat");
  private static final int SUNDAY_TOO = 7;

  /** Every combination of date and weekday comes once in 400 years, and mostly within 40. */
  private static final int MOST_DAYS = 146_097;

  private enum Part {
    MINUTE("minute", 0, 59),
    HOUR("hour", 0, 23),
    DAY_OF_MONTH("day of month", 1, 31),
    MONTH("month", 1, 12),
    DAY_OF_WEEK("day of week", 0, SUNDAY_TOO);

    final String title;
    final int min;
    final int max;

    Part(String title, int min, int max) {
      this.title = title;
      this.min = min;
      this.max = max;
    }

    List<String> names() {
      return switch (this) {
        case MONTH -> MONTHS;
        case DAY_OF_WEEK -> DAYS;
        case MINUTE, HOUR, DAY_OF_MONTH -> List.of();
      };
    }
  }

  private final String text;
  private final BitSet minutes;
  private final BitSet hours;
  private final BitSet daysOfMonth;
  private final BitSet months;
  private final BitSet daysOfWeek;
  private final boolean eitherDay;
  private final boolean followsTime;

  private Crontab(String text, List<String> fields) {
    this.text = text;
    this.minutes = values(Part.MINUTE, fields.get(0));
    this.hours = values(Part.HOUR, fields.get(1));
    this.daysOfMonth = values(Part.DAY_OF_MONTH, fields.get(2));
    this.months = values(Part.MONTH, fields.get(3));
    this.daysOfWeek = values(Part.DAY_OF_WEEK, fields.get(4));
    if (daysOfWeek.get(SUNDAY_TOO)) {
      daysOfWeek.set(0);
    }
    this.eitherDay = !fields.get(2).startsWith("*") && !fields.get(4).startsWith("*");
    this.followsTime = fields.get(0).startsWith("*") || fields.get(1).startsWith("*");
  }

  /**
   * Reads five fields. Months and days may be named by their first three letters, Sunday is 0 and
   * 7.
   *
   * @throws IllegalArgumentException if it isn't as crontab(5) allows, or never comes; the message
   *     begins with a verb, for a key before it
   */
  public static Crontab parse(String text) {
    List<String> fields = List.of(text.strip().split("\\s+"));
    if (fields.size() != Part.values().length) {
      throw new IllegalArgumentException(
          "is \"%s\", allowed are five fields as in crontab(5), minute, hour, day of month, month and day of week, such as */15 * * * *"
              .formatted(text));
    }
    Crontab crontab = new Crontab(String.join(" ", fields), fields);
    if (!crontab.everComes()) {
      throw new IllegalArgumentException(
          "is \"%s\", and no such day ever comes".formatted(crontab));
    }
    return crontab;
  }

  private static BitSet values(Part part, String field) {
    BitSet values = new BitSet();
    for (String item : field.split(",", -1)) {
      addItem(values, part, item);
    }
    return values;
  }

  private static void addItem(BitSet values, Part part, String item) {
    int slash = item.indexOf('/');
    String range = slash < 0 ? item : item.substring(0, slash);
    int dash = range.indexOf('-');
    int from;
    int to;
    if (range.equals("*")) {
      from = part.min;
      to = part == Part.DAY_OF_WEEK ? part.max - 1 : part.max;
    } else if (dash > 0) {
      from = value(part, range.substring(0, dash));
      to = value(part, range.substring(dash + 1));
      if (part == Part.DAY_OF_WEEK && to == 0 && from > 0) {
        to = SUNDAY_TOO;
      }
      if (from > to) {
        throw wrong(part, "%s runs backwards".formatted(range));
      }
    } else {
      from = value(part, range);
      to = from;
      if (slash >= 0) {
        throw wrong(part, "%s has a step without a range".formatted(item));
      }
    }
    int step = slash < 0 ? 1 : step(part, item.substring(slash + 1));
    for (int value = from; value <= to; value += step) {
      values.set(value);
    }
  }

  private static int step(Part part, String text) {
    if (text.matches("\\d{1,2}")) {
      int step = Integer.parseInt(text);
      if (step >= 1 && step <= part.max) {
        return step;
      }
    }
    throw wrong(part, "\"%s\" is no step, allowed are 1 to %d".formatted(text, part.max));
  }

  private static int value(Part part, String text) {
    if (text.matches("\\d{1,2}")) {
      int value = Integer.parseInt(text);
      if (value >= part.min && value <= part.max) {
        return value;
      }
    }
    int name = part.names().indexOf(text.toLowerCase(Locale.ROOT));
    if (name >= 0) {
      return part.min + name;
    }
    throw wrong(
        part,
        "allowed are %d to %d%s, *, ranges, lists and steps, not \"%s\""
            .formatted(
                part.min,
                part.max,
                part.names().isEmpty()
                    ? ""
                    : ", %s to %s".formatted(part.names().getFirst(), part.names().getLast()),
                text));
  }

  private static IllegalArgumentException wrong(Part part, String what) {
    return new IllegalArgumentException("has a wrong %s: %s".formatted(part.title, what));
  }

  private boolean everComes() {
    LocalDate leapYear = LocalDate.of(2000, 1, 1);
    return leapYear.datesUntil(leapYear.plusDays(MOST_DAYS)).anyMatch(this::fits);
  }

  private boolean fits(LocalDate date) {
    if (!months.get(date.getMonthValue())) {
      return false;
    }
    boolean dayOfMonth = daysOfMonth.get(date.getDayOfMonth());
    boolean dayOfWeek = daysOfWeek.get(date.getDayOfWeek().getValue() % SUNDAY_TOO);
    return eitherDay ? dayOfMonth || dayOfWeek : dayOfMonth && dayOfWeek;
  }

  /**
   * The first moment later than another.
   *
   * @param after the moment that it is later than
   * @param zone where minute, hour and day are read off
   */
  public Instant next(Instant after, ZoneId zone) {
    // Where the clocks were moved across midnight, moments of the day before may be still to come.
    LocalDate first = after.atZone(zone).toLocalDate().minusDays(1);
    for (int days = 0; days <= MOST_DAYS; days++) {
      LocalDate date = first.plusDays(days);
      List<Instant> moments = new ArrayList<>(moments(date, zone));
      if (moments.stream().anyMatch(after::isBefore)) {
        moments.addAll(moments(date.plusDays(1), zone));
        return moments.stream().filter(after::isBefore).min(Instant::compareTo).orElseThrow();
      }
    }
    throw new IllegalStateException(this + " never comes, and was accepted");
  }

  private List<Instant> moments(LocalDate date, ZoneId zone) {
    List<Instant> moments = new ArrayList<>();
    if (fits(date)) {
      hours.stream()
          .forEach(
              hour ->
                  minutes.stream()
                      .mapToObj(minute -> date.atTime(hour, minute))
                      .forEach(time -> addMoments(moments, time, zone)));
    }
    return moments;
  }

  private void addMoments(List<Instant> moments, LocalDateTime time, ZoneId zone) {
    List<ZoneOffset> offsets = zone.getRules().getValidOffsets(time);
    if (offsets.isEmpty()) {
      ZoneOffsetTransition gap = zone.getRules().getTransition(time);
      if (!followsTime && gap != null) {
        moments.add(gap.getInstant());
      }
      return;
    }
    moments.add(time.toInstant(offsets.getFirst()));
    if (followsTime && offsets.size() > 1) {
      moments.add(time.toInstant(offsets.getLast()));
    }
  }

  /** The five fields, one space between them. */
  @Override
  public String toString() {
    return text;
  }
}
