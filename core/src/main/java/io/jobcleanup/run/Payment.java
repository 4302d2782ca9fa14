package io.jobcleanup.run;

import io.jobcleanup.JobId;
import io.jobcleanup.Outcome;
import io.jobcleanup.RefundOrder;
import io.jobcleanup.TokenRefunder;
import io.jobcleanup.mapping.Balance;
import io.jobcleanup.mapping.Refund;
import io.jobcleanup.postgres.Books;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.postgres.SourceStatements.Inserted;
import io.jobcleanup.postgres.SourceStatements.Looked;
import io.jobcleanup.postgres.Tx;
import io.jobcleanup.postgres.UnexpectedWriteException;
import io.jobcleanup.run.StageException.Stage;
import io.jobcleanup.verdict.Chain;
import io.jobcleanup.verdict.Line;
import io.jobcleanup.verdict.NumberType;
import io.jobcleanup.verdict.RefundKey;
import io.jobcleanup.verdict.Verdict.Due;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Gives lines back in one transaction: plans what each balance becomes, works out what is to be
 * written, writes it, and checks what came back. Set-based: a constant number of statements,
 * however many lines. Used by one thread.
 */
final class Payment {

  /** A line on its way. */
  static final class Item {
    final Job job;
    final Due due;
    final Looked row;
    final @Nullable BigDecimal amount;
    final Map<String, @Nullable String> values = new HashMap<>();
    boolean moves;
    @Nullable String cause;
    @Nullable String ledgerKey;

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

  /** A chain over the balances of a source. */
  static Chain chainOf(SourceStatements source) {
    Map<String, NumberType> columns = source.movingColumns();
    return new Chain(List.copyOf(columns.keySet()), List.copyOf(columns.values()));
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
        item.cause = "its charge belongs to several jobs";
      }
    }
    return items;
  }

  /**
   * Decides which lines can be paid, moves the balances in the chain, and works out all values.
   * Writes nothing.
   *
   * @param firstNumber how many ids this transaction has made before
   */
  void plan(List<Item> items, Instant now, int firstNumber) {
    List<Item> payable = new ArrayList<>();
    for (Item item : items) {
      if (item.payable()) {
        checkAmount(item);
      }
      if (item.payable()) {
        checkBalance(item);
      }
      if (item.payable()) {
        values(item, now);
        payable.add(item);
      }
    }
    List<Item> moving = payable.stream().filter(item -> item.moves).toList();
    if (!moving.isEmpty()) {
      List<List<BigDecimal>> addends =
          source.addends(tx, moving.stream().map(item -> item.values).toList());
      for (int i = 0; i < moving.size(); i++) {
        move(moving.get(i), addends.get(i));
      }
    }
    int number = firstNumber;
    for (Item item : payable) {
      if (item.payable()) {
        item.values.put("uuid", Uuid7.of(now, number++).toString());
      }
    }
    Map<JobId, List<Item>> byJob = byJob(items);
    for (Item item : payable) {
      Outcome outcome = outcome(item.job, byJob.getOrDefault(item.job.id(), List.of()));
      item.values.put("message", terms.apply(item.job).message(outcome));
    }
    source.evaluateWrite(tx, recorded(items).stream().map(item -> item.values).toList());
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

  private void checkAmount(Item item) {
    Looked row = item.row;
    if (!row.recorded() || refunder != null) {
      return;
    }
    source
        .amountColumns()
        .forEach(
            (column, type) -> {
              int factor = source.amountFactor(column);
              String obstacle =
                  factor == 0
                      ? null
                      : type.obstacle(column, factor < 0 ? item.paid().negate() : item.paid());
              if (obstacle != null) {
                item.cause = obstacle;
              }
            });
  }

  private void checkBalance(Item item) {
    Refund refund = source.source().refund();
    if (refund == null
        || refund.balances().isEmpty()
        || !item.row.movesBalance()
        || refunder != null) {
      return;
    }
    if (item.row.balanceThere()) {
      item.moves = true;
    } else if (refund.balances().getFirst().missing() == Balance.Missing.OWED) {
      item.cause =
          "no row in %s for %s"
              .formatted(source.balanceTable(), String.join(", ", texts(item.row.balance())));
    }
  }

  private static List<String> texts(List<@Nullable String> values) {
    return values.stream().map(String::valueOf).toList();
  }

  private void move(Item item, List<BigDecimal> addends) {
    List<@Nullable BigDecimal> read = item.row.balances();
    if (read.contains(null)) {
      item.cause = "the balance in %s is null".formatted(source.balanceTable());
      return;
    }
    List<String> balance = texts(item.row.balance());
    List<BigDecimal> known = new ArrayList<>();
    read.forEach(value -> known.add(Objects.requireNonNull(value)));
    chain.read(balance, known);
    switch (chain.add(balance, addends)) {
      case Chain.Move.Impossible impossible -> item.cause = impossible.cause();
      case Chain.Move.Moved moved -> {
        item.values.put("balance_before", moved.before().getFirst().toPlainString());
        item.values.put("balance_after", moved.after().getFirst().toPlainString());
      }
    }
  }

  private void values(Item item, Instant now) {
    Map<String, @Nullable String> values = item.values;
    values.putAll(terms.apply(item.job).values(item.job, run, now));
    if (item.row.charge() != null) {
      SourceStatements.put(values, "c", item.row.charge());
    }
    values.put("payer", item.job.payer());
    values.put("amount", item.paid().toPlainString());
    values.put("key", item.due.line().key());
  }

  private List<Item> recorded(List<Item> items) {
    return refunder != null
        ? List.of()
        : items.stream().filter(item -> item.payable() && item.row.recorded()).toList();
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
            moveBalances(payable);
            writeLedger(recorded(items));
          }
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

  private void moveBalances(List<Item> payable) {
    Map<List<String>, Map<String, @Nullable String>> lines = new LinkedHashMap<>();
    Map<Integer, List<BigDecimal>> expected = new HashMap<>();
    for (Item item : payable) {
      if (!item.moves) {
        continue;
      }
      List<String> balance = texts(item.row.balance());
      List<BigDecimal> after = Objects.requireNonNull(chain.now(balance));
      lines.computeIfAbsent(
          balance,
          key -> {
            int n = expected.size();
            Map<String, @Nullable String> line = new HashMap<>();
            line.put("n", Integer.toString(n));
            SourceStatements.put(line, "m", key);
            SourceStatements.put(line, "a", after.stream().map(BigDecimal::toPlainString).toList());
            line.put("now", item.values.get("now"));
            line.put("run", run);
            line.put("source", source.source().name());
            expected.put(n, after);
            return line;
          });
    }
    List<Map<String, @Nullable String>> all = List.copyOf(lines.values());
    source.evaluateMove(tx, all);
    Map<Integer, List<@Nullable BigDecimal>> moved = source.move(tx, all);
    expected.forEach(
        (n, after) -> {
          List<@Nullable BigDecimal> now = moved.get(n);
          if (now == null) {
            throw new UnexpectedWriteException(
                "a trigger or policy dropped the update of " + source.balanceTable());
          }
          if (!same(after, now)) {
            throw new UnexpectedWriteException(
                "a trigger or policy changed the update of %s: %s was written, %s is there"
                    .formatted(source.balanceTable(), after, now));
          }
        });
  }

  private void writeLedger(List<Item> recorded) {
    List<Map<String, @Nullable String>> lines = new ArrayList<>();
    for (Item item : recorded) {
      item.values.put("n", Integer.toString(lines.size()));
      lines.add(item.values);
    }
    List<Inserted> inserted = source.write(tx, lines);
    if (inserted.size() != lines.size()) {
      throw new UnexpectedWriteException(
          "a trigger or policy dropped %d of %d inserts into %s"
              .formatted(lines.size() - inserted.size(), lines.size(), source.ledgerTable()));
    }
    for (int i = 0; i < lines.size(); i++) {
      List<@Nullable BigDecimal> expected = source.expectedAmounts(lines.get(i));
      if (!same(expected, inserted.get(i).amounts())) {
        throw new UnexpectedWriteException(
            "a trigger or policy changed an insert into %s: %s was written, %s is there"
                .formatted(source.ledgerTable(), expected, inserted.get(i).amounts()));
      }
      recorded.get(i).ledgerKey = inserted.get(i).key();
    }
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
      line.put("ledger_key", item.ledgerKey);
      lines.putIfAbsent(item.due.line().key(), line);
    }
    Set<String> through = books.recordRefunds(tx, run, source, List.copyOf(lines.values()));
    if (through.size() != lines.size()) {
      throw new RefundTakenException(
          lines.keySet().stream().filter(key -> !through.contains(key)).toList());
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
