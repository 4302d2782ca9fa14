package io.jobcleanup.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.jobcleanup.benchmarks.BarChart.Bar;
import io.jobcleanup.benchmarks.Trace.Execution;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How many statements, round trips and rows a batch takes: counted, not timed. */
final class StatementsPart implements Part {

  private static final int BATCHES = 12;

  private record Counted(
      String label, int jobs, long statements, long roundTrips, long rows, List<Execution> batch) {}

  @Override
  public String name() {
    return "statements";
  }

  @Override
  public Finding measure(Lab lab) throws Exception {
    String template = lab.template();
    // A batch of a cold JVM may outlast its time and be halved: not the one to be counted.
    try (HostDatabase warmUp =
        lab.hostWithStuckJobs(template, lab.scale().jobs(), lab.scale().users())) {
      new OurCleaner(1_000).clean(warmUp);
    }
    List<Counted> counted = new ArrayList<>();
    counted.add(count(lab, template, new OurCleaner(1), 1));
    counted.add(count(lab, template, new OurCleaner(100), 100));
    counted.add(count(lab, template, new OurCleaner(1_000), 1_000));
    counted.add(count(lab, template, new CteCleaner(1_000), 1_000));
    counted.add(count(lab, template, new SpecificationCleaner(), 1));

    List<List<String>> rows = new ArrayList<>();
    List<Bar> bars = new ArrayList<>();
    Map<String, Object> data = new LinkedHashMap<>();
    for (Counted each : counted) {
      double perThousand = each.roundTrips() * 1000.0 / each.jobs();
      rows.add(
          List.of(
              each.label(),
              Samples.number(each.jobs()),
              Long.toString(each.statements()),
              Long.toString(each.roundTrips()),
              Samples.number(each.rows()),
              Samples.number(perThousand, 0)));
      bars.add(new Bar(each.label(), Samples.of(List.of(perThousand))));
      data.put(
          each.label(),
          Map.of(
              "jobs", each.jobs(),
              "statements", each.statements(),
              "roundTrips", each.roundTrips(),
              "rows", each.rows(),
              "batch",
                  each.batch().stream()
                      .map(it -> Map.of("statement", it.label(), "rows", it.rows))
                      .toList()));
    }
    return new Finding(
        "Statements, round trips and rows of one batch",
        List.of(
            new Finding.Table(
                List.of(
                    "what",
                    "jobs",
                    "statements",
                    "round trips",
                    "rows answered or written",
                    "round trips per 1,000 jobs"),
                rows),
            sequence(counted.get(2))),
        new BarChart("Round trips per 1,000 jobs", "round trips", true, bars),
        data);
  }

  private static Finding.Table sequence(Counted batch) {
    List<List<String>> rows = new ArrayList<>();
    for (Execution execution : batch.batch()) {
      rows.add(
          List.of(
              Integer.toString(rows.size() + 1), execution.label(), Long.toString(execution.rows)));
    }
    return new Finding.Table(List.of("", batch.label() + ", in order", "rows"), rows);
  }

  private static Counted count(Lab lab, String template, Cleaner cleaner, int batch)
      throws Exception {
    lab.progress("counting: %s", cleaner.label());
    Trace trace = new Trace();
    int jobs = cleaner.records() ? batch * BATCHES : 100;
    try (HostDatabase host = lab.hostWithStuckJobs(template, jobs, lab.scale().users());
        HikariDataSource counting = host.countingPool(lab.postgres())) {
      cleaner.clean(host.over(trace.over(counting)));
    }
    List<Execution> all = trace.executions();
    List<Integer> failing = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).sql.contains("update") && all.get(i).sql.contains("\"errorMessage\"")) {
        failing.add(i);
      }
    }
    // Two full ones, one after the other: at the ends of a page there are smaller ones.
    long full = failing.stream().mapToLong(i -> all.get(i).rows).max().orElseThrow();
    int last = failing.size() - 1;
    while (all.get(failing.get(last)).rows < full || all.get(failing.get(last - 1)).rows < full) {
      last--;
    }
    int from = failing.get(last - 1);
    int to = failing.get(last);
    List<Execution> between = all.subList(from, to);
    int commit = between.stream().map(it -> it.sql).toList().indexOf("commit");
    List<Execution> inOrder = new ArrayList<>(between.subList(commit + 1, between.size()));
    inOrder.addAll(between.subList(0, commit + 1));
    return new Counted(
        cleaner.label(),
        batch,
        between.size(),
        all.get(to).roundTrip - all.get(from).roundTrip,
        between.stream().mapToLong(it -> it.rows).sum(),
        inOrder);
  }
}
