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
        refund
            .balances()
            .forEach(it -> names.put(source.path() + ".refund.balances[0].table", it.table()));
        refund
            .ledger()
            .forEach(it -> names.put(source.path() + ".refund.ledger[0].table", it.table()));
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
          visible(table);
        }
      }
      BoundSource result =
          bind(source, name -> tables.get(oids.getOrDefault(name, -1L)), referenced);
      if (result != null && faults.size() == before) {
        bound.add(result);
      }
    }
    return bound;
  }

  /** Every expression of a source, for what it reads besides the rows that it is about. */
  private static List<Expression> expressions(Source source) {
    List<@Nullable Expression> expressions = new ArrayList<>();
    List<@Nullable Value> values = new ArrayList<>();
    Jobs jobs = source.jobs();
    expressions.add(jobs.where());
    values.add(jobs.status());
    values.addAll(jobs.since());
    values.add(jobs.attempt());
    values.addAll(jobs.fail().values());
    Refund refund = source.refund();
    if (refund != null) {
      values.add(refund.payer());
      values.add(refund.cost());
      expressions.add(refund.onlyIf());
      expressions.add(refund.already());
      Charge charge = refund.charge();
      if (charge != null) {
        expressions.add(charge.match());
        values.add(charge.amount());
      }
      for (Balance balance : refund.balances()) {
        expressions.add(balance.when());
        values.addAll(balance.match().values());
        values.addAll(balance.add().values());
        values.addAll(balance.set().values());
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
    Balance balance =
        refund == null || refund.balances().isEmpty() ? null : refund.balances().getFirst();
    Ledger ledger = refund == null || refund.ledger().isEmpty() ? null : refund.ledger().getFirst();
    Table jobs = lookup.table(source.jobs().table());
    Table charges = charge == null ? null : lookup.table(charge.table());
    Table balances = balance == null ? null : lookup.table(balance.table());
    Table ledgers = ledger == null ? null : lookup.table(ledger.table());
    int before = faults.size();
    if (jobs != null) {
      checkJobs(source, jobs);
    }
    if (charge != null && charges != null) {
      checkCharge(source, charge, charges);
    }
    if (balance != null && balances != null) {
      checkBalance(source, balance, balances);
    }
    if (ledger != null && ledgers != null) {
      checkLedger(source, ledger, ledgers);
    }
    if (jobs == null) {
      return null;
    }
    boolean allThere =
        (charge == null || charges != null)
            && (balance == null || balances != null)
            && (ledger == null || ledgers != null);
    if (!allThere
        || !unreadable.isEmpty()
        || !jobs.columns().keySet().containsAll(source.jobs().key())) {
      return null;
    }
    SourceTables tables = new SourceTables(source, jobs, charges, balances, ledgers, referenced);
    Expressions expressions = new Expressions(tables, faults.size() == before);
    return expressions.bind();
  }

  private void checkJobs(Source source, Table table) {
    Jobs jobs = source.jobs();
    String path = source.path() + ".jobs";
    visible(table);
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
    visible(table);
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
  }

  private void checkBalance(Source source, Balance balance, Table table) {
    String path = source.path() + ".refund.balances[0]";
    visible(table);
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
  }

  private void checkLedger(Source source, Ledger ledger, Table table) {
    String path = source.path() + ".refund.ledger[0]";
    visible(table);
    written(table, ledger.values(), path + ".values", false);
    if (!table.insertable()) {
      fault(path + ".table", "nothing can be inserted into %s".formatted(table.display()));
    }
    for (Table.Column column : table.columns().values()) {
      if (column.forbiddenSequence() != null && !ledger.values().containsKey(column.name())) {
        forbidden(column.forbiddenSequence());
      }
      if (column.notNull() && !column.filled() && !ledger.values().containsKey(column.name())) {
        fault(
            path + ".values",
            "%s.%s is NOT NULL and has no default; give it a value%s"
                .formatted(table.display(), column.name(), likelyValue(column.name())));
      }
    }
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

  private void visible(Table table) {
    if (table.rowSecurity()) {
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

    /** What is there when a balance row is written. */
    private final String ofBalance;

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
      Table balances = tables.balances();
      this.ofJob = tables.jobs().quoted() + " job";
      this.ofCharge =
          ofJob + (charges == null ? "" : " cross join " + charges.quoted() + " charge");
      this.ofAll =
          ofCharge + (balances == null ? "" : " cross join " + balances.quoted() + " balance");
      this.ofBalance = balances == null ? ofJob : balances.quoted() + " balance";
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
        if (tables.balance() != null) {
          optional(row, "when", path + ".refund.balances[0].when", tables.balance().when(), ofAll);
        }
        if (tables.ledgerRow() != null) {
          optional(
              row, "recorded", path + ".refund.ledger[0].when", tables.ledgerRow().when(), ofAll);
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
        Value value = jobs.since().get(i);
        String type = String.valueOf(types.get("since" + i));
        TimeForm form = jobs.time().of(value instanceof Value.Column column ? column.name() : "");
        since.add(new SinceSql(rows.value(value, "job"), type, form));
      }
      SourceSql sql = new SourceSql(tables, since, "boolean".equals(types.get("already")));
      return new BoundSource(source, tables, sql, new WriteSql(tables, names));
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
      for (String each : List.of("where", "only-if", "match", "when", "recorded")) {
        String type = types.get(each);
        if (type != null && !type.equals("boolean")) {
          String at =
              switch (each) {
                case "where" -> ".jobs.where";
                case "match" -> ".refund.charge.match";
                case "when" -> ".refund.balances[0].when";
                case "recorded" -> ".refund.ledger[0].when";
                default -> ".refund." + each;
              };
          fault(
              source.path() + at, "is of type %s, a condition (boolean) is needed".formatted(type));
        }
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
      Balance balance = tables.balance();
      Table table = tables.balances();
      String balanceType =
          balance == null || table == null
              ? "numeric"
              : SourceTables.column(table, balance.add().keySet().iterator().next()).baseType();
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
      Balance balance = tables.balance();
      Table balances = tables.balances();
      if (balance != null && balances != null) {
        balance
            .match()
            .forEach(
                (column, value) -> {
                  if (value instanceof Value.Computed computed) {
                    probes.put(
                        "match " + column,
                        new Probe(
                            path + ".refund.balances[0].match." + column,
                            Sql.cast(
                                "(" + rows.expression(computed.expression()) + ")",
                                SourceTables.column(balances, column).type()),
                            ofCharge));
                  }
                });
        written(
            probes,
            names,
            balances,
            balance.add(),
            balance.time(),
            path + ".refund.balances[0].add",
            ofCharge);
        written(
            probes,
            names,
            balances,
            balance.set(),
            balance.time(),
            path + ".refund.balances[0].set",
            ofBalance);
      }
      Ledger ledger = tables.ledgerRow();
      Table table = tables.ledger();
      if (ledger != null && table != null) {
        written(
            probes,
            names,
            table,
            ledger.values(),
            ledger.time(),
            path + ".refund.ledger[0].values",
            ofCharge);
      }
      return probes;
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
      for (Probe probe : probes) {
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
                  "from", from));
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
