package io.jobcleanup.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The benchmarks' command line: {@code [--quick] [--out DIRECTORY] [PART…]}. Tables go to standard
 * output, progress to standard error, JSON and charts to the directory.
 */
public final class Benchmarks {

  private static final List<Part> PARTS =
      List.of(
          new StatementsPart(),
          new ThroughputPart(),
          new ShapesPart(),
          new ProfilePart(),
          new DetectionPart(),
          new ContentionPart(),
          new HostPart(),
          new HeapPart(),
          new AuditPart());

  private static final String USAGE =
      """
      Usage: bin/benchmark [--quick] [--out DIRECTORY] [PART...]
      Measures job-cleanup on a PostgreSQL of its own, which is removed afterwards.
        --quick           some minutes instead of half an hour
        --out DIRECTORY   where JSON and charts go: docs/performance, or benchmarks/target/performance with --quick
      Parts: %s (all of them by default)
      """
          .formatted(String.join(", ", PARTS.stream().map(Part::name).toList()));

  private Benchmarks() {}

  /**
   * Measures, and exits with 0; with 2 where the command line is wrong.
   *
   * @param arguments as {@link Benchmarks} says
   * @throws Exception if a measurement fails
   */
  public static void main(String[] arguments) throws Exception {
    boolean quick = false;
    Path out = null;
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < arguments.length; i++) {
      String argument = arguments[i];
      switch (argument) {
        case "--help" -> {
          System.out.print(USAGE);
          return;
        }
        case "--quick" -> quick = true;
        case "--out" -> {
          if (++i == arguments.length) {
            refuse("--out wants a directory");
          }
          out = Path.of(arguments[i]);
        }
        default ->
            parts.add(
                PARTS.stream()
                    .filter(part -> part.name().equals(argument))
                    .findFirst()
                    .orElseGet(() -> refuse("unknown: " + argument)));
      }
    }
    run(
        quick ? Scale.QUICK : Scale.FULL,
        parts.isEmpty() ? PARTS : parts,
        out != null ? out : Path.of(quick ? "benchmarks/target/performance" : "docs/performance"));
  }

  private static Part refuse(String why) {
    System.err.println(why);
    System.err.print(USAGE);
    System.exit(2);
    throw new AssertionError("unreachable");
  }

  private static void run(Scale scale, List<Part> parts, Path out) throws Exception {
    System.err.println("Starting PostgreSQL");
    Lab lab = Lab.start(scale);
    try {
      Map<String, String> facts = Machine.facts(lab.facts());
      System.out.println("# Measurements\n");
      facts.forEach((name, value) -> System.out.println("- %s: %s".formatted(name, value)));
      for (Part part : parts) {
        System.err.println("Measuring " + part.name());
        long began = System.nanoTime();
        Finding finding = part.measure(lab);
        System.err.println(
            "  took %d s".formatted(Duration.ofNanos(System.nanoTime() - began).toSeconds()));
        System.out.println("\n## " + finding.title() + "\n");
        finding.tables().forEach(table -> System.out.println(table.markdown()));
        write(out, part.name(), facts, scale, finding);
      }
    } finally {
      lab.postgres().close();
    }
  }

  private static void write(
      Path out, String name, Map<String, String> facts, Scale scale, Finding finding)
      throws IOException {
    Files.createDirectories(out);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("title", finding.title());
    json.put("machine", facts);
    json.put("scale", scale);
    json.put("results", finding.data());
    JsonMapper mapper = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    Files.writeString(
        out.resolve(name + ".json"),
        mapper.writeValueAsString(json) + "\n",
        StandardCharsets.UTF_8);
    Files.writeString(out.resolve(name + ".svg"), finding.chart().svg(), StandardCharsets.UTF_8);
  }
}
