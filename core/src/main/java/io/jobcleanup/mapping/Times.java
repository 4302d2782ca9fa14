package io.jobcleanup.mapping;

import java.util.Map;

/**
 * How a table's time columns keep a moment.
 *
 * @param standard the form of every column that isn't listed
 * @param byColumn the forms of those that differ
 */
public record Times(TimeForm standard, Map<String, TimeForm> byColumn) {

  /** All in UTC. */
  public static final Times UTC = new Times(TimeForm.UTC, Map.of());

  /** Takes a copy. */
  public Times {
    byColumn = Map.copyOf(byColumn);
  }

  /** The form of one column. */
  public TimeForm of(String column) {
    return byColumn.getOrDefault(column, standard);
  }
}
