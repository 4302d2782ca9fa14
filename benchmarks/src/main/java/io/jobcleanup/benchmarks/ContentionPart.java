package io.jobcleanup.benchmarks;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.benchmarks.BarChart.Bar;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * How several cleaners share the work, where everybody's jobs are stuck, and where one user's are.
 */
final class ContentionPart implements Part {

  private static final List<Integer> CLEANERS = List.of(1, 2, 4);

  private record Setting(int users, int cleaners) {
    String label() {
      return "%s, %d %s"
          .formatted(
              users == 1 ? "one hot user" : "%,d users".formatted(users),
              cleaners,
              cleaners == 1 ? "cleaner" : "cleaners");
    }
  }

  @Override
  public String name() {
    return "contention";
  }

  @Override
  public Finding measure(Lab lab) throws Exception {
    String template = lab.template();
    List<Setting> settings = new ArrayList<>();
    for (int users : List.of(lab.scale().users(), 1)) {
      CLEANERS.forEach(cleaners -> settings.add(new Setting(users, cleaners)));
    }
    Map<Setting, List<Double>> speeds = new LinkedHashMap<>();
    Map<Setting, List<Double>> runs = new LinkedHashMap<>();
    for (int round = 0; round <= lab.scale().slowRounds(); round++) {
      for (Setting setting : settings) {
        int jobs = lab.scale().jobs() / 2;
        try (HostDatabase host = lab.hostWithStuckJobs(template, jobs, setting.users())) {
          long began = System.nanoTime();
          int count = drain(lab, host, setting.cleaners());
          double speed = jobs / ((System.nanoTime() - began) / 1e9);
          host.checkSettled(jobs);
          host.checkRecorded(jobs);
          lab.progress(
              "round %d of %d: %s %,.0f jobs/s in %d runs",
              round, lab.scale().slowRounds(), setting.label(), speed, count);
          if (round > 0) {
            speeds.computeIfAbsent(setting, it -> new ArrayList<>()).add(speed);
            runs.computeIfAbsent(setting, it -> new ArrayList<>()).add((double) count);
          }
        }
      }
    }
    return finding(speeds, runs);
  }

  /**
   * Drains with several cleaners at once, each as a process of its own would; those that found
   * everything held come back. Gives the number of runs.
   */
  private static int drain(Lab lab, HostDatabase host, int cleaners) throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(cleaners)) {
      List<Future<Integer>> all = new ArrayList<>();
      for (int i = 0; i < cleaners; i++) {
        all.add(
            threads.submit(
                () -> {
                  int runs = 0;
                  try (HostDatabase own = HostDatabase.openAsProgram(lab.postgres(), host.name())) {
                    CleanupResult result;
                    do {
                      result =
                          own.cleanup().cleanupStuckJobs(CleanupOptions.defaults().withDrain(true));
                      runs++;
                    } while (result.totalFound() > 0
                        || own.number(
                                "select count(*) from image_enhancement_jobs where status = 'PROCESSING'")
                            > 0);
                  }
                  return runs;
                }));
      }
      int runs = 0;
      for (Future<Integer> each : all) {
        runs += each.get();
      }
      return runs;
    }
  }

  private static Finding finding(
      Map<Setting, List<Double>> speeds, Map<Setting, List<Double>> runs) {
    List<List<String>> rows = new ArrayList<>();
    List<Bar> bars = new ArrayList<>();
    Map<String, Object> data = new LinkedHashMap<>();
    speeds.forEach(
        (setting, each) -> {
          Samples speed = Samples.of(each);
          Samples run = Samples.of(runs.getOrDefault(setting, each));
          rows.add(List.of(setting.label(), speed.text(0), run.text(0)));
          bars.add(new Bar(setting.label(), speed));
          data.put(setting.label(), Map.of("jobsPerSecond", speed, "runs", run));
        });
    return new Finding(
        "Contention: jobs settled per second by several cleaners, median (min – max)",
        List.of(new Finding.Table(List.of("what", "jobs/s", "runs until all was settled"), rows)),
        new BarChart("Stuck jobs settled per second, batch 100", "jobs per second", false, bars),
        data);
  }
}
