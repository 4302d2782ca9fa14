package io.jobcleanup.mapping;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One job table and what to do about its stuck jobs.
 *
 * @param name what we call it
 * @param jobs the table and what its columns mean
 * @param refund how tokens are given back; null where nothing is ({@code refund: none})
 * @param also further statements, once for each transaction, over the jobs failed in it
 * @param session settings made in each transaction, by name
 */
public record Source(
    String name,
    Jobs jobs,
    @Nullable Refund refund,
    List<Statement> also,
    Map<String, String> session) {

  /** Takes copies. */
  public Source {
    also = List.copyOf(also);
    session = inOrder(session);
  }

  /** Where a source stands in a mapping: the start of the path of everything in it. */
  public String path() {
    return "sources." + name;
  }

  /** Where one of its balances stands. */
  public String balancePath(int number) {
    return "%s.refund.balances[%d]".formatted(path(), number);
  }

  /** Where one of its ledger rows stands. */
  public String ledgerPath(int number) {
    return "%s.refund.ledger[%d]".formatted(path(), number);
  }

  static <K, V> Map<K, V> inOrder(Map<K, V> map) {
    return java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(map));
  }
}
