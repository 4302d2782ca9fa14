package io.jobcleanup.postgres;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds what a transaction has written besides what it meant to write itself: by the host's
 * triggers and functions, and by further statements of a mapping.
 */
public final class Touched {
  /** Of larger tables it is only told how many rows changed: all of them would have to be read. */
  private static final long MOST_PAGES = 10_000;

  private static final int MOST_ROWS = 1_000;

  /**
   * One row that is new or changed.
   *
   * @param table its table, with its schema
   * @param key what its primary key holds; empty where the table has none
   * @param job the key of the job that a foreign key of the row refers to; empty where none does
   * @param values its columns
   */
  public record TouchedRow(
      Wanted table, List<String> key, List<String> job, Map<String, @Nullable String> values) {}

  /** A table whose rows can be read again. */
  public static final class Wanted {
    private final Table table;

    private Wanted(Table table) {
      this.table = table;
    }

    /** Its name, with its schema. */
    public String name() {
      return table.display();
    }

    /** Rows as they are for a transaction, by their keys. */
    public Map<List<String>, Map<String, @Nullable String>> rows(Tx tx, List<List<String>> keys) {
      return new RowSnapshot(table, keyOf(table)).read(tx, keys);
    }
  }

  /**
   * What was found.
   *
   * @param rows the rows
   * @param notRead what wasn't read, each as a sentence
   */
  public record Found(List<TouchedRow> rows, List<String> notRead) {}

  private record Count(long oid, String name, long added, long changed, long removed, long pages) {}

  private final List<SourceStatements> sources;

  /** For a mapping's sources. */
  public Touched(List<SourceStatements> sources) {
    this.sources = List.copyOf(sources);
  }

  /** How far the sequences are that the tables of the mapping draw from. */
  public Map<String, Long> sequences(Tx tx) {
    Map<String, Long> sequences = new LinkedHashMap<>();
    tx.list(
        Sql.of("sequences"),
        Map.of(
            "oids",
            sources.stream()
                .flatMap(it -> it.tables().all().stream())
                .map(table -> Long.toString(table.oid()))
                .toArray(String[]::new)),
        row -> sequences.put(row.getString("name"), row.getLong("last")));
    return sequences;
  }

  /**
   * What this transaction has written to tables that the mapping doesn't name, or not as written.
   */
  public Found find(Tx tx) {
    Set<Long> known =
        sources.stream()
            .flatMap(it -> it.tables().all().stream())
            .map(Table::oid)
            .collect(Collectors.toSet());
    List<TouchedRow> rows = new ArrayList<>();
    List<String> notRead = new ArrayList<>();
    List<Count> counts =
        tx.list(
            Sql.of("touched-tables"),
            Map.of(),
            row ->
                new Count(
                    row.getLong("oid"),
                    row.getString("name"),
                    row.getLong("added"),
                    row.getLong("changed"),
                    row.getLong("removed"),
                    row.getLong("pages")));
    Map<Long, Table> tables = new Catalogue(tx).read(counts.stream().map(Count::oid).toList());
    for (Count count : counts) {
      Table table = tables.get(count.oid());
      if (table == null || known.contains(count.oid())) {
        continue;
      }
      if (count.removed() > 0) {
        notRead.add("%s: %d removed".formatted(count.name(), count.removed()));
      }
      if (count.added() + count.changed() > 0 && !read(tx, table, count, rows)) {
        notRead.add(
            "%s: %d added, %d changed".formatted(count.name(), count.added(), count.changed()));
      }
    }
    return new Found(rows, notRead);
  }

  private boolean read(Tx tx, Table table, Count count, List<TouchedRow> into) {
    List<Table.Column> shown =
        table.columns().values().stream().filter(Table.Column::canSelect).toList();
    if (count.pages() > MOST_PAGES || shown.size() < table.columns().size()) {
      return false;
    }
    List<String> columns = new ArrayList<>();
    for (int i = 0; i < shown.size(); i++) {
      columns.add("cast(seen.%s as text) as c%d".formatted(shown.get(i).quoted(), i));
    }
    String sql =
        Sql.of(
            "touched-rows", Map.of("columns", String.join(", ", columns), "table", table.quoted()));
    tx.list(
        sql,
        Map.of("limit", MOST_ROWS),
        row -> {
          Map<String, @Nullable String> values = new LinkedHashMap<>();
          for (int i = 0; i < shown.size(); i++) {
            values.put(shown.get(i).name(), row.getString("c" + i));
          }
          return into.add(
              new TouchedRow(
                  new Wanted(table),
                  values(values, table.primaryKey()),
                  jobOf(table, values),
                  values));
        });
    return true;
  }

  /** The job that a row belongs to by a foreign key. */
  private List<String> jobOf(Table table, Map<String, @Nullable String> values) {
    for (SourceStatements source : sources) {
      Table jobs = source.tables().jobs();
      List<String> key = source.source().jobs().key();
      for (Table.ForeignKey foreign : table.foreignKeys()) {
        if (foreign.referenced() == jobs.oid() && foreign.referencedColumns().equals(key)) {
          return values(values, foreign.columns());
        }
      }
    }
    return List.of();
  }

  private static List<Table.Column> keyOf(Table table) {
    return table.primaryKey().stream().map(it -> SourceTables.column(table, it)).toList();
  }

  /** The contents of columns; empty where one of them is null. */
  private static List<String> values(Map<String, @Nullable String> row, List<String> columns) {
    Map<String, String> present = new HashMap<>();
    for (String column : columns) {
      String value = row.get(column);
      if (value == null) {
        return List.of();
      }
      present.put(column, value);
    }
    return columns.stream().map(it -> String.valueOf(present.get(it))).toList();
  }
}
