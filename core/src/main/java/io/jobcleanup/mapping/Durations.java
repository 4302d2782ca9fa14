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
    Duration timeout = duration(text);
    if (timeout.compareTo(CleanupOptions.MIN_TIMEOUT) < 0
        || timeout.compareTo(CleanupOptions.MAX_TIMEOUT) > 0) {
      throw new IllegalArgumentException(
          "is \"%s\", allowed are %ds to %dd"
              .formatted(
                  text,
                  CleanupOptions.MIN_TIMEOUT.toSeconds(),
                  CleanupOptions.MAX_TIMEOUT.toDays()));
    }
    return timeout;
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
