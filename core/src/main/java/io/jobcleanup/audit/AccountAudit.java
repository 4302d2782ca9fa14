package io.jobcleanup.audit;

import io.jobcleanup.CleanupResult;
import io.jobcleanup.postgres.AccountBooks.Account;
import io.jobcleanup.postgres.AccountBooks.Break;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Judges a balance by the ledger rows that should explain it. No order of rows is assumed: an
 * honest host's have none.
 *
 * @param balanceTable the balances' table
 * @param ledgerTable the ledger's table
 * @param baselineKept whether balances are remembered as they were when our schema was made
 */
record AccountAudit(String balanceTable, String ledgerTable, boolean baselineKept) {

  /**
   * Judges one account.
   *
   * @param breaks where its rows don't follow from each other
   * @param reached whether some row left the balance behind that is there
   */
  List<Discovery> judge(Account account, List<Break> breaks, boolean reached) {
    BigDecimal balance = account.balance();
    if (balance == null) {
      return List.of(
          Discovery.notice(
              Check.PAYER_GONE,
              null,
              account.payer(),
              null,
              "%d rows in %s, adding up to %s, and no row in %s"
                  .formatted(
                      account.entries(), ledgerTable, plain(account.moved()), balanceTable)));
    }
    BigDecimal difference = balance.subtract(account.moved());
    List<Discovery> found = new ArrayList<>();
    boolean asBefore = same(difference, account.difference());
    if (Boolean.TRUE.equals(account.chained())) {
      asItBegan(account, difference, asBefore).ifPresent(found::add);
      return found;
    }
    List<BigDecimal> ends = values(breaks, true);
    boolean sums = asBefore || (account.difference() == null && difference.signum() == 0);
    boolean chainEnds =
        account.chained() != null
            && (ends.isEmpty() ? reached : ends.stream().anyMatch(it -> same(it, balance)));
    if (sums || chainEnds) {
      asItBegan(account, difference, asBefore)
          .filter(it -> breaks.isEmpty() || asBefore)
          .ifPresent(found::add);
    } else if (unexplainedFromTheStart(account, difference)) {
      asItBegan(account, difference, false).ifPresent(found::add);
    } else {
      found.add(unexplained(account, balance, difference, breaks));
    }
    found.addAll(broken(account, difference, breaks));
    return found;
  }

  /** Whether nothing is known against a first balance without a row: where no row tells more. */
  private boolean unexplainedFromTheStart(Account account, BigDecimal difference) {
    boolean tellsNothing = account.chained() == null;
    return tellsNothing
        && account.difference() == null
        && (account.remembered() || !baselineKept || difference.signum() >= 0);
  }

  private Optional<Discovery> asItBegan(Account account, BigDecimal difference, boolean asBefore) {
    if (difference.signum() == 0 || (account.entries() == 0 && !asBefore)) {
      return Optional.empty();
    }
    return Optional.of(
        asBefore
            ? Discovery.notice(
                Check.DIFFERENCE_FROM_BEFORE,
                null,
                account.payer(),
                null,
                "%s holds %s, its rows in %s add up to %s"
                    .formatted(
                        balanceTable,
                        plain(account.balance()),
                        ledgerTable,
                        plain(account.moved())))
            : Discovery.notice(
                Check.FIRST_BALANCE,
                null,
                account.payer(),
                null,
                "its rows in %s begin at %s, not at 0".formatted(ledgerTable, plain(difference))));
  }

  private Discovery unexplained(
      Account account, BigDecimal balance, BigDecimal difference, List<Break> breaks) {
    Break end =
        breaks.stream()
            .filter(Break::leftBehind)
            .min(Comparator.comparing(it -> it.value().subtract(balance).abs()))
            .orElse(null);
    String since =
        account.difference() == null
            ? ""
            : ", where the difference was %s when our schema was made"
                .formatted(plain(account.difference()));
    return Discovery.wrong(
        Check.BALANCE_UNEXPLAINED,
        null,
        account.payer(),
        end == null || end.row() == null ? null : ledgerTable + " " + end.row(),
        end == null
            ? "%s holds %s, and %d rows in %s add up to %s: a difference of %s%s"
                .formatted(
                    balanceTable,
                    plain(balance),
                    account.entries(),
                    ledgerTable,
                    plain(account.moved()),
                    plain(difference),
                    since)
            : "%s holds %s, and the rows in %s lead to %s: a difference of %s"
                .formatted(
                    balanceTable,
                    plain(balance),
                    ledgerTable,
                    plain(end.value()),
                    plain(balance.subtract(end.value()))));
  }

  /** The rows that begin with what no other left behind, but for one that may be the first. */
  private List<Discovery> broken(Account account, BigDecimal difference, List<Break> breaks) {
    List<Break> begun = breaks.stream().filter(it -> !it.leftBehind()).toList();
    Break start =
        begun.stream()
            .filter(it -> it.value().signum() == 0)
            .findFirst()
            .or(() -> begun.stream().filter(it -> same(it.value(), difference)).findFirst())
            .or(() -> begun.stream().findFirst())
            .orElse(null);
    List<Discovery> found = new ArrayList<>();
    for (Break each : begun) {
      int times = each.times() - (each.equals(start) ? 1 : 0);
      if (times > 0) {
        found.add(
            Discovery.notice(
                Check.CHAIN_BROKEN,
                null,
                account.payer(),
                each.row() == null ? null : ledgerTable + " " + each.row(),
                "%s with a balance of %s, which no row left behind; left behind were: %s"
                    .formatted(
                        times == 1 ? "it begins" : times + " rows begin",
                        plain(each.value()),
                        some(values(breaks, true)))));
      }
    }
    return found;
  }

  /**
   * The rows that would fit if they told another balance: they fit neither what comes before them
   * nor what comes after, and those fit each other but for what the row moved. Nothing comes after
   * the balance itself.
   */
  static Set<String> displaced(List<Break> breaks, @Nullable BigDecimal balance) {
    Map<String, BigDecimal> begun = new HashMap<>();
    breaks.stream()
        .filter(it -> !it.leftBehind() && it.row() != null)
        .forEach(it -> begun.put(String.valueOf(it.row()), it.value()));
    Set<String> displaced = new HashSet<>();
    for (Break each : breaks) {
      BigDecimal from = each.row() == null ? null : begun.get(each.row());
      if (each.leftBehind() && from != null) {
        BigDecimal moved = each.value().subtract(from);
        boolean fitsElsewhere =
            breaks.stream()
                .filter(it -> it.leftBehind() && !it.equals(each) && !same(it.value(), balance))
                .map(it -> it.value().add(moved))
                .anyMatch(
                    gap ->
                        same(gap, balance)
                            || breaks.stream()
                                .filter(it -> !it.leftBehind() && it.value().compareTo(from) != 0)
                                .anyMatch(it -> same(it.value(), gap)));
        if (fitsElsewhere) {
          displaced.add(String.valueOf(each.row()));
        }
      }
    }
    return displaced;
  }

  private static String some(List<BigDecimal> values) {
    int most = 5;
    String shown =
        values.stream().limit(most).map(AccountAudit::plain).collect(Collectors.joining(", "));
    return values.size() > most ? shown + ", …" : shown;
  }

  private static List<BigDecimal> values(List<Break> breaks, boolean leftBehind) {
    return breaks.stream().filter(it -> it.leftBehind() == leftBehind).map(Break::value).toList();
  }

  private static boolean same(BigDecimal one, @Nullable BigDecimal other) {
    return other != null && one.compareTo(other) == 0;
  }

  private static String plain(@Nullable BigDecimal number) {
    return number == null ? "nothing" : CleanupResult.plain(number);
  }
}
