package io.jobcleanup.run;

import io.jobcleanup.JobId;
import io.jobcleanup.JobReport;
import io.jobcleanup.Rehearsal.ColumnChange;
import io.jobcleanup.Rehearsal.RehearsedJob;
import io.jobcleanup.Rehearsal.RowChange;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.postgres.Tx;
import io.jobcleanup.run.Payment.Item;
import io.jobcleanup.run.Payment.Moved;
import io.jobcleanup.verdict.Chain.Account;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Sees rows before and after they are written, for a rehearsal. Used by one thread. */
final class Witness {
  private final List<RehearsedJob> jobs = new ArrayList<>();

  /** The rows as they are before some jobs are written. */
  final class Before {
    private final SourceStatements source;
    private final List<Item> items;
    private final Map<List<String>, Map<String, @Nullable String>> jobRows;
    private final Map<List<String>, Map<String, @Nullable String>> chargeRows;
    private final Map<Account, Map<String, @Nullable String>> balanceRows = new HashMap<>();

    private Before(Tx tx, SourceStatements source, List<Job> toFail, List<Item> items) {
      this.source = source;
      this.items = items;
      this.jobRows = source.jobRows(tx, toFail.stream().map(Job::key).toList());
      this.chargeRows = source.chargeRows(tx, charges(toFail));
      balances(tx).forEach(balanceRows::putAll);
    }

    /** Takes up what has become of the rows. */
    void after(Tx tx, List<Job> failed, List<JobReport> reports) {
      Map<List<String>, Map<String, @Nullable String>> jobsNow =
          source.jobRows(tx, failed.stream().map(Job::key).toList());
      Map<List<String>, Map<String, @Nullable String>> chargesNow =
          source.chargeRows(tx, charges(failed));
      Map<Account, Map<String, @Nullable String>> balancesNow = new HashMap<>();
      balances(tx).forEach(balancesNow::putAll);
      Map<Integer, Map<String, Map<String, @Nullable String>>> ledgerRows = ledgerRows(tx);
      Map<Account, Item> last = new HashMap<>();
      items.forEach(item -> item.moved.forEach(moved -> last.put(moved.account(), item)));
      Map<JobId, List<Item>> byJob = Payment.byJob(items);
      for (int i = 0; i < failed.size(); i++) {
        Job job = failed.get(i);
        List<RowChange> changes = new ArrayList<>();
        change(changes, source.jobTable(), job.key(), jobRows, jobsNow);
        String chargeTable = source.chargeTable();
        for (List<String> charge : charges(List.of(job))) {
          change(changes, String.valueOf(chargeTable), charge, chargeRows, chargesNow);
        }
        for (Item item : byJob.getOrDefault(job.id(), List.of())) {
          for (Moved moved : item.moved) {
            changes.addAll(step(moved, item.equals(last.get(moved.account())), balancesNow));
          }
          for (Map.Entry<Integer, String> inserted : item.inserted.entrySet()) {
            Map<String, @Nullable String> row =
                ledgerRows.getOrDefault(inserted.getKey(), Map.of()).get(inserted.getValue());
            if (row != null) {
              changes.add(
                  changed(source.ledgerTable(inserted.getKey()), inserted.getValue(), null, row));
            }
          }
        }
        jobs.add(new RehearsedJob(reports.get(i), changes));
      }
    }

    /** What one line does to a balance: all the rest of the row is told with its last one. */
    private List<RowChange> step(
        Moved moved, boolean last, Map<Account, Map<String, @Nullable String>> now) {
      Account account = moved.account();
      Map<String, @Nullable String> before = balanceRows.get(account);
      Map<String, @Nullable String> end = now.get(account);
      if (end == null) {
        return List.of();
      }
      Map<String, @Nullable String> after =
          new LinkedHashMap<>(before == null || last ? end : before);
      int i = 0;
      for (String column : source.movingColumns(moved.balance()).keySet()) {
        BigDecimal content = moved.after().get(i++);
        if (!last) {
          after.put(column, content.toPlainString());
        }
      }
      balanceRows.put(account, after);
      RowChange change =
          changed(
              source.balanceTable(moved.balance()), JobId.keyText(account.match()), before, after);
      return change.columns().isEmpty() ? List.of() : List.of(change);
    }

    private List<Map<Account, Map<String, @Nullable String>>> balances(Tx tx) {
      List<Map<Account, Map<String, @Nullable String>>> all = new ArrayList<>();
      for (int balance = 0; balance < source.balances(); balance++) {
        Set<List<String>> keys = new LinkedHashSet<>();
        for (Item item : items) {
          for (Moved moved : item.moved) {
            if (moved.balance() == balance) {
              keys.add(moved.account().match());
            }
          }
        }
        Map<Account, Map<String, @Nullable String>> rows = new HashMap<>();
        int number = balance;
        source
            .balanceRows(tx, balance, keys)
            .forEach((key, row) -> rows.put(source.account(number, key), row));
        all.add(rows);
      }
      return all;
    }

    /** By ledger and key. */
    private Map<Integer, Map<String, Map<String, @Nullable String>>> ledgerRows(Tx tx) {
      Map<Integer, Map<String, Map<String, @Nullable String>>> rows = new HashMap<>();
      for (int ledger = 0; ledger < source.ledgers(); ledger++) {
        int number = ledger;
        List<String> keys =
            items.stream().map(it -> it.inserted.get(number)).filter(Objects::nonNull).toList();
        rows.put(ledger, source.ledgerRows(tx, ledger, keys));
      }
      return rows;
    }

    private List<List<String>> charges(List<Job> of) {
      List<List<String>> keys = new ArrayList<>();
      for (Job job : of) {
        job.charges().values().stream()
            .map(SourceStatements.Looked::charge)
            .filter(Objects::nonNull)
            .forEach(keys::add);
      }
      return source.marksCharges() ? keys : List.of();
    }
  }

  /** Looks at the rows that are about to be written. */
  Before before(Tx tx, SourceStatements source, List<Job> toFail, List<Item> items) {
    return new Before(tx, source, toFail, items);
  }

  /** What was seen, job by job. */
  List<RehearsedJob> jobs() {
    return jobs;
  }

  private static void change(
      List<RowChange> changes,
      String table,
      List<String> key,
      Map<List<String>, Map<String, @Nullable String>> before,
      Map<List<String>, Map<String, @Nullable String>> after) {
    Map<String, @Nullable String> now = after.get(key);
    if (now != null) {
      RowChange change = changed(table, JobId.keyText(key), before.get(key), now);
      if (!change.columns().isEmpty()) {
        changes.add(change);
      }
    }
  }

  /** The difference between a row before, null where there was none, and after. */
  static RowChange changed(
      String table,
      String key,
      @Nullable Map<String, @Nullable String> before,
      Map<String, @Nullable String> after) {
    List<ColumnChange> columns = new ArrayList<>();
    after.forEach(
        (column, value) -> {
          String old = before == null ? null : before.get(column);
          if (!Objects.equals(old, value)) {
            columns.add(new ColumnChange(column, old, value));
          }
        });
    return new RowChange(table, key, before == null, columns);
  }
}
