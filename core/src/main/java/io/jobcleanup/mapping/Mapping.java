package io.jobcleanup.mapping;

import io.jobcleanup.InvalidMappingException;
import io.jobcleanup.MappingFault;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a host's tables are and what to write in them. Read from {@code mapping.yaml}, or built in
 * code from the records of this package; held against the database's catalogue before anything
 * starts.
 */
public final class Mapping {

  private static final String BUILT_IN = "built-in.yaml";

  private final String name;
  private final List<Source> sources;
  private final List<MappingFault> faults;
  private final Map<String, Integer> lines;

  Mapping(
      String name, List<Source> sources, List<MappingFault> faults, Map<String, Integer> lines) {
    this.name = name;
    this.sources = List.copyOf(sources);
    this.faults = List.copyOf(faults);
    this.lines = Map.copyOf(lines);
  }

  /**
   * A mapping built in code.
   *
   * @param sources the job tables, at least one
   * @throws InvalidMappingException if there is no source, or two have the same name
   */
  public static Mapping of(Source... sources) {
    Mapping mapping = new Mapping("mapping", List.of(sources), List.of(), Map.of());
    if (sources.length == 0) {
      throw new InvalidMappingException(
          List.of(mapping.fault("sources", "at least one source is needed")));
    }
    long names = mapping.sources.stream().map(Source::name).distinct().count();
    if (names < sources.length) {
      throw new InvalidMappingException(
          List.of(mapping.fault("sources", "two sources have the same name")));
    }
    return mapping;
  }

  /**
   * Reads a file. What is wrong with it is kept in {@link #faults()} and reported together with
   * what the database contradicts.
   *
   * @throws UncheckedIOException if it can't be read
   */
  public static Mapping load(Path file) {
    try {
      Path fileName = file.getFileName();
      return MappingReader.read(
          fileName == null ? file.toString() : fileName.toString(),
          Files.readString(file, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(
          "mapping file " + file + " can't be read: " + e.getMessage(), e);
    }
  }

  /** Reads a text in the form of {@code mapping.yaml}; see {@link #load}. */
  public static Mapping parse(String yaml) {
    return MappingReader.read("mapping.yaml", yaml);
  }

  /** The mapping of the specification's own database. */
  public static Mapping builtIn() {
    return MappingReader.read("built-in mapping", builtInText());
  }

  /** The built-in mapping as a file would spell it. */
  public static String builtInText() {
    try (InputStream in = Mapping.class.getResourceAsStream(BUILT_IN)) {
      if (in == null) {
        throw new IllegalStateException(
            BUILT_IN + " isn't on the class path beside " + Mapping.class.getName());
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The same mapping, for whoever has no code of their own that gives tokens back: a refund that
   * writes nothing is then a fault, for it would count as paid.
   */
  public Mapping givingBackItself() {
    List<MappingFault> all = new ArrayList<>(faults);
    for (Source source : sources) {
      Refund refund = source.refund();
      if (refund != null && !refund.writes()) {
        all.add(
            fault(
                source.path() + ".refund",
                "gives nothing back: it has neither balances nor ledger nor statement; if nothing is to be given back, write refund: none"));
      }
    }
    return new Mapping(name, sources, all, lines);
  }

  /** What it is called in messages: the file's name. */
  public String name() {
    return name;
  }

  /** The job tables that could be read. */
  public List<Source> sources() {
    return sources;
  }

  /** What is wrong with the text itself; empty where it is sound. */
  public List<MappingFault> faults() {
    return faults;
  }

  /** A fault of the mapping itself at a path in it. */
  MappingFault fault(String path, String problem) {
    return new MappingFault(place(path), path, problem, false);
  }

  /** A fault that a database finds at a path in it. */
  public MappingFault contradiction(String path, String problem) {
    return new MappingFault(place(path), path, problem, true);
  }

  /** Where a path stands: file and line, of the nearest key above it that has one. */
  public String place(String path) {
    Integer line = lineOf(path);
    return line == null ? name : name + ":" + line;
  }

  private @Nullable Integer lineOf(String path) {
    String at = path;
    while (!at.isEmpty()) {
      Integer line = lines.get(at);
      if (line != null) {
        return line;
      }
      int cut = Math.max(at.lastIndexOf('.'), at.lastIndexOf('['));
      at = cut < 0 ? "" : at.substring(0, cut);
    }
    return null;
  }
}
