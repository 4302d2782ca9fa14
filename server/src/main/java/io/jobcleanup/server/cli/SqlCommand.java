package io.jobcleanup.server.cli;

import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.answer.Json;
import io.jobcleanup.server.database.HostDatabase;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.Parser;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** One statement on the configured database, by itself: no transaction around it. */
@Command(
    name = "sql",
    header = "Run one SQL statement.",
    description = {
      "",
      "It runs in UTC, outside of any transaction block, with the schema of "
          + "DATABASE_URL as its search path."
    },
    footer = {"", "Exit code 1 where PostgreSQL refuses it."})
final class SqlCommand implements Callable<Integer> {
  private static final int MOST_ROWS = 10_000;
  private static final Pattern FIRST_WORD = Pattern.compile("^[\\s(]*([A-Za-z]+)");
  private static final Set<String> COUNTED =
      Set.of("INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "SELECT");

  @Parameters(paramLabel = "STATEMENT", description = "The statement, as one argument.")
  String sql = "";

  @Mixin Options.AsJson json = new Options.AsJson();

  private final Surroundings surroundings;

  SqlCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  private record Cell(@Nullable String text, @Nullable Object json) {}

  private record Column(String name, boolean number) {}

  private record Rows(List<Column> columns, List<List<Cell>> rows, boolean more) {}

  private record Selected(List<Map<String, @Nullable Object>> rows, boolean truncated) {}

  private record Changed(String command, int rows) {}

  @Override
  public Integer call() throws SQLException {
    checkThatItIsOne();
    try (Session session = Session.open(surroundings);
        Connection connection = session.database().dataSource().getConnection()) {
      boolean pooled = prepare(connection, session.database());
      try (Statement statement = connection.createStatement()) {
        statement.setEscapeProcessing(false);
        statement.setMaxRows(MOST_ROWS + 1);
        boolean selects = statement.execute(sql);
        if (selects) {
          Rows rows = read(statement.getResultSet());
          commit(connection, pooled);
          print(rows);
        } else {
          int count = statement.getUpdateCount();
          commit(connection, pooled);
          print(count);
        }
      }
      return ExitCode.FINE.number();
    } catch (SQLException e) {
      throw Failures.ofSql(e);
    }
  }

  private void checkThatItIsOne() throws SQLException {
    int statements = Parser.parseJdbcSql(sql, true, false, true, false, true).size();
    if (statements != 1) {
      throw new ProgramException(
          ExitCode.MISCONFIGURED,
          "sql runs one statement, and this is %d. Nothing was run."
              .formatted(sql.isBlank() ? 0 : statements));
    }
  }

  /**
   * Looks names up as {@code DATABASE_URL} says.
   *
   * @return whether that needed a transaction, as behind a pooler nothing else keeps two statements
   *     on one session
   */
  private static boolean prepare(Connection connection, HostDatabase database) throws SQLException {
    String schema = database.url().schema();
    if (schema == null) {
      return false;
    }
    boolean pooled = database.url().pgbouncer();
    connection.setAutoCommit(!pooled);
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "set %s search_path to %s"
              .formatted(pooled ? "local" : "session", statement.enquoteIdentifier(schema, true)));
    }
    return pooled;
  }

  private static void commit(Connection connection, boolean pooled) throws SQLException {
    if (pooled) {
      connection.commit();
      connection.setAutoCommit(true);
    }
  }

  private static Rows read(ResultSet result) throws SQLException {
    ResultSetMetaData about = result.getMetaData();
    List<Column> columns = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 1; i <= about.getColumnCount(); i++) {
      String name = about.getColumnLabel(i);
      for (int n = 2; !names.add(name); n++) {
        name = about.getColumnLabel(i) + "_" + n;
      }
      columns.add(new Column(name, isNumber(about.getColumnType(i))));
    }
    List<List<Cell>> rows = new ArrayList<>();
    while (result.next() && rows.size() < MOST_ROWS) {
      List<Cell> row = new ArrayList<>();
      for (int i = 1; i <= columns.size(); i++) {
        row.add(cell(result, i, about.getColumnType(i), about.getColumnTypeName(i)));
      }
      rows.add(row);
    }
    return new Rows(columns, rows, !result.isAfterLast() && rows.size() == MOST_ROWS);
  }

  private static boolean isNumber(int type) {
    return switch (type) {
      case Types.SMALLINT, Types.INTEGER, Types.BIGINT, Types.NUMERIC, Types.REAL, Types.DOUBLE ->
          true;
      default -> false;
    };
  }

  private static Cell cell(ResultSet row, int column, int type, String typeName)
      throws SQLException {
    String text = row.getString(column);
    if (text == null) {
      return new Cell(null, null);
    }
    if (typeName.equals("json") || typeName.equals("jsonb")) {
      return new Cell(text, Json.read(text));
    }
    if (typeName.equals("bool")) {
      boolean value = text.equals("t") || text.equals("true");
      return new Cell(String.valueOf(value), value);
    }
    if (isNumber(type) && text.matches("-?[0-9.]+([eE][-+]?[0-9]+)?")) {
      return new Cell(text, Json.plain(new BigDecimal(text)));
    }
    return new Cell(text, text);
  }

  private void print(Rows result) {
    PrintStream out = surroundings.out();
    if (json.wanted) {
      List<Map<String, @Nullable Object>> rows = new ArrayList<>();
      for (List<Cell> row : result.rows()) {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        for (int i = 0; i < row.size(); i++) {
          object.put(result.columns().get(i).name(), row.get(i).json());
        }
        rows.add(object);
      }
      out.println(Json.write(new Selected(rows, result.more())));
      return;
    }
    Set<Integer> right = new HashSet<>();
    for (int i = 0; i < result.columns().size(); i++) {
      if (result.columns().get(i).number()) {
        right.add(i);
      }
    }
    TextTable table = new TextTable(result.columns().stream().map(Column::name).toList(), right);
    result
        .rows()
        .forEach(
            row ->
                table.add(
                    row.stream().map(cell -> cell.text() == null ? "null" : cell.text()).toList()));
    table.lines("").forEach(out::println);
    out.printf(
        "(%s%s)%n",
        Words.count(result.rows().size(), "row"), result.more() ? " shown; there are more" : "");
  }

  private void print(int count) {
    Matcher word = FIRST_WORD.matcher(sql);
    String verb = word.find() ? String.valueOf(word.group(1)).toUpperCase(Locale.ROOT) : "";
    if (json.wanted) {
      surroundings.out().println(Json.write(new Changed(verb, Math.max(0, count))));
      return;
    }
    surroundings
        .out()
        .println(
            COUNTED.contains(verb)
                ? "%s %d".formatted(verb, count)
                : count > 0 ? "OK, " + Words.count(count, "row") : "OK");
  }
}
