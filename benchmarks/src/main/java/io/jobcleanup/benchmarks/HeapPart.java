package io.jobcleanup.benchmarks;

import io.jobcleanup.benchmarks.BarChart.Bar;
import java.io.File;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

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
      JsonNode told = drain(lab, host);
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

  private static JsonNode drain(Lab lab, HostDatabase host)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx" + HEAP_MEGABYTES + "m");
    command.add("-XX:+ExitOnOutOfMemoryError");
    command.add("-cp");
    command.add(absolute(System.getProperty("java.class.path")));
    command.add(HeapChild.class.getName());
    Process child =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    // Over standard input: a command line or an environment would show the password.
    try (Writer in = new OutputStreamWriter(child.getOutputStream(), StandardCharsets.UTF_8)) {
      in.write(
          String.join(
              "\n",
              lab.postgres().jdbcUrl(host.name()),
              lab.postgres().user(),
              lab.postgres().password(),
              ""));
    }
    String told = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int exit = child.waitFor();
    if (exit != 0) {
      throw new IllegalStateException("the drain in a small heap ended with exit code " + exit);
    }
    return JsonMapper.shared().readTree(told);
  }

  private static String absolute(String classPath) {
    return String.join(
        File.pathSeparator,
        List.of(classPath.split(File.pathSeparator)).stream()
            .map(it -> Path.of(it).toAbsolutePath().toString())
            .toList());
  }
}
