package io.jobcleanup.postgres;

import io.jobcleanup.InvalidMappingException;
import io.jobcleanup.MappingFault;
import io.jobcleanup.UnusableDatabaseException;
import io.jobcleanup.mapping.Balance;
import io.jobcleanup.mapping.Charge;
import io.jobcleanup.mapping.Expression;
import io.jobcleanup.mapping.Jobs;
import io.jobcleanup.mapping.Ledger;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.mapping.Refund;
import io.jobcleanup.mapping.Source;
import io.jobcleanup.mapping.Suggestion;
import io.jobcleanup.mapping.Timeout;
import io.jobcleanup.mapping.Value;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Holds a mapping against a database's catalogue: tables, columns, types, labels, unique indexes,
 * privileges, and each expression by having the database read it. Writes nothing.
 */
final class MappingCheck {

  /**
   * What came of it.
   *
   * @param sources the sources that nothing contradicts
   * @param faults what is wrong with the mapping, in itself and for this database
   * @param obstacles what our role may not do, each with the statement that mends it
   */
  record Result(
      List<BoundSource> sources, List<MappingFault> faults, List<CheckReport.Obstacle> obstacles) {

    /**
     * The sources, if nothing is in the way.
     *
     * @throws InvalidMappingException if the mapping is wrong
     * @throws UnusableDatabaseException if our role lacks a privilege or can't see the rows
     */
    List<BoundSource> sound() {
      if (!faults.isEmpty()) {
        throw new InvalidMappingException(faults);
      }
      if (!obstacles.isEmpty()) {
        throw new UnusableDatabaseException(
            obstacles.stream().map(it -> it.problem() + " As its owner: " + it.remedy()).toList());
      }
      return sources;
    }
  }

  private final Tx tx;
  private final Mapping mapping;
  private final CheckReport report;
  private final Set<Table> unreadable = new LinkedHashSet<>();

  private MappingCheck(Tx tx, Mapping mapping) {
    this.tx = tx;
    this.mapping = mapping;
    this.report =
        new CheckReport(mapping, tx.one("select current_user", Map.of(), row -> row.getString(1)));
  }

  static Result check(Tx tx, Mapping mapping) {
    MappingCheck check = new MappingCheck(tx, mapping);
    List<BoundSource> sources = check.sources();
    return new Result(sources, check.report.allFaults(), check.report.allObstacles());
  }

  private List<BoundSource> sources() {
    Catalogue catalogue = new Catalogue(tx);
    Map<String, String> names = new LinkedHashMap<>();
    for (Source source : mapping.sources()) {
      names.put(source.path() + ".jobs.table", source.jobs().table());
      Refund refund = source.refund();
      if (refund != null) {
        if (refund.charge() != null) {
          names.put(source.path() + ".refund.charge.table", refund.charge().table());
        }
        for (int i = 0; i < refund.balances().size(); i++) {
          names.put(source.balancePath(i) + ".table", refund.balances().get(i).table());
        }
        for (int i = 0; i < refund.ledger().size(); i++) {
          names.put(source.ledgerPath(i) + ".table", refund.ledger().get(i).table());
        }
      }
    }
    Map<String, Set<String>> read = new LinkedHashMap<>();
    Set<String> sequences = new LinkedHashSet<>();
    for (Source source : mapping.sources()) {
      Set<String> also = new LinkedHashSet<>();
      for (Expression expression : expressions(source)) {
        also.addAll(expression.tables());
        sequences.addAll(expression.sequences());
      }
      read.put(source.name(), also);
    }
    Set<String> all = new LinkedHashSet<>(names.values());
    read.values().forEach(all::addAll);
    Map<String, Long> oids = catalogue.find(all);
    names.forEach(
        (path, name) -> {
          if (!oids.containsKey(name)) {
            report.fault(
                path, "there is no table \"%s\"%s".formatted(name, catalogue.suggestion(name)));
          }
        });
    Map<Long, Table> tables = catalogue.read(Set.copyOf(oids.values()));
    Set<Long> elsewhere =
        tables.values().stream()
            .flatMap(table -> table.foreignKeys().stream())
            .map(Table.ForeignKey::referenced)
            .collect(Collectors.toSet());
    Map<Long, Table> referenced = catalogue.read(elsewhere);
    if (!sequences.isEmpty()) {
      catalogue.forbiddenSequences(sequences).forEach(this::forbidden);
    }
    List<BoundSource> bound = new ArrayList<>();
    for (Source source : mapping.sources()) {
      int before = report.faults();
      for (String name : read.getOrDefault(source.name(), Set.of())) {
        Table table = tables.get(oids.getOrDefault(name, -1L));
        if (table != null) {
          visible(source, table);
        }
      }
      if (!settings(source)) {
        continue;
      }
      BoundSource result =
          bind(source, name -> tables.get(oids.getOrDefault(name, -1L)), referenced);
      if (result != null && report.faults() == before) {
        bound.add(result);
      }
    }
    tx.as(Map.of());
    return bound;
  }

  /** Makes the settings of a source, if the database takes them all. */
  private boolean settings(Source source) {
    int before = report.faults();
    source
        .session()
        .forEach(
            (name, value) -> {
              try {
                tx.behindSavepoint(
                    () -> {
                      tx.as(Map.of(name, value));
                      return name;
                    });
              } catch (RuntimeException e) {
                SqlFault fault = SqlFault.of(e);
                if (fault == null || fault.passing()) {
                  throw e;
                }
                report.fault(source.path() + ".session." + name, fault.message());
              }
            });
    if (report.faults() > before) {
      return false;
    }
    tx.as(source.session());
    return true;
  }

  /** Every expression of a source, for what it reads besides the rows that it is about. */
  private static List<Expression> expressions(Source source) {
    List<@Nullable Expression> expressions = new ArrayList<>();
    List<@Nullable Value> values = new ArrayList<>();
    Jobs jobs = source.jobs();
    expressions.add(jobs.where());
    values.add(jobs.status());
    values.addAll(jobs.since());
    values.add(jobs.expires());
    if (jobs.timeout() instanceof Timeout.Computed computed) {
      expressions.add(computed.expression());
    }
    values.add(jobs.attempt());
    values.addAll(jobs.fail().values());
    Refund refund = source.refund();
    if (refund != null) {
      values.add(refund.payer());
      values.add(refund.cost());
      expressions.add(refund.onlyIf());
      expressions.add(refund.already());
      expressions.add(refund.statement());
      values.addAll(refund.mark().values());
      Charge charge = refund.charge();
      if (charge != null) {
        expressions.add(charge.match());
        values.add(charge.amount());
        values.addAll(charge.mark().values());
      }
      for (Balance balance : refund.balances()) {
        expressions.add(balance.when());
        values.addAll(balance.match().values());
        values.addAll(balance.add().values());
        values.addAll(balance.set().values());
        values.addAll(balance.values().values());
      }
      for (Ledger row : refund.ledger()) {
        expressions.add(row.when());
        values.addAll(row.values().values());
      }
    }
    return Stream.concat(
            expressions.stream(),
            values.stream()
                .map(it -> it instanceof Value.Computed computed ? computed.expression() : null))
        .filter(Objects::nonNull)
        .toList();
  }

  private interface Lookup {
    @Nullable Table table(String name);
  }

  private @Nullable BoundSource bind(Source source, Lookup lookup, Map<Long, Table> referenced) {
    Refund refund = source.refund();
    Charge charge = refund == null ? null : refund.charge();
    Table jobs = lookup.table(source.jobs().table());
    Table charges = charge == null ? null : lookup.table(charge.table());
    List<SourceTables.Moved> balances = new ArrayList<>();
    List<SourceTables.Recorded> ledgers = new ArrayList<>();
    int before = report.faults();
    if (jobs != null) {
      checkJobs(source, jobs);
    }
    if (charge != null && charges != null) {
      checkCharge(source, charge, charges);
    }
    List<Balance> wantedBalances = refund == null ? List.of() : refund.balances();
    for (int i = 0; i < wantedBalances.size(); i++) {
      Table table = lookup.table(wantedBalances.get(i).table());
      if (table != null) {
        balances.add(new SourceTables.Moved(i, wantedBalances.get(i), table));
        checkBalance(source, i, wantedBalances.get(i), table);
      }
    }
    List<Ledger> wantedLedgers = refund == null ? List.of() : refund.ledger();
    for (int i = 0; i < wantedLedgers.size(); i++) {
      Table table = lookup.table(wantedLedgers.get(i).table());
      if (table != null) {
        ledgers.add(new SourceTables.Recorded(i, wantedLedgers.get(i), table));
        checkLedger(source, i, wantedLedgers.get(i), table);
      }
    }
    checkTogether(source, balances);
    if (jobs == null) {
      return null;
    }
    boolean allThere =
        (charge == null || charges != null)
            && balances.size() == wantedBalances.size()
            && ledgers.size() == wantedLedgers.size();
    if (!allThere
        || !unreadable.isEmpty()
        || !jobs.columns().keySet().containsAll(source.jobs().key())) {
      return null;
    }
    SourceTables tables = new SourceTables(source, jobs, charges, balances, ledgers, referenced);
    ExpressionCheck expressions =
        new ExpressionCheck(tx, report, tables, report.faults() == before);
    return expressions.bind();
  }

  /**
   * One row found in two ways would be written twice, each time as if by the other way it hadn't.
   */
  private void checkTogether(Source source, List<SourceTables.Moved> balances) {
    for (SourceTables.Moved moved : balances) {
      for (SourceTables.Moved earlier : balances.subList(0, moved.number())) {
        Set<String> both = new LinkedHashSet<>(moved.balance().add().keySet());
        both.retainAll(earlier.balance().add().keySet());
        if (!both.isEmpty()
            && moved.table().oid() == earlier.table().oid()
            && !moved.balance().match().keySet().equals(earlier.balance().match().keySet())) {
          report.fault(
              source.balancePath(moved.number()) + ".match",
              "finds rows of %s by other columns than balances[%d], which adds to the same %s"
                  .formatted(moved.table().display(), earlier.number(), String.join(", ", both)));
        }
      }
    }
  }

  private void checkJobs(Source source, Table table) {
    Jobs jobs = source.jobs();
    String path = source.path() + ".jobs";
    visible(source, table);
    for (String key : jobs.key()) {
      column(table, key, path + ".key");
    }
    if (several(table, jobs.key())) {
      report.fault(
          path + ".key",
          "%s has no unique index on %s".formatted(table.display(), String.join(", ", jobs.key())));
    }
    if (jobs.status() instanceof Value.Column status) {
      Table.Column column = column(table, status.name(), path + ".status");
      if (column != null && !column.labels().isEmpty()) {
        labels(column, jobs.processing(), path + ".processing");
        labels(column, jobs.completed(), path + ".completed");
      }
    }
    for (Value each : jobs.since()) {
      if (each instanceof Value.Column since) {
        Table.Column column = column(table, since.name(), path + ".since");
        if (column != null) {
          report.time(
              column.baseType(), jobs.time().of(since.name()), path + ".since", since.name());
        }
      }
    }
    if (jobs.expires() instanceof Value.Column expires) {
      Table.Column column = column(table, expires.name(), path + ".expires");
      if (column != null) {
        report.time(
            column.baseType(), jobs.time().of(expires.name()), path + ".expires", expires.name());
      }
    }
    if (jobs.attempt() instanceof Value.Column attempt) {
      column(table, attempt.name(), path + ".attempt");
    }
    Refund refund = source.refund();
    if (refund != null) {
      if (refund.payer() instanceof Value.Column payer) {
        column(table, payer.name(), source.path() + ".refund.payer");
      }
      if (refund.cost() instanceof Value.Column cost) {
        column(table, cost.name(), source.path() + ".refund.cost");
      }
    }
    updatable(table, path);
    for (String column : table.partitionedBy()) {
      if (jobs.fail().containsKey(column)) {
        report.fault(
            path + ".fail." + column,
            "%s is partitioned by \"%s\": a write to it would move the row, which isn't served"
                .formatted(table.display(), column));
      }
    }
    written(table, jobs.fail(), path + ".fail", true);
    if (refund != null) {
      written(table, refund.mark(), source.path() + ".refund.mark", true);
      if (jobs.status() instanceof Value.Column status
          && refund.mark().get(status.name()) instanceof Value.Constant constant
          && jobs.processing().contains(String.valueOf(constant.text()))) {
        report.fault(
            source.path() + ".refund.mark." + status.name(),
            "is \"%s\", which is among processing: a failed job would stay stuck"
                .formatted(constant.text()));
      }
    }
  }

  /** Whether several rows of a table could have the same values; a view doesn't tell. */
  private static boolean several(Table table, Collection<String> columns) {
    return !table.kind().equals("v")
        && table.columns().keySet().containsAll(columns)
        && !table.uniqueWithin(columns);
  }

  private void updatable(Table table, String path) {
    if (!table.updatable()) {
      report.fault(path + ".table", "the rows of %s can't be updated".formatted(table.display()));
    }
  }

  private void checkCharge(Source source, Charge charge, Table table) {
    String path = source.path() + ".refund.charge";
    visible(source, table);
    charge.key().forEach(key -> column(table, key, path + ".key"));
    if (charge.key().isEmpty() && table.primaryKey().isEmpty()) {
      report.fault(
          path + ".key", "is missing, and %s has no primary key".formatted(table.display()));
    } else if (!charge.key().isEmpty() && several(table, charge.key())) {
      report.fault(
          path + ".key",
          "%s has no unique index on %s"
              .formatted(table.display(), String.join(", ", charge.key())));
    }
    if (charge.amount() instanceof Value.Column amount) {
      column(table, amount.name(), path + ".amount");
    }
    if (!charge.mark().isEmpty()) {
      updatable(table, path);
      written(table, charge.mark(), path + ".mark", true);
    }
  }

  private void checkBalance(Source source, int number, Balance balance, Table table) {
    String path = source.balancePath(number);
    visible(source, table);
    balance.match().keySet().forEach(column -> column(table, column, path + ".match"));
    if (several(table, balance.match().keySet())) {
      report.fault(
          path + ".match",
          "%s has no unique index on %s, so a payer could have several rows there"
              .formatted(table.display(), String.join(", ", balance.match().keySet())));
    }
    for (String name : balance.add().keySet()) {
      Table.Column column = table.columns().get(name);
      if (column != null && !column.category().equals("N")) {
        report.fault(
            path + ".add." + name,
            "%s.%s is of type %s, a number is needed"
                .formatted(table.display(), name, column.type()));
      }
    }
    updatable(table, path);
    written(table, balance.add(), path + ".add", true);
    written(table, balance.set(), path + ".set", true);
    if (balance.missing() == Balance.Missing.CREATE) {
      Map<String, Value> made = balance.created();
      written(table, made, path + ".values", false);
      Set<String> given = new LinkedHashSet<>(made.keySet());
      given.addAll(balance.add().keySet());
      insertable(table, given, path);
      for (String name : balance.add().keySet()) {
        Table.Column column = table.columns().get(name);
        if (column != null && column.standard() == null && !balance.created().containsKey(name)) {
          report.fault(
              path + ".values",
              "%s.%s has no default to begin with in a row that is made; give it a value, e.g. %s: 0"
                  .formatted(table.display(), name, name));
        }
      }
    }
  }

  private void insertable(Table table, Set<String> given, String path) {
    if (!table.insertable()) {
      report.fault(path + ".table", "nothing can be inserted into %s".formatted(table.display()));
    }
    for (Table.Column column : table.columns().values()) {
      if (given.contains(column.name())) {
        continue;
      }
      if (column.forbiddenSequence() != null) {
        forbidden(column.forbiddenSequence());
      }
      if (column.notNull() && !column.filled()) {
        report.fault(
            path + ".values",
            "%s.%s is NOT NULL and has no default; give it a value%s"
                .formatted(table.display(), column.name(), likelyValue(column.name())));
      }
    }
  }

  private void checkLedger(Source source, int number, Ledger ledger, Table table) {
    String path = source.ledgerPath(number);
    visible(source, table);
    written(table, ledger.values(), path + ".values", false);
    insertable(table, ledger.values().keySet(), path);
  }

  private static String likelyValue(String column) {
    return Suggestion.nearest(column, Expression.NAMES)
        .map(name -> ", e.g. %s: \"=:%s\"".formatted(column, name))
        .orElse("");
  }

  private void written(Table table, Map<String, Value> values, String path, boolean update) {
    List<String> lacking = new ArrayList<>();
    values.forEach(
        (name, value) -> {
          Table.Column column = column(table, name, path);
          if (column == null) {
            return;
          }
          if (column.generated()) {
            report.fault(
                path + "." + name,
                "%s.%s is generated by the database and can't be written"
                    .formatted(table.display(), name));
          }
          if (value instanceof Value.Constant constant) {
            if (constant.text() == null && column.notNull()) {
              report.fault(path + "." + name, "%s.%s is NOT NULL".formatted(table.display(), name));
            } else if (constant.text() != null && !column.labels().isEmpty()) {
              labels(column, List.of(constant.text()), path + "." + name);
            }
          }
          if (!(update ? column.canUpdate() : column.canInsert())) {
            lacking.add(name);
          }
        });
    if (!lacking.isEmpty()) {
      String privilege = update ? "update" : "insert";
      report.obstacle(
          new CheckReport.Obstacle(
              "privileges",
              "The role %s may not %s %s (%s)."
                  .formatted(report.role(), privilege, table.display(), String.join(", ", lacking)),
              "grant %s (%s) on %s to %s;"
                  .formatted(
                      privilege,
                      lacking.stream().map(Sql::identifier).collect(Collectors.joining(", ")),
                      table.quoted(),
                      Sql.identifier(report.role()))));
    }
  }

  /** Row security without a setting that lets us in would hide rows without a word. */
  private void visible(Source source, Table table) {
    if (table.rowSecurity() && source.session().isEmpty()) {
      report.obstacle(
          new CheckReport.Obstacle(
              "row security",
              "Row-level security is on for %s: the role %s may see none of its rows and gets no error."
                  .formatted(table.display(), report.role()),
              "alter role %s bypassrls;".formatted(Sql.identifier(report.role()))));
    }
    if (!table.reachable()) {
      unreadable.add(table);
      report.obstacle(
          new CheckReport.Obstacle(
              "privileges",
              "The role %s may not use the schema %s.".formatted(report.role(), table.schema()),
              "grant usage on schema %s to %s;"
                  .formatted(Sql.identifier(table.schema()), Sql.identifier(report.role()))));
    }
    List<String> hidden =
        table.columns().values().stream()
            .filter(it -> !it.canSelect())
            .map(Table.Column::name)
            .toList();
    if (!hidden.isEmpty()) {
      unreadable.add(table);
      report.obstacle(
          new CheckReport.Obstacle(
              "privileges",
              "The role %s may not read %s (%s)."
                  .formatted(report.role(), table.display(), String.join(", ", hidden)),
              "grant select on %s to %s;"
                  .formatted(table.quoted(), Sql.identifier(report.role()))));
    }
  }

  private void forbidden(String sequence) {
    report.obstacle(
        new CheckReport.Obstacle(
            "privileges",
            "The role %s may not draw from the sequence %s.".formatted(report.role(), sequence),
            "grant usage on sequence %s to %s;"
                .formatted(sequence, Sql.identifier(report.role()))));
  }

  private void labels(Table.Column column, List<String> labels, String path) {
    for (String label : labels) {
      if (!column.labels().contains(label)) {
        report.fault(
            path,
            "the type %s of column \"%s\" has no value \"%s\"; it has %s%s"
                .formatted(
                    column.type(),
                    column.name(),
                    label,
                    String.join(", ", column.labels()),
                    Suggestion.of(label, column.labels(), it -> '"' + it + '"')));
      }
    }
  }

  private Table.@Nullable Column column(Table table, String name, String path) {
    Table.Column column = table.columns().get(name);
    if (column == null) {
      report.fault(
          path,
          "%s has no column \"%s\"%s"
              .formatted(
                  table.display(),
                  name,
                  Suggestion.of(name, table.columns().keySet(), it -> '"' + it + '"')));
    }
    return column;
  }
}
