package io.jobcleanup.postgres;

import io.jobcleanup.mapping.Balance;
import io.jobcleanup.mapping.Charge;
import io.jobcleanup.mapping.Expression;
import io.jobcleanup.mapping.Jobs;
import io.jobcleanup.mapping.Refund;
import io.jobcleanup.mapping.Source;
import io.jobcleanup.mapping.TimeForm;
import io.jobcleanup.mapping.Timeout;
import io.jobcleanup.mapping.Times;
import io.jobcleanup.mapping.Value;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Has the database read every expression of one source, and tell its type. Writes nothing. */
final class ExpressionCheck {

  /**
   * One expression to be tried.
   *
   * @param path where it stands
   * @param sql the expression
   * @param from the rows that it may name, as a FROM clause
   */
  private record Probe(String path, String sql, String from) {}

  private final Tx tx;
  private final CheckReport report;
  private final SourceTables tables;
  private final Source source;
  private final Jobs jobs;
  private final @Nullable Refund refund;
  private final RowSql rows;
  private final boolean sound;

  /** What detection and claim have at hand. */
  private final String ofJob;

  /** What is there when the rows to be held are looked up. */
  private final String ofCharge;

  /** What is there when a job is looked at, all held. */
  private final String ofAll;

  /**
   * For one source.
   *
   * @param sound whether its columns are as the mapping says; else only what doesn't rest on them
   *     is tried
   */
  ExpressionCheck(Tx tx, CheckReport report, SourceTables tables, boolean sound) {
    this.tx = tx;
    this.report = report;
    this.sound = sound;
    this.tables = tables;
    this.source = tables.source();
    this.jobs = source.jobs();
    this.refund = source.refund();
    this.rows = new RowSql(tables);
    Table charges = tables.charges();
    this.ofJob = tables.jobs().quoted() + " job";
    this.ofCharge = ofJob + (charges == null ? "" : " cross join " + charges.quoted() + " charge");
    this.ofAll = tables.balances().isEmpty() ? ofCharge : ofChargeAnd(tables.balances().getFirst());
  }

  /** What is there when a balance is thought of. */
  private String ofChargeAnd(SourceTables.Moved balance) {
    return ofCharge + " cross join " + ofBalance(balance);
  }

  /** What is there when a balance row is written. */
  private static String ofBalance(SourceTables.Moved balance) {
    return balance.table().quoted() + " balance";
  }

  @Nullable BoundSource bind() {
    Map<String, Probe> row = new LinkedHashMap<>();
    String path = source.path();
    value(row, "status", path + ".jobs.status", jobs.status(), "job", ofJob);
    if (sound && jobs.status() instanceof Value.Column) {
      states(row, "processing", jobs.processing());
      states(row, "completed", jobs.completed());
    }
    for (int i = 0; i < jobs.since().size(); i++) {
      value(row, "since" + i, path + ".jobs.since", jobs.since().get(i), "job", ofJob);
    }
    if (jobs.expires() != null) {
      value(row, "expires", path + ".jobs.expires", jobs.expires(), "job", ofJob);
    }
    if (jobs.timeout() instanceof Timeout.Computed computed) {
      optional(row, "timeout", path + ".jobs.timeout", computed.expression(), ofJob);
    }
    optional(row, "where", path + ".jobs.where", jobs.where(), ofJob);
    if (jobs.attempt() != null) {
      value(row, "attempt", path + ".jobs.attempt", jobs.attempt(), "job", ofJob);
    }
    if (refund != null) {
      value(row, "payer", path + ".refund.payer", refund.payer(), "job", ofCharge);
      if (refund.cost() != null) {
        value(row, "cost", path + ".refund.cost", refund.cost(), "job", ofCharge);
      }
      optional(row, "only-if", path + ".refund.only-if", refund.onlyIf(), ofAll);
      optional(row, "already", path + ".refund.already", refund.already(), ofAll);
      Charge charge = refund.charge();
      if (charge != null) {
        String at = path + ".refund.charge";
        optional(row, "match", at + ".match", charge.match(), ofCharge);
        value(row, "amount", at + ".amount", charge.amount(), "charge", ofCharge);
      }
      for (SourceTables.Moved each : tables.balances()) {
        String at = source.balancePath(each.number()) + ".when";
        optional(row, at, at, each.balance().when(), ofChargeAnd(each));
      }
      for (SourceTables.Recorded each : tables.ledgers()) {
        String at = source.ledgerPath(each.number()) + ".when";
        optional(row, at, at, each.row().when(), ofAll);
      }
    }
    Map<String, String> types = types(row);
    if (types == null || !plausible(types) || !sound) {
      return null;
    }
    Names names = names(types);
    Map<String, Probe> writes = writes(names);
    if (types(writes) == null) {
      return null;
    }
    List<SinceSql> since = new ArrayList<>();
    for (int i = 0; i < jobs.since().size(); i++) {
      since.add(moment(jobs.since().get(i), String.valueOf(types.get("since" + i))));
    }
    SinceSql expires =
        jobs.expires() == null
            ? null
            : moment(jobs.expires(), String.valueOf(types.get("expires")));
    SourceSql sql =
        new SourceSql(
            tables, new StuckSql(rows, expires, since), "boolean".equals(types.get("already")));
    WriteSql write = new WriteSql(tables, names);
    return planned(write) ? new BoundSource(source, tables, sql, write) : null;
  }

  private SinceSql moment(Value value, String type) {
    TimeForm form = jobs.time().of(value instanceof Value.Column column ? column.name() : "");
    return new SinceSql(rows.value(value, "job"), type, form);
  }

  /** Has the database plan the further statements, as far as that tells what is wrong. */
  private boolean planned(WriteSql write) {
    int before = report.faults();
    int number = 0;
    for (LineSql statement : write.also()) {
      String path = "%s.also[%d]".formatted(source.path(), number++);
      try {
        tx.behindSavepoint(
            () ->
                tx.list(
                    "explain " + statement.sql(),
                    statement.parameters(List.of()),
                    plan -> plan.getString(1)));
      } catch (RuntimeException e) {
        SqlFault fault = SqlFault.of(e);
        if (fault == null || fault.passing()) {
          throw e;
        }
        report(new Probe(path, "", ""), fault);
      }
    }
    return report.faults() == before;
  }

  private void states(Map<String, Probe> probes, String name, List<String> states) {
    if (!states.isEmpty()) {
      String listed = states.stream().map(Sql::literal).collect(Collectors.joining(", "));
      probes.put(
          name,
          new Probe(
              source.path() + ".jobs." + name,
              "%s in (%s)".formatted(rows.value(jobs.status(), "job"), listed),
              ofJob));
    }
  }

  private boolean plausible(Map<String, String> types) {
    int before = report.faults();
    types.forEach(
        (name, type) -> {
          String at =
              switch (name) {
                case "where" -> source.path() + ".jobs.where";
                case "match" -> source.path() + ".refund.charge.match";
                case "only-if" -> source.path() + ".refund.only-if";
                default -> name;
              };
          if ((!at.equals(name) || name.endsWith(".when")) && !type.equals("boolean")) {
            report.fault(at, "is of type %s, a condition (boolean) is needed".formatted(type));
          }
        });
    String timeout = types.get("timeout");
    if (timeout != null && !timeout.equals("interval")) {
      report.fault(
          source.path() + ".jobs.timeout",
          "is of type %s, an interval is needed, such as make_interval(mins => job.minutes)"
              .formatted(timeout));
    }
    if (types.containsKey("expires") && jobs.expires() instanceof Value.Computed computed) {
      report.time(
          String.valueOf(types.get("expires")),
          jobs.time().standard(),
          source.path() + ".jobs.expires",
          computed.expression().text());
    }
    for (int i = 0; i < jobs.since().size(); i++) {
      String type = types.get("since" + i);
      if (type != null && jobs.since().get(i) instanceof Value.Computed computed) {
        report.time(
            type,
            jobs.time().standard(),
            source.path() + ".jobs.since",
            computed.expression().text());
      }
    }
    for (String each : List.of("cost", "amount", "already")) {
      String type = types.get(each);
      if (type != null
          && !CheckReport.isNumber(type)
          && !(each.equals("already") && type.equals("boolean"))) {
        report.fault(
            source.path() + (each.equals("amount") ? ".refund.charge.amount" : ".refund." + each),
            "is of type %s, a number%s is needed"
                .formatted(type, each.equals("already") ? " or a condition" : ""));
      }
    }
    return report.faults() == before;
  }

  private Names names(Map<String, String> types) {
    String cost = types.get("cost");
    String amount = types.get("amount");
    String amountType =
        amount == null
            ? (cost == null ? "numeric" : cost)
            : cost == null || cost.equals(amount) ? amount : "numeric";
    List<String> balanceTypes =
        tables.balances().stream()
            .map(it -> it.addColumns().getFirst().baseType())
            .distinct()
            .toList();
    String balanceType = balanceTypes.size() == 1 ? balanceTypes.getFirst() : "numeric";
    return new Names(
        tables.jobKey().stream().map(Table.Column::type).toList(),
        types.getOrDefault("payer", "text"),
        amountType,
        types.getOrDefault("attempt", "text"),
        balanceType);
  }

  private Map<String, Probe> writes(Names names) {
    Map<String, Probe> probes = new LinkedHashMap<>();
    String path = source.path();
    written(probes, names, tables.jobs(), jobs.fail(), jobs.time(), path + ".jobs.fail", ofJob);
    if (refund != null) {
      written(
          probes, names, tables.jobs(), refund.mark(), jobs.time(), path + ".refund.mark", ofJob);
      if (refund.statement() != null) {
        String at = path + ".refund.statement";
        probes.put(
            at,
            new Probe(
                at,
                "(%s)"
                    .formatted(
                        refund
                            .statement()
                            .sql(it -> names.asNull(it, null, jobs.time().standard()))),
                ofCharge));
      }
      Charge charge = refund.charge();
      Table charges = tables.charges();
      if (charge != null && charges != null) {
        written(
            probes,
            names,
            charges,
            charge.mark(),
            charge.time(),
            path + ".refund.charge.mark",
            ofCharge);
      }
    }
    tables.balances().forEach(each -> balance(probes, names, each));
    for (SourceTables.Recorded each : tables.ledgers()) {
      written(
          probes,
          names,
          each.table(),
          each.row().values(),
          each.row().time(),
          source.ledgerPath(each.number()) + ".values",
          ofAll);
    }
    return probes;
  }

  private void balance(Map<String, Probe> probes, Names names, SourceTables.Moved moved) {
    Balance balance = moved.balance();
    Table table = moved.table();
    String path = source.balancePath(moved.number());
    balance
        .match()
        .forEach(
            (column, value) -> {
              if (value instanceof Value.Computed computed) {
                String at = path + ".match." + column;
                probes.put(
                    at,
                    new Probe(
                        at,
                        Sql.cast(
                            "(" + rows.expression(computed.expression()) + ")",
                            SourceTables.column(table, column).type()),
                        ofCharge));
              }
            });
    Times time = balance.time();
    written(probes, names, table, balance.add(), time, path + ".add", ofChargeAnd(moved));
    written(probes, names, table, balance.set(), time, path + ".set", ofBalance(moved));
    written(probes, names, table, balance.values(), time, path + ".values", ofCharge);
  }

  private void written(
      Map<String, Probe> probes,
      Names names,
      Table table,
      Map<String, Value> values,
      Times times,
      String path,
      String from) {
    values.forEach(
        (name, value) -> {
          Table.Column column = SourceTables.column(table, name);
          String sql =
              switch (value) {
                case Value.Constant constant ->
                    constant.text() == null ? "null" : Sql.literal(constant.text());
                case Value.Computed computed ->
                    computed.expression().sql(it -> names.asNull(it, column, times.of(name)));
                case Value.Column other ->
                    throw new IllegalStateException("a column as a value: " + other);
              };
          probes.put(
              path + name,
              new Probe(path + "." + name, Sql.cast("(" + sql + ")", column.type()), from));
        });
  }

  private void value(
      Map<String, Probe> probes, String name, String path, Value value, String row, String from) {
    if (sound || value instanceof Value.Computed) {
      probes.put(name, new Probe(path, rows.value(value, row), from));
    }
  }

  private void optional(
      Map<String, Probe> probes,
      String name,
      String path,
      @Nullable Expression expression,
      String from) {
    if (expression != null) {
      probes.put(name, new Probe(path, "(" + rows.expression(expression) + ")", from));
    }
  }

  /**
   * The types of expressions; null if one is wrong, which is reported. All that may name the same
   * rows at once, and singly only to find the culprit.
   */
  private @Nullable Map<String, String> types(Map<String, Probe> probes) {
    Map<String, Map<String, Probe>> byRows = new LinkedHashMap<>();
    probes.forEach(
        (name, probe) ->
            byRows.computeIfAbsent(probe.from(), from -> new LinkedHashMap<>()).put(name, probe));
    Map<String, String> types = new LinkedHashMap<>();
    for (Map.Entry<String, Map<String, Probe>> each : byRows.entrySet()) {
      Collection<Probe> together = each.getValue().values();
      if (!tried(together, each.getKey(), types, each.getValue().keySet())) {
        together.forEach(probe -> tried(List.of(probe), each.getKey(), types, Set.of()));
      }
    }
    return types.size() < probes.size() ? null : types;
  }

  /** Tries probes; if there is just one and it is wrong, that is reported. */
  private boolean tried(
      Collection<Probe> probes, String from, Map<String, String> types, Set<String> names) {
    try {
      List<String> found = tx.behindSavepoint(() -> describe(probes, from));
      int i = 0;
      for (String name : names) {
        types.put(name, found.get(i++));
      }
      return true;
    } catch (RuntimeException e) {
      SqlFault fault = SqlFault.of(e);
      if (fault == null || fault.passing()) {
        throw e;
      }
      if (names.isEmpty()) {
        report(probes.iterator().next(), fault);
      }
      return false;
    }
  }

  private void report(Probe probe, SqlFault fault) {
    if (fault.state().equals("42501")) {
      report.obstacle(
          new CheckReport.Obstacle(
              "privileges",
              "%s: %s for the role %s.".formatted(probe.path(), fault.message(), report.role()),
              "grant select on all tables in schema %s to %s;"
                  .formatted(
                      Sql.identifier(tables.jobs().schema()), Sql.identifier(report.role()))));
    } else {
      report.fault(
          probe.path(), fault.message() + (fault.hint().isEmpty() ? "" : ". " + fault.hint()));
    }
  }

  private List<String> describe(Collection<Probe> probes, String from) {
    List<String> selected = new ArrayList<>();
    List<String> types = new ArrayList<>();
    List<String> values = new ArrayList<>(List.of("false"));
    for (Probe probe : probes) {
      if (!probe.path().endsWith(".refund.statement")) {
        values.add("(%s) is null".formatted(probe.sql()));
      }
      String name = "x" + selected.size();
      selected.add(probe.sql() + " as " + name);
      types.add(Sql.of("base-type", Map.of("value", "tried." + name)));
    }
    String sql =
        Sql.of(
            "describe",
            Map.of(
                "types", String.join(", ", types),
                "expressions", String.join(", ", selected),
                "from", from,
                "values", String.join(" and ", values)));
    return tx.one(
        sql,
        Map.of(),
        row -> {
          List<String> found = new ArrayList<>();
          for (int i = 1; i <= probes.size(); i++) {
            found.add(row.getString(i));
          }
          return found;
        });
  }
}
