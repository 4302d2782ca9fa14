package io.jobcleanup.postgres;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * One open transaction. The server is told how much time is left for its statements. Used by one
 * thread.
 */
public final class Tx {

  /** Reads one row. */
  @FunctionalInterface
  public interface Row<T> {
    /** The row at the result set's cursor. */
    T read(ResultSet row) throws SQLException;
  }

  private static final String LIMIT_TIME = Sql.of("limit-time");
  private static final String SET_SETTING = Sql.of("set-setting");

  /** Whoever waits for a lock while others wait for what it holds should soon give up. */
  private static final long LONGEST_LOCK_WAIT_MS = 100;

  /** How many rows the server hands over at once. */
  private static final int PIECE = 1_000;

  private final Handle handle;
  private @Nullable Budget budget;
  private final Set<String> everSet = new LinkedHashSet<>();
  private @Nullable Map<String, String> session = Map.of();
  private int savepoints;

  Tx(Handle handle) {
    this.handle = handle;
  }

  /**
   * From here on every statement ends within a budget; to be called right before the first lock is
   * taken.
   */
  public void holdWithin(Budget budget) {
    this.budget = budget;
  }

  /** The transaction's connection, for the host's own code. */
  public Connection connection() {
    limitTime();
    return handle.getConnection();
  }

  /**
   * Whether the budget is used up to the point where the transaction should end with what it has.
   */
  public boolean shouldEnd() {
    return budget != null && budget.nearlyOver();
  }

  /**
   * Has the settings of a source, and of no other, hold until the transaction ends.
   *
   * @param settings by name
   */
  void as(Map<String, String> settings) {
    if (settings.equals(session)) {
      return;
    }
    Map<String, @Nullable String> changed = new LinkedHashMap<>();
    everSet.forEach(name -> changed.put(name, null));
    changed.putAll(settings);
    changed.forEach(
        (name, value) -> {
          Map<String, @Nullable String> setting = new HashMap<>();
          setting.put("name", name);
          setting.put("value", value);
          list(SET_SETTING, setting, row -> name);
        });
    everSet.addAll(settings.keySet());
    session = settings;
  }

  <T> List<T> list(String sql, Map<String, ?> parameters, Row<T> row) {
    limitTime();
    return handle.createQuery(sql).bindMap(parameters).map((rs, context) -> row.read(rs)).list();
  }

  /** Reads rows one by one, however many: the server hands them over in pieces. */
  <T> void forEach(String sql, Map<String, ?> parameters, Row<T> row, Consumer<T> consumer) {
    limitTime();
    handle
        .createQuery(sql)
        .bindMap(parameters)
        .setFetchSize(PIECE)
        .map((rs, context) -> row.read(rs))
        .useIterator(it -> it.forEachRemaining(consumer));
  }

  <T> T one(String sql, Map<String, ?> parameters, Row<T> row) {
    limitTime();
    return handle.createQuery(sql).bindMap(parameters).map((rs, context) -> row.read(rs)).one();
  }

  int update(String sql, Map<String, ?> parameters) {
    limitTime();
    return handle.createUpdate(sql).bindMap(parameters).execute();
  }

  void execute(String sql) {
    limitTime();
    run(sql);
  }

  private void run(String sql) {
    handle.execute(sql);
  }

  /** Does some work behind a savepoint: if it throws, it alone is undone. */
  public <T> T behindSavepoint(Supplier<T> work) {
    String name = "job_" + ++savepoints;
    limitTime();
    run("savepoint " + name);
    T result;
    try {
      result = work.get();
    } catch (RuntimeException e) {
      SqlFault fault = SqlFault.of(e);
      if (fault == null || !fault.connectionLost()) {
        rollBackTo(name);
      }
      throw e;
    }
    run("release savepoint " + name);
    return result;
  }

  /** Does some work behind a savepoint, and undoes it, whether it throws or not. */
  public void undone(Runnable work) {
    String name = "job_" + ++savepoints;
    limitTime();
    run("savepoint " + name);
    try {
      work.run();
    } catch (RuntimeException e) {
      SqlFault fault = SqlFault.of(e);
      if (fault == null || !fault.connectionLost()) {
        rollBackTo(name);
      }
      throw e;
    }
    rollBackTo(name);
  }

  private void rollBackTo(String savepoint) {
    run("rollback to savepoint " + savepoint);
    if (!everSet.isEmpty()) {
      // What was set behind the savepoint is undone as well.
      session = null;
    }
    if (budget != null) {
      budget.toldInVain();
    }
  }

  /**
   * Has every deferred check made now, where the time limit holds; COMMIT itself is not bounded by
   * it.
   */
  public void checkConstraintsNow() {
    execute("set constraints all immediate");
  }

  /** Lets deferrable checks wait again. */
  public void deferConstraints() {
    execute("set constraints all deferred");
  }

  private void limitTime() {
    if (budget != null) {
      budget.tell().ifPresent(this::limitTime);
    }
  }

  private void limitTime(long leftMs) {
    handle
        .createQuery(LIMIT_TIME)
        .bind("statement_ms", Long.toString(leftMs))
        .bind("lock_ms", Long.toString(Math.min(LONGEST_LOCK_WAIT_MS, Math.max(1, leftMs / 2))))
        .mapTo(String.class)
        .one();
  }
}
