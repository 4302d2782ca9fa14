package io.jobcleanup.postgres;

import io.jobcleanup.UnreachableDatabaseException;
import io.jobcleanup.UnusableDatabaseException;
import io.jobcleanup.mapping.Balance;
import io.jobcleanup.mapping.Charge;
import io.jobcleanup.mapping.Ledger;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.mapping.Refund;
import io.jobcleanup.mapping.Source;
import io.jobcleanup.mapping.Value;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;

/**
 * Our own schema, {@code job_cleanup}: whether it is there, how it is brought up to date. Safe for
 * use by several threads.
 */
public final class Schema {

  /** The schema that all of ours is in. */
  public static final String NAME = "job_cleanup";

  /** The number of the newest migration. */
  static final int NEWEST = 2;

  private static final String EXAMPLE_ROLE = "job_cleanup_app";
  private static final String MIGRATIONS = "io/jobcleanup/postgres/migration";

  /** How our schema stands. */
  public enum State {
    /** It isn't there. */
    ABSENT,
    /** It is there, but older than this version. */
    BEHIND,
    /** It is as this version needs it. */
    CURRENT,
    /** It is there, but our role may not use all of it. */
    UNUSABLE
  }

  private final Database database;

  /** The schema of a database. */
  public Schema(Database database) {
    this.database = database;
  }

  /** How it stands, seen in a transaction. */
  public State state(Tx tx) {
    record There(boolean there, boolean usable) {}
    There there =
        tx.one(
            Sql.of("schema-there"),
            Map.of(),
            row -> new There(row.getBoolean("there"), row.getBoolean("usable")));
    if (!there.there()) {
      return State.ABSENT;
    }
    if (!there.usable()) {
      return State.UNUSABLE;
    }
    int version = tx.one(Sql.of("schema-version"), Map.of(), row -> row.getInt("version"));
    return version < NEWEST ? State.BEHIND : State.CURRENT;
  }

  /** Whether our role may make it. */
  boolean creatable(Tx tx) {
    return tx.one(
        "select has_database_privilege(current_database(), 'create')",
        Map.of(),
        row -> row.getBoolean(1));
  }

  /** The statement that lets our role make it. */
  static String permission(Tx tx) {
    return tx.one(
        "select format('grant create on database %I to %I;', current_database(), current_user)",
        Map.of(), row -> row.getString(1));
  }

  /**
   * Makes it, or brings it up to date, under a lock of Flyway's that works behind a pooler too, and
   * records the baseline once.
   *
   * @param sources the sources whose balances the baseline keeps
   * @return how many migrations were applied
   * @throws UnusableDatabaseException if our role may not
   */
  public int migrate(List<SourceStatements> sources) {
    try {
      int applied =
          Flyway.configure(Schema.class.getClassLoader())
              .dataSource(database.dataSource())
              .locations("classpath:" + MIGRATIONS)
              .defaultSchema(NAME)
              .schemas(NAME)
              .createSchemas(true)
              .table("schema_history")
              .load()
              .migrate()
              .migrationsExecuted;
      recordBaseline(sources);
      return applied;
    } catch (FlywayException e) {
      SqlFault fault = SqlFault.of(e);
      if (fault != null && fault.connectionLost()) {
        throw new UnreachableDatabaseException(
            "the database was lost while our schema was made: " + fault, e);
      }
      throw new UnusableDatabaseException(
          "Our schema %s can't be made or brought up to date: %s%nLet the owner of the database run: job-cleanup migrate"
              .formatted(NAME, fault == null ? e.getMessage() : fault.toString()),
          e);
    }
  }

  /** Makes it in a transaction that will be undone: without a history, or the baseline. */
  public void make(Tx tx) {
    if (!creatable(tx)) {
      throw new UnusableDatabaseException(
          List.of(
              "Our schema %s isn't there, and our role may not make it, not even for a moment. As the owner of the database: %s"
                  .formatted(NAME, permission(tx))));
    }
    tx.execute("create schema " + NAME);
    for (int version = 1; version <= NEWEST; version++) {
      tx.execute(resource(fileOf(version)));
    }
  }

  /** Records the baseline where our schema was made by hand, if our role may. */
  public void recordMissingBaseline(List<SourceStatements> sources) {
    boolean missing =
        database.read(tx -> tx.one(Sql.of("baseline-missing"), Map.of(), row -> row.getBoolean(1)));
    if (missing) {
      recordBaseline(sources);
    }
  }

  private void recordBaseline(List<SourceStatements> sources) {
    database.write(
        tx -> {
          boolean ours = tx.update(Sql.of("claim-baseline"), Map.of()) == 1;
          if (ours) {
            for (SourceStatements each : sources) {
              tx.as(each.source().session());
              each.baseline().ifPresent(tx::execute);
            }
          }
          return ours;
        });
  }

  /**
   * The statement that records the baseline of one source; empty where its tables don't tell whose
   * a balance is.
   */
  static Optional<String> baselineOf(SourceTables tables) {
    if (tables.balances().isEmpty()) {
      return Optional.empty();
    }
    Balance balance = tables.balances().getFirst().balance();
    Table balances = tables.balances().getFirst().table();
    String payer = columnOf(balance.match(), "payer");
    if (payer == null || balance.match().size() > 1) {
      return Optional.empty();
    }
    Ledger row = tables.ledgers().isEmpty() ? null : tables.ledgers().getFirst().row();
    Table ledger = row == null ? null : tables.ledgers().getFirst().table();
    String ledgerPayer = row == null ? null : columnOf(row.values(), "payer");
    String amount = row == null ? null : columnOf(row.values(), "amount");
    boolean summed = ledger != null && ledgerPayer != null && amount != null;
    return Optional.of(
        Sql.of(
            "baseline",
            Map.of(
                "balance_table", Sql.literal(balances.display()),
                "payer", Sql.identifier(payer),
                "amount", Sql.identifier(balance.add().keySet().iterator().next()),
                "balances", balances.quoted(),
                "ledger_table", ledger != null && summed ? Sql.literal(ledger.display()) : "null",
                "ledger_sum", summed ? "coalesce(sums.total, 0)" : "null",
                "ledgers",
                    ledger != null && summed
                        ? Sql.of(
                            "baseline-ledger",
                            Map.of(
                                "payer", Sql.identifier(String.valueOf(ledgerPayer)),
                                "amount", Sql.identifier(String.valueOf(amount)),
                                "ledger", ledger.quoted(),
                                "balance_payer", Sql.identifier(payer)))
                        : "")));
  }

  static @Nullable String columnOf(Map<String, Value> values, String name) {
    return values.entrySet().stream()
        .filter(
            it ->
                it.getValue() instanceof Value.Computed computed
                    && computed.expression().isJust(name))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse(null);
  }

  /** The SQL that makes it, for whoever wants to run it by hand, with what a role needs. */
  public static String script(Mapping mapping) {
    StringBuilder script = new StringBuilder("create schema if not exists " + NAME + ";\n\n");
    for (int version = 1; version <= NEWEST; version++) {
      script.append(resource(fileOf(version))).append('\n');
    }
    script
        .append("-- So that a later version knows what was applied.\n")
        .append(Sql.of("history", Map.of("version", String.valueOf(NEWEST))))
        .append("\n\n");
    script.append(
        "-- The balances as they are now are recorded by the owner, once: job-cleanup migrate\n\n");
    script.append("-- What a role needs to run cleanups; its name is an example.\n");
    for (String grant : grants(EXAMPLE_ROLE)) {
      script.append(grant).append('\n');
    }
    script.append(
        "-- On the host's tables, by the mapping. What its expressions read besides, doctor"
            + " names.\n");
    for (String grant : hostGrants(mapping, EXAMPLE_ROLE)) {
      script.append(grant).append('\n');
    }
    return script.toString();
  }

  private static Set<String> hostGrants(Mapping mapping, String role) {
    Set<String> grants = new LinkedHashSet<>();
    for (Source source : mapping.sources()) {
      grants.add(grant("select", source.jobs().table(), role));
      Refund refund = source.refund();
      Map<String, Value> failed = new LinkedHashMap<>(source.jobs().fail());
      if (refund != null) {
        failed.putAll(refund.mark());
      }
      grants.add(grant("update " + columns(failed), source.jobs().table(), role));
      if (refund == null) {
        continue;
      }
      Charge charge = refund.charge();
      if (charge != null) {
        grants.add(grant("select", charge.table(), role));
        if (!charge.mark().isEmpty()) {
          grants.add(grant("update " + columns(charge.mark()), charge.table(), role));
        }
      }
      for (Balance balance : refund.balances()) {
        Map<String, Value> written = new LinkedHashMap<>(balance.add());
        written.putAll(balance.set());
        grants.add(grant("select", balance.table(), role));
        grants.add(grant("update " + columns(written), balance.table(), role));
        if (balance.missing() == Balance.Missing.CREATE) {
          Map<String, Value> made = new LinkedHashMap<>(balance.add());
          made.putAll(balance.created());
          grants.add(grant("insert " + columns(made), balance.table(), role));
        }
      }
      for (Ledger ledger : refund.ledger()) {
        grants.add(grant("select", ledger.table(), role));
        grants.add(grant("insert " + columns(ledger.values()), ledger.table(), role));
      }
    }
    return grants;
  }

  private static String grant(String privilege, String table, String role) {
    String name =
        Arrays.stream(table.split("\\.", 2)).map(Sql::identifier).collect(Collectors.joining("."));
    return "grant %s on %s to %s;".formatted(privilege, name, Sql.identifier(role));
  }

  private static String columns(Map<String, Value> written) {
    return written.keySet().stream()
        .map(Sql::identifier)
        .collect(Collectors.joining(", ", "(", ")"));
  }

  private static String fileOf(int version) {
    return switch (version) {
      case 1 -> "V1__books.sql";
      case 2 -> "V2__audit.sql";
      default -> throw new IllegalArgumentException("there is no migration " + version);
    };
  }

  private static String resource(String file) {
    try (InputStream in = Schema.class.getResourceAsStream("migration/" + file)) {
      if (in == null) {
        throw new IllegalStateException(file + " isn't on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The statements that let a role run cleanups, as our schema goes. */
  static String[] grants(String role) {
    String to = Sql.identifier(role);
    return new String[] {
      "grant usage on schema %s to %s;".formatted(NAME, to),
      "grant select on %1$s.run, %1$s.run_job, %1$s.refund, %1$s.refusal, %1$s.baseline, %1$s.installation, %1$s.late_completion, %1$s.accepted_finding, %1$s.schema_history to %2$s;"
          .formatted(NAME, to),
      "grant insert, update on %1$s.run, %1$s.run_job, %1$s.refund, %1$s.refusal to %2$s;"
          .formatted(NAME, to),
      "grant insert on %1$s.late_completion, %1$s.accepted_finding to %2$s;".formatted(NAME, to),
      "grant update (asked_for_at) on %s.installation to %s;".formatted(NAME, to),
      "grant delete on %1$s.run, %1$s.run_job, %1$s.refusal to %2$s;".formatted(NAME, to)
    };
  }

  /**
   * Removes it with all that it remembers: afterwards nobody knows any more what was given back.
   * Our triggers on the host's tables go with their functions.
   */
  public void drop() {
    Guard.briefly(
        database,
        tx -> {
          tx.execute("drop schema if exists " + NAME + " cascade");
          return State.ABSENT;
        });
  }
}
