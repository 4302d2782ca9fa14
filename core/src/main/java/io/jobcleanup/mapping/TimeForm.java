package io.jobcleanup.mapping;

import java.time.ZoneId;

/** How a time column that has no zone of its own keeps a moment. */
public sealed interface TimeForm {

  /** UTC, the default. */
  TimeForm UTC = new InZone("UTC");

  /**
   * As the wall clock of a zone.
   *
   * @param zone a region of the time zone database such as {@code America/New_York}, or {@code UTC}
   */
  record InZone(String zone) implements TimeForm {
    /**
     * Checks that PostgreSQL and Java mean the same zone: an offset such as {@code +02:00} would be
     * read with the opposite sign by PostgreSQL.
     *
     * @throws IllegalArgumentException if it isn't the name of a region
     */
    public InZone {
      if (!ZoneId.getAvailableZoneIds().contains(zone)) {
        throw new IllegalArgumentException(
            "\"%s\" is neither a time zone (such as UTC or America/New_York) nor epoch-seconds nor epoch-millis%s"
                .formatted(
                    zone,
                    Suggestion.of(
                        zone, ZoneId.getAvailableZoneIds(), likely -> '"' + likely + '"')));
      }
    }
  }

  /** As a number since 1970-01-01T00:00:00Z; 0 counts as null. */
  enum Epoch implements TimeForm {
    /** Whole seconds. */
    SECONDS,
    /** Whole milliseconds. */
    MILLIS
  }

  /**
   * Reads the mapping's notation.
   *
   * @param text a zone, {@code epoch-seconds} or {@code epoch-millis}
   * @throws IllegalArgumentException if it is none of them
   */
  static TimeForm of(String text) {
    return switch (text) {
      case "epoch-seconds" -> Epoch.SECONDS;
      case "epoch-millis" -> Epoch.MILLIS;
      default -> new InZone(text);
    };
  }
}
