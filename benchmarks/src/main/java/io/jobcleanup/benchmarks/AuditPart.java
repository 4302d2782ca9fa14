package io.jobcleanup.benchmarks;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.RefundQuery;
import io.jobcleanup.RefundRecord;
import io.jobcleanup.RunJob;
import io.jobcleanup.benchmarks.BarChart.Bar;
import io.jobcleanup.benchmarks.Trace.Execution;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * How long an audit of many ledger rows takes, beside adding them up by user in plain SQL, how much
 * heap it needs, and by which plan the database does it.
 */
final class AuditPart implements Part {

  private static final int HEAP_MEGABYTES = 256;
  private static final int ROWS_PER_USER = 100;
  private static final int REFUNDED_PER_USER = 1;
  private static final int MOST_STATEMENTS = 8;
  private static final int QUESTIONS = 50;
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double NANOS_PER_MILLISECOND = 1e6;

  @Override
  public String name() {
    return "audit";
  }

  @Override
  public Finding measure(Lab lab) throws Exception {
    int rows = lab.scale().ledgerRows();
    int users = rows / ROWS_PER_USER;
    lab.progress("filling %,d ledger rows of %,d users", rows, users);
    try (HostDatabase host = HostDatabase.empty(lab.postgres(), "audited")) {
      fill(host, users);
      host.cleanup()
          .cleanupStuckJobs(CleanupOptions.defaults().withBatchSize(1_000).withDrain(true));
      host.settle();
      List<Double> plain = new ArrayList<>();
      List<Double> honest = new ArrayList<>();
      List<Double> broken = new ArrayList<>();
      double peak = 0;
      double live = 0;
      for (int round = 0; round < lab.scale().slowRounds(); round++) {
        plain.add(addUp(host));
        JsonNode told = HeapChild.run("verify", HEAP_MEGABYTES, lab, host);
        honest.add(told.get("seconds").asDouble());
        peak = Math.max(peak, told.get("peakMegabytes").asDouble());
        live = Math.max(live, told.get("liveMegabytes").asDouble());
      }
      Trace trace = new Trace();
      host.traced(trace).cleanup().verify(line -> {});
      List<String> plan = plan(host, trace);
      lab.progress("breaking a row of each user");
      // As a capped regeneration does: the amount isn't what the balance moved by.
      host.fill("update token_transactions set amount = amount + 1 where id like 'charge-50-%'");
      host.settle();
      for (int round = 0; round < lab.scale().slowRounds(); round++) {
        JsonNode told = HeapChild.run("verify", HEAP_MEGABYTES, lab, host);
        broken.add(told.get("seconds").asDouble());
        peak = Math.max(peak, told.get("peakMegabytes").asDouble());
        live = Math.max(live, told.get("liveMegabytes").asDouble());
      }
      Samples asked = Samples.of(ask(host, users));
      Samples base = Samples.of(plain);
      Samples clean = Samples.of(honest);
      Samples worst = Samples.of(broken);
      return new Finding(
          "Audit of %,d ledger rows, %,d users and %,d refunds within -Xmx%dm"
              .formatted(rows, users, users * REFUNDED_PER_USER, HEAP_MEGABYTES),
          List.of(
              new Finding.Table(
                  List.of("", "seconds", "times adding up"),
                  List.of(
                      List.of("rows added up by user in plain SQL", base.text(1), "1"),
                      List.of(
                          "verify, all rows fit",
                          clean.text(1),
                          Samples.number(clean.median() / base.median(), 1)),
                      List.of(
                          "verify, a row of each user doesn't fit",
                          worst.text(1),
                          Samples.number(worst.median() / base.median(), 1)))),
              new Finding.Table(
                  List.of("heap", "MB"),
                  List.of(
                      List.of("allowed", Integer.toString(HEAP_MEGABYTES)),
                      List.of("peak, garbage included", Samples.number(peak, 0)),
                      List.of("most that was alive after a collection", Samples.number(live, 0)))),
              new Finding.Table(
                  List.of("was a user given the tokens back for a job", "ms"),
                  List.of(List.of("refund and history, by user and job", asked.text(1)))),
              statements(trace),
              new Finding.Table(
                  List.of("plan of the longest statement"),
                  plan.stream().map(line -> List.of("`" + line + "`")).toList())),
          new BarChart(
              "Audit of %,d ledger rows".formatted(rows),
              "seconds",
              false,
              List.of(
                  new Bar("added up by user in plain SQL", base),
                  new Bar("verify, all rows fit", clean),
                  new Bar("verify, a row of each user doesn't fit", worst))),
          Map.of(
              "rows", rows,
              "users", users,
              "plainSeconds", plain,
              "verifySeconds", honest,
              "brokenSeconds", broken,
              "askedMilliseconds", asked.median(),
              "peakMegabytes", peak,
              "liveMegabytes", live,
              "plan", plan));
    }
  }

  /** Each user bought tokens once and was charged for jobs; the last of them is stuck. */
  private static void fill(HostDatabase host, int users) {
    host.execute(HostDatabase.resource("tables.sql"));
    int charges = ROWS_PER_USER - 1 - REFUNDED_PER_USER;
    host.fill(
        """
        insert into users (id, email) select 'user' || u, 'user' || u || '@example.org' from generate_series(1, %1$d) u;
        insert into user_token_balances ("userId", balance, "updatedAt")
        select 'user' || u, %2$d - %3$d * %4$d, localtimestamp from generate_series(1, %1$d) u;
        insert into token_transactions (id, "userId", amount, type, "balanceAfter")
        select 'earn-' || u, 'user' || u, %2$d, 'EARN_PURCHASE', %2$d from generate_series(1, %1$d) u;
        insert into token_transactions (id, "userId", amount, type, source, "sourceId", "balanceAfter")
        select 'charge-' || k || '-' || u, 'user' || u, -%3$d, 'SPEND_ENHANCEMENT', 'image_enhancement',
               'job-' || k || '-' || u, %2$d - %3$d * k
        from generate_series(1, %4$d) k, generate_series(1, %1$d) u;
        insert into image_enhancement_jobs (id, "userId", "tokensCost", status, "processingStartedAt", "updatedAt")
        select 'job-%4$d-' || u, 'user' || u, %3$d, 'PROCESSING', (now() at time zone 'UTC') - interval '1 hour',
               localtimestamp
        from generate_series(1, %1$d) u
        """
            .formatted(users, HostDatabase.BALANCE, HostDatabase.COST, charges));
    host.cleanup().migrate();
    host.buildProposedIndexes();
    host.settle();
  }

  private static double addUp(HostDatabase host) {
    long began = System.nanoTime();
    host.number(
        "select count(*) from (select \"userId\", sum(amount), count(*) from token_transactions group by 1) sums");
    return (System.nanoTime() - began) / NANOS_PER_SECOND;
  }

  /** What support asks: one user, one job. */
  private static List<Double> ask(HostDatabase host, int users) {
    JobCleanup cleanup = host.cleanup();
    List<Double> milliseconds = new ArrayList<>();
    for (int i = 1; i <= QUESTIONS; i++) {
      int user = users / QUESTIONS * i;
      String job = "job-%d-%d".formatted(ROWS_PER_USER - 1 - REFUNDED_PER_USER, user);
      long began = System.nanoTime();
      List<RefundRecord> refunds =
          cleanup
              .refunds(RefundQuery.all().withPayer("user" + user).withJob(job), null, 20)
              .items();
      List<RunJob> history = cleanup.runsOfJob(job, 20);
      milliseconds.add((System.nanoTime() - began) / NANOS_PER_MILLISECOND);
      if (refunds.size() != 1 || history.size() != 1) {
        throw new IllegalStateException(refunds + " and " + history + " of " + job);
      }
    }
    return milliseconds;
  }

  /** Where the time goes, those that take longest first. */
  private static Finding.Table statements(Trace trace) {
    Map<String, LongSummaryStatistics> byLabel =
        trace.executions().stream()
            .collect(
                Collectors.groupingBy(
                    Execution::label, Collectors.summarizingLong(it -> it.nanos)));
    return new Finding.Table(
        List.of("statement, until its first rows", "times", "seconds"),
        byLabel.entrySet().stream()
            .sorted(Comparator.comparingLong(it -> -it.getValue().getSum()))
            .limit(MOST_STATEMENTS)
            .map(
                it ->
                    List.of(
                        it.getKey(),
                        Long.toString(it.getValue().getCount()),
                        Samples.number(it.getValue().getSum() / NANOS_PER_SECOND, 2)))
            .toList());
  }

  /** How the database goes about what takes longest. */
  private static List<String> plan(HostDatabase host, Trace trace) throws Exception {
    Execution longest =
        trace.executions().stream()
            .filter(it -> it.sql.startsWith("select"))
            .max(Comparator.comparingLong(it -> it.nanos))
            .orElseThrow();
    List<String> plan = new ArrayList<>();
    try (Connection connection = host.connect();
        PreparedStatement explain =
            connection.prepareStatement("explain (costs off) " + longest.sql)) {
      for (Map.Entry<Integer, Object> each : longest.parameters.entrySet()) {
        Object value = each.getValue();
        explain.setObject(
            each.getKey(),
            value instanceof Array || !(value instanceof Object[] elements)
                ? value
                : connection.createArrayOf("text", elements));
      }
      try (ResultSet lines = explain.executeQuery()) {
        while (lines.next()) {
          String line = lines.getString(1);
          if (line.contains("->") || plan.isEmpty()) {
            plan.add(line.replace("->", "").strip());
          }
        }
      }
    }
    return plan;
  }
}
