package io.jobcleanup.run;

import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.postgres.SourceStatements.BalanceRow;
import io.jobcleanup.postgres.SourceStatements.Holding;
import io.jobcleanup.postgres.SourceStatements.Looked;
import io.jobcleanup.postgres.Tx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The rows of the host that a transaction holds besides the jobs: balances, and rows that foreign
 * keys touch. All are taken without waiting, so that we never wait for a host that waits for us.
 */
final class Holds {

  private final List<Set<List<@Nullable String>>> balances = new ArrayList<>();
  private final Set<List<@Nullable String>> charges;
  private final Map<Integer, Set<@Nullable String>> payers = new HashMap<>();
  private final Set<Integer> heldByOthers = new HashSet<>();
  private final Map<String, Integer> locked = new LinkedHashMap<>();

  private Holds(Set<List<@Nullable String>> charges) {
    this.charges = charges;
  }

  /** Takes what some claimed jobs need. */
  static Holds take(Tx tx, SourceStatements source, List<Holding> holdings) {
    Holds holds = new Holds(source.holdCharges(tx, complete(holdings, Holding::charge)));
    if (!holds.charges.isEmpty()) {
      holds.locked.put(String.valueOf(source.chargeTable()), holds.charges.size());
    }
    for (int balance = 0; balance < source.balances(); balance++) {
      int number = balance;
      holds.balances.add(
          source.holdBalances(
              tx, balance, complete(holdings, holding -> holding.balances().get(number))));
      holds.locked.merge(
          source.balanceTable(balance), holds.balances.getLast().size(), Integer::sum);
    }
    for (Holding holding : holdings) {
      holds.payers.computeIfAbsent(holding.n(), n -> new HashSet<>()).add(holding.payer());
    }
    for (int reference = 0; reference < source.references(); reference++) {
      int number = reference;
      Set<List<@Nullable String>> held =
          source.heldByOthers(
              tx, reference, complete(holdings, holding -> holding.references().get(number)));
      for (Holding holding : holdings) {
        if (held.contains(holding.references().get(reference))) {
          holds.heldByOthers.add(holding.n());
        }
      }
    }
    return holds;
  }

  /** How many rows of which table are held, besides the jobs. */
  Map<String, Integer> locked() {
    return locked;
  }

  /** The keys of rows that there can be: those without a null. */
  private static Set<List<@Nullable String>> complete(
      List<Holding> holdings, Function<Holding, List<@Nullable String>> key) {
    Set<List<@Nullable String>> keys = new LinkedHashSet<>();
    for (Holding holding : holdings) {
      List<@Nullable String> each = key.apply(holding);
      if (!each.isEmpty() && !each.contains(null)) {
        keys.add(each);
      }
    }
    return keys;
  }

  /**
   * Whether all is held that a job, as it is seen now, needs. A balance that isn't there needn't
   * be.
   */
  boolean cover(int n, Job job) {
    if (heldByOthers.contains(n)) {
      return false;
    }
    Set<@Nullable String> known = payers.getOrDefault(n, Set.of());
    return job.charges().values().stream()
        .allMatch(
            row ->
                (known.contains(row.payer()) || row.payer() == null)
                    && balancesOf(row)
                    && chargeOf(job.source(), row));
  }

  private boolean balancesOf(Looked row) {
    for (int balance = 0; balance < row.balances().size(); balance++) {
      BalanceRow seen = row.balances().get(balance);
      if (seen.there() && !balances.get(balance).contains(seen.match())) {
        return false;
      }
    }
    return true;
  }

  private boolean chargeOf(SourceStatements source, Looked row) {
    return row.charge() == null || !source.marksCharges() || charges.contains(row.charge());
  }
}
