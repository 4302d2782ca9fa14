package io.jobcleanup.server.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** How numbers, times and values are written for people. */
public final class Words {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss'Z'").withZone(ZoneOffset.UTC);
  private static final DateTimeFormatter DATE_AND_TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss'Z'").withZone(ZoneOffset.UTC);

  private Words() {}

  /** A count and its noun: {@code 1 job}, {@code 2 jobs}, {@code 1,200 jobs}. */
  public static String count(long number, String noun) {
    return "%s %s%s".formatted(number(number), noun, number == 1 ? "" : "s");
  }

  /** A whole number with its thousands apart. */
  public static String number(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /**
   * A duration by its two largest units, rounded down: {@code 2h 04m}, {@code 11m}, {@code 45s}.
   */
  public static String lasting(Duration duration) {
    long seconds = duration.toSeconds();
    if (seconds < 60) {
      return seconds + "s";
    }
    if (seconds < 3600) {
      return seconds % 60 == 0 || seconds >= 600
          ? seconds / 60 + "m"
          : "%dm %02ds".formatted(seconds / 60, seconds % 60);
    }
    if (seconds < 86_400) {
      return "%dh %02dm".formatted(seconds / 3600, seconds % 3600 / 60);
    }
    return "%dd %02dh".formatted(seconds / 86_400, seconds % 86_400 / 3600);
  }

  /** A setting's duration: {@code 5m}, {@code 90s}, {@code 1500ms}. */
  public static String setting(Duration duration) {
    long millis = duration.toMillis();
    if (millis % 1000 != 0) {
      return millis + "ms";
    }
    long seconds = millis / 1000;
    if (seconds % 86_400 == 0) {
      return seconds / 86_400 + "d";
    }
    if (seconds % 3600 == 0) {
      return seconds / 3600 + "h";
    }
    return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
  }

  /** A moment of the last day by its time, an older one with its date; always in UTC. */
  public static String moment(Instant moment, Instant now) {
    boolean recent = moment.isAfter(now.minus(Duration.ofHours(24))) && !moment.isAfter(now);
    return (recent ? TIME : DATE_AND_TIME).format(moment);
  }

  /** A moment with its date, in UTC. */
  public static String fullMoment(Instant moment) {
    return DATE_AND_TIME.format(moment);
  }

  /**
   * A value out of a database, safe for a terminal: controls are escaped, as they could move the
   * cursor or forge a line.
   */
  public static String printable(String text) {
    if (text.codePoints().noneMatch(Words::unprintable)) {
      return text;
    }
    StringBuilder safe = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '\n' -> safe.append("\\n");
                case '\r' -> safe.append("\\r");
                case '\t' -> safe.append("\\t");
                default -> {
                  if (unprintable(c)) {
                    safe.append("\\u%04x".formatted(c));
                  } else {
                    safe.appendCodePoint(c);
                  }
                }
              }
            });
    return safe.toString();
  }

  private static boolean unprintable(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }
}
