package io.jobcleanup.draft;

import java.util.Locale;

/** Ages and counts in words. */
final class Ages {

  private static final long MINUTE = 60;
  private static final long HOUR = 60 * MINUTE;
  private static final long DAY = 24 * HOUR;

  private Ages() {}

  /** A number of seconds in its largest unit. */
  static String of(double seconds) {
    long whole = Math.round(seconds);
    if (whole >= 2 * DAY) {
      return count(whole / DAY, "day");
    }
    if (whole >= 2 * HOUR) {
      return count(whole / HOUR, "hour");
    }
    return whole >= 2 * MINUTE ? count(whole / MINUTE, "minute") : count(whole, "second");
  }

  /** So many of something. */
  static String count(long number, String noun) {
    String plural =
        noun.matches(".*[^aeiou]y") ? noun.substring(0, noun.length() - 1) + "ies" : noun + "s";
    return String.format(Locale.ROOT, "%,d %s", number, number == 1 ? noun : plural);
  }
}
