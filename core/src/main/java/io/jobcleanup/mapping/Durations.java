package io.jobcleanup.mapping;

import io.jobcleanup.CleanupOptions;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads durations as people type them: a number and its unit, never a bare number. */
public final class Durations {
  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");

  private Durations() {}

  /**
   * Reads a timeout.
   *
   * @param text such as {@code 500ms}, {@code 90s}, {@code 20m}, {@code 2h} or {@code 1d}
   * @throws IllegalArgumentException if it is no number with a unit, or outside the range that
   *     {@link CleanupOptions} gives
   */
  public static Duration timeout(String text) {
    return between(
        CleanupOptions.MIN_TIMEOUT.toSeconds() + "s",
        CleanupOptions.MAX_TIMEOUT.toDays() + "d",
        text);
  }

  /**
   * Reads a duration that has its limits.
   *
   * @param least the shortest that is allowed, in the same form
   * @param most the longest that is allowed, in the same form
   * @param text such as {@code 500ms}, {@code 90s}, {@code 20m}, {@code 2h} or {@code 1d}
   * @throws IllegalArgumentException if it is no number with a unit, or outside its limits
   */
  public static Duration between(String least, String most, String text) {
    Duration duration = duration(text);
    if (duration.compareTo(duration(least)) < 0 || duration.compareTo(duration(most)) > 0) {
      throw new IllegalArgumentException(
          "is \"%s\", allowed are %s to %s".formatted(text, least, most));
    }
    return duration;
  }

  private static Duration duration(String text) {
    Matcher matcher = DURATION.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "is \"%s\", a number with its unit is expected: 500ms, 90s, 20m, 2h or 1d"
              .formatted(text));
    }
    long number = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(number);
      case "s" -> Duration.ofSeconds(number);
      case "m" -> Duration.ofMinutes(number);
      case "h" -> Duration.ofHours(number);
      default -> Duration.ofDays(number);
    };
  }
}
