package io.jobcleanup.postgres;

import io.jobcleanup.mapping.Suggestion;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Reads what the database's catalogue says of the host's tables, all tables in a constant number of
 * statements.
 */
final class Catalogue {

  private static final String FIND_TABLES = Sql.of("find-tables");
  private static final String TABLE_NAMES = Sql.of("table-names");
  private static final String TABLES = Sql.of("tables");
  private static final String COLUMNS = Sql.of("columns");
  private static final String INDEXES = Sql.of("indexes");
  private static final String FOREIGN_KEYS = Sql.of("foreign-keys");
  private static final String FORBIDDEN_SEQUENCES = Sql.of("forbidden-sequences");
  private static final String TRIGGERS = Sql.of("triggers");

  private final Tx tx;

  Catalogue(Tx tx) {
    this.tx = tx;
  }

  /**
   * Finds tables by the names of a mapping.
   *
   * @param names with or without a schema
   * @return the object ids of those that there are
   */
  Map<String, Long> find(Collection<String> names) {
    Map<String, Long> found = new HashMap<>();
    tx.list(
        FIND_TABLES,
        Map.of("names", names.toArray(String[]::new)),
        row -> found.put(row.getString("requested"), row.getLong("oid")));
    return found;
  }

  /**
   * The likely meaning of a table name that there isn't: the same one in a schema that isn't looked
   * into, or a similar one.
   */
  String suggestion(String name) {
    String bare = name.substring(name.indexOf('.') + 1);
    Map<String, String> known = new LinkedHashMap<>();
    tx.list(
        TABLE_NAMES,
        Map.of(),
        row ->
            known.put(
                row.getString("schema") + "." + row.getString("name"), row.getString("name")));
    return known.entrySet().stream()
        .filter(it -> it.getValue().equals(bare))
        .map(Map.Entry::getKey)
        .findFirst()
        .or(() -> Suggestion.nearest(bare, known.values()))
        .map(it -> ". Did you mean \"%s\"?".formatted(it))
        .orElse("");
  }

  /** Those of some sequences, named as for nextval, that our role may not draw from. */
  List<String> forbiddenSequences(Collection<String> names) {
    return tx.list(
        FORBIDDEN_SEQUENCES,
        Map.of("names", names.toArray(String[]::new)),
        row -> row.getString(1));
  }

  /** Reads tables by their object ids. */
  Map<Long, Table> read(Collection<Long> oids) {
    if (oids.isEmpty()) {
      return Map.of();
    }
    Map<String, Object> parameters =
        Map.of("oids", oids.stream().map(String::valueOf).toArray(String[]::new));
    Map<Long, Table.Builder> tables = new LinkedHashMap<>();
    tx.list(
        TABLES,
        parameters,
        row -> {
          long oid = row.getLong("oid");
          return tables.put(
              oid,
              new Table.Builder(
                  oid,
                  row.getString("schema"),
                  row.getString("name"),
                  row.getString("kind"),
                  row.getString("owner"),
                  row.getBoolean("row_security"),
                  row.getBoolean("reachable"),
                  row.getBoolean("updatable"),
                  row.getBoolean("insertable"),
                  strings(row, "partitioned_by")));
        });
    tx.list(
        COLUMNS,
        parameters,
        row -> builder(tables, row).columns.put(row.getString("name"), column(row)));
    tx.list(INDEXES, parameters, row -> builder(tables, row).indexes.add(index(row)));
    tx.list(FOREIGN_KEYS, parameters, row -> builder(tables, row).foreignKeys.add(foreignKey(row)));
    tx.list(TRIGGERS, parameters, row -> builder(tables, row).triggers.add(row.getString("name")));
    return tables.values().stream().collect(Collectors.toMap(it -> it.oid, Table.Builder::build));
  }

  private static Table.Builder builder(Map<Long, Table.Builder> tables, ResultSet row)
      throws SQLException {
    Table.Builder builder = tables.get(row.getLong("table"));
    if (builder == null) {
      throw new IllegalStateException(
          "the catalogue names table " + row.getLong("table") + ", which wasn't asked for");
    }
    return builder;
  }

  private static Table.Column column(ResultSet row) throws SQLException {
    return new Table.Column(
        row.getString("name"),
        row.getString("type"),
        row.getString("base_type"),
        row.getString("category"),
        strings(row, "labels"),
        row.getBoolean("not_null"),
        row.getBoolean("filled"),
        row.getString("standard"),
        row.getBoolean("generated"),
        row.getInt("modifier"),
        row.getBoolean("can_select"),
        row.getBoolean("can_insert"),
        row.getBoolean("can_update"),
        row.getString("forbidden_sequence"));
  }

  private static Table.Index index(ResultSet row) throws SQLException {
    return new Table.Index(
        row.getString("name"),
        row.getBoolean("is_unique"),
        row.getBoolean("is_primary"),
        row.getBoolean("is_whole"),
        strings(row, "columns"),
        row.getString("predicate"),
        strings(row, "parts"));
  }

  private static Table.ForeignKey foreignKey(ResultSet row) throws SQLException {
    return new Table.ForeignKey(
        row.getString("name"),
        strings(row, "columns"),
        row.getLong("referenced"),
        strings(row, "referenced_columns"));
  }

  private static List<String> strings(ResultSet row, String column) throws SQLException {
    Array array = row.getArray(column);
    return array == null ? List.of() : Arrays.asList((String[]) array.getArray());
  }
}
