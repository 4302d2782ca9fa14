package io.jobcleanup.postgres;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads rows of a table as texts, to be shown to a person.
 *
 * @param table the table
 * @param key the columns by which rows are found
 */
record RowSnapshot(Table table, List<Table.Column> key) {
  private static final String PREFIX = "k";

  /**
   * Rows by their keys, each by column in the table's order; those that aren't there are left out.
   */
  Map<List<String>, Map<String, @Nullable String>> read(Tx tx, Collection<List<String>> keys) {
    Map<List<String>, Map<String, @Nullable String>> rows = new LinkedHashMap<>();
    if (keys.isEmpty() || key.isEmpty()) {
      return rows;
    }
    List<Table.Column> shown =
        table.columns().values().stream().filter(Table.Column::canSelect).toList();
    LineSql.Columns line = new LineSql.Columns();
    IntStream.range(0, key.size()).forEach(i -> line.use(PREFIX + i));
    String matching = SourceSql.keyed("line", PREFIX, "seen", key);
    String n = line.use("n");
    String columns =
        IntStream.range(0, shown.size())
            .mapToObj(i -> "cast(seen.%s as text) as c%d".formatted(shown.get(i).quoted(), i))
            .collect(Collectors.joining(", "));
    LineSql statement =
        line.statement(
            Sql.of(
                "row-snapshot",
                Map.of(
                    "n", n,
                    "columns", columns,
                    "line", line.from(),
                    "table", table.quoted(),
                    "matching", matching)));
    List<List<String>> wanted = keys.stream().distinct().toList();
    tx.list(
        statement.sql(),
        statement.parameters(lines(wanted)),
        row -> {
          Map<String, @Nullable String> values = new LinkedHashMap<>();
          for (int i = 0; i < shown.size(); i++) {
            values.put(shown.get(i).name(), row.getString("c" + i));
          }
          return rows.put(wanted.get(row.getInt("n")), values);
        });
    return rows;
  }

  private static List<Map<String, @Nullable String>> lines(List<List<String>> keys) {
    List<Map<String, @Nullable String>> lines = new ArrayList<>();
    for (List<String> each : keys) {
      Map<String, @Nullable String> line = new HashMap<>();
      line.put("n", Integer.toString(lines.size()));
      SourceStatements.put(line, PREFIX, each);
      lines.add(line);
    }
    return lines;
  }
}
