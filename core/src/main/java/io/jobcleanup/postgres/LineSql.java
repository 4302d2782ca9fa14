package io.jobcleanup.postgres;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A statement over a relation {@code line} whose rows we bring along, each column as an array of
 * texts that the statement casts to what it needs.
 *
 * @param sql the statement
 * @param columns the names of the line's columns that it uses
 */
record LineSql(String sql, List<String> columns) {

  /** Collects the columns of a line while a statement is put together. */
  static final class Columns {
    private final List<String> names = new ArrayList<>();

    /** A column of the line, as SQL of type text. */
    String use(String name) {
      if (!names.contains(name)) {
        names.add(name);
      }
      return "line." + name;
    }

    /** The line as a FROM item. */
    String from() {
      return names.stream()
              .map(it -> "cast(:" + it + " as text[])")
              .collect(Collectors.joining(", ", "unnest(", ")"))
          + names.stream().collect(Collectors.joining(", ", " as line(", ")"));
    }

    LineSql statement(String sql) {
      return new LineSql(sql, List.copyOf(names));
    }
  }

  /** The arrays for some rows, each given as a map from column to text. */
  Map<String, Object> parameters(List<? extends Map<String, @Nullable String>> rows) {
    Map<String, Object> parameters = new HashMap<>();
    for (String column : columns) {
      @Nullable String[] values = new @Nullable String[rows.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = rows.get(i).get(column);
      }
      parameters.put(column, values);
    }
    return parameters;
  }
}
