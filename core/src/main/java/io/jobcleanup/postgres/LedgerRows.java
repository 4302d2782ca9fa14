package io.jobcleanup.postgres;

import io.jobcleanup.JobId;
import io.jobcleanup.mapping.Value;
import io.jobcleanup.postgres.SourceTables.Recorded;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads the ledger rows that record refunds, and knows what the mapping says they hold. Stateless;
 * safe for use by several threads.
 */
public final class LedgerRows {

  /** The categories of types whose text is the same however a constant is spelt. */
  private static final Set<String> PLAIN = Set.of("S", "E", "N");

  /** What a column of a ledger row holds. */
  public sealed interface Told {
    /** Whose tokens were given back. */
    record Payer() implements Told {}

    /** How many, or that many below zero. */
    record Amount(boolean negative) implements Told {}

    /** Whose refund it is. */
    record Job() implements Told {}

    /** The refund's key. */
    record Key() implements Told {}

    /** The balance after it. */
    record BalanceAfter() implements Told {}

    /** Always the same. */
    record Constant(String text) implements Told {}
  }

  private final SourceStatements source;
  private final Recorded ledger;
  private final Map<String, Told> told;

  private LedgerRows(SourceStatements source, Recorded ledger) {
    this.source = source;
    this.ledger = ledger;
    this.told = told(ledger);
  }

  /** The ledgers of a source that can be read back, in the mapping's order. */
  public static List<LedgerRows> of(SourceStatements source) {
    return source.tables().ledgers().stream()
        .filter(it -> !it.table().primaryKey().isEmpty())
        .map(it -> new LedgerRows(source, it))
        .toList();
  }

  private static Map<String, Told> told(Recorded ledger) {
    Map<String, Told> told = new LinkedHashMap<>();
    ledger
        .row()
        .values()
        .forEach(
            (column, value) -> {
              Told what = told(SourceTables.column(ledger.table(), column), value);
              if (what != null) {
                told.put(column, what);
              }
            });
    return told;
  }

  private static @Nullable Told told(Table.Column column, Value value) {
    return switch (value) {
      case Value.Constant constant ->
          constant.text() == null || !PLAIN.contains(column.category())
              ? null
              : new Told.Constant(constant.text());
      case Value.Computed computed -> {
        String text = computed.expression().text().replace(" ", "");
        yield switch (text) {
          case ":payer" -> new Told.Payer();
          case ":amount" -> new Told.Amount(false);
          case "-:amount" -> new Told.Amount(true);
          case ":job", "cast(:jobastext)" -> new Told.Job();
          case ":key" -> new Told.Key();
          case ":balance_after" -> new Told.BalanceAfter();
          default -> null;
        };
      }
      case Value.Column other -> null;
    };
  }

  /** The table with its schema. */
  public String table() {
    return ledger.table().display();
  }

  /** Its number among the mapping's ledgers. */
  public int number() {
    return ledger.number();
  }

  /** What its columns hold, as far as the mapping tells without working anything out. */
  public Map<String, Told> told() {
    return told;
  }

  /** Rows by their keys as one text; those that aren't there are left out. */
  public Map<String, Map<String, @Nullable String>> read(Tx tx, Collection<String> keys) {
    source.beOf(tx);
    return keys.isEmpty() ? Map.of() : source.ledgerRows(tx, ledger.number(), keys);
  }

  /**
   * The keys of the rows that record refunds of some jobs, by whoever wrote them; empty where the
   * rows don't tell their job by a column, or look like others.
   */
  public Map<String, List<String>> ofJobs(Tx tx, Collection<String> jobs) {
    String job =
        told.entrySet().stream()
            .filter(it -> it.getValue() instanceof Told.Job)
            .map(Map.Entry::getKey)
            .findFirst()
            .orElse(null);
    String constants =
        told.entrySet().stream()
            .filter(it -> it.getValue() instanceof Told.Constant)
            .map(
                it ->
                    "entry.%s = %s"
                        .formatted(
                            Sql.identifier(it.getKey()),
                            Sql.cast(
                                Sql.literal(((Told.Constant) it.getValue()).text()),
                                SourceTables.column(ledger.table(), it.getKey()).comparedAs())))
            .collect(Collectors.joining(" and "));
    Map<String, List<String>> found = new HashMap<>();
    if (job == null || constants.isEmpty() || jobs.isEmpty()) {
      return found;
    }
    source.beOf(tx);
    Table table = ledger.table();
    Table.Column column = SourceTables.column(table, job);
    tx.list(
        Sql.of(
            "ledger-rows-of-jobs",
            Map.of(
                "job", "entry." + column.quoted(),
                "job_type", column.comparedAs(),
                "key",
                    Names.keyText(
                        "entry",
                        table.primaryKey().stream()
                            .map(it -> SourceTables.column(table, it))
                            .toList()),
                "ledger", table.quoted(),
                "constants", constants)),
        Map.of("jobs", jobs.toArray(String[]::new)),
        row ->
            found
                .computeIfAbsent(row.getString("job"), it -> new ArrayList<>())
                .add(row.getString("key")));
    return found;
  }

  /** The key of one row as its table shows it. */
  public String named(String key) {
    return table()
        + " "
        + String.join(", ", JobId.parseKey(key, ledger.table().primaryKey().size()));
  }
}
