package io.jobcleanup.benchmarks;

import io.jobcleanup.benchmarks.BarChart.Bar;
import io.jobcleanup.benchmarks.Trace.Execution;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where the time of a batch of a thousand goes: statement by statement, and between them. */
final class ProfilePart implements Part {

  private static final int BATCH = 1_000;
  private static final long LEAST_NANOS_SHOWN = 100_000;

  @Override
  public String name() {
    return "profile";
  }

  @Override
  public Finding measure(Lab lab) throws Exception {
    String template = lab.template();
    int jobs = lab.scale().jobs();
    try (HostDatabase warmUp = lab.hostWithStuckJobs(template, jobs, lab.scale().users())) {
      new OurCleaner(BATCH).clean(warmUp);
    }
    Trace trace = new Trace();
    long wall;
    long cpu;
    try (HostDatabase host = lab.hostWithStuckJobs(template, jobs, lab.scale().users())) {
      lab.progress("profiling a drain of %,d jobs", jobs);
      long began = System.nanoTime();
      long cpuBegan = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      new OurCleaner(BATCH).clean(host.traced(trace));
      cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpuBegan;
      wall = System.nanoTime() - began;
    }
    return finding(trace.executions(), jobs / (double) BATCH, wall, cpu);
  }

  private static Finding finding(List<Execution> executions, double batches, long wall, long cpu) {
    Map<String, long[]> byLabel = new LinkedHashMap<>();
    long waited = 0;
    for (Execution execution : executions) {
      long[] sum = byLabel.computeIfAbsent(execution.label(), label -> new long[2]);
      sum[0] += execution.nanos;
      sum[1]++;
      waited += execution.nanos;
    }
    List<List<String>> rows = new ArrayList<>();
    List<Bar> bars = new ArrayList<>();
    Map<String, Object> data = new LinkedHashMap<>();
    byLabel.entrySet().stream()
        .sorted((a, b) -> Long.compare(b.getValue()[0], a.getValue()[0]))
        .filter(it -> it.getValue()[0] / batches > LEAST_NANOS_SHOWN)
        .forEach(
            it ->
                add(
                    rows,
                    bars,
                    data,
                    it.getKey(),
                    it.getValue()[1] / batches,
                    it.getValue()[0] / batches,
                    wall / batches));
    add(rows, bars, data, "between statements", 0, (wall - waited) / batches, wall / batches);
    add(
        rows,
        bars,
        data,
        "whole batch",
        executions.size() / batches,
        wall / batches,
        wall / batches);
    data.put("threadCpuMillis", cpu / batches / 1e6);
    return new Finding(
        "Profile: a batch of 1,000, statement by statement; the thread itself was on a processor for %.1f ms of it"
            .formatted(cpu / batches / 1e6),
        List.of(new Finding.Table(List.of("statement", "times", "ms", "share"), rows)),
        new BarChart("Where the time of a batch of 1,000 goes", "ms", false, bars),
        data);
  }

  private static void add(
      List<List<String>> rows,
      List<Bar> bars,
      Map<String, Object> data,
      String label,
      double times,
      double nanos,
      double whole) {
    rows.add(
        List.of(
            label,
            Samples.number(times, 1),
            Samples.number(nanos / 1e6, 2),
            Samples.number(100 * nanos / whole, 0) + " %"));
    bars.add(new Bar(label, Samples.of(List.of(nanos / 1e6))));
    data.put(label, Map.of("times", times, "millis", nanos / 1e6));
  }
}
