package io.jobcleanup.postgres;

import io.jobcleanup.JobId;
import io.jobcleanup.mapping.Balance;
import io.jobcleanup.mapping.Source;
import io.jobcleanup.mapping.Timeout;
import io.jobcleanup.mapping.Value;
import io.jobcleanup.postgres.SourceTables.Moved;
import io.jobcleanup.postgres.SourceTables.Recorded;
import io.jobcleanup.verdict.Chain;
import io.jobcleanup.verdict.NumberType;
import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** The statements about one source, run and read. Stateless; safe for use by several threads. */
public final class SourceStatements {

  /**
   * A stuck job as detection finds it.
   *
   * @param key its key
   * @param since when its processing began
   * @param position where it stands in the order of its range
   * @param payer whose tokens it probably took; null where a column of the job doesn't tell
   */
  public record Found(List<String> key, Instant since, String position, @Nullable String payer) {}

  /**
   * What has to be held for one claimed job and one of its charges.
   *
   * @param n the job's number among those asked for, from 0
   * @param payer whose tokens they are
   * @param balances per balance the values that find its row
   * @param charge the key of the charge, where it will be marked; else empty
   * @param references per foreign key the values that it will refer by
   */
  public record Holding(
      int n,
      @Nullable String payer,
      List<List<@Nullable String>> balances,
      List<@Nullable String> charge,
      List<List<@Nullable String>> references) {}

  /** A session that holds a row of the host, by its process id, and as a phrase. */
  public record Holder(int pid, String described) {}

  /**
   * Jobs that are locked.
   *
   * @param keys their keys, in the order asked for
   * @param holdings what has to be held besides; numbers are those among these keys
   */
  public record Claimed(List<List<String>> keys, List<Holding> holdings) {}

  /**
   * A job's row, with one of its charges, as it is seen under its lock.
   *
   * @param n the job's number among those asked for, from 0
   * @param now the database's time, after the locks
   * @param stuck whether it is stuck still
   * @param processing whether it is in a state that means "being worked on"
   * @param completed whether it is in a state of success
   * @param status its state
   * @param since when its processing began
   * @param expires when it has to have ended; null where a timeout tells
   * @param timeoutMs the timeout that it is judged by; null where there is {@code expires}
   * @param attempt what the mapping counts charges by
   * @param payer whose tokens they are
   * @param cost what the job says it cost
   * @param givenBack whether anything is given back for it at all
   * @param alreadyAll whether all was given back; null where the tables tell an amount or nothing
   * @param already what was given back; null where the tables tell no amount
   * @param charge the charge's key; null where there is no such row
   * @param chargeAmount what the charge took
   * @param balances what is known of each balance
   * @param recorded per ledger row whether the line goes there
   */
  public record Looked(
      int n,
      List<String> key,
      Instant now,
      boolean stuck,
      boolean processing,
      boolean completed,
      String status,
      @Nullable Instant since,
      @Nullable Instant expires,
      @Nullable Long timeoutMs,
      @Nullable String attempt,
      @Nullable String payer,
      @Nullable BigDecimal cost,
      boolean givenBack,
      @Nullable Boolean alreadyAll,
      @Nullable BigDecimal already,
      @Nullable List<String> charge,
      @Nullable BigDecimal chargeAmount,
      List<BalanceRow> balances,
      List<Boolean> recorded) {}

  /**
   * A balance as it is seen for one job and charge.
   *
   * @param match the values that find the row
   * @param there whether there is such a row
   * @param contents the contents of the columns that move; null where a column is null
   * @param moves whether the line goes there
   */
  public record BalanceRow(
      List<@Nullable String> match,
      boolean there,
      List<@Nullable BigDecimal> contents,
      boolean moves) {}

  /**
   * What an INSERT into the ledger gave back.
   *
   * @param key the row's primary key as one text; null where the table has none
   * @param amounts the contents of the amount columns
   */
  public record Inserted(@Nullable String key, List<@Nullable BigDecimal> amounts) {}

  /**
   * A job that was completed after a run had failed it.
   *
   * @param n its number among those asked for, from 0
   * @param status its state now
   * @param delivered what its row holds besides, a JSON object; null where that is nothing
   */
  public record Completed(int n, String status, @Nullable String delivered) {}

  private final BoundSource bound;
  private final SourceTables tables;
  private final SourceSql sql;
  private final Judging byTimeout;
  private final @Nullable Judging byJob;
  private final String claimInAnyState;
  private final String holdings;
  private final List<LineSql> holdBalances;
  private final @Nullable LineSql holdCharges;
  private final List<SourceSql.Reference> references;
  private final WriteSql.Write fail;
  private final WriteSql.@Nullable Write markOfJob;
  private final WriteSql.@Nullable Write markOfCharge;
  private final List<BalanceWrites> balanceWrites;
  private final List<WriteSql.Write> ledgerWrites;
  private final @Nullable LineSql statement;
  private final List<LineSql> also;
  private final @Nullable LineSql amend;
  private final LineSql completedLate;

  /** The statements that judge whether jobs are stuck. */
  private record Judging(
      String claim, @Nullable String claimWithHoldings, String look, String lookAtJobs) {

    static Judging of(SourceSql sql, boolean byJob) {
      return new Judging(
          sql.claim(false, byJob),
          sql.holdingsDependOnJobsAlone() ? sql.claim(true, byJob) : null,
          sql.look(byJob),
          sql.lookAtJobs(byJob));
    }
  }

  private record BalanceWrites(
      Moved balance,
      WriteSql.@Nullable Write addends,
      WriteSql.@Nullable Write create,
      WriteSql.Write move) {}

  SourceStatements(BoundSource bound) {
    this.bound = bound;
    this.tables = bound.tables();
    this.sql = bound.sql();
    WriteSql writes = bound.writes();
    this.byTimeout = Judging.of(sql, false);
    this.byJob =
        bound.source().jobs().timeout() instanceof Timeout.Computed ? Judging.of(sql, true) : null;
    this.claimInAnyState = sql.claimInAnyState();
    this.holdings = sql.holdings();
    this.holdBalances = tables.balances().stream().map(sql::holdBalances).toList();
    this.holdCharges = sql.holdCharges();
    this.references = sql.references();
    this.fail = writes.fail();
    this.markOfJob = writes.markOfJob();
    this.markOfCharge = writes.markOfCharge();
    this.balanceWrites =
        tables.balances().stream()
            .map(
                it -> new BalanceWrites(it, writes.addends(it), writes.create(it), writes.move(it)))
            .toList();
    this.ledgerWrites = tables.ledgers().stream().map(writes::write).toList();
    this.statement = writes.statement();
    this.also = writes.also();
    this.amend = writes.amend();
    this.completedLate = sql.completedLate();
  }

  private Judging judging(Deadline deadline) {
    return deadline.byJob()
        ? Objects.requireNonNull(byJob, "the mapping has an expression")
        : byTimeout;
  }

  /** The source. */
  public Source source() {
    return bound.source();
  }

  SourceTables tables() {
    return tables;
  }

  /** Has the settings that the mapping wants for this source hold in a transaction. */
  public void beOf(Tx tx) {
    tx.as(source().session());
  }

  /** The job table with its schema, as our records spell it. */
  public String jobTable() {
    return tables.jobs().display();
  }

  /** The charge table with its schema; null where the source has none. */
  public @Nullable String chargeTable() {
    Table charges = tables.charges();
    return charges == null ? null : charges.display();
  }

  /** The table of a ledger row with its schema. */
  public String ledgerTable(int ledger) {
    return tables.ledgers().get(ledger).table().display();
  }

  /** How many rows record a line at most. */
  public int ledgers() {
    return tables.ledgers().size();
  }

  /** The table of a balance with its schema. */
  public String balanceTable(int balance) {
    return tables.balances().get(balance).table().display();
  }

  /** How many balances a line moves at most. */
  public int balances() {
    return tables.balances().size();
  }

  /** The balance as the mapping has it. */
  public Balance balance(int balance) {
    return tables.balances().get(balance).balance();
  }

  /** A job's name. */
  public JobId job(List<String> key) {
    return new JobId(source().name(), key);
  }

  /** How many columns the key has. */
  public int keyColumns() {
    return tables.jobKey().size();
  }

  /** How many columns the key of a charge has; 0 where the source has none. */
  public int chargeKeyColumns() {
    return tables.chargeKey().size();
  }

  /** How many ranges detection has: one per since column. */
  public int ranges() {
    return sql.ranges();
  }

  /** The columns of a balance that move, with what each can hold. */
  public Map<String, NumberType> movingColumns(int balance) {
    Map<String, NumberType> columns = new LinkedHashMap<>();
    for (Table.Column column : tables.balances().get(balance).addColumns()) {
      columns.put(column.name(), NumberType.of(column.baseType(), column.modifier()));
    }
    return columns;
  }

  /** The columns that move in a balance's row, whichever of the mapping's balances moves them. */
  public List<String> movingWith(int balance) {
    return tables.movingWith(tables.balances().get(balance)).stream()
        .map(Table.Column::name)
        .toList();
  }

  /** The row of a balance, whichever of the mapping's balances names it. */
  public Chain.Account account(int balance, List<String> match) {
    Moved moved = tables.balances().get(balance);
    return new Chain.Account(
        moved.table().display(),
        moved.matchColumns().stream().map(Table.Column::name).toList(),
        match);
  }

  /** Whether the row {@code balance} in a ledger row may mean this one. */
  public boolean isNamedInLedger(int balance) {
    return tables.namedInLedger().stream().anyMatch(it -> it.number() == balance);
  }

  /**
   * What keeps a balance from taking an amount; null where nothing does, or an expression tells.
   */
  public @Nullable String overflow(int balance, BalanceRow row, BigDecimal amount) {
    int i = 0;
    for (Map.Entry<String, NumberType> column : movingColumns(balance).entrySet()) {
      BigDecimal before = row.contents().get(i++);
      Value added = balance(balance).add().get(column.getKey());
      int factor = added == null ? 0 : WriteSql.plainFactor(added);
      if (before != null && factor != 0) {
        BigDecimal after =
            Chain.moved(before, factor < 0 ? amount.negate() : amount, balance(balance).floor());
        String obstacle =
            column
                .getValue()
                .obstacle(
                    account(balance, row.match().stream().map(String::valueOf).toList())
                        .named(column.getKey()),
                    after);
        if (obstacle != null) {
          return obstacle;
        }
      }
    }
    return null;
  }

  /** What the first column of a balance becomes by an amount; null where an expression tells. */
  public @Nullable BigDecimal after(int balance, BalanceRow row, BigDecimal amount) {
    int factor = WriteSql.plainFactor(balance(balance).add().values().iterator().next());
    BigDecimal before = row.contents().getFirst();
    return factor == 0 || before == null
        ? null
        : Chain.moved(before, factor < 0 ? amount.negate() : amount, balance(balance).floor());
  }

  /** What the amount columns of a ledger can hold, by column. */
  public Map<String, NumberType> amountColumns(int ledger) {
    Recorded recorded = tables.ledgers().get(ledger);
    Map<String, NumberType> columns = new LinkedHashMap<>();
    for (String name : WriteSql.amountColumns(recorded)) {
      Table.Column column = SourceTables.column(recorded.table(), name);
      columns.put(name, NumberType.of(column.baseType(), column.modifier()));
    }
    return columns;
  }

  /**
   * How an amount column of a ledger relates to the amount: 1, -1, or 0 where an expression tells.
   */
  public int amountFactor(int ledger, String column) {
    return WriteSql.amountFactor(tables.ledgers().get(ledger), column);
  }

  /**
   * Finds stuck jobs of one range, oldest first, without locking them.
   *
   * @param after where an earlier page ended; null begins at the oldest
   * @param refusals whether our record of refused jobs is there to be left out
   * @param filtered whether the mapping's {@code where} and {@code timeout} are judged already here
   */
  public List<Found> detect(
      Tx tx,
      int range,
      Deadline deadline,
      @Nullable Found after,
      int limit,
      boolean refusals,
      boolean filtered) {
    tx.as(source().session());
    Map<String, Object> parameters = deadline.parameters();
    parameters.put("limit", limit);
    if (after != null) {
      parameters.put("position", after.position());
      for (int i = 0; i < after.key().size(); i++) {
        parameters.put("k" + i, after.key().get(i));
      }
    }
    return tx.list(
        sql.detect(range, after != null, refusals, filtered, deadline.byJob()),
        parameters,
        row ->
            new Found(
                key(row),
                instant(row, "since"),
                row.getString("position"),
                row.getString("payer")));
  }

  /** Counts stuck jobs, up to a limit. */
  public long count(Tx tx, Deadline deadline, long limit, boolean refusals, boolean filtered) {
    tx.as(source().session());
    long count = 0;
    for (int range = 0; range < ranges() && count < limit; range++) {
      Map<String, Object> parameters = deadline.parameters();
      parameters.put("limit", limit - count);
      count +=
          tx.one(
              sql.count(range, refusals, filtered, deadline.byJob()),
              parameters,
              row -> row.getLong(1));
    }
    return count;
  }

  /** Finds a job by its key; empty where there is none, or the key isn't of its type. */
  public boolean exists(Tx tx, List<String> key) {
    tx.as(source().session());
    Map<String, Object> parameters = new HashMap<>();
    for (int i = 0; i < key.size(); i++) {
      parameters.put("k" + i, key.get(i));
    }
    try {
      return tx.behindSavepoint(() -> !tx.list(sql.find(), parameters, row -> 1).isEmpty());
    } catch (RuntimeException e) {
      SqlFault fault = SqlFault.of(e);
      if (fault != null && fault.state().startsWith("22")) {
        return false;
      }
      throw e;
    }
  }

  /** The sessions that hold rows of some jobs, or their balances; a view doesn't tell. */
  public List<Holder> holders(Tx tx, List<List<String>> keys) {
    tx.as(source().session());
    if (tables.jobs().kind().equals("v")) {
      return List.of();
    }
    return tx.list(
        sql.holders(),
        wanted(keys, Deadline.NONE),
        row -> {
          String elsewhere = row.getString("in_table");
          return new Holder(
              row.getInt("pid"),
              "session %d (%s, %s, its transaction began %s)%s"
                  .formatted(
                      row.getInt("pid"),
                      row.getString("who"),
                      row.getString("state"),
                      row.getString("began"),
                      elsewhere == null ? "" : ", by its row in " + elsewhere));
        });
  }

  /** Locks those jobs that are still stuck and that nobody holds. */
  public Claimed claim(Tx tx, List<List<String>> keys, Deadline deadline) {
    String claimWithHoldings = judging(deadline).claimWithHoldings();
    if (claimWithHoldings == null) {
      return withHoldings(tx, claimAlone(tx, keys, deadline));
    }
    tx.as(source().session());
    List<Holding> holdings =
        inOrder(tx.list(claimWithHoldings, wanted(keys, deadline), this::holding), Holding::n);
    List<Holding> renumbered = new ArrayList<>();
    for (Holding each : holdings) {
      renumbered.add(
          new Holding(
              renumbered.size(), each.payer(), each.balances(), each.charge(), each.references()));
    }
    return new Claimed(holdings.stream().map(it -> keys.get(it.n())).toList(), renumbered);
  }

  /** Locks those jobs that nobody holds, whatever their state. */
  public Claimed claimInAnyState(Tx tx, List<List<String>> keys) {
    return withHoldings(tx, claimed(tx, claimInAnyState, keys, Deadline.NONE));
  }

  /**
   * Locks those jobs that are still stuck and that nobody holds, without asking what else has to be
   * held; gives their keys in the order asked for.
   */
  public List<List<String>> claimAlone(Tx tx, List<List<String>> keys, Deadline deadline) {
    return claimed(tx, judging(deadline).claim(), keys, deadline);
  }

  private List<List<String>> claimed(
      Tx tx, String sql, List<List<String>> keys, Deadline deadline) {
    tx.as(source().session());
    return inOrder(tx.list(sql, wanted(keys, deadline), row -> row.getInt("n") - 1), n -> n)
        .stream()
        .map(keys::get)
        .toList();
  }

  private static <T> List<T> inOrder(List<T> rows, ToIntFunction<T> number) {
    if (rows.stream().mapToInt(number).distinct().count() < rows.size()) {
      throw new UnexpectedWriteException(
          "several rows of one table have the same key, which the mapping takes for unique");
    }
    return rows.stream().sorted(Comparator.comparingInt(number)).toList();
  }

  private Claimed withHoldings(Tx tx, List<List<String>> keys) {
    return new Claimed(
        keys,
        keys.isEmpty() ? List.of() : tx.list(holdings, wanted(keys, Deadline.NONE), this::holding));
  }

  private Holding holding(ResultSet row) throws SQLException {
    List<List<@Nullable String>> values = new ArrayList<>();
    for (int use = 0; use < references.size(); use++) {
      values.add(texts(row, "r" + use + "_", references.get(use).columns().size()));
    }
    List<List<@Nullable String>> balances = new ArrayList<>();
    for (Moved each : tables.balances()) {
      balances.add(texts(row, each.matchPrefix(), each.matchColumns().size()));
    }
    return new Holding(
        row.getInt("n") - 1,
        row.getString("payer"),
        balances,
        holdCharges == null ? List.of() : texts(row, "c", tables.chargeKey().size()),
        values);
  }

  /** Locks rows of a balance that nobody holds; gives the values that found them. */
  public Set<List<@Nullable String>> holdBalances(
      Tx tx, int balance, Set<List<@Nullable String>> wanted) {
    return wanted.isEmpty()
        ? Set.of()
        : held(tx, holdBalances.get(balance), tables.balances().get(balance).matchPrefix(), wanted);
  }

  /** Whether charge rows are written to, and so have to be held. */
  public boolean marksCharges() {
    return holdCharges != null;
  }

  /** Locks charge rows that nobody holds; gives their keys. */
  public Set<List<@Nullable String>> holdCharges(Tx tx, Set<List<@Nullable String>> wanted) {
    return holdCharges == null || wanted.isEmpty() ? Set.of() : held(tx, holdCharges, "c", wanted);
  }

  /** How many foreign keys have to be held for. */
  public int references() {
    return references.size();
  }

  /**
   * Locks rows that a foreign key will touch; gives the values of those that somebody else holds.
   */
  public Set<List<@Nullable String>> heldByOthers(
      Tx tx, int reference, Set<List<@Nullable String>> wanted) {
    if (wanted.isEmpty()) {
      return Set.of();
    }
    Set<List<@Nullable String>> missing = new LinkedHashSet<>(wanted);
    missing.removeAll(held(tx, references.get(reference).hold(), "r", wanted));
    return missing.isEmpty() ? Set.of() : held(tx, references.get(reference).there(), "r", missing);
  }

  private static Set<List<@Nullable String>> held(
      Tx tx, LineSql line, String prefix, Set<List<@Nullable String>> wanted) {
    List<Map<String, @Nullable String>> rows = new ArrayList<>();
    for (List<@Nullable String> each : wanted) {
      Map<String, @Nullable String> row = new HashMap<>();
      put(row, prefix, each);
      rows.add(row);
    }
    int columns = line.columns().size();
    return new HashSet<>(
        tx.list(line.sql(), line.parameters(rows), row -> texts(row, prefix, columns)));
  }

  /** Reads all that a verdict needs, one row per job and charge, in the order asked for. */
  public List<Looked> look(Tx tx, List<List<String>> keys, Deadline deadline) {
    return look(tx, judging(deadline).look(), keys, deadline, true);
  }

  /** Reads the jobs alone, without their refunds: for jobs whose refund's expressions fail. */
  public List<Looked> lookAtJobs(Tx tx, List<List<String>> keys, Deadline deadline) {
    return look(tx, judging(deadline).lookAtJobs(), keys, deadline, false);
  }

  private List<Looked> look(
      Tx tx, String sql, List<List<String>> keys, Deadline deadline, boolean whole) {
    tx.as(source().session());
    int charge = whole ? tables.chargeKey().size() : 0;
    return tx.list(
        sql,
        wanted(keys, deadline),
        row -> {
          List<@Nullable String> chargeKey = texts(row, "c", charge);
          boolean charged = charge > 0 && chargeKey.getFirst() != null;
          List<BalanceRow> balances = new ArrayList<>();
          List<Boolean> recorded = new ArrayList<>();
          if (whole) {
            for (Moved each : tables.balances()) {
              balances.add(balanceRow(row, each));
            }
            for (Recorded each : tables.ledgers()) {
              recorded.add(row.getBoolean("recorded" + each.number()));
            }
          }
          return new Looked(
              row.getInt("n") - 1,
              key(row),
              instant(row, "now"),
              row.getBoolean("stuck"),
              row.getBoolean("processing"),
              row.getBoolean("completed"),
              String.valueOf(row.getString("status")),
              instantOrNull(row, "since"),
              instantOrNull(row, "expires"),
              row.getObject("timeout_ms") == null ? null : row.getLong("timeout_ms"),
              row.getString("attempt"),
              row.getString("payer"),
              row.getBigDecimal("cost"),
              row.getBoolean("given_back"),
              row.getObject("already_all") == null ? null : row.getBoolean("already_all"),
              row.getBigDecimal("already_amount"),
              charged ? List.copyOf(chargeKey) : null,
              charged ? row.getBigDecimal("charge_amount") : null,
              balances,
              recorded);
        });
  }

  private static BalanceRow balanceRow(ResultSet row, Moved balance) throws SQLException {
    int number = balance.number();
    return new BalanceRow(
        texts(row, balance.matchPrefix(), balance.matchColumns().size()),
        row.getBoolean("there" + number),
        numbers(row, "b" + number + "_", balance.addColumns().size()),
        row.getBoolean("moves" + number));
  }

  /** Works out the expressions that failing a job needs, and puts them into the lines. */
  public void evaluateFail(Tx tx, List<Map<String, @Nullable String>> lines) {
    evaluate(tx, fail, lines);
  }

  /** Fails jobs; gives the numbers of those that are in their new state. */
  public List<Integer> fail(Tx tx, List<Map<String, @Nullable String>> lines) {
    LineSql statement = fail.statement();
    return tx
        .list(
            statement.sql(),
            statement.parameters(lines),
            row -> row.getBoolean("written") ? row.getInt("n") : -1)
        .stream()
        .filter(n -> n >= 0)
        .toList();
  }

  /** Whether jobs are marked when they are given back. */
  public boolean marksJobs() {
    return markOfJob != null;
  }

  /** Works out what marking jobs needs, and puts it into the lines. */
  public void evaluateMarkOfJob(Tx tx, List<Map<String, @Nullable String>> lines) {
    if (markOfJob != null) {
      evaluate(tx, markOfJob, lines);
    }
  }

  /** Marks jobs as given back, after they were failed. */
  public void markJobs(Tx tx, List<Map<String, @Nullable String>> lines) {
    mark(tx, markOfJob, lines, jobTable());
  }

  /** Works out what marking charges needs, and puts it into the lines. */
  public void evaluateMarkOfCharge(Tx tx, List<Map<String, @Nullable String>> lines) {
    if (markOfCharge != null) {
      evaluate(tx, markOfCharge, lines);
    }
  }

  /** Marks charges as given back. */
  public void markCharges(Tx tx, List<Map<String, @Nullable String>> lines) {
    mark(tx, markOfCharge, lines, String.valueOf(chargeTable()));
  }

  private static void mark(
      Tx tx,
      WriteSql.@Nullable Write mark,
      List<Map<String, @Nullable String>> lines,
      String table) {
    if (mark != null && !lines.isEmpty()) {
      int marked = tx.update(mark.statement().sql(), mark.statement().parameters(lines));
      if (marked != lines.size()) {
        throw new UnexpectedWriteException(
            "the mark on %s was dropped by %s".formatted(table, Meddler.of(tx, table)));
      }
    }
  }

  /** Whether what lines add to a balance depends on what it is before them. */
  public boolean followsBalance(int balance) {
    return WriteSql.followsBalance(tables.balances().get(balance));
  }

  /**
   * What lines add to a balance, column by column; worked out by the database where it is more than
   * the amount.
   *
   * @param lines the lines, each with its amount
   */
  public List<List<BigDecimal>> addends(
      Tx tx, int balance, List<Map<String, @Nullable String>> lines) {
    WriteSql.Write addends = balanceWrites.get(balance).addends();
    if (addends != null) {
      evaluate(tx, addends, lines);
    }
    List<List<BigDecimal>> all = new ArrayList<>();
    for (Map<String, @Nullable String> line : lines) {
      List<BigDecimal> each = new ArrayList<>();
      for (Map.Entry<String, Value> addend : balance(balance).add().entrySet()) {
        int factor = WriteSql.plainFactor(addend.getValue());
        String text =
            factor != 0
                ? line.get("amount")
                : addend.getValue() instanceof Value.Constant constant
                    ? constant.text()
                    : addends == null ? null : line.get(addends.valueNames().get(addend.getKey()));
        each.add(
            text == null ? BigDecimal.ZERO : factor < 0 ? number(text).negate() : number(text));
      }
      all.add(each);
    }
    return all;
  }

  /**
   * Works out what rows of a balance are made of, and puts it into the lines; gives what the
   * columns begin with that move.
   */
  public List<List<@Nullable BigDecimal>> evaluateCreate(
      Tx tx, int balance, List<Map<String, @Nullable String>> lines) {
    WriteSql.Write create = balanceWrites.get(balance).create();
    if (create == null) {
      throw new IllegalStateException("rows of balance " + balance + " aren't made");
    }
    evaluate(tx, create, lines);
    List<List<@Nullable BigDecimal>> beginnings = new ArrayList<>();
    for (Map<String, @Nullable String> line : lines) {
      List<@Nullable BigDecimal> beginning = new ArrayList<>();
      for (String column : balance(balance).add().keySet()) {
        String text = line.get(create.valueNames().get(column));
        beginning.add(text == null ? null : number(text));
      }
      beginnings.add(beginning);
    }
    return beginnings;
  }

  /** Makes rows of a balance in the order of the lines; gives what the columns hold that move. */
  public List<List<@Nullable BigDecimal>> create(
      Tx tx, int balance, List<Map<String, @Nullable String>> lines) {
    WriteSql.Write create = balanceWrites.get(balance).create();
    if (create == null || lines.isEmpty()) {
      return List.of();
    }
    int columns = movingColumns(balance).size();
    return tx.list(
        create.statement().sql(),
        create.statement().parameters(lines),
        row -> numbers(row, "a", columns));
  }

  /**
   * Whether a unique index is one that finds a balance's row, so that what collided in it is that
   * very row. A view has no index: there any may be it.
   */
  public boolean findsBalance(int balance, @Nullable String index) {
    Moved moved = tables.balances().get(balance);
    return index != null
        && (moved.table().kind().equals("v")
            || moved.table().indexes().stream()
                .anyMatch(
                    it ->
                        it.isNamed(index)
                            && moved.balance().match().keySet().containsAll(it.columns())));
  }

  /** Works out the expressions that moving a balance needs, and puts them into the lines. */
  public void evaluateMove(Tx tx, int balance, List<Map<String, @Nullable String>> lines) {
    evaluate(tx, balanceWrites.get(balance).move(), lines);
  }

  /** Moves rows of a balance; gives for each number what the columns hold now. */
  public Map<Integer, List<@Nullable BigDecimal>> move(
      Tx tx, int balance, List<Map<String, @Nullable String>> lines) {
    Map<Integer, List<@Nullable BigDecimal>> moved = new HashMap<>();
    if (!lines.isEmpty()) {
      LineSql move = balanceWrites.get(balance).move().statement();
      int columns = movingColumns(balance).size();
      tx.list(
          move.sql(),
          move.parameters(lines),
          row -> moved.put(row.getInt("n"), numbers(row, "a", columns)));
    }
    return moved;
  }

  /** Works out the expressions that a ledger row needs, and puts them into the lines. */
  public void evaluateWrite(Tx tx, int ledger, List<Map<String, @Nullable String>> lines) {
    evaluate(tx, ledgerWrites.get(ledger), lines);
  }

  /** Inserts ledger rows in the order of the lines; gives what came back in that order. */
  public List<Inserted> write(Tx tx, int ledger, List<Map<String, @Nullable String>> lines) {
    if (lines.isEmpty()) {
      return List.of();
    }
    Recorded recorded = tables.ledgers().get(ledger);
    LineSql write = ledgerWrites.get(ledger).statement();
    int key = recorded.table().primaryKey().size();
    int amounts = WriteSql.amountColumns(recorded).size();
    return tx.list(
        write.sql(),
        write.parameters(lines),
        row -> {
          List<@Nullable String> parts = texts(row, "k", key);
          return new Inserted(
              key == 0 || parts.contains(null) ? null : JobId.keyText(List.copyOf(parts)),
              numbers(row, "a", amounts));
        });
  }

  /** What a ledger's amount columns are asked to hold for a line, in their order. */
  public List<@Nullable BigDecimal> expectedAmounts(
      int ledger, Map<String, @Nullable String> line) {
    List<@Nullable BigDecimal> expected = new ArrayList<>();
    for (String column : WriteSql.amountColumns(tables.ledgers().get(ledger))) {
      int factor = amountFactor(ledger, column);
      String text =
          factor != 0
              ? line.get("amount")
              : line.get(ledgerWrites.get(ledger).valueNames().get(column));
      expected.add(text == null ? null : factor < 0 ? number(text).negate() : number(text));
    }
    return expected;
  }

  /** Rows of jobs as texts, by their keys. */
  public Map<List<String>, Map<String, @Nullable String>> jobRows(
      Tx tx, Collection<List<String>> keys) {
    return new RowSnapshot(tables.jobs(), tables.jobKey()).read(tx, keys);
  }

  /** Rows of charges as texts, by their keys. */
  public Map<List<String>, Map<String, @Nullable String>> chargeRows(
      Tx tx, Collection<List<String>> keys) {
    Table charges = tables.charges();
    return charges == null ? Map.of() : new RowSnapshot(charges, tables.chargeKey()).read(tx, keys);
  }

  /** Rows of a balance as texts, by what finds them. */
  public Map<List<String>, Map<String, @Nullable String>> balanceRows(
      Tx tx, int balance, Collection<List<String>> keys) {
    Moved moved = tables.balances().get(balance);
    return new RowSnapshot(moved.table(), moved.matchColumns()).read(tx, keys);
  }

  /** Rows of a ledger as texts, by their keys as one text. */
  public Map<String, Map<String, @Nullable String>> ledgerRows(
      Tx tx, int ledger, Collection<String> keys) {
    Table table = tables.ledgers().get(ledger).table();
    List<Table.Column> key =
        table.primaryKey().stream().map(it -> SourceTables.column(table, it)).toList();
    Map<String, Map<String, @Nullable String>> rows = new HashMap<>();
    new RowSnapshot(table, key)
        .read(tx, keys.stream().map(it -> JobId.parseKey(it, key.size())).toList())
        .forEach((found, row) -> rows.put(JobId.keyText(found), row));
    return rows;
  }

  /** A number that the database worked out: its types hold NaN and infinities, too. */
  private static BigDecimal number(String text) {
    if (text.endsWith("NaN") || text.endsWith("Infinity")) {
      throw new UnexpectedWriteException(text + " was worked out, where a number is needed");
    }
    return new BigDecimal(text);
  }

  /** Whether the host's own function gives tokens back, in the place of balances and ledger. */
  public boolean callsHost() {
    return statement != null;
  }

  /**
   * Has the host's own function give one line back.
   *
   * @return what it answered; false only where its answer is a boolean that isn't true
   */
  public boolean callHost(Tx tx, Map<String, @Nullable String> line) {
    LineSql call = Objects.requireNonNull(statement, "the source has a statement");
    List<Boolean> answers =
        tx.list(
            call.sql(),
            call.parameters(List.of(line)),
            row -> {
              int type = row.getMetaData().getColumnType(1);
              boolean condition = type == Types.BIT || type == Types.BOOLEAN;
              return !condition || row.getBoolean(1);
            });
    return !answers.isEmpty() && !answers.contains(false);
  }

  /** Does what the mapping wants done besides for jobs that were failed. */
  public void also(Tx tx, List<Map<String, @Nullable String>> lines) {
    for (LineSql each : also) {
      tx.update(each.sql(), each.parameters(lines));
    }
  }

  /**
   * Whether a collision in one of the ledger's unique indexes means that the host gave the line
   * back itself: the index's columns tell which line it is.
   *
   * @param paidBefore whether we gave something back for the same job before: then a row that tells
   *     the job alone may be ours
   */
  public boolean collisionMeansAlready(String index, boolean paidBefore) {
    return tables.ledgers().stream()
        .anyMatch(
            ledger ->
                ledger.table().indexes().stream()
                    .filter(it -> it.unique() && it.isNamed(index))
                    .anyMatch(it -> tellsTheLine(ledger, it, paidBefore)));
  }

  private static boolean tellsTheLine(Recorded ledger, Table.Index index, boolean paidBefore) {
    Set<String> names = new HashSet<>();
    boolean ofCharge = false;
    for (String column : index.columns()) {
      if (ledger.row().values().get(column) instanceof Value.Computed computed) {
        names.addAll(computed.expression().names());
        ofCharge |= computed.expression().mentions("charge");
      }
    }
    return ofCharge
        || names.contains("key")
        || (names.contains("job") && (!paidBefore || names.contains("attempt")));
  }

  /** Replaces the texts of failed jobs where they still are ours. */
  public void amend(Tx tx, List<Map<String, @Nullable String>> lines) {
    if (amend != null && !lines.isEmpty()) {
      tx.update(amend.sql(), amend.parameters(lines));
    }
  }

  /** The trigger that keeps this source's jobs settled. */
  GuardSql guard() {
    return GuardSql.of(bound);
  }

  /** Whether a job's state tells that it was completed. */
  public boolean tellsCompletion() {
    return !source().jobs().completed().isEmpty();
  }

  /**
   * Those of some failed jobs that were completed afterwards, without being charged anew, and
   * aren't recorded as late yet.
   */
  public List<Completed> completedLate(Tx tx, List<LateBooks.Settled> jobs) {
    tx.as(source().session());
    List<Map<String, @Nullable String>> lines = new ArrayList<>();
    for (LateBooks.Settled job : jobs) {
      Map<String, @Nullable String> line = new HashMap<>();
      line.put("n", Integer.toString(lines.size()));
      line.put("run", job.runId());
      put(line, "k", JobId.parseKey(job.jobKey(), keyColumns()));
      lines.add(line);
    }
    return tx.list(
        completedLate.sql(),
        completedLate.parameters(lines),
        row -> new Completed(row.getInt("n"), row.getString("status"), row.getString("delivered")));
  }

  private static void evaluate(
      Tx tx, WriteSql.Write write, List<Map<String, @Nullable String>> lines) {
    LineSql values = write.values();
    if (values == null || lines.isEmpty()) {
      return;
    }
    for (int i = 0; i < lines.size(); i++) {
      // Results come in the order of these numbers, and go to the lines by their places.
      lines.get(i).put("n", Integer.toString(i));
    }
    List<List<@Nullable String>> results =
        tx.list(
            values.sql(),
            values.parameters(lines),
            row -> {
              List<@Nullable String> result = new ArrayList<>();
              for (String name : write.valueNames().values()) {
                result.add(row.getString(name));
              }
              return result;
            });
    if (results.size() != lines.size()) {
      throw new UnexpectedWriteException(
          "expressions of %d lines were asked for, and %d came back"
              .formatted(lines.size(), results.size()));
    }
    List<String> names = List.copyOf(write.valueNames().values());
    for (int i = 0; i < results.size(); i++) {
      for (int j = 0; j < names.size(); j++) {
        lines.get(i).put(names.get(j), results.get(i).get(j));
      }
    }
  }

  /**
   * The statement that records the balances as they are; empty where the tables don't tell whose
   * they are.
   */
  Optional<String> baseline() {
    return Schema.baselineOf(tables);
  }

  /** Puts values into a line under a prefix and their number. */
  public static void put(
      Map<String, @Nullable String> line, String prefix, List<? extends @Nullable String> values) {
    for (int i = 0; i < values.size(); i++) {
      line.put(prefix + i, values.get(i));
    }
  }

  private static Map<String, Object> wanted(List<List<String>> keys, Deadline deadline) {
    Map<String, Object> parameters = deadline.parameters();
    int columns = keys.getFirst().size();
    for (int i = 0; i < columns; i++) {
      String[] values = new String[keys.size()];
      for (int j = 0; j < values.length; j++) {
        values[j] = keys.get(j).get(i);
      }
      parameters.put("k" + i, values);
    }
    return parameters;
  }

  private List<String> key(ResultSet row) throws SQLException {
    List<String> key = new ArrayList<>();
    for (int i = 0; i < keyColumns(); i++) {
      key.add(row.getString("k" + i));
    }
    return key;
  }

  private static List<@Nullable String> texts(ResultSet row, String prefix, int count)
      throws SQLException {
    List<@Nullable String> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      texts.add(row.getString(prefix + i));
    }
    return texts;
  }

  private static List<@Nullable BigDecimal> numbers(ResultSet row, String prefix, int count)
      throws SQLException {
    List<@Nullable BigDecimal> numbers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      numbers.add(row.getBigDecimal(prefix + i));
    }
    return numbers;
  }

  private static @Nullable Instant instantOrNull(ResultSet row, String column) throws SQLException {
    return row.getObject(column) == null ? null : instant(row, column);
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}
