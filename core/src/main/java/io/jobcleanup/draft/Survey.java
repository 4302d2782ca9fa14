package io.jobcleanup.draft;

import io.jobcleanup.draft.HostTable.Column;
import io.jobcleanup.draft.HostTable.Reference;
import io.jobcleanup.draft.HostTable.Trigger;
import io.jobcleanup.postgres.Database;
import io.jobcleanup.postgres.SqlFault;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Asks an unknown database. Each question is a read-only transaction of its own with a time limit,
 * so that no table stays locked against the host's DDL; of a large table a sample is read. A
 * question that fails has no answer, and is told of in {@link #unanswered()}.
 */
final class Survey {

  /** Tables up to this size are read as a whole. */
  private static final long READ_WHOLE_BYTES = 48L << 20;

  /** A column with more values is free text. */
  private static final int MOST_LABELS = 40;

  private static final Duration LONGEST_QUESTION = Duration.ofSeconds(4);
  private static final Duration LONGEST_CATALOGUE = Duration.ofSeconds(30);

  private static final Pattern ATTRIBUTE = Pattern.compile("<([a-z_]+)>");
  private static final Pattern LITERAL = Pattern.compile("'((?:[^']|'')*)'");

  /** A value of a column, how many rows have it, and how many seconds ago the oldest began. */
  record Count(String value, long rows, OptionalDouble oldestSeconds) {}

  /** How many rows of a status there are, and how many of them have each of some columns filled. */
  record Filled(String status, long rows, Map<String, Long> filled, Map<String, String> same) {}

  /** Rows looked at, and how many of them were found elsewhere. */
  record Joined(long rows, long found) {
    boolean good() {
      return found > 0 && found * 2 >= rows;
    }
  }

  /**
   * A kind of ledger row.
   *
   * @param kind null where the ledger has no kinds
   * @param sign -1, 0 or 1
   * @param linked how many belong to a job
   * @param bad how many belong to a job that failed
   */
  record Kind(@Nullable String kind, int sign, long rows, long linked, long bad) {}

  /** A name or a form, and how often it was found. */
  record Found(String text, long rows) {}

  /** The newest moment of a column: seconds ahead of now if it holds UTC, or its number. */
  record Newest(OptionalDouble aheadSeconds, OptionalDouble greatest) {}

  /** A zone, and how far it is ahead of UTC. */
  record Zone(String name, long aheadSeconds, boolean configured) {}

  /** A function of the host. */
  record Function(
      String schema,
      String name,
      boolean visible,
      List<String> names,
      List<String> types,
      int defaults,
      String source) {

    Function {
      names = List.copyOf(names);
      types = List.copyOf(types);
    }
  }

  /** A sequence. */
  record Sequence(String schema, String name, boolean visible) {
    String mapped() {
      return visible ? name : schema + "." + name;
    }
  }

  @FunctionalInterface
  private interface Row<T> {
    T read(ResultSet row) throws SQLException;
  }

  private final Database database;
  private final Set<String> unanswered = new TreeSet<>();

  Survey(Database database) {
    this.database = database;
  }

  /** What couldn't be found out, and why. */
  Set<String> unanswered() {
    return unanswered;
  }

  // the catalogue

  /**
   * All tables of the host.
   *
   * @param view the name of a view that is to be counted among them; null for none
   */
  List<HostTable> tables(@Nullable String view) {
    Map<Long, HostTable.Builder> tables = new LinkedHashMap<>();
    String bare = view == null ? "" : view.substring(view.lastIndexOf('.') + 1);
    catalogue(
        sql("tables", Map.of("view", bare.replace("'", "''"))),
        row ->
            tables.put(
                row.getLong("oid"),
                new HostTable.Builder(
                    row.getLong("oid"),
                    row.getString("schema"),
                    row.getString("name"),
                    row.getString("kind"),
                    row.getBoolean("visible"),
                    row.getBoolean("readable"),
                    row.getBoolean("row_security"),
                    row.getLong("bytes"))));
    catalogue(
        sql("columns", Map.of()),
        row -> {
          HostTable.Builder table = tables.get(row.getLong("table"));
          return table == null ? false : table.columns.add(column(row));
        });
    catalogue(
        sql("indexes", Map.of()),
        row -> {
          HostTable.Builder table = tables.get(row.getLong("table"));
          if (table != null && !row.getString("predicate").isEmpty()) {
            table.partials.add(
                new HostTable.Partial(strings(row, "columns"), row.getString("predicate")));
          } else if (table != null) {
            table.uniques.add(strings(row, "columns"));
            table.hasPrimaryKey |= row.getBoolean("is_primary");
          }
          return true;
        });
    catalogue(sql("constraints", Map.of()), row -> constraint(tables, row));
    catalogue(
        sql("triggers", Map.of()),
        row -> {
          HostTable.Builder table = tables.get(row.getLong("table"));
          return table != null
              && table.triggers.add(
                  new Trigger(
                      row.getString("name"),
                      row.getBoolean("before_update"),
                      row.getBoolean("on_update"),
                      row.getString("function"),
                      row.getString("source"),
                      String.valueOf(row.getString("arguments"))));
        });
    catalogue(
        sql("policies", Map.of()),
        row -> {
          HostTable.Builder table = tables.get(row.getLong("table"));
          return table != null && table.policies.add(row.getString("condition"));
        });
    return References.implied(tables.values().stream().map(HostTable.Builder::build).toList());
  }

  private static Column column(ResultSet row) throws SQLException {
    return new Column(
        row.getString("name"),
        row.getString("type"),
        row.getString("base_type"),
        row.getString("category").charAt(0),
        strings(row, "labels"),
        row.getBoolean("not_null"),
        row.getBoolean("filled"),
        row.getBoolean("generated"),
        row.getString("standard"),
        row.getBoolean("readable"));
  }

  private static boolean constraint(Map<Long, HostTable.Builder> tables, ResultSet row)
      throws SQLException {
    HostTable.Builder table = tables.get(row.getLong("table"));
    List<String> columns = strings(row, "columns");
    if (table == null || columns.isEmpty()) {
      return false;
    }
    if (row.getString("kind").equals("f")) {
      return columns.size() == 1
          && table.references.add(
              new Reference(
                  columns.getFirst(),
                  row.getLong("referenced"),
                  strings(row, "referenced_columns").getFirst(),
                  true));
    }
    List<String> allowed =
        LITERAL
            .matcher(row.getString("definition"))
            .results()
            .map(it -> it.group(1).replace("''", "'"))
            .filter(it -> !it.isEmpty())
            .distinct()
            .toList();
    if (allowed.size() > 1) {
      table.columns.replaceAll(
          it ->
              it.name().equals(columns.getFirst()) && it.labels().isEmpty() && it.text()
                  ? it.withLabels(allowed)
                  : it);
    }
    return true;
  }

  /** The host's functions whose names speak of giving back. */
  List<Function> functions() {
    return catalogue(
        sql("functions", Map.of()),
        row ->
            new Function(
                row.getString("schema"),
                row.getString("name"),
                row.getBoolean("visible"),
                strings(row, "names"),
                strings(row, "types"),
                row.getInt("defaults"),
                row.getString("source")));
  }

  /** The role that we are. */
  String role() {
    return catalogue("select current_user", row -> row.getString(1)).getFirst();
  }

  /** The host's sequences. */
  List<Sequence> sequences() {
    return catalogue(
        sql("sequences", Map.of()),
        row ->
            new Sequence(
                row.getString("schema"), row.getString("name"), row.getBoolean("visible")));
  }

  /** Common zones, and how far each is ahead of UTC now. */
  List<Zone> zones() {
    return catalogue(
        sql("zones", Map.of()),
        row -> new Zone(row.getString("name"), row.getLong("ahead"), row.getBoolean("configured")));
  }

  // the rows

  /** Whether a sample stands for a table, so that counts are of the sample only. */
  static boolean sampled(HostTable table) {
    return table.bytes() > READ_WHOLE_BYTES && !table.kind().equals("v");
  }

  /** The newest rows are looked at besides, as those that are worked on are among them. */
  private static String rows(HostTable table) {
    if (table.kind().equals("v")) {
      return "(select * from %s limit 100000)".formatted(table.sql());
    }
    if (!sampled(table)) {
      return table.sql();
    }
    String sample = "%s tablesample system (%s)".formatted(table.sql(), percent(table));
    if (table.key().isEmpty()) {
      return "(select * from %s limit 200000)".formatted(sample);
    }
    // A row that is in both must count once.
    return """
        (with newest as (select * from %1$s order by %2$s desc limit 20000)
         select * from newest
         union all
         (select * from %3$s where %2$s < (select %2$s from newest order by %2$s limit 1) limit 200000))"""
        .formatted(table.sql(), Names.quoted(table.key().getFirst()), sample);
  }

  private static String percent(HostTable table) {
    return String.format(
        Locale.ROOT, "%.6f", Math.max(0.0001, 100.0 * (READ_WHOLE_BYTES / 2.0) / table.bytes()));
  }

  /**
   * The values of a status, most frequent first, and how long ago the oldest of each began; empty
   * where they aren't labels.
   *
   * @param column SQL over row r
   * @param since a moment as SQL over row r; null for none
   */
  Optional<List<Count>> statuses(HostTable table, String column, @Nullable String since) {
    return values(table, column, since == null ? "cast(null as timestamptz)" : since, true);
  }

  /**
   * The values of a column, most frequent first; empty where they aren't labels.
   *
   * @param column SQL over row r
   */
  Optional<List<Count>> values(HostTable table, String column) {
    return values(table, column, "cast(null as timestamptz)", false);
  }

  private Optional<List<Count>> values(
      HostTable table, String column, String since, boolean spaced) {
    return ask(
            table,
            sql("values", Map.of("column", column, "since", since, "rows", rows(table))),
            row -> new Count(row.getString("value"), row.getLong("rows"), optional(row, "oldest")))
        .filter(it -> it.size() <= MOST_LABELS)
        .filter(it -> it.stream().allMatch(each -> Words.label(each.value(), spaced)));
  }

  /** How many rows of each status have each of some columns filled. */
  List<Filled> filled(HostTable table, String status, List<String> columns) {
    if (columns.isEmpty()) {
      return List.of();
    }
    StringBuilder counts = new StringBuilder();
    for (int i = 0; i < columns.size(); i++) {
      String column = Names.of("r", columns.get(i));
      counts.append(", count(%s) as f%d".formatted(column, i));
      counts.append(
          ", case when min(cast(%1$s as text)) = max(cast(%1$s as text)) then min(cast(%1$s as text)) end as s%2$d"
              .formatted(column, i));
    }
    return ask(
            table,
            sql(
                "filled",
                Map.of("status", status, "columns", counts.toString(), "rows", rows(table))),
            row -> {
              Map<String, Long> filled = new LinkedHashMap<>();
              Map<String, String> same = new LinkedHashMap<>();
              for (int i = 0; i < columns.size(); i++) {
                filled.put(columns.get(i), row.getLong("f" + i));
                String one = row.getString("s" + i);
                if (one != null) {
                  same.put(columns.get(i), one);
                }
              }
              return new Filled(
                  String.valueOf(row.getString("value")), row.getLong("rows"), filled, same);
            })
        .orElse(List.of());
  }

  /** How many values of a column are keys of another table. */
  Optional<Joined> joined(
      HostTable table, Column column, String condition, HostTable other, Column key) {
    return typed(Names.of("r", column.name()), column, key)
        .flatMap(
            value ->
                ask(
                    table,
                    sql(
                        "joined",
                        Map.of(
                            "value",
                            value,
                            "rows",
                            rows(table),
                            "condition",
                            "%s is not null and (%s)"
                                .formatted(Names.of("r", column.name()), condition),
                            "other",
                            other.sql(),
                            "key",
                            Names.quoted(key.name()))),
                    row -> new Joined(row.getLong("rows"), row.getLong("found"))))
        .map(List::getFirst);
  }

  /** The kinds of a ledger's rows. */
  List<Kind> kinds(
      HostTable ledger,
      String kind,
      String amount,
      HostTable jobs,
      String key,
      String link,
      String bad) {
    return ask(
            ledger,
            sql(
                "kinds",
                Map.of(
                    "kind", kind,
                    "amount", amount,
                    "rows", rows(ledger),
                    "jobs", jobs.sql(),
                    "key", Names.quoted(key),
                    "link", link,
                    "bad", bad)),
            row ->
                new Kind(
                    row.getString("kind"),
                    row.getInt("sign"),
                    row.getLong("rows"),
                    row.getLong("linked"),
                    row.getLong("bad")))
        .orElse(List.of());
  }

  /** The names in a JSON column whose values are keys of another table. */
  List<Found> jsonLinks(HostTable table, Column column, HostTable other, Column key) {
    return found(table, "json-links", column, "e.value", other, key);
  }

  /** The forms of a text column's values in which a key of another table stands. */
  List<Found> templates(HostTable table, Column column, HostTable other, Column key) {
    return found(table, "templates", column, "p.value", other, key);
  }

  private List<Found> found(
      HostTable table, String template, Column column, String value, HostTable other, Column key) {
    String typed = fromText(value, key);
    return typed == null
        ? List.of()
        : ask(
                table,
                sql(
                    template,
                    Map.of(
                        "column", Names.of("r", column.name()),
                        "rows", rows(table),
                        "other", other.sql(),
                        "key", Names.quoted(key.name()),
                        "typed", typed)),
                row -> new Found(row.getString(1), row.getLong(2)))
            .orElse(List.of());
  }

  /** The names in a JSON column that hold numbers. */
  List<Found> jsonNumbers(HostTable table, Column column) {
    return ask(
            table,
            sql("json-names", Map.of("column", Names.of("r", column.name()), "rows", rows(table))),
            row -> new Found(row.getString(1), row.getLong(2)))
        .orElse(List.of());
  }

  /** The newest moment of a column. */
  Optional<Newest> newest(HostTable table, Column column) {
    String name = Names.of("r", column.name());
    return ask(
            table,
            sql(
                "newest",
                Map.of(
                    "numeric",
                    String.valueOf(column.number()),
                    "timestamp",
                    column.number() ? "cast(null as timestamp)" : name,
                    "number",
                    column.number() ? name : "cast(null as bigint)",
                    "rows",
                    rows(table))),
            row -> new Newest(optional(row, "ahead"), optional(row, "greatest")))
        .map(List::getFirst);
  }

  /** The seconds under which 99 of 100 completed jobs took, where there are some. */
  OptionalDouble durations(HostTable table, String from, String to, String completed) {
    record Took(long rows, OptionalDouble most) {}
    return ask(
            table,
            sql(
                "durations",
                Map.of("from", from, "to", to, "completed", completed, "rows", rows(table))),
            row -> new Took(row.getLong("rows"), optional(row, "most")))
        .map(List::getFirst)
        .filter(it -> it.rows() >= 20)
        .map(Took::most)
        .orElse(OptionalDouble.empty());
  }

  /** A value in the type of a key that it may be; empty where it can't be one. */
  private static Optional<String> typed(String value, Column column, Column key) {
    if (column.baseType().equals(key.baseType())
        || (column.text() && key.text())
        || (column.whole() && key.whole())) {
      return Optional.of(value);
    }
    return column.text() ? Optional.ofNullable(fromText(value, key)) : Optional.empty();
  }

  private static @Nullable String fromText(String value, Column key) {
    if (key.text()) {
      return value;
    }
    if (key.uuid()) {
      return "case when %1$s ~* '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then cast(%1$s as uuid) end"
          .formatted(value);
    }
    return key.whole()
        ? "case when %1$s ~ '^[0-9]{1,%2$d}$' then cast(%1$s as %3$s) end"
            .formatted(value, key.baseType().equals("bigint") ? 18 : 9, "bigint")
        : null;
  }

  // asking

  private <T> List<T> catalogue(String sql, Row<T> row) {
    return database.read(tx -> execute(tx.connection(), LONGEST_CATALOGUE, sql, row));
  }

  private <T> Optional<List<T>> ask(HostTable table, String sql, Row<T> row) {
    if (!table.readable()) {
      unanswered.add("the rows of %s, which our role may not read".formatted(table.mapped()));
      return Optional.empty();
    }
    try {
      return Optional.of(database.read(tx -> execute(tx.connection(), LONGEST_QUESTION, sql, row)));
    } catch (RuntimeException e) {
      SqlFault fault = SqlFault.of(e);
      if (fault == null || fault.state().startsWith("08")) {
        throw e;
      }
      unanswered.add(
          "some of the rows of %s: %s"
              .formatted(
                  table.mapped(),
                  fault.outlasted()
                      ? "a question took longer than %d s".formatted(LONGEST_QUESTION.toSeconds())
                      : "the database answered with error " + fault.state()));
      return Optional.empty();
    }
  }

  private static <T> List<T> execute(
      Connection connection, Duration limit, String sql, Row<T> row) {
    try (Statement statement = connection.createStatement()) {
      statement.execute("set local statement_timeout to " + limit.toMillis());
      try (ResultSet result = statement.executeQuery(sql)) {
        List<T> rows = new ArrayList<>();
        while (result.next()) {
          rows.add(row.read(result));
        }
        return rows;
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static OptionalDouble optional(ResultSet row, String column) throws SQLException {
    double value = row.getDouble(column);
    return row.wasNull() ? OptionalDouble.empty() : OptionalDouble.of(value);
  }

  private static List<String> strings(ResultSet row, String column) throws SQLException {
    Array array = row.getArray(column);
    return array == null ? List.of() : Arrays.asList((String[]) array.getArray());
  }

  private static String sql(String name, Map<String, String> attributes) {
    Matcher matcher = ATTRIBUTE.matcher(template(name));
    StringBuilder sql = new StringBuilder();
    while (matcher.find()) {
      String value = attributes.get(matcher.group(1));
      if (value == null) {
        throw new IllegalStateException(
            name + ".sql asks for " + matcher.group() + ", given are " + attributes.keySet());
      }
      matcher.appendReplacement(sql, Matcher.quoteReplacement(value));
    }
    return matcher.appendTail(sql).toString();
  }

  private static String template(String name) {
    try (InputStream in = Survey.class.getResourceAsStream(name + ".sql")) {
      if (in == null) {
        throw new IllegalStateException(
            name + ".sql isn't on the class path beside " + Survey.class.getName());
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("--"))
          .collect(Collectors.joining("\n"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
