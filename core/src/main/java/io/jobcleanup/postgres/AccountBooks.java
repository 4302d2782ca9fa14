package io.jobcleanup.postgres;

import io.jobcleanup.mapping.Balance;
import io.jobcleanup.mapping.Charge;
import io.jobcleanup.mapping.Refund;
import io.jobcleanup.mapping.Value;
import io.jobcleanup.postgres.SourceTables.Moved;
import io.jobcleanup.postgres.SourceTables.Recorded;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A balance together with the ledger whose rows tell how it came about. Stateless; safe for use by
 * several threads.
 */
public final class AccountBooks {

  private static final Set<String> WHOLE = Set.of("smallint", "integer", "bigint");

  /**
   * What the tables tell of one payer.
   *
   * @param payer whose balance it is, a composite key as one text
   * @param balance the balance; null where there is no row
   * @param entries how many ledger rows there are
   * @param moved what they moved the balance by, added up
   * @param chained whether the rows are known to follow from each other up to the balance; null
   *     where they don't tell
   * @param remembered whether the balance is known as it was when our schema was made
   * @param difference by how much balance and ledger differed then; null where that isn't known
   */
  public record Account(
      String payer,
      @Nullable BigDecimal balance,
      long entries,
      BigDecimal moved,
      @Nullable Boolean chained,
      boolean remembered,
      @Nullable BigDecimal difference) {}

  /**
   * A place where a payer's ledger rows don't follow from each other.
   *
   * @param payer the payer
   * @param value a balance
   * @param leftBehind whether rows left it behind that none began with; else rows began with it and
   *     none left it behind
   * @param times how many such rows there are
   * @param row the key of one such row; null where the table has no primary key
   */
  public record Break(
      String payer, BigDecimal value, boolean leftBehind, int times, @Nullable String row) {}

  /** How many balances and ledger rows are compared. */
  public record Counts(long accounts, long entries) {}

  /**
   * What can be audited of a source.
   *
   * @param books null where nothing can be
   * @param unseen why something can't be; null where all can be
   */
  public record View(@Nullable AccountBooks books, @Nullable String unseen) {}

  private final Map<String, String> session;
  private final Moved balance;
  private final Recorded ledger;
  private final List<String> balanceKey;
  private final List<String> ledgerKey;
  private final String moved;
  private final @Nullable String after;
  private final boolean baseline;
  private final boolean signed;
  private final boolean wholeNumbers;
  private final BigDecimal factor;

  private AccountBooks(
      Map<String, String> session,
      Moved balance,
      Recorded ledger,
      Map<String, String> key,
      String amount,
      int factor,
      @Nullable String after,
      boolean signed) {
    this.session = session;
    this.balance = balance;
    this.ledger = ledger;
    this.balanceKey = List.copyOf(key.keySet());
    this.ledgerKey = List.copyOf(key.values());
    this.factor = BigDecimal.valueOf(factor);
    this.signed = signed;
    this.baseline = balanceKey.size() == 1 && balance.balance().match().size() == 1;
    this.wholeNumbers =
        WHOLE.contains(SourceTables.column(ledger.table(), amount).baseType())
            && WHOLE.contains(balance.addColumns().getFirst().baseType())
            && (after == null
                || WHOLE.contains(SourceTables.column(ledger.table(), after).baseType()));
    this.moved =
        (factor < 0 ? "-" : "")
            + Sql.cast("entry." + Sql.identifier(amount), wholeNumbers ? "bigint" : "numeric");
    this.after = after == null ? null : "entry." + Sql.identifier(after);
  }

  /** What of a source's balances and ledger can be held against each other. */
  public static View of(SourceStatements statements) {
    SourceTables tables = statements.tables();
    String path = tables.source().path();
    Refund refund = tables.source().refund();
    if (refund == null) {
      return new View(null, null);
    }
    if (refund.statement() != null) {
      return unseen("%s.refund.statement: the host's function writes what we can't see", path);
    }
    if (tables.balances().isEmpty()) {
      return unseen(
          tables.ledgers().isEmpty()
              ? "%s.refund: without balances and ledger, our own record is the proof"
              : "%s.refund: without balances, there is nothing to hold the ledger against",
          path);
    }
    if (tables.ledgers().isEmpty()) {
      return unseen("%s.refund: without a ledger, our own record is the proof", path);
    }
    Moved balance = tables.balances().getFirst();
    int factor = WriteSql.plainFactor(balance.balance().add().values().iterator().next());
    if (factor == 0) {
      return unseen(
          "%s.refund.balances[0].add is worked out by an expression, so the ledger's amounts needn't add up to it",
          path);
    }
    for (Recorded ledger : tables.ledgers()) {
      AccountBooks books = of(tables, balance, factor, ledger);
      if (books != null) {
        return new View(
            books,
            tables.balances().size() == 1
                ? null
                : "%s.refund.balances: the first alone is held against the ledger".formatted(path));
      }
    }
    return unseen(
        "%s.refund.ledger: its rows don't tell whose balance moved by how much, so nothing can be added up",
        path);
  }

  private static View unseen(String why, String path) {
    return new View(null, why.formatted(path));
  }

  private static @Nullable AccountBooks of(
      SourceTables tables, Moved balance, int factor, Recorded ledger) {
    if (!Objects.equals(
        balance.balance().when() == null ? null : balance.balance().when().text(),
        ledger.row().when() == null ? null : ledger.row().when().text())) {
      return null;
    }
    Map<String, String> key = new LinkedHashMap<>();
    for (Map.Entry<String, Value> each : balance.balance().match().entrySet()) {
      if (each.getValue() instanceof Value.Constant) {
        continue;
      }
      String column =
          ledger.row().values().entrySet().stream()
              .filter(it -> sameExpression(it.getValue(), each.getValue()))
              .map(Map.Entry::getKey)
              .findFirst()
              .orElse(null);
      if (column == null) {
        return null;
      }
      key.put(each.getKey(), column);
    }
    List<String> amounts = WriteSql.amountColumns(ledger);
    if (key.isEmpty() || amounts.size() != 1) {
      return null;
    }
    String amount = amounts.getFirst();
    int ofLedger = WriteSql.amountFactor(ledger, amount);
    if (ofLedger == 0) {
      return null;
    }
    String after = Schema.columnOf(ledger.row().values(), "balance_after");
    return new AccountBooks(
        tables.source().session(),
        balance,
        ledger,
        key,
        amount,
        factor * ofLedger,
        after,
        isSigned(tables, ledger, amount));
  }

  private static boolean sameExpression(Value one, Value other) {
    return one instanceof Value.Computed a
        && other instanceof Value.Computed b
        && a.expression().text().equals(b.expression().text());
  }

  /** Whether the mapping says that a ledger's amounts have a sign: a charge there is negative. */
  private static boolean isSigned(SourceTables tables, Recorded ledger, String amount) {
    Refund refund = tables.source().refund();
    Charge charge = refund == null ? null : refund.charge();
    Table charges = tables.charges();
    return charge != null
        && charges != null
        && charges.oid() == ledger.table().oid()
        && charge.amount() instanceof Value.Computed computed
        && computed
            .expression()
            .text()
            .replace(" ", "")
            .replace("\"", "")
            .equals("-charge." + amount);
  }

  /** What tells these books from others: two sources may share them. */
  public String identity() {
    return String.join(
        "|",
        balance.table().quoted(),
        filter(),
        ledger.table().quoted(),
        moved,
        after + "",
        ledgerKey + "");
  }

  /** The table of the balances with its schema. */
  public String balanceTable() {
    return balance.table().display();
  }

  /** The table of the ledger with its schema. */
  public String ledgerTable() {
    return ledger.table().display();
  }

  /** Whether each balance is remembered as it was when our schema was made. */
  public boolean baselineKept() {
    return baseline;
  }

  /**
   * Whether the ledger's amounts tell which way they moved a balance: the mapping says so, or some
   * are negative.
   */
  public boolean signed(Tx tx) {
    tx.as(session);
    return signed
        || tx.one(
            "select exists (select from %s entry where %s < 0) and exists (select from %s entry where %s > 0)"
                .formatted(ledger.table().quoted(), moved, ledger.table().quoted(), moved),
            Map.of(),
            row -> row.getBoolean(1));
  }

  /** How much is compared. */
  public Counts counts(Tx tx) {
    tx.as(session);
    return tx.one(
        Sql.of(
            "account-counts",
            Map.of(
                "balances", balance.table().quoted(),
                "balance_filter", filter(),
                "ledger", ledger.table().quoted(),
                "ledger_filter", keyThere())),
        Map.of(),
        row -> new Counts(row.getLong("accounts"), row.getLong("entries")));
  }

  /**
   * Reads the accounts whose balance isn't plainly the sum of their ledger rows.
   *
   * @param recordsThere whether our schema is there, with the balances as they were
   */
  public void doubtful(Tx tx, boolean recordsThere, Consumer<Account> consumer) {
    tx.as(session);
    boolean remembers = recordsThere && baseline;
    Map<String, String> attributes = new HashMap<>();
    attributes.put(
        "chained",
        after == null
            ? "cast(null as boolean)"
            : "case when told.known = told.entries then told.moved <> 0 and told.heaps = cast(%s as numeric) - cast(%s as numeric) end"
                .formatted(hash("held.balance"), hash("held.balance - told.moved")));
    attributes.put("remembered", remembers ? "base.payer is not null" : "false");
    attributes.put(
        "difference",
        remembers
            ? "case when base.ledger_table = :ledger_table then base.balance - %s * base.ledger_sum end"
                .formatted(factor.toPlainString())
            : "cast(null as numeric)");
    attributes.put("balance_key", key("balance", balance.table(), balanceKey));
    attributes.put("balance", Sql.cast(firstBalance(), "numeric"));
    attributes.put("balances", balance.table().quoted());
    attributes.put("balance_filter", filter());
    attributes.put("ledger_key", key("entry", ledger.table(), ledgerKey));
    attributes.put("moved", moved);
    attributes.put(
        "hashes",
        after == null
            ? "cast(null as numeric)"
            : "sum(%s) - sum(%s)".formatted(hash(after), hash(after + " - " + moved)));
    attributes.put("known", after == null ? "cast(null as bigint)" : "count(" + after + ")");
    attributes.put("ledger", ledger.table().quoted());
    attributes.put("ledger_filter", keyThere());
    attributes.put(
        "baseline",
        remembers
            ? "left join job_cleanup.baseline base on base.balance_table = :balance_table and base.payer = coalesce(held.payer, told.payer)"
            : "");
    tx.forEach(
        Sql.of("accounts", attributes),
        Map.of(
            "balance_table", balance.table().display(), "ledger_table", ledger.table().display()),
        row ->
            new Account(
                row.getString("payer"),
                row.getBigDecimal("balance"),
                row.getLong("entries"),
                row.getBigDecimal("moved"),
                row.getObject("chained") == null ? null : row.getBoolean("chained"),
                row.getBoolean("remembered"),
                row.getBigDecimal("difference")),
        consumer);
  }

  /** Where the rows of some payers don't follow from each other, payer by payer. */
  public Map<String, List<Break>> breaks(Tx tx, Collection<String> payers) {
    Map<String, List<Break>> breaks = new HashMap<>();
    if (after == null || payers.isEmpty()) {
      return breaks;
    }
    tx.as(session);
    List<Table.Column> key =
        ledger.table().primaryKey().stream()
            .map(it -> SourceTables.column(ledger.table(), it))
            .toList();
    tx.list(
        Sql.of(
            "account-breaks",
            Map.of(
                "key",
                key.isEmpty() ? "cast(null as text)" : Names.keyText("entry", key),
                "after",
                after,
                "before",
                after + " - " + moved,
                "ledger",
                ledger.table().quoted(),
                "matching",
                matching())),
        Map.of("payers", payers.toArray(String[]::new)),
        row -> {
          boolean leftBehind = row.getBigDecimal("surplus").signum() > 0;
          String payer = row.getString("payer");
          breaks
              .computeIfAbsent(payer, it -> new ArrayList<>())
              .add(
                  new Break(
                      payer,
                      row.getBigDecimal("value"),
                      leftBehind,
                      row.getBigDecimal("surplus").abs().intValue(),
                      row.getString(leftBehind ? "left_by" : "begun_by")));
          return payer;
        });
    return breaks;
  }

  /**
   * Those of some payers whose balance some row left behind.
   *
   * @param balances what each payer's balance is
   */
  public Set<String> reached(Tx tx, Map<String, BigDecimal> balances) {
    if (after == null || balances.isEmpty()) {
      return Set.of();
    }
    tx.as(session);
    List<String> payers = List.copyOf(balances.keySet());
    return new HashSet<>(
        tx.list(
            Sql.of(
                "account-reached",
                Map.of(
                    "after", after,
                    "ledger", ledger.table().quoted(),
                    "matching", matching())),
            Map.of(
                "payers", payers.toArray(String[]::new),
                "balances",
                    payers.stream()
                        .map(it -> Objects.requireNonNull(balances.get(it)).toPlainString())
                        .toArray(String[]::new)),
            row -> row.getString("payer")));
  }

  private String matching() {
    if (ledgerKey.size() > 1) {
      return key("entry", ledger.table(), ledgerKey) + " = wanted.payer";
    }
    Table.Column column = SourceTables.column(ledger.table(), ledgerKey.getFirst());
    return "entry.%s = %s"
        .formatted(column.quoted(), Sql.cast("wanted.payer", column.comparedAs()));
  }

  private String firstBalance() {
    return "balance." + balance.addColumns().getFirst().quoted();
  }

  private String hash(String number) {
    return wholeNumbers
        ? "hashint8extended(cast(%s as bigint), 0)".formatted(number)
        : "hash_numeric_extended(cast(%s as numeric), 0)".formatted(number);
  }

  private static String key(String alias, Table table, List<String> columns) {
    return Names.keyText(
        alias, columns.stream().map(it -> SourceTables.column(table, it)).toList());
  }

  /** The balances of the mapping: constants in match leave others out. */
  private String filter() {
    Balance mapped = balance.balance();
    return IntStream.range(0, balance.matchColumns().size())
        .mapToObj(
            i -> {
              Table.Column column = balance.matchColumns().get(i);
              Value value = mapped.match().get(column.name());
              return value instanceof Value.Constant constant && constant.text() != null
                  ? "balance.%s = %s"
                      .formatted(
                          column.quoted(),
                          Sql.cast(Sql.literal(constant.text()), column.comparedAs()))
                  : "balance.%s is not null".formatted(column.quoted());
            })
        .collect(Collectors.joining(" and "));
  }

  private String keyThere() {
    return ledgerKey.stream()
        .map(it -> "entry.%s is not null".formatted(Sql.identifier(it)))
        .collect(Collectors.joining(" and "));
  }
}
