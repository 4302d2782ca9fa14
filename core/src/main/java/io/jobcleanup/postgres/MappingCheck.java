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
import io.jobcleanup.mapping.TimeForm;
import io.jobcleanup.mapping.Timeout;
import io.jobcleanup.mapping.Times;
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
  record Result(List<BoundSource> sources, List<MappingFault> faults, List<Obstacle> obstacles) {

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

  /**
   * Something that our role may not do.
   *
   * @param kind {@code privileges} or {@code row security}
   * @param problem what is missing
   * @param remedy the statement that mends it
   */
  record Obstacle(String kind, String problem, String remedy) {}

  private final Tx tx;
  private final Mapping mapping;
  private final List<MappingFault> faults = new ArrayList<>();
  private final Set<Obstacle> obstacles = new LinkedHashSet<>();
  private final Set<Table> unreadable = new LinkedHashSet<>();
  private final String role;

  private MappingCheck(Tx tx, Mapping mapping) {
    this.tx = tx;
    this.mapping = mapping;
    this.role = tx.one("select current_user", Map.of(), row -> row.getString(1));
    faults.addAll(mapping.faults());
  }

  static Result check(Tx tx, Mapping mapping) {
    MappingCheck check = new MappingCheck(tx, mapping);
    List<BoundSource> sources = check.sources();
    return new Result(sources, List.copyOf(check.faults), List.copyOf(check.obstacles));
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
          names.put(balancePath(source, i) + ".table", refund.balances().get(i).table());
        }
        for (int i = 0; i < refund.ledger().size(); i++) {
          names.put(ledgerPath(source, i) + ".table", refund.ledger().get(i).table());
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
            fault(path, "there is no table \"%s\"%s".formatted(name, catalogue.suggestion(name)));
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
      int before = faults.size();
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
      if (result != null && faults.size() == before) {
        bound.add(result);
      }
    }
    tx.as(Map.of());
    return bound;
  }

  /** Makes the settings of a source, if the database takes them all. */
  private boolean settings(Source source) {
    int before = faults.size();
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
                fault(source.path() + ".session." + name, fault.message());
              }
            });
    if (faults.size() > before) {
      return false;
    }
    tx.as(source.session());
    return true;
  }

  private static String balancePath(Source source, int number) {
    return "%s.refund.balances[%d]".formatted(source.path(), number);
  }

  private static String ledgerPath(Source source, int number) {
    return "%s.refund.ledger[%d]".formatted(source.path(), number);
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
    int before = faults.size();
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
    Expressions expressions = new Expressions(tables, faults.size() == before);
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
          fault(
              balancePath(source, moved.number()) + ".match",
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
      fault(
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
          time(column.baseType(), jobs.time().of(since.name()), path + ".since", since.name());
        }
      }
    }
    if (jobs.expires() instanceof Value.Column expires) {
      Table.Column column = column(table, expires.name(), path + ".expires");
      if (column != null) {
        time(column.baseType(), jobs.time().of(expires.name()), path + ".expires", expires.name());
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
        fault(
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
        fault(
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
      fault(path + ".table", "the rows of %s can't be updated".formatted(table.display()));
    }
  }

  private void time(String type, TimeForm form, String path, String name) {
    if (!SinceSql.possible(type, form)) {
      fault(
          path,
          "\"%s\" is of type %s, which tells no time%s"
              .formatted(
                  name,
                  type,
                  isNumber(type)
                      ? "; if it counts since 1970, say time: epoch-seconds or epoch-millis"
                      : ""));
    }
  }

  private static boolean isNumber(String type) {
    return SinceSql.possible(type, TimeForm.Epoch.SECONDS);
  }

  private void checkCharge(Source source, Charge charge, Table table) {
    String path = source.path() + ".refund.charge";
    visible(source, table);
    charge.key().forEach(key -> column(table, key, path + ".key"));
    if (charge.key().isEmpty() && table.primaryKey().isEmpty()) {
      fault(path + ".key", "is missing, and %s has no primary key".formatted(table.display()));
    } else if (!charge.key().isEmpty() && several(table, charge.key())) {
      fault(
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
    String path = balancePath(source, number);
    visible(source, table);
    balance.match().keySet().forEach(column -> column(table, column, path + ".match"));
    if (several(table, balance.match().keySet())) {
      fault(
          path + ".match",
          "%s has no unique index on %s, so a payer could have several rows there"
              .formatted(table.display(), String.join(", ", balance.match().keySet())));
    }
    for (String name : balance.add().keySet()) {
      Table.Column column = table.columns().get(name);
      if (column != null && !column.category().equals("N")) {
        fault(
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
          fault(
              path + ".values",
              "%s.%s has no default to begin with in a row that is made; give it a value, e.g. %s: 0"
                  .formatted(table.display(), name, name));
        }
      }
    }
  }

  private void insertable(Table table, Set<String> given, String path) {
    if (!table.insertable()) {
      fault(path + ".table", "nothing can be inserted into %s".formatted(table.display()));
    }
    for (Table.Column column : table.columns().values()) {
      if (given.contains(column.name())) {
        continue;
      }
      if (column.forbiddenSequence() != null) {
        forbidden(column.forbiddenSequence());
      }
      if (column.notNull() && !column.filled()) {
        fault(
            path + ".values",
            "%s.%s is NOT NULL and has no default; give it a value%s"
                .formatted(table.display(), column.name(), likelyValue(column.name())));
      }
    }
  }

  private void checkLedger(Source source, int number, Ledger ledger, Table table) {
    String path = ledgerPath(source, number);
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
            fault(
                path + "." + name,
                "%s.%s is generated by the database and can't be written"
                    .formatted(table.display(), name));
          }
          if (value instanceof Value.Constant constant) {
            if (constant.text() == null && column.notNull()) {
              fault(path + "." + name, "%s.%s is NOT NULL".formatted(table.display(), name));
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
      obstacles.add(
          new Obstacle(
              "privileges",
              "The role %s may not %s %s (%s)."
                  .formatted(role, privilege, table.display(), String.join(", ", lacking)),
              "grant %s (%s) on %s to %s;"
                  .formatted(
                      privilege,
                      lacking.stream().map(Sql::identifier).collect(Collectors.joining(", ")),
                      table.quoted(),
                      Sql.identifier(role))));
    }
  }

  /** Row security without a setting that lets us in would hide rows without a word. */
  private void visible(Source source, Table table) {
    if (table.rowSecurity() && source.session().isEmpty()) {
      obstacles.add(
          new Obstacle(
              "row security",
              "Row-level security is on for %s: the role %s may see none of its rows and gets no error."
                  .formatted(table.display(), role),
              "alter role %s bypassrls;".formatted(Sql.identifier(role))));
    }
    if (!table.reachable()) {
      unreadable.add(table);
      obstacles.add(
          new Obstacle(
              "privileges",
              "The role %s may not use the schema %s.".formatted(role, table.schema()),
              "grant usage on schema %s to %s;"
                  .formatted(Sql.identifier(table.schema()), Sql.identifier(role))));
    }
    List<String> hidden =
        table.columns().values().stream()
            .filter(it -> !it.canSelect())
            .map(Table.Column::name)
            .toList();
    if (!hidden.isEmpty()) {
      unreadable.add(table);
      obstacles.add(
          new Obstacle(
              "privileges",
              "The role %s may not read %s (%s)."
                  .formatted(role, table.display(), String.join(", ", hidden)),
              "grant select on %s to %s;".formatted(table.quoted(), Sql.identifier(role))));
    }
  }

  private void forbidden(String sequence) {
    obstacles.add(
        new Obstacle(
            "privileges",
            "The role %s may not draw from the sequence %s.".formatted(role, sequence),
            "grant usage on sequence %s to %s;".formatted(sequence, Sql.identifier(role))));
  }

  private void labels(Table.Column column, List<String> labels, String path) {
    for (String label : labels) {
      if (!column.labels().contains(label)) {
        fault(
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
      fault(
          path,
          "%s has no column \"%s\"%s"
              .formatted(
                  table.display(),
                  name,
                  Suggestion.of(name, table.columns().keySet(), it -> '"' + it + '"')));
    }
    return column;
  }

  private void fault(String path, String problem) {
    faults.add(mapping.contradiction(path, problem));
  }

  /**
   * One expression to be tried.
   *
   * @param path where it stands
   * @param sql the expression
   * @param from the rows that it may name, as a FROM clause
   */
  private record Probe(String path, String sql, String from) {}

  /** Has the database read every expression of one source, and tell its type. */
  private final class Expressions {
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
    Expressions(SourceTables tables, boolean sound) {
      this.sound = sound;
      this.tables = tables;
      this.source = tables.source();
      this.jobs = source.jobs();
      this.refund = source.refund();
      this.rows = new RowSql(tables);
      Table charges = tables.charges();
      this.ofJob = tables.jobs().quoted() + " job";
      this.ofCharge =
          ofJob + (charges == null ? "" : " cross join " + charges.quoted() + " charge");
      this.ofAll =
          tables.balances().isEmpty() ? ofCharge : ofChargeAnd(tables.balances().getFirst());
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
          String at = balancePath(source, each.number()) + ".when";
          optional(row, at, at, each.balance().when(), ofChargeAnd(each));
        }
        for (SourceTables.Recorded each : tables.ledgers()) {
          String at = ledgerPath(source, each.number()) + ".when";
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
      int before = faults.size();
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
      return faults.size() == before;
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
      int before = faults.size();
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
              fault(at, "is of type %s, a condition (boolean) is needed".formatted(type));
            }
          });
      String timeout = types.get("timeout");
      if (timeout != null && !timeout.equals("interval")) {
        fault(
            source.path() + ".jobs.timeout",
            "is of type %s, an interval is needed, such as make_interval(mins => job.minutes)"
                .formatted(timeout));
      }
      if (types.containsKey("expires") && jobs.expires() instanceof Value.Computed computed) {
        time(
            String.valueOf(types.get("expires")),
            jobs.time().standard(),
            source.path() + ".jobs.expires",
            computed.expression().text());
      }
      for (int i = 0; i < jobs.since().size(); i++) {
        String type = types.get("since" + i);
        if (type != null && jobs.since().get(i) instanceof Value.Computed computed) {
          time(
              type,
              jobs.time().standard(),
              source.path() + ".jobs.since",
              computed.expression().text());
        }
      }
      for (String each : List.of("cost", "amount", "already")) {
        String type = types.get(each);
        if (type != null
            && !isNumber(type)
            && !(each.equals("already") && type.equals("boolean"))) {
          fault(
              source.path() + (each.equals("amount") ? ".refund.charge.amount" : ".refund." + each),
              "is of type %s, a number%s is needed"
                  .formatted(type, each.equals("already") ? " or a condition" : ""));
        }
      }
      return faults.size() == before;
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
            ledgerPath(source, each.number()) + ".values",
            ofAll);
      }
      return probes;
    }

    private void balance(Map<String, Probe> probes, Names names, SourceTables.Moved moved) {
      Balance balance = moved.balance();
      Table table = moved.table();
      String path = balancePath(source, moved.number());
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
        obstacles.add(
            new Obstacle(
                "privileges",
                "%s: %s for the role %s.".formatted(probe.path(), fault.message(), role),
                "grant select on all tables in schema %s to %s;"
                    .formatted(Sql.identifier(tables.jobs().schema()), Sql.identifier(role))));
      } else {
        fault(probe.path(), fault.message() + (fault.hint().isEmpty() ? "" : ". " + fault.hint()));
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
}
