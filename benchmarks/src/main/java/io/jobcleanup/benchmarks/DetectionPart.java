package io.jobcleanup.benchmarks;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.benchmarks.BarChart.Bar;
import io.jobcleanup.benchmarks.Trace.Execution;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What it costs to find a page of a thousand stuck jobs in tables of any size: time and buffers of
 * the library's own statements, caught on their way to the server and explained.
 */
final class DetectionPart implements Part {

  private static final int PAGE = 1_000;
  private static final int REPEATS = 5;
  private static final String INDEX = "image_enhancement_jobs_stuck";

  /** The library's statements of one run. */
  private record Statements(
      List<Execution> firstPage, List<Execution> furtherPage, Execution count) {}

  /** What one or several statements cost together. */
  private record Cost(double millis, long buffers, long rows) {
    Cost plus(Cost other) {
      return new Cost(millis + other.millis, buffers + other.buffers, rows + other.rows);
    }
  }

  /** One line of the table. */
  private record Measured(
      String table,
      String situation,
      boolean indexed,
      Cost firstPage,
      Cost generic,
      Cost furtherPage,
      Cost count) {

    boolean withinGoal() {
      return firstPage.buffers() <= 10 + firstPage.rows()
          && generic.buffers() <= 10 + generic.rows()
          && furtherPage.buffers() <= 10 + furtherPage.rows();
    }
  }

  @Override
  public String name() {
    return "detection";
  }

  @Override
  public Finding measure(Lab lab) throws Exception {
    List<Measured> all = new ArrayList<>();
    try (HostDatabase host = HostDatabase.create(lab.postgres(), "detection", 1_000)) {
      host.execute("drop index \"image_enhancement_jobs_userId_createdAt_idx\"");
      host.buildProposedIndexes();
      Statements statements = caught(host);
      add(host, "live", lab.scale().live(), "'PROCESSING'", "now() at time zone 'UTC'");
      int filled = 0;
      for (int rows : lab.scale().tableRows()) {
        lab.progress("filling the job table up to %,d rows", rows);
        add(
            host,
            "done" + rows,
            rows - filled - (filled == 0 ? lab.scale().live() : 0),
            "'COMPLETED'",
            "localtimestamp - interval '30 days' + n * interval '1 ms'");
        filled = rows;
        int stuck = 0;
        for (int wanted : lab.scale().stuck()) {
          add(host, "stuck" + wanted + "-", wanted - stuck, "'PROCESSING'", stuckFor(wanted));
          stuck = wanted;
          all.add(measured(lab, host, statements, rows, "%,d stuck".formatted(wanted), true));
          host.execute("drop index " + INDEX);
          all.add(measured(lab, host, statements, rows, "%,d stuck".formatted(wanted), false));
          host.buildProposedIndexes();
        }
        host.execute("delete from image_enhancement_jobs where id like 'stuck%'");
        if (rows == 1_000_000) {
          all.addAll(churned(lab, host, statements, rows));
        }
      }
    }
    return finding(all);
  }

  private static String stuckFor(int count) {
    return "(now() at time zone 'UTC') - interval '1 hour' + n * interval '30 minutes' / " + count;
  }

  private static void add(
      HostDatabase host, String prefix, int count, String status, String started) {
    host.fill(
        """
        insert into image_enhancement_jobs (id, "userId", "tokensCost", status, "processingStartedAt", "updatedAt")
        select '%s' || lpad(cast(n as text), 18, '0'), 'user' || 1 + n %% 1000, 10, %s, %s, localtimestamp
        from generate_series(1, %d) n
        """
            .formatted(prefix, status, started, count));
  }

  /**
   * Runs the library over three jobs, one per batch, and keeps its statements. The jobs began in
   * the middle of the time that the stuck ones will have begun in, so the further page begins there
   * too.
   */
  private static Statements caught(HostDatabase host) {
    add(
        host,
        "stuck-first",
        3,
        "'PROCESSING'",
        "(now() at time zone 'UTC') - interval '45 minutes'");
    Trace trace = new Trace();
    host.traced(trace)
        .cleanup()
        .cleanupStuckJobs(CleanupOptions.defaults().withBatchSize(1).withDrain(true));
    host.execute("delete from image_enhancement_jobs where id like 'stuck%'");
    List<Execution> detecting =
        trace.executions().stream().filter(it -> it.sql.contains("as position")).toList();
    List<Execution> furtherPages =
        detecting.stream().filter(it -> it.parameters.size() > 2).toList();
    return new Statements(
        detecting.stream().filter(it -> it.parameters.size() == 2).limit(2).toList(),
        furtherPages.subList(0, 1),
        trace.executions().stream()
            .filter(it -> it.sql.startsWith("select count(*)") && it.sql.contains("limit"))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("the library counts no more")));
  }

  private static Measured measured(
      Lab lab,
      HostDatabase host,
      Statements statements,
      int rows,
      String situation,
      boolean indexed)
      throws SQLException {
    host.execute("vacuum (analyze) image_enhancement_jobs");
    return look(lab, host, statements, rows, situation, indexed, indexed ? REPEATS : 1);
  }

  private static Measured look(
      Lab lab,
      HostDatabase host,
      Statements statements,
      int rows,
      String situation,
      boolean indexed,
      int repeats)
      throws SQLException {
    lab.progress("%,d rows, %s, %s", rows, situation, indexed ? "index" : "no index");
    try (Connection connection = host.connect();
        Statement statement = connection.createStatement()) {
      return new Measured(
          "%,d".formatted(rows),
          situation,
          indexed,
          cost(statement, statements.firstPage(), "force_custom_plan", repeats),
          cost(statement, statements.firstPage(), "force_generic_plan", repeats),
          cost(statement, statements.furtherPage(), "force_custom_plan", repeats),
          cost(statement, List.of(statements.count()), "force_custom_plan", repeats));
    }
  }

  private static Cost cost(
      Statement statement, List<Execution> executions, String planMode, int repeats)
      throws SQLException {
    statement.execute("set plan_cache_mode to " + planMode);
    Cost sum = new Cost(0, 0, 0);
    for (Execution execution : executions) {
      prepare(statement, execution);
      List<Double> millis = new ArrayList<>();
      @Nullable JsonNode explained = null;
      for (int i = 0; i < repeats; i++) {
        explained = explain(statement, execution);
        millis.add(explained.get("Execution Time").asDouble());
      }
      statement.execute("deallocate detection");
      if (explained != null) {
        JsonNode plan = explained.get("Plan");
        long buffers =
            plan.get("Shared Hit Blocks").asLong() + plan.get("Shared Read Blocks").asLong();
        sum =
            sum.plus(
                new Cost(Samples.of(millis).median(), buffers, plan.get("Actual Rows").asLong()));
      }
    }
    return sum;
  }

  private static void prepare(Statement statement, Execution execution) throws SQLException {
    StringBuilder sql = new StringBuilder("prepare detection(");
    for (int i = 1; i <= execution.parameters.size(); i++) {
      Object value = execution.parameters.get(i);
      sql.append(i == 1 ? "" : ", ")
          .append(value instanceof Integer ? "int" : value instanceof Long ? "bigint" : "text");
    }
    sql.append(") as ");
    int number = 0;
    for (char c : execution.sql.toCharArray()) {
      sql.append(c == '?' ? "$" + ++number : String.valueOf(c));
    }
    statement.execute(sql.toString());
  }

  private static JsonNode explain(Statement statement, Execution execution) throws SQLException {
    List<String> values = new ArrayList<>();
    for (int i = 1; i <= execution.parameters.size(); i++) {
      Object value = execution.parameters.get(i);
      values.add(
          value instanceof Integer
              ? Integer.toString(PAGE)
              : "'" + String.valueOf(value).replace("'", "''") + "'");
    }
    try (ResultSet row =
        statement.executeQuery(
            "explain (analyze, buffers, timing off, format json) execute detection(%s)"
                .formatted(String.join(", ", values)))) {
      row.next();
      return JsonMapper.shared().readTree(row.getString(1)).get(0);
    }
  }

  /** A host that works hard while somebody keeps an old snapshot: dead entries can't be cleared. */
  private static List<Measured> churned(Lab lab, HostDatabase host, Statements statements, int rows)
      throws SQLException {
    List<Measured> all = new ArrayList<>();
    String churn = "%,d updates".formatted(2 * lab.scale().churn());
    add(host, "stuck100-", 100, "'PROCESSING'", stuckFor(100));
    host.execute("vacuum (analyze) image_enhancement_jobs");
    try (Connection old = host.connect();
        Statement snapshot = old.createStatement()) {
      old.setAutoCommit(false);
      snapshot.execute("set transaction isolation level repeatable read");
      snapshot.execute("select count(*) from users");
      host.execute(
          """
          create temporary table churned as
            select id from image_enhancement_jobs where id like 'done%%' limit %d;
          update image_enhancement_jobs
          set status = 'PROCESSING', "processingStartedAt" = (now() at time zone 'UTC') - interval '50 minutes'
          where id in (select id from churned);
          update image_enhancement_jobs set status = 'COMPLETED' where id in (select id from churned);
          drop table churned
          """
              .formatted(lab.scale().churn()));
      all.add(look(lab, host, statements, rows, churn + " under an old snapshot", true, 1));
      old.rollback();
    }
    all.add(look(lab, host, statements, rows, churn + ", snapshot gone", true, 1));
    all.add(look(lab, host, statements, rows, churn + ", second look", true, 1));
    host.execute("vacuum (analyze) image_enhancement_jobs");
    all.add(look(lab, host, statements, rows, churn + ", vacuumed", true, 1));
    host.execute("delete from image_enhancement_jobs where id like 'stuck%'");
    // What churn leaves in the index would be measured again with the next size.
    host.execute("reindex index " + INDEX);
    return all;
  }

  private static Finding finding(List<Measured> all) {
    List<List<String>> rows = new ArrayList<>();
    List<Bar> bars = new ArrayList<>();
    for (Measured each : all) {
      rows.add(
          List.of(
              each.table(),
              each.situation(),
              each.indexed() ? "yes" : "no",
              Long.toString(each.firstPage().rows()),
              Samples.number(each.firstPage().millis(), 2),
              Samples.number(each.firstPage().buffers()),
              Samples.number(each.generic().buffers()),
              Samples.number(each.furtherPage().buffers()),
              Samples.number(each.count().millis(), 2),
              Samples.number(each.count().buffers()),
              each.indexed() ? each.withinGoal() ? "yes" : "no" : ""));
      bars.add(
          new Bar(
              "%s, %s, %s"
                  .formatted(each.table(), each.situation(), each.indexed() ? "index" : "no index"),
              Samples.of(List.of(each.firstPage().millis()))));
    }
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("page", PAGE);
    data.put("measured", all);
    return new Finding(
        String.format(Locale.ROOT, "Detection: a page of %,d out of tables of any size", PAGE),
        List.of(
            new Finding.Table(
                List.of(
                    "rows",
                    "situation",
                    "index",
                    "found",
                    "ms",
                    "buffers",
                    "buffers, generic plan",
                    "buffers, page from the middle",
                    "count ms",
                    "count buffers",
                    "within 10 + found"),
                rows)),
        new BarChart("Time to find a page of stuck jobs", "ms", true, bars),
        data);
  }
}
