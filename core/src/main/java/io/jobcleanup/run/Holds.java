package io.jobcleanup.run;

import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.postgres.SourceStatements.Holding;
import io.jobcleanup.postgres.Tx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rows of the host that a transaction holds besides the jobs: balances, and rows that foreign
 * keys touch. All are taken without waiting, so that we never wait for a host that waits for us.
 */
final class Holds {

  private final Set<List<@Nullable String>> balances;
  private final Map<Integer, Set<@Nullable String>> payers = new HashMap<>();
  private final Set<Integer> heldByOthers = new HashSet<>();

  private Holds(Set<List<@Nullable String>> balances) {
    this.balances = balances;
  }

  /** Takes what some claimed jobs need. */
  static Holds take(Tx tx, SourceStatements source, List<Holding> holdings) {
    Set<List<@Nullable String>> wanted = new LinkedHashSet<>();
    for (Holding holding : holdings) {
      if (!holding.balance().isEmpty() && !holding.balance().contains(null)) {
        wanted.add(holding.balance());
      }
    }
    Holds holds = new Holds(source.holdBalances(tx, wanted));
    for (Holding holding : holdings) {
      holds.payers.computeIfAbsent(holding.n(), n -> new HashSet<>()).add(holding.payer());
    }
    for (int reference = 0; reference < source.references(); reference++) {
      Set<List<@Nullable String>> values = new LinkedHashSet<>();
      for (Holding holding : holdings) {
        List<@Nullable String> value = holding.references().get(reference);
        if (!value.contains(null)) {
          values.add(value);
        }
      }
      Set<List<@Nullable String>> held = source.heldByOthers(tx, reference, values);
      for (Holding holding : holdings) {
        if (held.contains(holding.references().get(reference))) {
          holds.heldByOthers.add(holding.n());
        }
      }
    }
    return holds;
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
    List<SourceStatements.Looked> rows = new ArrayList<>(job.charges().values());
    return rows.stream()
        .allMatch(
            row ->
                (known.contains(row.payer()) || row.payer() == null)
                    && (!row.balanceThere() || balances.contains(row.balance())));
  }
}
