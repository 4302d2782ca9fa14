package io.jobcleanup.run;

import io.jobcleanup.JobId;
import io.jobcleanup.Outcome;
import io.jobcleanup.RefundOrder;
import io.jobcleanup.TokenRefunder;
import io.jobcleanup.postgres.Books;
import io.jobcleanup.postgres.Meddler;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.postgres.SourceStatements.BalanceRow;
import io.jobcleanup.postgres.SourceStatements.Inserted;
import io.jobcleanup.postgres.SourceStatements.Looked;
import io.jobcleanup.postgres.SqlFault;
import io.jobcleanup.postgres.Tx;
import io.jobcleanup.postgres.UnexpectedWriteException;
import io.jobcleanup.run.StageException.Stage;
import io.jobcleanup.verdict.Chain;
import io.jobcleanup.verdict.Chain.Account;
import io.jobcleanup.verdict.Line;
import io.jobcleanup.verdict.NumberType;
import io.jobcleanup.verdict.RefundKey;
import io.jobcleanup.verdict.Verdict.Due;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Gives lines back in one transaction: plans what each balance becomes, works out what is to be
 * written, writes it, and checks what came back. Set-based: a constant number of statements,
 * however many lines. Used by one thread.
 */
final class Payment {

  /**
   * What a line does to one balance.
   *
   * @param balance the balance's number
   * @param account its row
   * @param after what the columns that move hold after it
   */
  record Moved(int balance, Account account, List<BigDecimal> after) {}

  /** A line on its way. */
  static final class Item {
    final Job job;
    final Due due;
    final Looked row;
    final @Nullable BigDecimal amount;
    final Map<String, @Nullable String> values = new HashMap<>();

    /** The balances that it goes to, by their numbers. */
    final Map<Integer, Account> accounts = new LinkedHashMap<>();

    final List<Moved> moved = new ArrayList<>();

    /** The keys of the rows that record it, by the numbers of the ledgers. */
    final Map<Integer, String> inserted = new LinkedHashMap<>();

    /** Where it stands among the ids of its transaction. */
    int number;

    @Nullable String cause;

    Item(Job job, Due due) {
      this.job = job;
      this.due = due;
      this.row = job.charges().getOrDefault(due.line().key(), job.row());
      this.amount = due.amount();
      this.cause = due.doubt();
    }

    boolean payable() {
      return cause == null;
    }

    /** How much is given back; only of payable lines. */
    BigDecimal paid() {
      return Objects.requireNonNull(amount, "a payable line has an amount");
    }
  }

  private final Tx tx;
  private final SourceStatements source;
  private final Books books;
  private final @Nullable TokenRefunder refunder;
  private final String run;
  private final Chain chain;
  private final Function<Job, Terms> terms;
  private final Map<Integer, Map<Account, Map<String, @Nullable String>>> toCreate =
      new LinkedHashMap<>();

  /** Per balance the rows that move. */
  private final List<Map<Account, Map<String, @Nullable String>>> toMove = new ArrayList<>();

  /** Per ledger row the lines that it records. */
  private final List<Map<Item, Map<String, @Nullable String>>> toRecord = new ArrayList<>();

  private final List<Map<String, @Nullable String>> chargeMarks = new ArrayList<>();

  /**
   * A payment in one transaction.
   *
   * @param refunder the host's own code, null where the mapping says what to write
   * @param chain the balances as this transaction has moved them so far
   * @param terms what the texts of a job are made of
   */
  Payment(
      Tx tx,
      SourceStatements source,
      Books books,
      @Nullable TokenRefunder refunder,
      String run,
      Chain chain,
      Function<Job, Terms> terms) {
    this.tx = tx;
    this.source = source;
    this.books = books;
    this.refunder = refunder;
    this.run = run;
    this.chain = chain;
    this.terms = terms;
  }

  /**
   * The one line of a job whose refund can't be worked out: how much is in doubt, and so it is
   * owed.
   */
  static Due unknown(Job job, String cause) {
    String key = RefundKey.ofJob(job.source().jobTable(), job.key(), job.row().attempt());
    return new Due(new Line(key, null, null, null), null, cause);
  }

  /** The lines of jobs that are due, in order. */
  static List<Item> items(List<Job> jobs) {
    List<Item> items = new ArrayList<>();
    Set<String> keys = new HashSet<>();
    Set<String> twice = new HashSet<>();
    for (Job job : jobs) {
      for (Due due : job.verdict().due()) {
        items.add(new Item(job, due));
        if (!keys.add(due.line().key())) {
          twice.add(due.line().key());
        }
      }
    }
    for (Item item : items) {
      if (twice.contains(item.due.line().key())) {
        String key = item.due.line().key();
        item.cause =
            "its charge belongs to several jobs: %s (%s)"
                .formatted(
                    items.stream()
                        .filter(it -> it.due.line().key().equals(key))
                        .map(it -> it.job.keyText())
                        .distinct()
                        .collect(Collectors.joining(", ")),
                    key);
      }
    }
    return items;
  }

  /**
   * Decides which lines can be paid, moves the balances in the chain, and works out all values.
   * Writes nothing.
   *
   * @param jobs the jobs that are failed with it, whose lines given back before are marked too
   * @param firstNumber how many ids this transaction has made before
   */
  void plan(List<Item> items, List<Job> jobs, Instant now, int firstNumber) {
    List<Item> payable = new ArrayList<>();
    for (Item item : items) {
      if (item.payable()) {
        checkAmount(item);
      }
      if (item.payable()) {
        checkBalances(item);
      }
      if (item.payable()) {
        values(item.values, item.job, item.row, item.due.line().key(), item.paid(), now);
        payable.add(item);
      }
    }
    int number = firstNumber;
    for (Item item : payable) {
      item.number = number++;
      item.values.put("uuid", Uuid7.of(now, item.number).toString());
    }
    begin(payable, now);
    Deque<Item> moving =
        new ArrayDeque<>(payable.stream().filter(it -> !it.accounts.isEmpty()).toList());
    while (!moving.isEmpty()) {
      move(together(moving));
    }
    Map<JobId, List<Item>> byJob = byJob(items);
    for (Item item : payable) {
      Outcome outcome = outcome(item.job, byJob.getOrDefault(item.job.id(), List.of()));
      item.values.put("message", terms.apply(item.job).message(outcome));
    }
    for (int balance = 0; balance < source.balances(); balance++) {
      planMoves(balance, payable);
    }
    for (int ledger = 0; refunder == null && ledger < source.ledgers(); ledger++) {
      planLedger(ledger, items, now);
    }
    planMarks(items, jobs, byJob, now);
  }

  /** Makes the balances known to the chain; of those to be made, what they begin with. */
  private void begin(List<Item> payable, Instant now) {
    for (int balance = 0; balance < source.balances(); balance++) {
      Map<Account, Item> made = new LinkedHashMap<>();
      for (Item item : payable) {
        Account account = item.accounts.get(balance);
        if (account != null && item.row.balances().get(balance).there()) {
          read(item, balance, account, item.row.balances().get(balance).contents());
        } else if (account != null && !isKnown(balance, account)) {
          made.putIfAbsent(account, item);
        }
      }
      if (!made.isEmpty()) {
        make(balance, made, payable, now);
      }
    }
  }

  private void make(int balance, Map<Account, Item> made, List<Item> payable, Instant now) {
    Map<Account, Map<String, @Nullable String>> create = new LinkedHashMap<>();
    made.forEach((account, item) -> create.put(account, withAnId(item, now)));
    List<List<@Nullable BigDecimal>> beginnings =
        source.evaluateCreate(tx, balance, List.copyOf(create.values()));
    Map<Account, List<@Nullable BigDecimal>> byAccount = new HashMap<>();
    made.keySet().forEach(account -> byAccount.put(account, beginnings.get(byAccount.size())));
    // Another balance of the mapping, or an earlier job of this transaction, may make the row.
    create.keySet().removeIf(account -> !chain.now(account).isEmpty());
    toCreate.put(balance, create);
    for (Item item : payable) {
      Account account = item.accounts.get(balance);
      List<@Nullable BigDecimal> beginning = account == null ? null : byAccount.get(account);
      if (beginning != null) {
        read(item, balance, account, beginning);
      }
    }
  }

  /** A line's values for one of several rows that are written for it: each has an id of its own. */
  private static Map<String, @Nullable String> withAnId(Item item, Instant now) {
    Map<String, @Nullable String> values = new HashMap<>(item.values);
    values.put("uuid", Uuid7.of(now, item.number).toString());
    return values;
  }

  /** Works out what rows of a balance become; those that are made first have to be there for it. */
  private void planMoves(int balance, List<Item> payable) {
    Map<Account, Map<String, @Nullable String>> lines = new LinkedHashMap<>();
    for (Item item : payable) {
      Account moving = item.accounts.get(balance);
      if (moving == null || !item.payable() || lines.containsKey(moving)) {
        continue;
      }
      Map<String, @Nullable String> line = new HashMap<>();
      SourceStatements.put(line, "m" + balance + "_", moving.match());
      SourceStatements.put(
          line, "a", contents(balance, moving).stream().map(BigDecimal::toPlainString).toList());
      line.put("now", item.values.get("now"));
      line.put("run", run);
      line.put("source", source.source().name());
      lines.put(moving, line);
    }
    toMove.add(lines);
    evaluateMoves(balance, false);
  }

  private void evaluateMoves(int balance, boolean ofThoseMade) {
    List<Map<String, @Nullable String>> lines = new ArrayList<>();
    toMove
        .get(balance)
        .forEach(
            (account, line) -> {
              if (ofThoseMade == isMade(account)) {
                lines.add(line);
              }
            });
    source.evaluateMove(tx, balance, lines);
  }

  private boolean isMade(Account account) {
    return toCreate.values().stream().anyMatch(made -> made.containsKey(account));
  }

  private void planLedger(int ledger, List<Item> items, Instant now) {
    Map<Item, Map<String, @Nullable String>> lines = new LinkedHashMap<>();
    for (Item item : items) {
      if (item.payable() && item.row.recorded().get(ledger)) {
        // The first row that records a line keeps the id that a charge's mark can name.
        boolean further = toRecord.stream().anyMatch(earlier -> earlier.containsKey(item));
        lines.put(item, further ? withAnId(item, now) : new HashMap<>(item.values));
      }
    }
    source.evaluateWrite(tx, ledger, List.copyOf(lines.values()));
    toRecord.add(lines);
  }

  private boolean isKnown(int balance, Account account) {
    return chain.now(account).keySet().containsAll(source.movingColumns(balance).keySet());
  }

  private void read(
      Item item, int balance, @Nullable Account account, List<@Nullable BigDecimal> contents) {
    if (account == null) {
      return;
    }
    Map<String, BigDecimal> known = new HashMap<>();
    int i = 0;
    for (String column : source.movingColumns(balance).keySet()) {
      BigDecimal content = contents.get(i++);
      if (content == null) {
        item.cause = account.named(column) + " is null: set it";
        return;
      }
      known.put(column, content);
    }
    chain.read(account, known);
  }

  /**
   * Takes lines whose addends can be worked out at once: where addends depend on the balance, those
   * of different balances, in their order.
   */
  private List<Item> together(Deque<Item> waiting) {
    List<Item> taken = new ArrayList<>();
    if (IntStream.range(0, source.balances()).noneMatch(source::followsBalance)) {
      taken.addAll(waiting);
      waiting.clear();
      return taken;
    }
    Set<Account> touched = new HashSet<>();
    for (Item item : List.copyOf(waiting)) {
      boolean first = item.accounts.values().stream().noneMatch(touched::contains);
      touched.addAll(item.accounts.values());
      if (first) {
        taken.add(item);
        waiting.remove(item);
      }
    }
    return taken;
  }

  private void move(List<Item> items) {
    List<Item> moving = items.stream().filter(Item::payable).toList();
    Map<Item, Map<Integer, List<BigDecimal>>> addends = new HashMap<>();
    for (int balance = 0; balance < source.balances(); balance++) {
      int number = balance;
      List<Item> here = moving.stream().filter(it -> it.accounts.containsKey(number)).toList();
      if (here.isEmpty()) {
        continue;
      }
      if (source.followsBalance(balance)) {
        here.forEach(it -> putRow(it, "w", number));
      }
      List<List<BigDecimal>> added =
          source.addends(tx, balance, here.stream().map(item -> item.values).toList());
      for (int i = 0; i < here.size(); i++) {
        addends.computeIfAbsent(here.get(i), it -> new LinkedHashMap<>()).put(number, added.get(i));
      }
    }
    moving.forEach(item -> move(item, addends.getOrDefault(item, Map.of())));
  }

  private void move(Item item, Map<Integer, List<BigDecimal>> addends) {
    List<Chain.Step> steps = new ArrayList<>();
    addends.forEach(
        (balance, added) -> {
          Account account = Objects.requireNonNull(item.accounts.get(balance));
          int i = 0;
          for (Map.Entry<String, NumberType> column : source.movingColumns(balance).entrySet()) {
            steps.add(
                new Chain.Step(
                    account,
                    column.getKey(),
                    column.getValue(),
                    added.get(i++),
                    source.balance(balance).floor()));
          }
        });
    switch (chain.move(steps)) {
      case Chain.Move.Impossible impossible -> item.cause = impossible.cause();
      case Chain.Move.Moved moved -> {
        item.values.put("balance_before", moved.before().toPlainString());
        item.values.put("balance_after", moved.after().toPlainString());
        item.accounts.forEach(
            (balance, account) ->
                item.moved.add(new Moved(balance, account, contents(balance, account))));
        item.accounts.keySet().stream()
            .filter(source::isNamedInLedger)
            .findFirst()
            .ifPresent(
                balance -> {
                  Account account = Objects.requireNonNull(item.accounts.get(balance));
                  SourceStatements.put(item.values, "q", account.match());
                  putRow(item, "v", balance);
                });
      }
    }
  }

  /** Puts into a line what its row of a balance has by now, as far as that moves. */
  private void putRow(Item item, String prefix, int balance) {
    Map<String, BigDecimal> now = chain.now(Objects.requireNonNull(item.accounts.get(balance)));
    List<@Nullable String> contents = new ArrayList<>();
    for (String column : source.movingWith(balance)) {
      BigDecimal content = now.get(column);
      contents.add(content == null ? null : content.toPlainString());
    }
    SourceStatements.put(item.values, prefix, contents);
  }

  /** What the columns that move hold now. */
  private List<BigDecimal> contents(int balance, Account account) {
    Map<String, BigDecimal> now = chain.now(account);
    return source.movingColumns(balance).keySet().stream()
        .map(column -> Objects.requireNonNull(now.get(column)))
        .toList();
  }

  private void planMarks(
      List<Item> items, List<Job> jobs, Map<JobId, List<Item>> byJob, Instant now) {
    if (!source.marksCharges()) {
      return;
    }
    for (Item item : items) {
      if (item.payable() && item.row.charge() != null) {
        chargeMarks.add(item.values);
      }
    }
    for (Job job : jobs) {
      Outcome outcome = outcome(job, byJob.getOrDefault(job.id(), List.of()));
      job.charges()
          .forEach(
              (key, row) -> {
                BigDecimal amount = job.paidBefore().get(key);
                if (row.charge() != null && amount != null) {
                  Map<String, @Nullable String> values = new HashMap<>();
                  values(values, job, row, key, amount, now);
                  values.put("message", terms.apply(job).message(outcome));
                  values.put("uuid", Uuid7.of(now, chargeMarks.size()).toString());
                  chargeMarks.add(values);
                }
              });
    }
    int n = 0;
    for (Map<String, @Nullable String> line : chargeMarks) {
      line.put("n", Integer.toString(n++));
    }
    source.evaluateMarkOfCharge(tx, chargeMarks);
  }

  /** The lines by job. */
  static Map<JobId, List<Item>> byJob(List<Item> items) {
    Map<JobId, List<Item>> byJob = new LinkedHashMap<>();
    for (Item item : items) {
      byJob.computeIfAbsent(item.job.id(), job -> new ArrayList<>()).add(item);
    }
    return byJob;
  }

  /** What becomes of a job whose lines are planned. */
  static Outcome outcome(Job job, List<Item> items) {
    BigDecimal paid =
        items.stream()
            .filter(Item::payable)
            .map(Item::paid)
            .reduce(BigDecimal.ZERO, BigDecimal::add);
    List<Item> owed = items.stream().filter(item -> !item.payable()).toList();
    if (!owed.isEmpty()) {
      BigDecimal sum = BigDecimal.ZERO;
      for (Item item : owed) {
        sum = sum == null || item.amount == null ? null : sum.add(item.amount);
      }
      return new Outcome.RefundOwed(
          paid,
          sum,
          owed.stream()
              .map(item -> String.valueOf(item.cause))
              .distinct()
              .collect(Collectors.joining("; ")));
    }
    if (paid.signum() > 0) {
      return new Outcome.Refunded(paid);
    }
    return switch (job.verdict().nothing()) {
      case COST_NOTHING -> new Outcome.NothingToRefund();
      case ALREADY_REFUNDED -> new Outcome.AlreadyRefunded();
      case PAID_BY_HOST -> new Outcome.PaidByHost();
    };
  }

  /**
   * What was given back of a job's charges as they are now, by us, together with what is given back
   * by an outcome.
   */
  static BigDecimal inAll(Job job, Outcome outcome) {
    return job.charges().keySet().stream()
        .map(key -> job.paidBefore().getOrDefault(key, BigDecimal.ZERO))
        .reduce(outcome.tokensRefunded(), BigDecimal::add);
  }

  private void checkAmount(Item item) {
    for (int ledger = 0; refunder == null && ledger < source.ledgers(); ledger++) {
      if (!item.row.recorded().get(ledger)) {
        continue;
      }
      int number = ledger;
      source
          .amountColumns(ledger)
          .forEach(
              (column, type) -> {
                int factor = source.amountFactor(number, column);
                String obstacle =
                    factor == 0
                        ? null
                        : type.obstacle(
                            source.ledgerTable(number) + "." + column,
                            factor < 0 ? item.paid().negate() : item.paid());
                if (obstacle != null) {
                  item.cause = obstacle;
                }
              });
    }
  }

  private void checkBalances(Item item) {
    for (int balance = 0; refunder == null && balance < source.balances(); balance++) {
      BalanceRow row = item.row.balances().get(balance);
      if (!row.moves()) {
        continue;
      }
      Account account = source.account(balance, texts(row.match()));
      if (row.there()) {
        item.accounts.put(balance, account);
        continue;
      }
      switch (source.balance(balance).missing()) {
        case OWED ->
            item.cause =
                "no row in %s for %s"
                    .formatted(source.balanceTable(balance), String.join(", ", texts(row.match())));
        case CREATE -> item.accounts.put(balance, account);
        case SKIP -> {}
      }
    }
  }

  private static List<String> texts(List<@Nullable String> values) {
    return values.stream().map(String::valueOf).toList();
  }

  private void values(
      Map<String, @Nullable String> values,
      Job job,
      Looked row,
      String key,
      BigDecimal amount,
      Instant now) {
    values.putAll(terms.apply(job).values(job, run, now));
    if (row.charge() != null) {
      SourceStatements.put(values, "c", row.charge());
    }
    for (int balance = 0; balance < row.balances().size(); balance++) {
      SourceStatements.put(values, "m" + balance + "_", row.balances().get(balance).match());
    }
    values.put("payer", job.payer());
    values.put("amount", amount.toPlainString());
    values.put("key", key);
  }

  /**
   * Writes balances, ledger and our record of the refunds.
   *
   * @throws StageException at {@link Stage#REFUND} if the host refuses or changes a write
   */
  void pay(List<Item> items) {
    StageException.run(
        Stage.REFUND,
        () -> {
          List<Item> payable = items.stream().filter(Item::payable).toList();
          if (refunder != null) {
            payable.forEach(item -> refund(refunder, item));
          } else {
            create();
            for (int balance = 0; balance < source.balances(); balance++) {
              moveBalances(balance);
            }
            for (int ledger = 0; ledger < source.ledgers(); ledger++) {
              writeLedger(ledger, toRecord.get(ledger));
            }
            if (source.callsHost()) {
              payable.forEach(this::callHost);
            }
          }
          RefusedWriteException.unless(
              "the update of " + source.chargeTable(),
              () -> {
                source.markCharges(tx, chargeMarks);
                return chargeMarks;
              });
          record(items);
        });
  }

  private void refund(TokenRefunder host, Item item) {
    try {
      host.refund(tx.connection(), order(item, run));
    } catch (Exception e) {
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      throw new RefunderException(e);
    }
  }

  static RefundOrder order(Item item, String run) {
    return new RefundOrder(
        item.job.id(), String.valueOf(item.job.payer()), item.paid(), item.due.line().key(), run);
  }

  private void callHost(Item item) {
    item.values.put("n", "0");
    boolean done =
        RefusedWriteException.unless(
            "the host's function, the statement of source %s,".formatted(source.source().name()),
            () -> source.callHost(tx, item.values));
    if (!done) {
      throw new UnexpectedWriteException(
          "the host's function, the statement of source %s, answered false: it doesn't give %s tokens back to %s"
              .formatted(source.source().name(), item.paid().toPlainString(), item.job.payer()));
    }
  }

  private void create() {
    toCreate.forEach(
        (balance, rows) -> {
          List<Map<String, @Nullable String>> lines = new ArrayList<>();
          rows.forEach(
              (account, line) -> {
                // Of a payer none of whose lines can be paid no row is made.
                if (toMove.get(balance).containsKey(account)) {
                  line.put("n", Integer.toString(lines.size()));
                  lines.add(line);
                }
              });
          String table = source.balanceTable(balance);
          int made;
          try {
            made =
                RefusedWriteException.unless(
                    "the insert into " + table, () -> source.create(tx, balance, lines).size());
          } catch (RuntimeException e) {
            SqlFault fault = SqlFault.of(e);
            if (fault != null && source.findsBalance(balance, fault.collidedIn())) {
              throw new MadeMeanwhileException(table);
            }
            throw e;
          }
          if (made < lines.size()) {
            throw new UnexpectedWriteException(
                "the insert into %s was dropped by %s".formatted(table, Meddler.of(tx, table)));
          }
        });
  }

  private void moveBalances(int balance) {
    evaluateMoves(balance, true);
    List<Map<String, @Nullable String>> lines = new ArrayList<>();
    List<List<BigDecimal>> expected = new ArrayList<>();
    toMove
        .get(balance)
        .forEach(
            (account, line) -> {
              line.put("n", Integer.toString(lines.size()));
              lines.add(line);
              expected.add(contents(balance, account));
            });
    String table = source.balanceTable(balance);
    Map<Integer, List<@Nullable BigDecimal>> moved =
        RefusedWriteException.unless(
            "the update of " + table, () -> source.move(tx, balance, lines));
    List<Account> accounts = List.copyOf(toMove.get(balance).keySet());
    for (int n = 0; n < lines.size(); n++) {
      List<BigDecimal> after = expected.get(n);
      List<@Nullable BigDecimal> now = moved.get(n);
      if (now == null) {
        throw new UnexpectedWriteException(
            "the update of %s for %s was dropped by %s"
                .formatted(table, match(accounts.get(n)), Meddler.of(tx, table)));
      }
      if (!same(after, now)) {
        throw new UnexpectedWriteException(
            "the update of %s for %s was changed by %s: %s was written, %s is there"
                .formatted(table, match(accounts.get(n)), Meddler.of(tx, table), after, now));
      }
    }
  }

  private void writeLedger(int ledger, Map<Item, Map<String, @Nullable String>> recorded) {
    List<Map<String, @Nullable String>> lines = List.copyOf(recorded.values());
    for (int i = 0; i < lines.size(); i++) {
      lines.get(i).put("n", Integer.toString(i));
    }
    String table = source.ledgerTable(ledger);
    List<Inserted> inserted =
        RefusedWriteException.unless(
            "the insert into " + table, () -> source.write(tx, ledger, lines));
    if (inserted.size() != lines.size()) {
      throw new UnexpectedWriteException(
          "the insert into %s was dropped by %s".formatted(table, Meddler.of(tx, table)));
    }
    int i = 0;
    for (Map.Entry<Item, Map<String, @Nullable String>> each : recorded.entrySet()) {
      Inserted row = inserted.get(i++);
      List<@Nullable BigDecimal> expected = source.expectedAmounts(ledger, each.getValue());
      if (!same(expected, row.amounts())) {
        throw new UnexpectedWriteException(
            "the insert into %s was changed by %s: %s was written, %s is there"
                .formatted(table, Meddler.of(tx, table), expected, row.amounts()));
      }
      if (row.key() != null) {
        each.getKey().inserted.put(ledger, row.key());
      }
    }
  }

  private static String match(Account account) {
    return String.join(", ", account.match());
  }

  private static boolean same(
      List<? extends @Nullable BigDecimal> expected, List<? extends @Nullable BigDecimal> actual) {
    for (int i = 0; i < expected.size(); i++) {
      BigDecimal wanted = expected.get(i);
      BigDecimal found = actual.get(i);
      boolean equal =
          wanted == null ? found == null : found != null && wanted.compareTo(found) == 0;
      if (!equal) {
        return false;
      }
    }
    return true;
  }

  private void record(List<Item> items) {
    Map<String, Map<String, @Nullable String>> lines = new LinkedHashMap<>();
    for (Item item : items) {
      Map<String, @Nullable String> line = new HashMap<>();
      line.put("refund_key", item.due.line().key());
      line.put("job_key", item.job.keyText());
      line.put("attempt", item.job.row().attempt());
      line.put("charge_key", item.row.charge() == null ? null : JobId.keyText(item.row.charge()));
      line.put("payer", item.job.payer());
      line.put("amount", item.amount == null ? null : item.amount.toPlainString());
      line.put("state", item.payable() ? "PAID" : "OWED");
      line.put("cause", item.cause);
      Terms of = terms.apply(item.job);
      line.put("seconds", of.secondsText());
      line.put("timeout_ms", of.timeoutMsText());
      line.put("now", item.job.row().now().toString());
      item.inserted.entrySet().stream()
          .findFirst()
          .ifPresent(
              row -> {
                line.put("ledger_table", source.ledgerTable(row.getKey()));
                line.put("ledger_key", row.getValue());
                line.put("balance_after", item.values.get("balance_after"));
              });
      lines.putIfAbsent(item.due.line().key(), line);
    }
    Set<String> through = books.recordRefunds(tx, run, source, List.copyOf(lines.values()));
    if (through.size() != lines.size()) {
      throw new RefundTakenException(
          lines.keySet().stream().filter(key -> !through.contains(key)).toList());
    }
  }

  /** Somebody else made a balance row while we were at it: it isn't held. */
  static final class MadeMeanwhileException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MadeMeanwhileException(String table) {
      super("a row in %s was made by somebody meanwhile".formatted(table));
    }
  }

  /** Somebody else gave a line back while we were at it. */
  static final class RefundTakenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RefundTakenException(List<String> keys) {
      super("given back by another run meanwhile: " + String.join(", ", keys));
    }
  }
}
