package io.jobcleanup.postgres;

import io.jobcleanup.mapping.Expression;
import io.jobcleanup.mapping.Jobs;
import io.jobcleanup.mapping.Refund;
import io.jobcleanup.mapping.Value;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a mapping says about rows of the tables alone, as SQL: {@code job}, {@code charge} and
 * {@code balance} are the rows.
 *
 * @param tables the source's tables
 */
record RowSql(SourceTables tables) {

  /** An expression in which only names stand whose values the rows give. */
  String expression(Expression expression) {
    return expression.sql(this::name);
  }

  /** The same, where the row {@code balance} is that of one of the source's balances. */
  String expression(Expression expression, SourceTables.Moved balance) {
    String sql = expression(expression);
    return tables.balances().size() == 1 || !expression.mentions("balance")
        ? sql
        : "(select %s from (select %s) balance)"
            .formatted(
                sql,
                balance.table().columns().values().stream()
                    .filter(Table.Column::canSelect)
                    .map(it -> alias(balance) + "." + it.quoted())
                    .collect(Collectors.joining(", ")));
  }

  /** What the row of a balance is called in statements of ours that join it. */
  String alias(SourceTables.Moved balance) {
    return tables.balances().size() == 1 ? "balance" : "balance" + balance.number();
  }

  /** A column of a row, or an expression. */
  String value(Value value, String row) {
    return switch (value) {
      case Value.Column column -> row + "." + Sql.identifier(column.name());
      case Value.Computed computed -> "(" + expression(computed.expression()) + ")";
      case Value.Constant constant ->
          throw new IllegalStateException("a constant where a column is asked for: " + constant);
    };
  }

  /** Whose tokens a job's are. */
  String payer() {
    Refund refund = tables.source().refund();
    return refund == null ? "null" : value(refund.payer(), "job");
  }

  /** A job's state. */
  String status() {
    return value(tables.source().jobs().status(), "job");
  }

  /** Whether a job is in one of some states; constants, so that a partial index can be used. */
  String statusIsOneOf(List<String> labels) {
    if (labels.isEmpty()) {
      return "false";
    }
    String status =
        tables.source().jobs().status() instanceof Value.Column
            ? status()
            : Sql.cast(status(), "text");
    return "%s in (%s)"
        .formatted(status, labels.stream().map(Sql::literal).collect(Collectors.joining(", ")));
  }

  private String name(String name) {
    Jobs jobs = tables.source().jobs();
    return switch (name) {
      case "now" -> "statement_timestamp()";
      case "job" ->
          tables.jobKey().size() == 1
              ? "job." + tables.jobKey().getFirst().quoted()
              : "(" + Names.keyText("job", tables.jobKey()) + ")";
      case "source" -> Sql.literal(tables.source().name());
      case "attempt" -> jobs.attempt() == null ? "null" : value(jobs.attempt(), "job");
      case "payer" -> payer();
      default ->
          throw new IllegalStateException(
              ":" + name + " has no value here, and the check let it pass");
    };
  }
}
