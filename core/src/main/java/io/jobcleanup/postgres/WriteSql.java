package io.jobcleanup.postgres;

import io.jobcleanup.mapping.Balance;
import io.jobcleanup.mapping.Expression;
import io.jobcleanup.mapping.Jobs;
import io.jobcleanup.mapping.Ledger;
import io.jobcleanup.mapping.TimeForm;
import io.jobcleanup.mapping.Times;
import io.jobcleanup.mapping.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The statements that write to rows of one source, and work out beforehand what is to be written,
 * filled from its mapping once. Values come as arrays of text, one element per line.
 *
 * @see SourceSql
 */
final class WriteSql {

  private final SourceTables tables;
  private final Jobs jobs;
  private final Names names;
  private final RowSql rows;
  private final String statusIsProcessing;
  private final List<String> amountColumns;

  WriteSql(SourceTables tables, Names names) {
    this.tables = tables;
    this.jobs = tables.source().jobs();
    this.names = names;
    this.rows = new RowSql(tables);
    this.statusIsProcessing = rows.statusIsOneOf(jobs.processing());
    this.amountColumns = amountColumnsOf(tables);
  }

  /**
   * A write, and the expressions that have to be worked out for it beforehand.
   *
   * @param statement the write
   * @param values what works them out; null where there are none
   * @param valueNames the columns that they are for, and the names of their results, in the order
   *     of the results
   */
  record Write(LineSql statement, @Nullable LineSql values, Map<String, String> valueNames) {}

  /** Fails jobs. */
  Write fail() {
    Values values = new Values("f", tables.jobs(), jobs.time());
    LineSql.Columns line = new LineSql.Columns();
    Map<String, String> assigned = values.assigned(jobs.fail(), line);
    String written =
        jobs.status() instanceof Value.Column column
            ? "job.%s is not distinct from %s"
                .formatted(Sql.identifier(column.name()), assigned.get(column.name()))
            : "not " + statusIsProcessing;
    String matching = keyedLine("job", tables.jobKey(), "k", line);
    String n = line.use("n");
    return values.write(
        line.statement(
            Sql.of(
                "fail-jobs",
                Map.of(
                    "jobs", tables.jobs().quoted(),
                    "assignments", assignments(assigned),
                    "line", line.from(),
                    "matching", matching,
                    "status", statusIsProcessing,
                    "n", n,
                    "written", written))),
        this::jobJoin);
  }

  /** Moves balances to what they will be; null where the source has none. */
  @Nullable Write move() {
    Balance balance = tables.balance();
    Table table = tables.balances();
    if (balance == null || table == null) {
      return null;
    }
    Values values = new Values("s", table, balance.time());
    LineSql.Columns line = new LineSql.Columns();
    Map<String, String> assigned = new LinkedHashMap<>();
    int i = 0;
    for (String column : balance.add().keySet()) {
      assigned.put(
          column, Sql.cast(line.use("a" + i++), SourceTables.column(table, column).type()));
    }
    assigned.putAll(values.assigned(balance.set(), line));
    String returned =
        IntStream.range(0, balance.add().size())
            .mapToObj(
                a ->
                    ", cast(balance.%s as numeric) as a%d"
                        .formatted(Sql.identifier(List.copyOf(balance.add().keySet()).get(a)), a))
            .collect(Collectors.joining());
    String matching = balanceLine(balance, table, line);
    String n = line.use("n");
    return values.write(
        line.statement(
            Sql.of(
                "move-balances",
                Map.of(
                    "balances",
                    table.quoted(),
                    "assignments",
                    assignments(assigned),
                    "line",
                    line.from(),
                    "matching",
                    matching,
                    "n",
                    n,
                    "returned",
                    returned))),
        columns ->
            "left join %s balance on %s"
                .formatted(table.quoted(), balanceLine(balance, table, columns)));
  }

  /**
   * Works out what each line adds to a balance, where that is more than the amount itself; null
   * where it isn't.
   */
  @Nullable Write addends() {
    Balance balance = tables.balance();
    Table table = tables.balances();
    if (balance == null || table == null) {
      return null;
    }
    Values values = new Values("d", table, balance.time());
    balance
        .add()
        .forEach(
            (column, value) -> {
              if (value instanceof Value.Computed computed && plainFactor(value) == 0) {
                values.add(SourceTables.column(table, column), computed.expression());
              }
            });
    return values.expressions.isEmpty()
        ? null
        : values.write(
            new LineSql("", List.of()), columns -> jobJoin(columns) + chargeJoin(columns));
  }

  /**
   * Whether an addend is just the amount (1), or its negative (-1), so that nothing has to be
   * worked out; else 0.
   */
  static int plainFactor(Value value) {
    if (value instanceof Value.Computed computed) {
      String text = computed.expression().text().replace(" ", "");
      return text.equals(":amount") ? 1 : text.equals("-:amount") ? -1 : 0;
    }
    return 0;
  }

  /** Inserts ledger rows; null where the source has no ledger. */
  @Nullable Write write() {
    Ledger row = tables.ledgerRow();
    Table table = tables.ledger();
    if (row == null || table == null) {
      return null;
    }
    Values values = new Values("l", table, row.time());
    LineSql.Columns line = new LineSql.Columns();
    Map<String, String> assigned = values.assigned(row.values(), line);
    List<String> returned = new ArrayList<>();
    List<String> key = table.primaryKey();
    for (int i = 0; i < key.size(); i++) {
      returned.add("cast(%s as text) as k%d".formatted(Sql.identifier(key.get(i)), i));
    }
    int i = 0;
    for (String column : amountColumns()) {
      returned.add("cast(%s as numeric) as a%d".formatted(Sql.identifier(column), i++));
    }
    String n = line.use("n");
    return values.write(
        line.statement(
            Sql.of(
                "write-ledger",
                Map.of(
                    "ledger", table.quoted(),
                    "columns",
                        assigned.keySet().stream()
                            .map(Sql::identifier)
                            .collect(Collectors.joining(", ")),
                    "values", String.join(", ", assigned.values()),
                    "line", line.from(),
                    "n", n,
                    "returned", returned.isEmpty() ? "1" : String.join(", ", returned)))),
        columns -> jobJoin(columns) + chargeJoin(columns));
  }

  /**
   * The ledger's columns that tell the amount: what comes back in them is compared with what was
   * sent.
   */
  List<String> amountColumns() {
    return amountColumns;
  }

  private static List<String> amountColumnsOf(SourceTables tables) {
    Ledger row = tables.ledgerRow();
    Table table = tables.ledger();
    if (row == null || table == null) {
      return List.of();
    }
    return row.values().entrySet().stream()
        .filter(
            it ->
                it.getValue() instanceof Value.Computed computed
                    && computed.expression().names().contains("amount"))
        .map(Map.Entry::getKey)
        .filter(column -> SourceTables.column(table, column).category().equals("N"))
        .toList();
  }

  /** How a ledger's amount column relates to the amount: 1, -1, or 0 where an expression tells. */
  int amountFactor(String column) {
    Ledger row = tables.ledgerRow();
    Value value = row == null ? null : row.values().get(column);
    return value == null ? 0 : plainFactor(value);
  }

  /**
   * Replaces the text of a failed job by another where it is still ours; null where the mapping
   * writes no text.
   */
  @Nullable LineSql amend() {
    LineSql.Columns line = new LineSql.Columns();
    List<String> assignments = new ArrayList<>();
    List<String> unchanged = new ArrayList<>();
    for (Map.Entry<String, Value> each : jobs.fail().entrySet()) {
      if (each.getValue() instanceof Value.Computed computed
          && computed.expression().names().contains("message")) {
        Table.Column column = SourceTables.column(tables.jobs(), each.getKey());
        String type = writeType(tables.jobs(), column);
        TimeForm form = jobs.time().of(column.name());
        assignments.add(
            "%s = cast((%s) as %s)"
                .formatted(
                    column.quoted(),
                    computed.expression().sql(name -> names.fromLine(name, line, column, form)),
                    type));
        unchanged.add(
            "cast(job.%s as text) is not distinct from cast(cast((%s) as %s) as text)"
                .formatted(
                    column.quoted(),
                    computed
                        .expression()
                        .sql(
                            name ->
                                name.equals("message")
                                    ? line.use("old_message")
                                    : names.fromLine(name, line, column, form)),
                    type));
      }
    }
    if (assignments.isEmpty()) {
      return null;
    }
    String matching = keyedLine("job", tables.jobKey(), "k", line);
    return line.statement(
        Sql.of(
            "amend-message",
            Map.of(
                "jobs", tables.jobs().quoted(),
                "assignments", String.join(", ", assignments),
                "line", line.from(),
                "matching", matching,
                "unchanged", String.join(" and ", unchanged))));
  }

  /** Collects the expressions of one write that have to be worked out before it. */
  private final class Values {
    private final String prefix;
    private final Table table;
    private final Times times;
    private final LineSql.Columns line = new LineSql.Columns();
    private final Map<String, String> expressions = new LinkedHashMap<>();
    private final Map<String, String> valueNames = new LinkedHashMap<>();
    private boolean rowsRead;

    Values(String prefix, Table table, Times times) {
      this.prefix = prefix;
      this.table = table;
      this.times = times;
    }

    Map<String, String> assigned(Map<String, Value> written, LineSql.Columns writeLine) {
      Map<String, String> assigned = new LinkedHashMap<>();
      written.forEach(
          (name, value) -> {
            Table.Column column = SourceTables.column(table, name);
            String type = writeType(table, column);
            assigned.put(
                name,
                switch (value) {
                  case Value.Constant constant ->
                      constant.text() == null
                          ? "null"
                          : Sql.cast(Sql.literal(constant.text()), type);
                  case Value.Column other ->
                      throw new IllegalStateException("a column as a value: " + other);
                  case Value.Computed computed -> {
                    Expression expression = computed.expression();
                    String only =
                        expression.names().size() == 1 ? expression.names().iterator().next() : "";
                    yield expression.isJust(only)
                        ? Sql.cast(names.fromLine(only, writeLine, column, times.of(name)), type)
                        : Sql.cast(writeLine.use(add(column, expression)), type);
                  }
                });
          });
      return assigned;
    }

    String add(Table.Column column, Expression expression) {
      String name = prefix + expressions.size();
      rowsRead = rowsRead || !expression.isOfValuesAlone();
      valueNames.put(column.name(), name);
      String sql =
          expression.sql(each -> names.fromLine(each, line, column, times.of(column.name())));
      expressions.put(
          name,
          "cast(cast((%s) as %s) as text) as %s".formatted(sql, writeType(table, column), name));
      return name;
    }

    /**
     * The write with what works its values out.
     *
     * @param rows joins the rows that the expressions may read
     */
    Write write(LineSql statement, Function<LineSql.Columns, String> rows) {
      if (expressions.isEmpty()) {
        return new Write(statement, null, Map.of());
      }
      String joins = rowsRead ? rows.apply(line) : "";
      String n = line.use("n");
      return new Write(
          statement,
          line.statement(
              Sql.of(
                  "evaluate",
                  Map.of(
                      "expressions",
                      String.join(", ", expressions.values()),
                      "line",
                      line.from(),
                      "joins",
                      joins,
                      "n",
                      n))),
          valueNames);
    }
  }

  // Pieces

  private static String keyedLine(
      String row, List<Table.Column> key, String prefix, LineSql.Columns line) {
    for (int i = 0; i < key.size(); i++) {
      line.use(prefix + i);
    }
    return SourceSql.keyed("line", prefix, row, key);
  }

  private String jobJoin(LineSql.Columns line) {
    return "join %s job on %s"
        .formatted(tables.jobs().quoted(), keyedLine("job", tables.jobKey(), "k", line));
  }

  private String chargeJoin(LineSql.Columns line) {
    Table charges = tables.charges();
    return charges == null
        ? ""
        : " left join %s charge on %s"
            .formatted(charges.quoted(), keyedLine("charge", tables.chargeKey(), "c", line));
  }

  private static String balanceLine(Balance balance, Table table, LineSql.Columns line) {
    return keyedLine("balance", SourceSql.matchColumns(balance, table), "m", line);
  }

  private static String assignments(Map<String, String> assigned) {
    return assigned.entrySet().stream()
        .map(it -> Sql.identifier(it.getKey()) + " = " + it.getValue())
        .collect(Collectors.joining(", "));
  }

  /**
   * The type that a value is cast to: a column's own, but what stands in a unique index is never
   * cut to its length.
   */
  private static String writeType(Table table, Table.Column column) {
    return column.category().equals("S") && table.inUniqueIndex(column.name())
        ? "text"
        : column.type();
  }
}
