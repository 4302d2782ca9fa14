package io.jobcleanup.postgres;

import io.jobcleanup.Diagnosis;
import io.jobcleanup.Diagnosis.Finding;
import io.jobcleanup.Diagnosis.Level;
import io.jobcleanup.MappingFault;
import io.jobcleanup.UnreachableDatabaseException;
import io.jobcleanup.UnusableDatabaseException;
import io.jobcleanup.mapping.Jobs;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.mapping.Refund;
import io.jobcleanup.mapping.Timeout;
import io.jobcleanup.mapping.Value;
import io.jobcleanup.verdict.NumberType;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Looks at a database and a mapping: what is wrong, and the statement that mends it. Writes
 * nothing.
 */
public final class Doctor {

  private final Database database;
  private final Schema schema;
  private final Mapping mapping;
  private final Duration timeout;

  /** Of how many stuck jobs it is asked who holds them: the oldest. */
  private static final int MOST_LOOKED_AT = 100;

  private final List<Finding> findings = new ArrayList<>();

  /** A doctor for one database and mapping. */
  public Doctor(Database database, Schema schema, Mapping mapping, Duration timeout) {
    this.database = database;
    this.schema = schema;
    this.mapping = mapping;
    this.timeout = timeout;
  }

  /** Looks at everything. */
  public Diagnosis examine() {
    findings.clear();
    try {
      connection();
      MappingCheck.Result check = database.read(tx -> MappingCheck.check(tx, mapping));
      mapping(check);
      obstacles(check);
      ourSchema();
      for (BoundSource source :
          check.obstacles().isEmpty() ? check.sources() : List.<BoundSource>of()) {
        database.read(
            tx -> {
              indexes(tx, source);
              clock(tx, source);
              triggers(source);
              amounts(source);
              whatTheTablesShow(source);
              lateCompletions(tx, source);
              holders(tx, source);
              return source;
            });
      }
      if (check.faults().isEmpty()) {
        guardsOfNoSource(check.sources());
      }
    } catch (UnreachableDatabaseException | UnusableDatabaseException e) {
      add(Level.FAULT, "database", String.valueOf(e.getMessage()));
    }
    return new Diagnosis(findings);
  }

  private void add(Level level, String about, String message, String... remedy) {
    findings.add(new Finding(level, about, message, List.of(remedy)));
  }

  private void connection() {
    record Server(String version, Instant now) {}
    long asked = System.nanoTime();
    Server server =
        database.read(
            tx ->
                tx.one(
                    Sql.of("server"),
                    Map.of(),
                    row ->
                        new Server(
                            row.getString("version"),
                            row.getObject("now", OffsetDateTime.class).toInstant())));
    long tookMs = (System.nanoTime() - asked) / 1_000_000;
    add(
        Level.OK,
        "database",
        "PostgreSQL %s, %d ms away, its clock says %s"
            .formatted(server.version(), tookMs, server.now()));
    Duration budget = database.budget();
    if (budget.toMillis() < 100) {
      add(
          Level.WARNING,
          "database",
          "deadlock_timeout is %d ms: a transaction of ours ends within half of it, and may not get far"
              .formatted(budget.toMillis() * 2));
    }
  }

  private void mapping(MappingCheck.Result check) {
    if (check.faults().isEmpty()) {
      long tables =
          check.sources().stream()
              .flatMap(it -> it.tables().all().stream())
              .map(Table::oid)
              .distinct()
              .count();
      add(
          Level.OK,
          "mapping",
          "%s; %d %s, %d %s, all as it says"
              .formatted(
                  mapping.name(),
                  mapping.sources().size(),
                  mapping.sources().size() == 1 ? "source" : "sources",
                  tables,
                  tables == 1 ? "table" : "tables"));
    }
    for (MappingFault fault : check.faults()) {
      add(Level.FAULT, "mapping", fault.toString());
    }
  }

  private void obstacles(MappingCheck.Result check) {
    for (CheckReport.Obstacle obstacle : check.obstacles()) {
      add(Level.FAULT, obstacle.kind(), obstacle.problem() + " As its owner:", obstacle.remedy());
    }
    if (check.obstacles().isEmpty() && !check.sources().isEmpty()) {
      add(Level.OK, "privileges", "all that a run needs on the host's tables");
      add(Level.OK, "row security", rowSecurity(check.sources()));
    }
  }

  /** Whether a setting lets us see all rows, only the host knows. */
  private static String rowSecurity(List<BoundSource> sources) {
    String behind =
        sources.stream()
            .flatMap(
                source ->
                    source.tables().all().stream()
                        .filter(Table::rowSecurity)
                        .map(
                            table ->
                                "%s lets us in by %s"
                                    .formatted(
                                        table.display(),
                                        String.join(", ", source.source().session().keySet()))))
            .distinct()
            .collect(Collectors.joining("; "));
    return behind.isEmpty() ? "hides nothing from us" : behind;
  }

  private void ourSchema() {
    switch (database.read(schema::state)) {
      case CURRENT ->
          add(Level.OK, "our schema", "%s is there and up to date".formatted(Schema.NAME));
      case ABSENT -> {
        if (database.read(schema::creatable)) {
          add(
              Level.WARNING,
              "our schema",
              "%s isn't there yet; the first run makes it, or:".formatted(Schema.NAME),
              "job-cleanup migrate");
        } else {
          add(
              Level.FAULT,
              "our schema",
              "%s isn't there yet, and our role may not make it. As the owner of the database:"
                  .formatted(Schema.NAME),
              database.read(Schema::permission));
        }
      }
      case BEHIND ->
          add(
              Level.WARNING,
              "our schema",
              "%s is older than this version; the next run brings it up to date, or:"
                  .formatted(Schema.NAME),
              "job-cleanup migrate");
      case UNUSABLE ->
          add(
              Level.FAULT,
              "our schema",
              "our role may not use all of %s. As its owner:".formatted(Schema.NAME),
              Schema.grants(
                  database.read(
                      tx -> tx.one("select current_user", Map.of(), row -> row.getString(1)))));
    }
  }

  private void indexes(Tx tx, BoundSource source) {
    Table jobs = source.tables().jobs();
    int before = findings.size();
    for (Value tells : detectedBy(source.source().jobs())) {
      if (jobs.kind().equals("v")
          || !(tells instanceof Value.Column since)
          || jobs.indexedBy(
              since.name(),
              source.source().jobs().status() instanceof Value.Column status ? status.name() : null,
              source.source().jobs().processing())) {
        continue;
      }
      String processing = source.sql().processing();
      add(
          Level.WARNING,
          "index",
          "detection would read all of %s (about %d rows). This makes it a few pages:"
              .formatted(jobs.display(), rows(tx, jobs)),
          createIndex(
              tx,
              jobs,
              tells.equals(source.source().jobs().expires()) ? "expired" : "stuck",
              since.name(),
              " where " + processing));
    }
    Set<String> seen = new LinkedHashSet<>();
    wanted(source)
        .forEach(
            (table, column) -> {
              if (!table.kind().equals("v")
                  && !table.indexedBy(column)
                  && seen.add(table.display() + column)) {
                add(
                    Level.WARNING,
                    "index",
                    "what belongs to a job is searched in all of %s (about %d rows). This finds it at once:"
                        .formatted(table.display(), rows(tx, table)),
                    createIndex(tx, table, column.toLowerCase(Locale.ROOT), column, ""));
              }
            });
    if (findings.size() == before) {
      add(Level.OK, "index", "all that source %s wants".formatted(source.source().name()));
    }
  }

  /** What detection walks along: the time by which a job had to end, and the first since column. */
  private static List<Value> detectedBy(Jobs jobs) {
    List<Value> detectedBy = new ArrayList<>();
    if (jobs.expires() != null) {
      detectedBy.add(jobs.expires());
    }
    jobs.since().stream().findFirst().ifPresent(detectedBy::add);
    return detectedBy;
  }

  /** The columns by which rows that belong to a job are found. */
  private static Map<Table, String> wanted(BoundSource source) {
    Map<Table, String> wanted = new LinkedHashMap<>();
    Refund refund = source.source().refund();
    Table charges = source.tables().charges();
    if (refund != null && refund.charge() != null && charges != null) {
      charges.columns().keySet().stream()
          .filter(column -> refund.charge().match().equates("charge", column))
          .sorted(Comparator.comparing((String column) -> !charges.indexedBy(column)))
          .findFirst()
          .ifPresent(column -> wanted.put(charges, column));
    }
    if (refund != null && refund.already() != null) {
      for (SourceTables.Recorded ledger : source.tables().ledgers()) {
        ledger.row().values().entrySet().stream()
            .filter(
                it ->
                    it.getValue() instanceof Value.Computed computed
                        && computed.expression().isJust("job"))
            .map(Map.Entry::getKey)
            .findFirst()
            .ifPresent(column -> wanted.putIfAbsent(ledger.table(), column));
      }
    }
    return wanted;
  }

  private static long rows(Tx tx, Table table) {
    return tx.one(Sql.of("estimated-rows"), Map.of("oid", table.oid()), row -> row.getLong(1));
  }

  /**
   * An index can't be built concurrently on a partitioned table: it is declared there, built on
   * each part, and then attached.
   */
  private static String[] createIndex(
      Tx tx, Table table, String suffix, String column, String where) {
    record Part(String schema, String name, boolean leaf, String parentSchema, String parentName) {}
    String on = " (%s)%s;".formatted(Sql.identifier(column), where);
    List<String> statements = new ArrayList<>();
    statements.add(indexOn(table.schema(), table.name(), suffix, !table.kind().equals("p")) + on);
    if (table.kind().equals("p")) {
      List<String> attachments = new ArrayList<>();
      for (Part part :
          tx.list(
              Sql.of("partitions"),
              Map.of("oid", table.oid()),
              row ->
                  new Part(
                      row.getString("schema"),
                      row.getString("name"),
                      row.getBoolean("is_leaf"),
                      row.getString("parent_schema"),
                      row.getString("parent_name")))) {
        statements.add(indexOn(part.schema(), part.name(), suffix, part.leaf()) + on);
        attachments.add(
            "alter index %s attach partition %s;"
                .formatted(
                    qualified(part.parentSchema(), indexName(part.parentName(), suffix)),
                    qualified(part.schema(), indexName(part.name(), suffix))));
      }
      statements.addAll(attachments);
    }
    return statements.toArray(String[]::new);
  }

  private static String indexOn(String schema, String table, String suffix, boolean holdsRows) {
    return "create index %s%s on %s%s"
        .formatted(
            holdsRows ? "concurrently " : "",
            Sql.identifier(indexName(table, suffix)),
            holdsRows ? "" : "only ",
            qualified(schema, table));
  }

  /** PostgreSQL cuts names at 63 bytes, which must not cut the difference off. */
  private static String indexName(String table, String suffix) {
    int left = 63 - suffix.length() - 1;
    return (table.length() > left ? table.substring(0, left) : table) + "_" + suffix;
  }

  private static String qualified(String schema, String name) {
    return Sql.identifier(schema) + "." + Sql.identifier(name);
  }

  private void clock(Tx tx, BoundSource source) {
    record Future(long count, String key, Instant since) {}
    List<Future> future;
    try {
      future =
          tx.behindSavepoint(
              () ->
                  tx.list(
                      source.sql().inFuture(),
                      Map.of(),
                      row ->
                          new Future(
                              row.getLong("count"),
                              row.getString("example"),
                              row.getObject("latest", OffsetDateTime.class).toInstant())));
    } catch (RuntimeException e) {
      SqlFault fault = SqlFault.of(e);
      if (fault == null || fault.passing()) {
        throw e;
      }
      add(
          Level.WARNING,
          "mapping",
          "status or since of source %s fail for some row: %s"
              .formatted(source.source().name(), fault.message()));
      return;
    }
    for (Future each : future) {
      add(
          Level.WARNING,
          "clock",
          "%d %s of %s began in the future (%s at %s): is a worker's clock wrong, or `time` of the mapping?"
              .formatted(
                  each.count(),
                  each.count() == 1 ? "job" : "jobs",
                  source.tables().jobs().display(),
                  each.key(),
                  each.since()));
    }
    if (future.isEmpty()) {
      add(
          Level.OK,
          "clock",
          "no job of source %s began in the future; %s"
              .formatted(source.source().name(), timeoutOf(source.source().jobs())));
    }
  }

  /** A column that can't hold what jobs may cost makes refunds owed, one by one, some day. */
  private void amounts(BoundSource source) {
    NumberType amount = NumberType.of(source.writes().amountType(), -1);
    for (SourceTables.Moved balance : source.tables().balances()) {
      for (Table.Column column : balance.addColumns()) {
        Value added = balance.balance().add().get(column.name());
        if (added != null && WriteSql.plainFactor(added) != 0) {
          narrow(source, balance.table(), column, amount);
        }
      }
    }
    for (SourceTables.Recorded ledger : source.tables().ledgers()) {
      for (String column : WriteSql.amountColumns(ledger)) {
        if (WriteSql.amountFactor(ledger, column) != 0) {
          narrow(source, ledger.table(), SourceTables.column(ledger.table(), column), amount);
        }
      }
    }
  }

  private void narrow(BoundSource source, Table table, Table.Column column, NumberType amount) {
    NumberType type = NumberType.of(column.baseType(), column.modifier());
    if (type.isWholeAndNarrowerThan(amount)) {
      add(
          Level.WARNING,
          "amounts",
          "%s.%s is of type %s, and amounts of source %s of type %s: a refund that it can't hold exactly is owed"
              .formatted(
                  table.display(),
                  column.name(),
                  type.name(),
                  source.source().name(),
                  amount.name()));
    }
  }

  /** Without that, only our own record keeps us from giving back what the host gave back itself. */
  private void whatTheTablesShow(BoundSource source) {
    Refund refund = source.source().refund();
    if (refund != null && refund.already() == null) {
      add(
          Level.OK,
          "refunds",
          "source %s has no `already`, so what the host gives back by its own code isn't seen; our own record is the proof of ours"
              .formatted(source.source().name()));
    }
  }

  /** Whether workers that complete a job after all are seen, and kept from it. */
  private void lateCompletions(Tx tx, BoundSource source) {
    String name = source.source().name();
    String seen =
        source.source().jobs().completed().isEmpty()
            ? "source %s has no `completed`, so a job that a worker completes after a run failed it isn't seen"
                .formatted(name)
            : "jobs of source %s that a worker completes after a run failed them: job-cleanup late"
                .formatted(name);
    if (!GuardSql.obstacles(source).isEmpty()) {
      add(Level.OK, "late", seen);
      return;
    }
    switch (Guard.state(GuardSql.of(source), Guard.there(tx))) {
      case ABSENT -> add(Level.OK, "late", seen + "; no guard keeps them settled");
      case FITS -> add(Level.OK, "late", seen + "; the guard keeps them settled");
      case DIFFERS ->
          add(
              Level.WARNING,
              "late",
              "the guard of source %s is switched off, or doesn't fit the mapping. This mends it:"
                  .formatted(name),
              "job-cleanup late guard '%s'".formatted(name.replace("'", "'\\''")));
    }
  }

  /** A trigger of ours that no source of the mapping asks for goes by what the mapping was. */
  private void guardsOfNoSource(List<BoundSource> sources) {
    Set<String> known =
        sources.stream()
            .filter(it -> GuardSql.obstacles(it).isEmpty())
            .map(GuardSql::of)
            .map(it -> it.table().oid() + it.trigger())
            .collect(Collectors.toSet());
    for (Guard.There each : database.read(Guard::there)) {
      if (!known.contains(each.table() + each.trigger())) {
        add(
            Level.WARNING,
            "late",
            "the guard %s on %s is of no source of this mapping. To take it off:"
                .formatted(each.trigger(), each.display()),
            "drop trigger %s on %s;".formatted(Sql.identifier(each.trigger()), each.quoted()));
      }
    }
  }

  private String timeoutOf(Jobs jobs) {
    String told =
        switch (jobs.timeout()) {
          case Timeout.Fixed fixed -> "the timeout is %d s".formatted(fixed.duration().toSeconds());
          case Timeout.Computed byJob -> "the mapping gives each its timeout";
          case null -> "the timeout is %d s".formatted(timeout.toSeconds());
        };
    return jobs.expires() == null ? told : told + ", where a job has no time to end by";
  }

  private void triggers(BoundSource source) {
    Set<String> triggers = new LinkedHashSet<>();
    for (Table table : source.tables().all()) {
      table.triggers().forEach(trigger -> triggers.add(trigger + " on " + table.display()));
    }
    if (!triggers.isEmpty()) {
      add(
          Level.OK,
          "triggers",
          "the host has %s; what they do to our writes is checked, row by row"
              .formatted(triggers.stream().collect(Collectors.joining(", "))));
    }
  }

  /** A run passes over what somebody holds: where that lasts, somebody has to be asked. */
  private void holders(Tx tx, BoundSource source) {
    SourceStatements statements = new SourceStatements(source);
    Deadline deadline = Deadline.of(source.source().jobs(), new Books().now(tx), null, timeout);
    try {
      tx.behindSavepoint(
          () -> {
            List<List<String>> keys = new ArrayList<>();
            for (int range = 0; range < statements.ranges(); range++) {
              statements.detect(tx, range, deadline, null, MOST_LOOKED_AT, false, true).stream()
                  .map(SourceStatements.Found::key)
                  .forEach(keys::add);
            }
            if (!keys.isEmpty()) {
              statements.holders(tx, keys).forEach(holder -> heldBy(source, holder));
            }
            return keys;
          });
    } catch (RuntimeException e) {
      SqlFault fault = SqlFault.of(e);
      if (fault == null || fault.passing()) {
        throw e;
      }
      // A condition that fails for some row has been told of before.
    }
  }

  private void heldBy(BoundSource source, SourceStatements.Holder holder) {
    add(
        Level.WARNING,
        "held",
        "stuck jobs of source %s are held, so a run passes them over: by %s. If it is forgotten:"
            .formatted(source.source().name(), holder.described()),
        "select pg_terminate_backend(%d);".formatted(holder.pid()));
  }
}
