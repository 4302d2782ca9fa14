package io.jobcleanup.benchmarks;

import io.jobcleanup.benchmarks.BarChart.Bar;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How many jobs per second are settled, and how that compares with one hand-written statement. */
final class ThroughputPart implements Part {

  private static final CteCleaner YARDSTICK = new CteCleaner(1_000);

  private static final List<Cleaner> CLEANERS =
      List.of(
          YARDSTICK,
          new OurCleaner(1_000),
          new OurCleaner(10_000),
          new OurCleaner(100),
          new OurCleaner(10),
          new OurCleaner(1),
          new SpecificationCleaner());

  @Override
  public String name() {
    return "throughput";
  }

  @Override
  public Finding measure(Lab lab) throws Exception {
    String template = lab.template();
    Map<Cleaner, List<Double>> speeds = new LinkedHashMap<>();
    Map<Cleaner, List<Double>> ratios = new LinkedHashMap<>();
    Map<Cleaner, Long> rolledBack = new LinkedHashMap<>();
    Map<Cleaner, List<Processor>> processors = new LinkedHashMap<>();
    for (int round = 0; round <= lab.scale().rounds(); round++) {
      double yardstick = 0;
      for (Cleaner cleaner : CLEANERS) {
        Measured measured = measured(lab, template, cleaner);
        double speed = measured.speed();
        lab.progress(
            "round %d of %d: %s %,.0f jobs/s", round, lab.scale().rounds(), cleaner.label(), speed);
        if (cleaner.equals(YARDSTICK)) {
          yardstick = speed;
        }
        rolledBack.merge(cleaner, lab.rolledBack(), Long::sum);
        if (round > 0) {
          speeds.computeIfAbsent(cleaner, it -> new ArrayList<>()).add(speed);
          ratios.computeIfAbsent(cleaner, it -> new ArrayList<>()).add(speed / yardstick);
          processors.computeIfAbsent(cleaner, it -> new ArrayList<>()).add(measured.processor());
        }
      }
    }
    return finding(speeds, ratios, processors, rolledBack);
  }

  private record Measured(double speed, Processor processor) {}

  private static Measured measured(Lab lab, String template, Cleaner cleaner) throws Exception {
    boolean slow = cleaner instanceof OurCleaner ours && ours.batchSize() < 100;
    int jobs = slow || !cleaner.records() ? lab.scale().slowJobs() : lab.scale().jobs();
    try (HostDatabase host = lab.hostWithStuckJobs(template, jobs, lab.scale().users())) {
      Processor before = Processor.used(host.name());
      long began = System.nanoTime();
      long settled = cleaner.clean(host);
      double seconds = (System.nanoTime() - began) / 1e9;
      Processor processor = Processor.used(host.name()).since(before, jobs);
      if (settled != jobs) {
        throw new IllegalStateException(
            "%s settled %d of %d jobs".formatted(cleaner.label(), settled, jobs));
      }
      host.checkSettled(jobs);
      if (cleaner.records()) {
        host.checkRecorded(jobs);
      }
      return new Measured(jobs / seconds, processor);
    }
  }

  private static Finding finding(
      Map<Cleaner, List<Double>> speeds,
      Map<Cleaner, List<Double>> ratios,
      Map<Cleaner, List<Processor>> processors,
      Map<Cleaner, Long> rolledBack) {
    List<List<String>> rows = new ArrayList<>();
    List<Bar> bars = new ArrayList<>();
    Map<String, Object> data = new LinkedHashMap<>();
    speeds.forEach(
        (cleaner, each) -> {
          Samples speed = Samples.of(each);
          Samples ratio = Samples.of(ratios.getOrDefault(cleaner, each));
          List<Processor> used = processors.getOrDefault(cleaner, List.of());
          Samples program = Samples.of(used.stream().map(Processor::programMillis).toList());
          Samples server = Samples.of(used.stream().map(Processor::serverMillis).toList());
          long rollbacks = rolledBack.getOrDefault(cleaner, 0L);
          rows.add(
              List.of(
                  cleaner.label(),
                  speed.text(0),
                  ratio.text(2),
                  program.text(1),
                  server.text(1),
                  Samples.number(rollbacks)));
          bars.add(new Bar(cleaner.label(), speed));
          data.put(
              cleaner.label(),
              Map.of(
                  "jobsPerSecond", speed,
                  "ratioToCte", ratio,
                  "programMillisPerThousandJobs", program,
                  "serverMillisPerThousandJobs", server,
                  "rounds", each,
                  "transactionsRolledBack", rollbacks));
        });
    return new Finding(
        "Throughput: jobs settled per second, median (min – max)",
        List.of(
            new Finding.Table(
                List.of(
                    "what",
                    "jobs/s",
                    "against the CTE of the same round",
                    "CPU ms per 1,000 jobs: program",
                    "server",
                    "rolled back in all rounds"),
                rows)),
        new BarChart("Stuck jobs settled per second", "jobs per second", false, bars),
        data);
  }
}
