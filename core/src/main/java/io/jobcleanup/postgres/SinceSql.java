package io.jobcleanup.postgres;

import io.jobcleanup.mapping.TimeForm;

/**
 * One column, or expression, that tells when a job's processing began or has to end, as SQL. What
 * it is compared with stands on the other side, in the column's own type, so that an index on the
 * column serves.
 *
 * @param sql the column or expression
 * @param type its type
 * @param form how it keeps a moment where the type has no zone
 */
record SinceSql(String sql, String type, TimeForm form) {

  /** Whether a type can tell a moment in a form. */
  static boolean possible(String type, TimeForm form) {
    return switch (type) {
      case "timestamp with time zone", "timestamp without time zone", "date" -> true;
      case "smallint", "integer", "bigint", "numeric", "double precision", "real" ->
          form instanceof TimeForm.Epoch;
      default -> false;
    };
  }

  private boolean isEpoch() {
    return !type.startsWith("timestamp") && !type.equals("date");
  }

  /** The moment as a timestamptz. */
  String instant() {
    if (type.equals("timestamp with time zone")) {
      return sql;
    }
    if (isEpoch()) {
      return "to_timestamp(cast(nullif(%s, 0) as numeric) / %s)".formatted(sql, perSecond());
    }
    return "(%s at time zone %s)".formatted(local(), zone());
  }

  /** Whether there is no such moment, so that the next column is asked. */
  String absent() {
    return isEpoch() ? "(%s is null or %s = 0)".formatted(sql, sql) : sql + " is null";
  }

  /**
   * Whether the moment is not after another. A wall clock passes through one hour twice when summer
   * time ends: such a moment is taken as the later one, as PostgreSQL does, so that no job is
   * called stuck too early.
   *
   * @param limit the other, a timestamptz
   */
  String reached(String limit) {
    if (type.equals("timestamp with time zone")) {
      return "%s <= %s".formatted(sql, limit);
    }
    if (isEpoch()) {
      return "%s <> 0 and %s <= cast(floor(extract(epoch from %s) * %s) as %s)"
          .formatted(sql, sql, limit, perSecond(), type);
    }
    String prefilter = "%s <= %s at time zone %s".formatted(sql, limit, zone());
    return zone().equals("'UTC'")
        ? prefilter
        : "%s and %s <= %s".formatted(prefilter, instant(), limit);
  }

  private String local() {
    return type.equals("date") ? Sql.cast(sql, "timestamp") : sql;
  }

  private String zone() {
    return Sql.literal(form instanceof TimeForm.InZone zone ? zone.zone() : "UTC");
  }

  private String perSecond() {
    return form == TimeForm.Epoch.MILLIS ? "1000" : "1";
  }
}
