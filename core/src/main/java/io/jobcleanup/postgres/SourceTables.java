package io.jobcleanup.postgres;

import io.jobcleanup.mapping.Balance;
import io.jobcleanup.mapping.Ledger;
import io.jobcleanup.mapping.Refund;
import io.jobcleanup.mapping.Source;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A source together with what the catalogue says of its tables.
 *
 * @param source the source
 * @param jobs the job table
 * @param charges the charge table, null where the source has none
 * @param balances the balances that a refund moves, with their tables
 * @param ledgers the rows that record a refund, with their tables
 * @param referenced the tables that foreign keys of these refer to, by object id
 */
record SourceTables(
    Source source,
    Table jobs,
    @Nullable Table charges,
    List<Moved> balances,
    List<Recorded> ledgers,
    Map<Long, Table> referenced) {

  /**
   * A balance and its table.
   *
   * @param number its number among the source's balances, from 0
   */
  record Moved(int number, Balance balance, Table table) {

    /** The columns that find a row. */
    List<Table.Column> matchColumns() {
      return balance.match().keySet().stream().map(it -> column(table, it)).toList();
    }

    /** The columns that move. */
    List<Table.Column> addColumns() {
      return balance.add().keySet().stream().map(it -> column(table, it)).toList();
    }

    /** What values that find its row are called in a line. */
    String matchPrefix() {
      return "m" + number + "_";
    }
  }

  /**
   * A ledger row and its table.
   *
   * @param number its number among the source's ledger rows, from 0
   */
  record Recorded(int number, Ledger row, Table table) {}

  /** Takes copies. */
  SourceTables {
    balances = List.copyOf(balances);
    ledgers = List.copyOf(ledgers);
  }

  /** All of them, each once. */
  List<Table> all() {
    return Stream.of(
            Stream.of(jobs, charges),
            balances.stream().map(Moved::table),
            ledgers.stream().map(Recorded::table))
        .flatMap(it -> it)
        .filter(Objects::nonNull)
        .distinct()
        .toList();
  }

  /**
   * The balances whose row {@code balance} may mean in a ledger row: those in the first one's
   * table.
   */
  List<Moved> namedInLedger() {
    return balances.stream()
        .filter(it -> it.table().oid() == balances.getFirst().table().oid())
        .toList();
  }

  /** The columns that move in a balance's row, by whichever of the balances that find it alike. */
  List<Table.Column> movingWith(Moved moved) {
    return balances.stream()
        .filter(it -> it.table().oid() == moved.table().oid())
        .filter(it -> it.balance().match().keySet().equals(moved.balance().match().keySet()))
        .flatMap(it -> it.addColumns().stream())
        .distinct()
        .toList();
  }

  /** Whether charge rows are written to when they are given back. */
  boolean marksCharges() {
    Refund refund = source.refund();
    return refund != null && refund.charge() != null && !refund.charge().mark().isEmpty();
  }

  /** The key's columns of the job table. */
  List<Table.Column> jobKey() {
    return columns(jobs, source.jobs().key());
  }

  /** The key's columns of the charge table: those that the mapping names, else its primary key. */
  List<Table.Column> chargeKey() {
    Refund refund = source.refund();
    if (charges == null || refund == null || refund.charge() == null) {
      return List.of();
    }
    List<String> named = refund.charge().key();
    return columns(charges, named.isEmpty() ? charges.primaryKey() : named);
  }

  private static List<Table.Column> columns(Table table, Collection<String> names) {
    return names.stream().map(name -> column(table, name)).toList();
  }

  static Table.Column column(Table table, String name) {
    Table.Column column = table.columns().get(name);
    if (column == null) {
      throw new IllegalStateException(
          table.display() + " has no column " + name + ", and the check let it pass");
    }
    return column;
  }
}
