package io.jobcleanup.postgres;

import io.jobcleanup.mapping.Balance;
import io.jobcleanup.mapping.Ledger;
import io.jobcleanup.mapping.Refund;
import io.jobcleanup.mapping.Source;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A source together with what the catalogue says of its tables.
 *
 * @param source the source
 * @param jobs the job table
 * @param charges the charge table, null where the source has none
 * @param balances the balance table, null where the source has none
 * @param ledger the ledger table, null where the source has none
 * @param referenced the tables that foreign keys of these refer to, by object id
 */
record SourceTables(
    Source source,
    Table jobs,
    @Nullable Table charges,
    @Nullable Table balances,
    @Nullable Table ledger,
    Map<Long, Table> referenced) {

  /** The balance of the refund, null where there is none. */
  @Nullable Balance balance() {
    Refund refund = source.refund();
    return refund == null || refund.balances().isEmpty() ? null : refund.balances().getFirst();
  }

  /** The ledger row of the refund, null where there is none. */
  @Nullable Ledger ledgerRow() {
    Refund refund = source.refund();
    return refund == null || refund.ledger().isEmpty() ? null : refund.ledger().getFirst();
  }

  /** The key's columns of the job table. */
  List<Table.Column> jobKey() {
    return source.jobs().key().stream().map(name -> column(jobs, name)).toList();
  }

  /** The key's columns of the charge table: those that the mapping names, else its primary key. */
  List<Table.Column> chargeKey() {
    Refund refund = source.refund();
    if (charges == null || refund == null || refund.charge() == null) {
      return List.of();
    }
    List<String> named = refund.charge().key();
    return (named.isEmpty() ? charges.primaryKey() : named)
        .stream().map(name -> column(charges, name)).toList();
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
