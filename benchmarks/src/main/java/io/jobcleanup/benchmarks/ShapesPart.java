package io.jobcleanup.benchmarks;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.benchmarks.BarChart.Bar;
import io.jobcleanup.mapping.Mapping;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How many jobs per second are settled in other tables than the specification's: the shapes of the
 * tests, each beside the built-in mapping, with as many payers.
 */
final class ShapesPart implements Part {
  private static final Path SHAPES = Path.of("core/src/test/resources/io/jobcleanup/shapes");
  private static final String BUILT_IN = "built-in mapping";
  private static final String DATABASE = "host";

  /** Among whom the shapes share their jobs out. */
  private static final int PAYERS = 12;

  private static final int SHAPE_COUNT = 12;
  private static final CleanupOptions DRAIN =
      CleanupOptions.defaults().withBatchSize(1_000).withDrain(true);

  @Override
  public String name() {
    return "shapes";
  }

  @Override
  public Finding measure(Lab lab) throws Exception {
    int jobs = lab.scale().jobs() / 5;
    String template = lab.template();
    Map<String, List<Double>> speeds = new LinkedHashMap<>();
    Map<String, List<Double>> ratios = new LinkedHashMap<>();
    for (int round = 0; round <= lab.scale().rounds(); round++) {
      Map<String, Double> speed = new LinkedHashMap<>();
      try (HostDatabase host = lab.hostWithStuckJobs(template, jobs, PAYERS)) {
        speed.put(BUILT_IN, drained(host.cleanup(), jobs));
      }
      for (int shape = 1; shape <= SHAPE_COUNT; shape++) {
        // The host that calls its own function for each job is slow by itself.
        int number = shape == SHAPE_COUNT ? jobs / 5 : jobs;
        try (HostDatabase host = HostDatabase.empty(lab.postgres(), DATABASE)) {
          host.execute(text(shape, "tables.sql"));
          host.execute(text(shape, "more.sql").replace(":copies", Integer.toString(number)));
          host.settle();
          JobCleanup cleanup =
              host.builder().mapping(Mapping.parse(text(shape, "mapping.yaml"))).build();
          cleanup.migrate();
          speed.put("shape " + shape, drained(cleanup, number));
        }
      }
      double builtIn = speed.getOrDefault(BUILT_IN, 1.0);
      lab.progress("round %d of %d: built-in %,.0f jobs/s", round, lab.scale().rounds(), builtIn);
      if (round > 0) {
        speed.forEach(
            (name, each) -> {
              speeds.computeIfAbsent(name, it -> new ArrayList<>()).add(each);
              ratios.computeIfAbsent(name, it -> new ArrayList<>()).add(each / builtIn);
            });
      }
    }
    return finding(speeds, ratios);
  }

  private static double drained(JobCleanup cleanup, int atLeast) {
    long began = System.nanoTime();
    long found = cleanup.cleanupStuckJobs(DRAIN).totalFound();
    double seconds = (System.nanoTime() - began) / 1e9;
    if (found < atLeast) {
      throw new IllegalStateException(
          "%d jobs were settled, at least %d are stuck".formatted(found, atLeast));
    }
    return found / seconds;
  }

  private static String text(int shape, String file) throws IOException {
    return Files.readString(SHAPES.resolve("shape-" + shape).resolve(file), StandardCharsets.UTF_8);
  }

  private static Finding finding(
      Map<String, List<Double>> speeds, Map<String, List<Double>> ratios) {
    List<List<String>> rows = new ArrayList<>();
    List<Bar> bars = new ArrayList<>();
    Map<String, Object> data = new LinkedHashMap<>();
    speeds.forEach(
        (name, each) -> {
          Samples speed = Samples.of(each);
          Samples ratio = Samples.of(ratios.getOrDefault(name, each));
          rows.add(List.of(name, speed.text(0), ratio.text(2)));
          bars.add(new Bar(name, speed));
          data.put(name, Map.of("jobsPerSecond", speed, "ratioToBuiltIn", ratio, "rounds", each));
        });
    return new Finding(
        "Shapes: jobs settled per second by other mappings, median (min – max)",
        List.of(
            new Finding.Table(
                List.of("mapping", "jobs/s", "against the built-in one of the same round"), rows)),
        new BarChart("Stuck jobs settled per second, by mapping", "jobs per second", false, bars),
        data);
  }
}
