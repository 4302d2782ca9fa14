package io.jobcleanup.benchmarks;

import io.jobcleanup.benchmarks.BarChart.Bar;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** How much heap a drain of very many stuck jobs takes: in a JVM of its own that has little. */
final class HeapPart implements Part {

  private static final int HEAP_MEGABYTES = 256;

  @Override
  public String name() {
    return "heap";
  }

  @Override
  public Finding measure(Lab lab) throws Exception {
    int jobs = lab.scale().heapJobs();
    String template = lab.template();
    lab.progress("filling %,d stuck jobs", jobs);
    try (HostDatabase host = lab.hostWithStuckJobs(template, jobs, lab.scale().users())) {
      lab.progress("draining them in a JVM with %d MB of heap", HEAP_MEGABYTES);
      JsonNode told = HeapChild.run("drain", HEAP_MEGABYTES, lab, host);
      host.checkSettled(jobs);
      host.checkRecorded(jobs);
      double peak = told.get("peakMegabytes").asDouble();
      double live = told.get("liveMegabytes").asDouble();
      double seconds = told.get("seconds").asDouble();
      return new Finding(
          "Heap of a drain of %,d stuck jobs within -Xmx%dm".formatted(jobs, HEAP_MEGABYTES),
          List.of(
              new Finding.Table(
                  List.of("", "MB"),
                  List.of(
                      List.of("allowed", Integer.toString(HEAP_MEGABYTES)),
                      List.of("peak, garbage included", Samples.number(peak, 0)),
                      List.of("most that was alive after a collection", Samples.number(live, 0)),
                      List.of("time of the drain, in s", Samples.number(seconds, 0))))),
          new BarChart(
              "Heap of a drain of %,d stuck jobs".formatted(jobs),
              "MB",
              false,
              List.of(
                  new Bar("allowed", Samples.of(List.of((double) HEAP_MEGABYTES))),
                  new Bar("peak, garbage included", Samples.of(List.of(peak))),
                  new Bar("alive after a collection", Samples.of(List.of(live))))),
          Map.of(
              "jobs", jobs,
              "allowedMegabytes", HEAP_MEGABYTES,
              "peakMegabytes", peak,
              "liveMegabytes", live,
              "seconds", seconds));
    }
  }
}
