package io.jobcleanup.postgres;

import io.jobcleanup.mapping.Balance;
import io.jobcleanup.mapping.Charge;
import io.jobcleanup.mapping.Expression;
import io.jobcleanup.mapping.Jobs;
import io.jobcleanup.mapping.Refund;
import io.jobcleanup.mapping.Statement;
import io.jobcleanup.mapping.TimeForm;
import io.jobcleanup.mapping.Times;
import io.jobcleanup.mapping.Value;
import io.jobcleanup.postgres.SourceTables.Moved;
import io.jobcleanup.postgres.SourceTables.Recorded;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

  /** The columns of {@code settled}, and what they are called in a line. */
  private static final Map<String, String> SETTLED = settledColumns();

  private final SourceTables tables;
  private final Jobs jobs;
  private final Names names;
  private final RowSql rows;
  private final String statusIsProcessing;

  WriteSql(SourceTables tables, Names names) {
    this.tables = tables;
    this.jobs = tables.source().jobs();
    this.names = names;
    this.rows = new RowSql(tables);
    this.statusIsProcessing = rows.statusIsOneOf(jobs.processing());
  }

  private static Map<String, String> settledColumns() {
    Map<String, String> columns = new LinkedHashMap<>();
    for (String name :
        List.of("source", "job", "attempt", "payer", "message", "seconds", "run", "key", "now")) {
      columns.put(name, name);
    }
    columns.put("amount", "given");
    return columns;
  }

  /** The type of what is given back. */
  String amountType() {
    return names.amountType();
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

  /**
   * Fails jobs; those whose line is {@code marked} get the mark that they were given back, too.
   * What the mark needs is worked out by {@link #markOfJob}.
   */
  Write fail() {
    Values values = new Values("f", tables.jobs(), jobs.time());
    LineSql.Columns line = new LineSql.Columns();
    Map<String, String> assigned = values.assigned(jobs.fail(), line);
    markAssigned(new Values("j", tables.jobs(), jobs.time()), line)
        .forEach(
            (column, mark) ->
                assigned.merge(
                    column,
                    marked(mark, "job." + Sql.identifier(column), line),
                    (failed, unused) -> marked(mark, failed, line)));
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

  private static String marked(String mark, String otherwise, LineSql.Columns line) {
    return "case when cast(%s as boolean) then %s else %s end"
        .formatted(line.use("marked"), mark, otherwise);
  }

  private Map<String, String> markAssigned(Values values, LineSql.Columns line) {
    Refund refund = tables.source().refund();
    return refund == null ? Map.of() : values.assigned(refund.mark(), line);
  }

  /** Marks jobs as given back, by an update of its own; null where the source has no such mark. */
  @Nullable Write markOfJob() {
    Values values = new Values("j", tables.jobs(), jobs.time());
    LineSql.Columns line = new LineSql.Columns();
    Map<String, String> assigned = markAssigned(values, line);
    return marks(tables.jobs(), "job", tables.jobKey(), "k", values, assigned, line, this::jobJoin);
  }

  /** Marks charges as given back; null where the source has no such mark. */
  @Nullable Write markOfCharge() {
    Charge charge = charge();
    Table charges = tables.charges();
    if (charge == null || charges == null) {
      return null;
    }
    Values values = new Values("x", charges, charge.time());
    LineSql.Columns line = new LineSql.Columns();
    Map<String, String> assigned = values.assigned(charge.mark(), line);
    return marks(
        charges,
        "charge",
        tables.chargeKey(),
        "c",
        values,
        assigned,
        line,
        columns -> jobJoin(columns) + chargeJoin(columns));
  }

  private @Nullable Charge charge() {
    Refund refund = tables.source().refund();
    return refund == null ? null : refund.charge();
  }

  private @Nullable Write marks(
      Table table,
      String alias,
      List<Table.Column> key,
      String prefix,
      Values values,
      Map<String, String> assigned,
      LineSql.Columns line,
      Function<LineSql.Columns, String> rows) {
    if (assigned.isEmpty()) {
      return null;
    }
    String matching = keyedLine(alias, key, prefix, line);
    return values.write(
        line.statement(
            Sql.of(
                "mark-rows",
                Map.of(
                    "table", table.quoted(),
                    "alias", alias,
                    "assignments", assignments(assigned),
                    "line", line.from(),
                    "matching", matching))),
        rows);
  }

  /** Moves the rows of a balance to what they will be. */
  Write move(Moved moved) {
    Balance balance = moved.balance();
    Table table = moved.table();
    Values values = new Values("s" + moved.number() + "_", table, balance.time());
    LineSql.Columns line = new LineSql.Columns();
    Map<String, String> assigned = new LinkedHashMap<>();
    int i = 0;
    for (Table.Column column : moved.addColumns()) {
      assigned.put(column.name(), Sql.cast(line.use("a" + i++), column.type()));
    }
    assigned.putAll(values.assigned(balance.set(), line));
    String matching = balanceLine("written", moved, line);
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
                    String.join(", ", numbers(moved.addColumns()))))),
        columns ->
            "left join %s balance on %s"
                .formatted(table.quoted(), balanceLine("balance", moved, columns)));
  }

  /** The contents of columns of a written row, as numbers called a0 and so on. */
  private static List<String> numbers(List<Table.Column> columns) {
    return IntStream.range(0, columns.size())
        .mapToObj(i -> "cast(written.%s as numeric) as a%d".formatted(columns.get(i).quoted(), i))
        .toList();
  }

  private static LineSql insert(
      Table table, Map<String, String> assigned, LineSql.Columns line, List<String> returned) {
    String n = line.use("n");
    return line.statement(
        Sql.of(
            "insert-rows",
            Map.of(
                "table", table.quoted(),
                "columns",
                    assigned.keySet().stream()
                        .map(Sql::identifier)
                        .collect(Collectors.joining(", ")),
                "values", String.join(", ", assigned.values()),
                "line", line.from(),
                "n", n,
                "returned", returned.isEmpty() ? "1" : String.join(", ", returned))));
  }

  /**
   * Makes rows of a balance; null where none is made. What the columns begin with that move is
   * worked out too, by the names that {@link Write#valueNames} gives.
   */
  @Nullable Write create(Moved moved) {
    Balance balance = moved.balance();
    Table table = moved.table();
    if (balance.missing() != Balance.Missing.CREATE) {
      return null;
    }
    Values values = new Values("y" + moved.number() + "_", table, balance.time());
    LineSql.Columns line = new LineSql.Columns();
    Map<String, String> assigned = new LinkedHashMap<>();
    for (Table.Column column : moved.matchColumns()) {
      int i = assigned.size();
      assigned.put(
          column.name(), Sql.cast(line.use(moved.matchPrefix() + i), writeType(table, column)));
    }
    Map<String, Value> others = new LinkedHashMap<>(balance.values());
    others.keySet().removeAll(balance.match().keySet());
    balance.add().keySet().forEach(others::remove);
    assigned.putAll(values.assigned(others, line));
    for (Table.Column column : moved.addColumns()) {
      assigned.put(
          column.name(), Sql.cast(line.use(values.beginning(column, balance)), column.type()));
    }
    return values.write(
        insert(table, assigned, line, numbers(moved.addColumns())),
        columns -> jobJoin(columns) + chargeJoin(columns));
  }

  /**
   * Works out what each line adds to a balance, where that is more than the amount itself; null
   * where it isn't. Where an addend names the row {@code balance}, that row has what the line
   * brings along as {@code w0} and so on in the columns that move.
   */
  @Nullable Write addends(Moved moved) {
    Balance balance = moved.balance();
    Values values = new Values("d" + moved.number() + "_", moved.table(), balance.time());
    balance
        .add()
        .forEach(
            (column, value) -> {
              if (value instanceof Value.Computed computed && plainFactor(value) == 0) {
                values.add(SourceTables.column(moved.table(), column), computed.expression());
              }
            });
    return values.expressions.isEmpty()
        ? null
        : values.write(
            new LineSql("", List.of()),
            columns ->
                jobJoin(columns)
                    + chargeJoin(columns)
                    + (followsBalance(moved)
                        ? movedRow(moved, moved.matchPrefix(), "w", columns)
                        : ""));
  }

  /** Whether what a line adds depends on what the balance is before it. */
  static boolean followsBalance(Moved moved) {
    return moved.balance().add().values().stream().anyMatch(WriteSql::namesBalance);
  }

  private static boolean namesBalance(Value value) {
    return value instanceof Value.Computed computed && computed.expression().mentions("balance");
  }

  /** The row {@code balance} with contents that a line brings along in the columns that move. */
  private String movedRow(Moved moved, String matchPrefix, String contents, LineSql.Columns line) {
    List<Table.Column> match = moved.matchColumns();
    List<Table.Column> moving = tables.movingWith(moved);
    for (int i = 0; i < match.size(); i++) {
      line.use(matchPrefix + i);
    }
    String columns =
        moved.table().columns().values().stream()
            .filter(Table.Column::canSelect)
            .map(
                column -> {
                  int at = moving.indexOf(column);
                  return at < 0
                      ? "kept." + column.quoted()
                      : "coalesce(%s, kept.%s) as %s"
                          .formatted(
                              Sql.cast(line.use(contents + at), column.type()),
                              column.quoted(),
                              column.quoted());
                })
            .collect(Collectors.joining(", "));
    return " left join %s kept on %s cross join lateral (select %s) balance"
        .formatted(
            moved.table().quoted(), SourceSql.keyed("line", matchPrefix, "kept", match), columns);
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

  /**
   * Inserts ledger rows. Where a value names the row {@code balance}, that row is found by what the
   * line brings along as {@code q0} and so on, and has {@code v0} and so on in the columns that
   * move.
   */
  Write write(Recorded ledger) {
    Table table = ledger.table();
    Values values = new Values("l" + ledger.number() + "_", table, ledger.row().time());
    LineSql.Columns line = new LineSql.Columns();
    Map<String, String> assigned = values.assigned(ledger.row().values(), line);
    List<String> returned = new ArrayList<>();
    List<String> key = table.primaryKey();
    for (int i = 0; i < key.size(); i++) {
      returned.add("cast(written.%s as text) as k%d".formatted(Sql.identifier(key.get(i)), i));
    }
    returned.addAll(
        numbers(amountColumns(ledger).stream().map(it -> SourceTables.column(table, it)).toList()));
    boolean ofBalance = ledger.row().values().values().stream().anyMatch(WriteSql::namesBalance);
    return values.write(
        insert(table, assigned, line, returned),
        columns ->
            jobJoin(columns)
                + chargeJoin(columns)
                + (ofBalance ? movedRow(tables.balances().getFirst(), "q", "v", columns) : ""));
  }

  /**
   * The columns of a ledger that tell the amount: what comes back in them is compared with what was
   * sent.
   */
  static List<String> amountColumns(Recorded ledger) {
    return ledger.row().values().entrySet().stream()
        .filter(
            it ->
                it.getValue() instanceof Value.Computed computed
                    && computed.expression().names().contains("amount"))
        .map(Map.Entry::getKey)
        .filter(column -> SourceTables.column(ledger.table(), column).category().equals("N"))
        .toList();
  }

  /**
   * How an amount column of a ledger relates to the amount: 1, -1, or 0 where an expression tells.
   */
  static int amountFactor(Recorded ledger, String column) {
    Value value = ledger.row().values().get(column);
    return value == null ? 0 : plainFactor(value);
  }

  /** Calls the host's own function for a line; null where the source has none. */
  @Nullable LineSql statement() {
    Refund refund = tables.source().refund();
    Expression statement = refund == null ? null : refund.statement();
    if (statement == null) {
      return null;
    }
    LineSql.Columns line = new LineSql.Columns();
    String sql = statement.sql(name -> names.fromLine(name, line, null, jobs.time().standard()));
    String joins = statement.isOfValuesAlone() ? "" : jobJoin(line) + chargeJoin(line);
    line.use("n");
    return line.statement(
        Sql.of(
            "call-host",
            Map.of("expression", "(" + sql + ")", "line", line.from(), "joins", joins)));
  }

  /** The further statements of the mapping, each over the jobs that were failed. */
  List<LineSql> also() {
    return tables.source().also().stream().map(this::also).toList();
  }

  private LineSql also(Statement statement) {
    LineSql.Columns line = new LineSql.Columns();
    String columns =
        SETTLED.entrySet().stream()
            .map(it -> names.ofLine(it.getValue(), line.use(it.getValue())) + " as " + it.getKey())
            .collect(Collectors.joining(", "));
    return line.statement(
        statement.sql(Sql.of("settled", Map.of("columns", columns, "line", line.from()))));
  }

  /**
   * Replaces the text of a failed job by another where it is still ours; null where the mapping
   * writes no text.
   */
  @Nullable LineSql amend() {
    LineSql.Columns line = new LineSql.Columns();
    List<String> assignments = new ArrayList<>();
    List<String> unchanged = new ArrayList<>();
    Refund refund = tables.source().refund();
    Set<String> marks = refund == null ? Set.of() : refund.mark().keySet();
    for (Map.Entry<String, Value> each : jobs.fail().entrySet()) {
      if (each.getValue() instanceof Value.Computed computed
          && computed.expression().names().contains("message")
          && !marks.contains(each.getKey())) {
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

    /** What a column that moves begins with in a row that is made: its value, or its default. */
    String beginning(Table.Column column, Balance balance) {
      Value value = balance.values().get(column.name());
      return switch (value) {
        case Value.Constant constant ->
            put(column, constant.text() == null ? "null" : Sql.literal(constant.text()));
        case Value.Computed computed -> add(column, computed.expression());
        case Value.Column other -> throw new IllegalStateException("a column as a value: " + other);
        case null -> put(column, column.standard() == null ? "null" : column.standard());
      };
    }

    private String put(Table.Column column, String sql) {
      String name = prefix + expressions.size();
      valueNames.put(column.name(), name);
      expressions.put(
          name, "cast(cast((%s) as %s) as text) as %s".formatted(sql, column.type(), name));
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

  private static String balanceLine(String row, Moved moved, LineSql.Columns line) {
    return keyedLine(row, moved.matchColumns(), moved.matchPrefix(), line);
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
