package io.jobcleanup.draft;

import io.jobcleanup.draft.HostTable.Column;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The tables that may hold balances, and those whose rows tell what moved, by their names. */
record Money(List<Balance> balances, List<HostTable> records, List<HostTable> holds) {

  /**
   * Where somebody's tokens stand.
   *
   * @param owner the column that says whose
   * @param pool a second column of the key, where an owner has several; null where not
   * @param column the column that holds them
   * @param used whether it counts what was used, so that giving back lowers it
   * @param also counters of what was ever used, in the same row
   * @param others further columns that look like a balance
   */
  record Balance(
      HostTable table,
      Column owner,
      @Nullable Column pool,
      Column column,
      boolean used,
      List<Column> also,
      List<Column> others,
      int score) {

    Balance {
      also = List.copyOf(also);
      others = List.copyOf(others);
    }
  }

  private static final String CATALOGUE_OF_GOODS =
      "(.*_)?(plan|package|product|price|tier|pack|offer|coupon|feature|model|template|setting|config|option|limit|quota_rule|rate|pricing|bundle|voucher|promo_code|referral|invite|achievement|reward)";

  Money {
    balances = List.copyOf(balances);
    records = List.copyOf(records);
    holds = List.copyOf(holds);
  }

  /** Finds them among tables of which some are known to hold jobs. */
  static Money in(List<HostTable> tables, Set<Long> jobs) {
    List<Balance> balances = new ArrayList<>();
    List<HostTable> records = new ArrayList<>();
    List<HostTable> holds = new ArrayList<>();
    for (HostTable table : tables) {
      if (jobs.contains(table.oid()) || Words.singular(table.name()).matches(CATALOGUE_OF_GOODS)) {
        continue;
      }
      String words = Words.snake(table.name());
      if (words.matches(Words.HOLD_TABLE) && amount(table).isPresent()) {
        holds.add(table);
      } else if (isRecord(table)) {
        records.add(table);
      } else {
        balance(table).ifPresent(balances::add);
      }
    }
    balances.sort(Comparator.comparingInt(Balance::score).reversed());
    return new Money(balances, records, holds);
  }

  /** The column of a ledger, charge or hold that says how much. */
  static Optional<Column> amount(HostTable table) {
    List<Column> candidates =
        table.allNamed(
            it ->
                it.number()
                    && table.reference(it.name()).isEmpty()
                    && !it.named(Words.BALANCE_AFTER)
                    && !it.named(Words.BALANCE_BEFORE)
                    && !it.named(Words.VENDOR)
                    && !table.key().equals(List.of(it.name())),
            Words.AMOUNT);
    return candidates.stream()
        .min(
            Comparator.comparingInt(
                it ->
                    it.named("(credits?|tokens?|points?|coins?)?_?(amount|delta|change)")
                        ? 0
                        : it.named(".*cost.*|value|units?") ? 2 : 1));
  }

  /**
   * Whether rows of a table tell of movements: an amount, an owner or parent, and many per owner.
   */
  private static boolean isRecord(HostTable table) {
    String words = Words.snake(table.name());
    if (amount(table).isEmpty()) {
      return false;
    }
    boolean after = table.named(Column::number, Words.BALANCE_AFTER).isPresent();
    boolean name =
        words.matches(Words.LEDGER_TABLE)
            || words.matches(Words.CHARGE_TABLE)
            || words.matches(".*refund.*");
    boolean kinds = kind(table).isPresent();
    boolean belongs =
        !table.references().isEmpty() || table.named(it -> true, Words.OWNER).isPresent();
    boolean onePerOwner =
        table.allNamed(it -> true, Words.OWNER).stream()
            .anyMatch(it -> table.unique(List.of(it.name())));
    return belongs
        && !onePerOwner
        && !(Words.singular(words).matches(Words.OWNER_TABLE) && !after && !kinds)
        && (name || (after && kinds) || (words.matches(Words.COIN_TABLE) && kinds));
  }

  /** The column that says what kind of movement a row is. */
  static Optional<Column> kind(HostTable table) {
    return table.named(
        it ->
            (it.text() && !it.named("source|event|description"))
                || it.category() == 'E'
                || (it.whole() && !it.named(".*_id")),
        "((transaction|tx|txn|entry|ledger|event|operation|movement|record|change)_)?type",
        "((transaction|tx|txn|entry|ledger|event|operation|movement|record|change)_)?(kind|category)",
        Words.KIND);
  }

  private static Optional<Balance> balance(HostTable table) {
    String singular = Words.singular(table.name());
    List<Column> numbers =
        table.columns().stream()
            .filter(
                it ->
                    it.number()
                        && it.readable()
                        && table.reference(it.name()).isEmpty()
                        && !table.key().equals(List.of(it.name())))
            .toList();
    List<Column> holding =
        new ArrayList<>(
            numbers.stream()
                .filter(it -> it.named(Words.BALANCE) && !it.named(Words.USED))
                .toList());
    List<Column> used = numbers.stream().filter(it -> it.named(Words.USED)).toList();
    List<Column> lifetime = numbers.stream().filter(it -> it.named(Words.LIFETIME)).toList();
    boolean entity = singular.matches(Words.OWNER_TABLE);
    boolean coins = singular.matches(Words.COIN_TABLE);
    if ((holding.isEmpty() && used.isEmpty()) || (!entity && !coins)) {
      return Optional.empty();
    }
    holding.sort(Comparator.comparingInt(Money::rank));
    // Beside a counter of what was used, a plain monthly amount is what one is granted.
    boolean granted =
        !used.isEmpty()
            && (holding.isEmpty()
                || holding.stream()
                    .allMatch(
                        it ->
                            it.named(".*(monthly|daily|plan|total|period|quota|limit|allowance).*")
                                && !it.named("quota")));
    Column column = granted ? used.getFirst() : holding.getFirst();
    Optional<Column> owner = owner(table);
    if (owner.isEmpty()) {
      return Optional.empty();
    }
    List<String> key =
        table.uniques().stream()
            .filter(it -> it.size() == 2 && it.contains(owner.get().name()))
            .findFirst()
            .orElse(List.of());
    boolean alone = table.unique(List.of(owner.get().name()));
    @Nullable Column pool =
        alone
            ? null
            : key.stream()
                .filter(it -> !it.equals(owner.get().name()))
                .findFirst()
                .flatMap(table::column)
                .orElse(null);
    if (!alone && pool == null) {
      return Optional.empty();
    }
    int score =
        (entity ? 3 : 0)
            + (coins ? 2 : 0)
            + (column.named(
                    "balance|credits?|tokens?|credit_balance|token_balance|coins|points|quota")
                ? 2
                : 0)
            + (granted ? 0 : 1);
    List<Column> also = new ArrayList<>(lifetime);
    if (!granted) {
      used.stream().filter(it -> !also.contains(it)).forEach(also::add);
    }
    also.remove(column);
    return Optional.of(
        new Balance(
            table,
            owner.get(),
            pool,
            column,
            granted,
            also,
            holding.stream().filter(it -> !it.equals(column) && !also.contains(it)).toList(),
            score));
  }

  private static int rank(Column column) {
    return column.named(
            "balance|credits?|tokens?|coins|points|quota|(credit|token|coin|point)s?_balance")
        ? 0
        : column.named(".*(available|remaining|current).*")
            ? 1
            : column.named(".*(monthly|daily|plan|total|trial).*") ? 3 : 2;
  }

  /**
   * The column that says whose balance a row is: its owner's, where it has one row for each; else
   * its key.
   */
  private static Optional<Column> owner(HostTable table) {
    List<Column> owners =
        table.columns().stream()
            .filter(
                it ->
                    it.named(Words.OWNER)
                        && (table.unique(List.of(it.name()))
                            || table.uniques().stream()
                                .anyMatch(u -> u.size() == 2 && u.contains(it.name()))))
            .toList();
    boolean itself =
        Words.singular(table.name())
            .matches(
                "(app_|auth_|tbl_)?(user|account|customer|member|profile|client|workspace|organization|organisation|org|team|tenant|company|subscriber)");
    if (itself || owners.isEmpty()) {
      return table.key().size() == 1
          ? table.column(table.key().getFirst())
          : owners.stream().findFirst();
    }
    return owners.stream().findFirst();
  }
}
