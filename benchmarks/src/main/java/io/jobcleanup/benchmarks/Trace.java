package io.jobcleanup.benchmarks;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Writes down what goes over the connections of a data source. Used by one thread. */
final class Trace {

  /** One statement sent, or one COMMIT. */
  static final class Execution {
    private static final Pattern TABLE =
        Pattern.compile("(?:from|join|into|update)\\s+(\"?[a-z_]+\"?\\.\"?[a-z_]+\"?)");
    private static final Set<String> STATEMENTS_OF_TABLES =
        Set.of("select", "insert", "update", "delete");
    private static final Pattern LOCK =
        Pattern.compile("for (no key update|key share|update|share)[^)]*?skip locked");

    final String sql;
    final Map<Integer, Object> parameters;
    final long roundTrip;
    long rows;
    long nanos;

    Execution(String sql, Map<Integer, Object> parameters) {
      this.sql = sql;
      this.parameters = Map.copyOf(parameters);
      this.roundTrip = CountingSocketFactory.roundTrips();
    }

    /** What the statement does, in a few words: its verb, its tables, its locks. */
    String label() {
      String text = sql.replaceAll("\\s+", " ").strip();
      if (text.contains("set_config('statement_timeout'")) {
        return "select set_config(…): the time that is left";
      }
      if (text.contains("pg_stat_activity")) {
        return "select pg_stat_activity: is anybody else at work";
      }
      List<String> tables = new ArrayList<>();
      for (Matcher table = TABLE.matcher(text); table.find(); ) {
        String name = table.group(1).replace("\"", "").replace("public.", "");
        if (!tables.contains(name)) {
          tables.add(name);
        }
      }
      String verb = text.split(" ", 2)[0];
      if (!STATEMENTS_OF_TABLES.contains(verb)) {
        return text;
      }
      Matcher lock = LOCK.matcher(text);
      return verb
          + " "
          + (tables.isEmpty() ? "values worked out" : String.join(", ", tables))
          + (lock.find() ? " for " + lock.group(1) + " skip locked" : "");
    }
  }

  private final List<Execution> executions = Collections.synchronizedList(new ArrayList<>());

  /** All so far. */
  List<Execution> executions() {
    return List.copyOf(executions);
  }

  /** A data source that is written down. */
  DataSource over(DataSource real) {
    return proxy(
        DataSource.class,
        (method, arguments) -> {
          Object result = call(real, method, arguments);
          return result instanceof Connection connection ? connection(connection) : result;
        });
  }

  private Connection connection(Connection real) {
    return proxy(
        Connection.class,
        (method, arguments) -> {
          if (method.getName().equals("commit")) {
            Execution commit = new Execution("commit", Map.of());
            executions.add(commit);
            long began = System.nanoTime();
            Object answer = call(real, method, arguments);
            commit.nanos = System.nanoTime() - began;
            return answer;
          }
          Object result = call(real, method, arguments);
          return result instanceof PreparedStatement statement && arguments != null
              ? statement(statement, String.valueOf(arguments[0]))
              : result;
        });
  }

  private PreparedStatement statement(PreparedStatement real, String sql) {
    Map<Integer, Object> parameters = new TreeMap<>();
    List<Execution> mine = new ArrayList<>();
    return proxy(
        PreparedStatement.class,
        (method, arguments) -> {
          String name = method.getName();
          if (name.startsWith("set")
              && arguments != null
              && arguments.length == 2
              && arguments[0] instanceof Integer index
              && arguments[1] != null) {
            parameters.put(index, arguments[1]);
          }
          if (name.startsWith("execute")) {
            Execution execution = new Execution(sql, parameters);
            executions.add(execution);
            mine.add(execution);
            long began = System.nanoTime();
            Object answer = call(real, method, arguments);
            execution.nanos = System.nanoTime() - began;
            if (name.equals("executeUpdate")) {
              execution.rows = Math.max(0, (int) answer);
            }
            return answer instanceof ResultSet rows ? rows(rows, execution) : answer;
          }
          Object result = call(real, method, arguments);
          if (name.equals("getUpdateCount")) {
            mine.getLast().rows = Math.max(0, (int) result);
          }
          return result instanceof ResultSet rows && !mine.isEmpty()
              ? rows(rows, mine.getLast())
              : result;
        });
  }

  private static ResultSet rows(ResultSet real, Execution execution) {
    return proxy(
        ResultSet.class,
        (method, arguments) -> {
          Object result = call(real, method, arguments);
          if (method.getName().equals("next") && Boolean.TRUE.equals(result)) {
            execution.rows++;
          }
          return result;
        });
  }

  /** What a proxy does when it is called. */
  @FunctionalInterface
  private interface Call {
    @Nullable Object answer(Method method, @Nullable Object @Nullable [] arguments)
        throws Throwable;
  }

  private static <T> T proxy(Class<T> type, Call call) {
    InvocationHandler handler = (self, method, arguments) -> call.answer(method, arguments);
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader() == null ? Trace.class.getClassLoader() : type.getClassLoader(),
            new Class<?>[] {type},
            handler));
  }

  private static Object call(Object real, Method method, @Nullable Object @Nullable [] arguments)
      throws Throwable {
    try {
      return method.invoke(real, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
