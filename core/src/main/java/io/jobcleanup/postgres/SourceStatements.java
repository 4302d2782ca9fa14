package io.jobcleanup.postgres;

import io.jobcleanup.JobId;
import io.jobcleanup.mapping.Balance;
import io.jobcleanup.mapping.Ledger;
import io.jobcleanup.mapping.Source;
import io.jobcleanup.mapping.Value;
import io.jobcleanup.verdict.NumberType;
import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
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
   * @param balance the values that find the balance row; empty where the source has none
   * @param references per foreign key the values that it will refer by
   */
  public record Holding(
      int n,
      @Nullable String payer,
      List<@Nullable String> balance,
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
   * @param completed whether it is in a state of success
   * @param status its state
   * @param since when its processing began
   * @param attempt what the mapping counts charges by
   * @param payer whose tokens they are
   * @param cost what the job says it cost
   * @param givenBack whether anything is given back for it at all
   * @param alreadyAll whether all was given back; null where the tables tell an amount or nothing
   * @param already what was given back; null where the tables tell no amount
   * @param charge the charge's key; null where there is no such row
   * @param chargeAmount what the charge took
   * @param balance the values that find the balance row; empty where the source has none
   * @param balanceThere whether that row is there
   * @param balances the contents of the columns that move; null where a column is null
   * @param movesBalance whether the line goes to the balance
   * @param recorded whether the line goes to the ledger
   */
  public record Looked(
      int n,
      List<String> key,
      Instant now,
      boolean stuck,
      boolean completed,
      String status,
      @Nullable Instant since,
      @Nullable String attempt,
      @Nullable String payer,
      @Nullable BigDecimal cost,
      boolean givenBack,
      @Nullable Boolean alreadyAll,
      @Nullable BigDecimal already,
      @Nullable List<String> charge,
      @Nullable BigDecimal chargeAmount,
      List<@Nullable String> balance,
      boolean balanceThere,
      List<@Nullable BigDecimal> balances,
      boolean movesBalance,
      boolean recorded) {}

  /**
   * What an INSERT into the ledger gave back.
   *
   * @param key the row's primary key as one text; null where the table has none
   * @param amounts the contents of the amount columns
   */
  public record Inserted(@Nullable String key, List<@Nullable BigDecimal> amounts) {}

  private final BoundSource bound;
  private final SourceSql sql;
  private final WriteSql writes;
  private final String claim;
  private final @Nullable String claimWithHoldings;
  private final String claimInAnyState;
  private final String holdings;
  private final @Nullable LineSql holdBalances;
  private final List<SourceSql.Reference> references;
  private final String look;
  private final String lookAtJobs;
  private final WriteSql.Write fail;
  private final WriteSql.@Nullable Write move;
  private final WriteSql.@Nullable Write addends;
  private final WriteSql.@Nullable Write write;
  private final @Nullable LineSql amend;

  SourceStatements(BoundSource bound) {
    this.bound = bound;
    this.sql = bound.sql();
    this.writes = bound.writes();
    this.claim = sql.claim(false);
    this.claimWithHoldings = sql.holdingsDependOnJobsAlone() ? sql.claim(true) : null;
    this.claimInAnyState = sql.claimInAnyState();
    this.holdings = sql.holdings();
    this.holdBalances = sql.holdBalances();
    this.references = sql.references();
    this.look = sql.look();
    this.lookAtJobs = sql.lookAtJobs();
    this.fail = writes.fail();
    this.move = writes.move();
    this.addends = writes.addends();
    this.write = writes.write();
    this.amend = writes.amend();
  }

  /** The source. */
  public Source source() {
    return bound.source();
  }

  /** The job table with its schema, as our records spell it. */
  public String jobTable() {
    return bound.tables().jobs().display();
  }

  /** The charge table with its schema; null where the source has none. */
  public @Nullable String chargeTable() {
    Table charges = bound.tables().charges();
    return charges == null ? null : charges.display();
  }

  /** The ledger table with its schema; null where the source has none. */
  public @Nullable String ledgerTable() {
    Table ledger = bound.tables().ledger();
    return ledger == null ? null : ledger.display();
  }

  /** The balance table with its schema; null where the source has none. */
  public @Nullable String balanceTable() {
    Table balances = bound.tables().balances();
    return balances == null ? null : balances.display();
  }

  /** A job's name. */
  public JobId job(List<String> key) {
    return new JobId(source().name(), key);
  }

  /** How many columns the key has. */
  public int keyColumns() {
    return bound.tables().jobKey().size();
  }

  /** How many ranges detection has: one per since column. */
  public int ranges() {
    return sql.ranges();
  }

  /**
   * The columns of the balance that move, with what each can hold; empty where the source has no
   * balance.
   */
  public Map<String, NumberType> movingColumns() {
    Map<String, NumberType> columns = new LinkedHashMap<>();
    Balance balance = bound.tables().balance();
    Table table = bound.tables().balances();
    if (balance != null && table != null) {
      for (String name : balance.add().keySet()) {
        Table.Column column = SourceTables.column(table, name);
        columns.put(name, NumberType.of(column.baseType(), column.modifier()));
      }
    }
    return columns;
  }

  /**
   * What keeps a balance from taking an amount; null where nothing does, or an expression tells.
   */
  public @Nullable String overflow(Looked row, BigDecimal amount) {
    Balance balance = bound.tables().balance();
    int i = 0;
    for (Map.Entry<String, NumberType> column : movingColumns().entrySet()) {
      BigDecimal before = row.balances().get(i++);
      Value added = balance == null ? null : balance.add().get(column.getKey());
      int factor = added == null ? 0 : WriteSql.plainFactor(added);
      if (before != null && factor != 0) {
        BigDecimal after = factor < 0 ? before.subtract(amount) : before.add(amount);
        String obstacle = column.getValue().obstacle(column.getKey(), after);
        if (obstacle != null) {
          return obstacle;
        }
      }
    }
    return null;
  }

  /** What the ledger's amount columns can hold, by column. */
  public Map<String, NumberType> amountColumns() {
    Map<String, NumberType> columns = new LinkedHashMap<>();
    Table table = bound.tables().ledger();
    if (table != null) {
      for (String name : writes.amountColumns()) {
        Table.Column column = SourceTables.column(table, name);
        columns.put(name, NumberType.of(column.baseType(), column.modifier()));
      }
    }
    return columns;
  }

  /**
   * How an amount column of the ledger relates to the amount: 1, -1, or 0 where an expression
   * tells.
   */
  public int amountFactor(String column) {
    return writes.amountFactor(column);
  }

  /**
   * Finds stuck jobs of one range, oldest first, without locking them.
   *
   * @param cut what began then or earlier is stuck
   * @param after where an earlier page ended; null begins at the oldest
   * @param refusals whether our record of refused jobs is there to be left out
   * @param filtered whether the mapping's {@code where} is judged already here
   */
  public List<Found> detect(
      Tx tx,
      int range,
      Instant cut,
      @Nullable Found after,
      int limit,
      boolean refusals,
      boolean filtered) {
    Map<String, Object> parameters = new HashMap<>();
    parameters.put("cut", cut.toString());
    parameters.put("limit", limit);
    if (after != null) {
      parameters.put("position", after.position());
      for (int i = 0; i < after.key().size(); i++) {
        parameters.put("k" + i, after.key().get(i));
      }
    }
    return tx.list(
        sql.detect(range, after != null, refusals, filtered),
        parameters,
        row ->
            new Found(
                key(row),
                instant(row, "since"),
                row.getString("position"),
                row.getString("payer")));
  }

  /** Counts stuck jobs, up to a limit. */
  public long count(Tx tx, Instant cut, long limit, boolean refusals, boolean filtered) {
    long count = 0;
    for (int range = 0; range < ranges() && count < limit; range++) {
      count +=
          tx.one(
              sql.count(range, refusals, filtered),
              Map.of("cut", cut.toString(), "limit", limit - count),
              row -> row.getLong(1));
    }
    return count;
  }

  /** Finds a job by its key; empty where there is none, or the key isn't of its type. */
  public boolean exists(Tx tx, List<String> key) {
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
    if (bound.tables().jobs().kind().equals("v")) {
      return List.of();
    }
    return tx.list(
        sql.holders(),
        wanted(keys, Instant.EPOCH),
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
  public Claimed claim(Tx tx, List<List<String>> keys, Instant cut) {
    if (claimWithHoldings == null) {
      return withHoldings(tx, claimAlone(tx, keys, cut));
    }
    List<Holding> holdings =
        inOrder(tx.list(claimWithHoldings, wanted(keys, cut), this::holding), Holding::n);
    List<Holding> renumbered = new ArrayList<>();
    for (Holding each : holdings) {
      renumbered.add(
          new Holding(renumbered.size(), each.payer(), each.balance(), each.references()));
    }
    return new Claimed(holdings.stream().map(it -> keys.get(it.n())).toList(), renumbered);
  }

  /** Locks those jobs that nobody holds, whatever their state. */
  public Claimed claimInAnyState(Tx tx, List<List<String>> keys) {
    return withHoldings(tx, claimed(tx, claimInAnyState, keys, Instant.EPOCH));
  }

  /**
   * Locks those jobs that are still stuck and that nobody holds, without asking what else has to be
   * held; gives their keys in the order asked for.
   */
  public List<List<String>> claimAlone(Tx tx, List<List<String>> keys, Instant cut) {
    return claimed(tx, claim, keys, cut);
  }

  private static List<List<String>> claimed(
      Tx tx, String sql, List<List<String>> keys, Instant cut) {
    return inOrder(tx.list(sql, wanted(keys, cut), row -> row.getInt("n") - 1), n -> n).stream()
        .map(keys::get)
        .toList();
  }

  private static <T> List<T> inOrder(List<T> rows, ToIntFunction<T> number) {
    if (rows.stream().mapToInt(number).distinct().count() < rows.size()) {
      throw new UnexpectedWriteException("several rows have the same key");
    }
    return rows.stream().sorted(Comparator.comparingInt(number)).toList();
  }

  private Claimed withHoldings(Tx tx, List<List<String>> keys) {
    return new Claimed(
        keys,
        keys.isEmpty() ? List.of() : tx.list(holdings, wanted(keys, Instant.EPOCH), this::holding));
  }

  private Holding holding(ResultSet row) throws SQLException {
    List<List<@Nullable String>> values = new ArrayList<>();
    for (int use = 0; use < references.size(); use++) {
      values.add(texts(row, "r" + use + "_", references.get(use).columns().size()));
    }
    return new Holding(
        row.getInt("n") - 1, row.getString("payer"), texts(row, "m", matchColumns()), values);
  }

  /** Locks balance rows that nobody holds; gives the values that found them. */
  public Set<List<@Nullable String>> holdBalances(Tx tx, Set<List<@Nullable String>> wanted) {
    return holdBalances == null || wanted.isEmpty()
        ? Set.of()
        : held(tx, holdBalances, "m", wanted);
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
  public List<Looked> look(Tx tx, List<List<String>> keys, Instant cut) {
    return look(
        tx,
        look,
        keys,
        cut,
        bound.tables().chargeKey().size(),
        matchColumns(),
        movingColumns().size(),
        bound.tables().ledgerRow() != null);
  }

  /** Reads the jobs alone, without their refunds: for jobs whose refund's expressions fail. */
  public List<Looked> lookAtJobs(Tx tx, List<List<String>> keys, Instant cut) {
    return look(tx, lookAtJobs, keys, cut, 0, 0, 0, false);
  }

  private List<Looked> look(
      Tx tx,
      String sql,
      List<List<String>> keys,
      Instant cut,
      int charge,
      int match,
      int moving,
      boolean ledger) {
    return tx.list(
        sql,
        wanted(keys, cut),
        row -> {
          List<@Nullable String> chargeKey = texts(row, "c", charge);
          boolean charged = charge > 0 && chargeKey.getFirst() != null;
          List<@Nullable BigDecimal> balances = new ArrayList<>();
          for (int i = 0; i < moving; i++) {
            balances.add(row.getBigDecimal("b" + i));
          }
          return new Looked(
              row.getInt("n") - 1,
              key(row),
              instant(row, "now"),
              row.getBoolean("stuck"),
              row.getBoolean("completed"),
              String.valueOf(row.getString("status")),
              row.getObject("since") == null ? null : instant(row, "since"),
              row.getString("attempt"),
              row.getString("payer"),
              row.getBigDecimal("cost"),
              row.getBoolean("given_back"),
              row.getObject("already_all") == null ? null : row.getBoolean("already_all"),
              row.getBigDecimal("already_amount"),
              charged ? List.copyOf(chargeKey) : null,
              charged ? row.getBigDecimal("charge_amount") : null,
              match == 0 ? List.of() : texts(row, "m", match),
              match > 0 && row.getBoolean("balance_there"),
              balances,
              match > 0 && row.getBoolean("moves_balance"),
              ledger && row.getBoolean("recorded"));
        });
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

  /**
   * What lines add to their balance, column by column; worked out by the database where it is more
   * than the amount.
   *
   * @param lines the lines, each with its amount
   */
  public List<List<BigDecimal>> addends(Tx tx, List<Map<String, @Nullable String>> lines) {
    Balance balance = bound.tables().balance();
    if (balance == null) {
      return List.of();
    }
    if (addends != null) {
      evaluate(tx, addends, lines);
    }
    List<List<BigDecimal>> all = new ArrayList<>();
    for (Map<String, @Nullable String> line : lines) {
      List<BigDecimal> each = new ArrayList<>();
      for (Map.Entry<String, Value> addend : balance.add().entrySet()) {
        int factor = WriteSql.plainFactor(addend.getValue());
        String text =
            factor != 0
                ? line.get("amount")
                : addend.getValue() instanceof Value.Constant constant
                    ? constant.text()
                    : addends == null ? null : line.get(addends.valueNames().get(addend.getKey()));
        each.add(
            text == null
                ? BigDecimal.ZERO
                : factor < 0 ? new BigDecimal(text).negate() : new BigDecimal(text));
      }
      all.add(each);
    }
    return all;
  }

  /** Works out the expressions that moving a balance needs, and puts them into the lines. */
  public void evaluateMove(Tx tx, List<Map<String, @Nullable String>> lines) {
    if (move != null) {
      evaluate(tx, move, lines);
    }
  }

  /** Moves balances; gives for each number what the columns hold now. */
  public Map<Integer, List<@Nullable BigDecimal>> move(
      Tx tx, List<Map<String, @Nullable String>> lines) {
    Map<Integer, List<@Nullable BigDecimal>> moved = new HashMap<>();
    if (move != null && !lines.isEmpty()) {
      int columns = movingColumns().size();
      tx.list(
          move.statement().sql(),
          move.statement().parameters(lines),
          row -> moved.put(row.getInt("n"), numbers(row, columns)));
    }
    return moved;
  }

  /** Works out the expressions that a ledger row needs, and puts them into the lines. */
  public void evaluateWrite(Tx tx, List<Map<String, @Nullable String>> lines) {
    if (write != null) {
      evaluate(tx, write, lines);
    }
  }

  /** Inserts ledger rows in the order of the lines; gives what came back in that order. */
  public List<Inserted> write(Tx tx, List<Map<String, @Nullable String>> lines) {
    Table table = bound.tables().ledger();
    if (write == null || table == null || lines.isEmpty()) {
      return List.of();
    }
    int key = table.primaryKey().size();
    int amounts = writes.amountColumns().size();
    return tx.list(
        write.statement().sql(),
        write.statement().parameters(lines),
        row -> {
          List<@Nullable String> parts = texts(row, "k", key);
          return new Inserted(
              key == 0 || parts.contains(null) ? null : JobId.keyText(List.copyOf(parts)),
              numbers(row, amounts));
        });
  }

  /** What the ledger's amount columns are asked to hold for a line, in their order. */
  public List<@Nullable BigDecimal> expectedAmounts(Map<String, @Nullable String> line) {
    List<@Nullable BigDecimal> expected = new ArrayList<>();
    for (String column : writes.amountColumns()) {
      int factor = writes.amountFactor(column);
      String text =
          factor != 0
              ? line.get("amount")
              : write == null ? null : line.get(write.valueNames().get(column));
      expected.add(
          text == null ? null : factor < 0 ? new BigDecimal(text).negate() : new BigDecimal(text));
    }
    return expected;
  }

  /**
   * Whether a collision in one of the ledger's unique indexes means that the host gave the line
   * back itself: one of the index's columns tells which line it is.
   */
  public boolean collisionMeansAlready(String index) {
    Table ledger = bound.tables().ledger();
    Ledger row = bound.tables().ledgerRow();
    return ledger != null
        && row != null
        && ledger.indexes().stream()
            .filter(it -> it.unique() && it.name().equals(index))
            .flatMap(it -> it.columns().stream())
            .map(row.values()::get)
            .anyMatch(SourceStatements::tellsTheLine);
  }

  private static boolean tellsTheLine(@Nullable Value value) {
    return value instanceof Value.Computed computed
        && (computed.expression().names().contains("key")
            || computed.expression().names().contains("job")
            || computed.expression().mentions("charge"));
  }

  /** Replaces the texts of failed jobs where they still are ours. */
  public void amend(Tx tx, List<Map<String, @Nullable String>> lines) {
    if (amend != null && !lines.isEmpty()) {
      tx.update(amend.sql(), amend.parameters(lines));
    }
  }

  private static void evaluate(
      Tx tx, WriteSql.Write write, List<Map<String, @Nullable String>> lines) {
    LineSql values = write.values();
    if (values == null || lines.isEmpty()) {
      return;
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
    return Schema.baselineOf(bound.tables());
  }

  /** Puts values into a line under a prefix and their number. */
  public static void put(
      Map<String, @Nullable String> line, String prefix, List<? extends @Nullable String> values) {
    for (int i = 0; i < values.size(); i++) {
      line.put(prefix + i, values.get(i));
    }
  }

  private int matchColumns() {
    Balance balance = bound.tables().balance();
    return balance == null ? 0 : balance.match().size();
  }

  private static Map<String, Object> wanted(List<List<String>> keys, Instant cut) {
    Map<String, Object> parameters = new HashMap<>();
    int columns = keys.getFirst().size();
    for (int i = 0; i < columns; i++) {
      String[] values = new String[keys.size()];
      for (int j = 0; j < values.length; j++) {
        values[j] = keys.get(j).get(i);
      }
      parameters.put("k" + i, values);
    }
    parameters.put("cut", cut.toString());
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

  private static List<@Nullable BigDecimal> numbers(ResultSet row, int count) throws SQLException {
    List<@Nullable BigDecimal> numbers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      numbers.add(row.getBigDecimal("a" + i));
    }
    return numbers;
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}
