package io.jobcleanup.mapping;

import io.jobcleanup.MappingFault;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * One block of keys in a YAML file. It remembers where each key stands, takes scalars as they are
 * spelt, and reports every key that nobody asked for.
 */
final class YamlSection {

  /** Collects what is wrong and where keys stand, over a whole file. */
  static final class Report {
    private final String file;
    private final List<MappingFault> faults = new ArrayList<>();
    private final Map<String, Integer> lines = new LinkedHashMap<>();

    Report(String file) {
      this.file = file;
    }

    void fault(Node at, String path, String problem) {
      faults.add(
          new MappingFault(file + ":" + (at.getStartMark().getLine() + 1), path, problem, false));
    }

    void fault(int line, String path, String problem) {
      faults.add(new MappingFault(file + ":" + line, path, problem, false));
    }

    List<MappingFault> faults() {
      return faults;
    }

    Map<String, Integer> lines() {
      return lines;
    }
  }

  private final Report report;
  private final String path;
  private final Node node;
  private final Map<String, Node> keys = new LinkedHashMap<>();
  private final Map<String, Node> values = new LinkedHashMap<>();
  private final Set<String> asked = new TreeSet<>();
  private final Set<Node> merging = Collections.newSetFromMap(new IdentityHashMap<>());

  private YamlSection(Report report, String path, Node node) {
    this.report = report;
    this.path = path;
    this.node = node;
  }

  /** The block at a node; empty, with a fault reported, where the node is something else. */
  static YamlSection of(Report report, String path, Node node) {
    YamlSection section = new YamlSection(report, path, node);
    if (node instanceof MappingNode mapping) {
      section.merging.add(node);
      section.take(mapping, false);
    } else {
      report.fault(
          node, path.isEmpty() ? "(file)" : path, "keys are expected here, found " + shown(node));
    }
    return section;
  }

  private void take(MappingNode mapping, boolean merged) {
    for (NodeTuple tuple : mapping.getValue()) {
      if (tuple.getKeyNode() instanceof ScalarNode key) {
        if (key.getTag().equals(Tag.MERGE)) {
          continue;
        }
        boolean known = values.containsKey(key.getValue());
        if (known && !merged) {
          report.fault(key, under(key.getValue()), "stands here twice");
        } else if (!known) {
          keys.put(key.getValue(), key);
          values.put(key.getValue(), tuple.getValueNode());
          report.lines.put(under(key.getValue()), key.getStartMark().getLine() + 1);
        }
      } else {
        report.fault(tuple.getKeyNode(), path, "a key must be a plain word");
      }
    }
    for (NodeTuple tuple : mapping.getValue()) {
      if (tuple.getKeyNode().getTag().equals(Tag.MERGE)) {
        merge(tuple.getValueNode());
      }
    }
  }

  private void merge(Node from) {
    if (!merging.add(from)) {
      report.fault(from, path, "<< takes a block of keys, and this one holds itself");
      return;
    }
    switch (from) {
      case MappingNode other -> take(other, true);
      case SequenceNode several -> several.getValue().forEach(this::merge);
      default -> report.fault(from, path, "<< takes a block of keys");
    }
    merging.remove(from);
  }

  String path() {
    return path;
  }

  String under(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  Set<String> keys() {
    return values.keySet();
  }

  boolean has(String key) {
    asked.add(key);
    return values.containsKey(key);
  }

  void fault(String key, String problem) {
    report.fault(keys.getOrDefault(key, node), under(key), problem);
  }

  /** Reports every key that wasn't asked for, with the likely meaning. */
  void finish() {
    for (String key : values.keySet()) {
      if (!asked.contains(key)) {
        fault(key, "unknown key" + Suggestion.of(key, asked, likely -> '"' + likely + '"'));
      }
    }
  }

  @Nullable YamlSection section(String key) {
    Node value = value(key);
    return value == null ? null : of(report, under(key), value);
  }

  /** The blocks of a list, or of one block that stands where a list could. */
  List<YamlSection> sections(String key) {
    Node value = value(key);
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof SequenceNode sequence)) {
      return List.of(of(report, under(key), value));
    }
    List<YamlSection> sections = new ArrayList<>();
    for (Node element : sequence.getValue()) {
      String at = under(key) + "[" + sections.size() + "]";
      report.lines.put(at, element.getStartMark().getLine() + 1);
      sections.add(of(report, at, element));
    }
    return sections;
  }

  /**
   * The scalar at a key; null where there is none, or it is null, or something else stands there,
   * which is reported.
   */
  @Nullable String text(String key) {
    Node value = value(key);
    return value == null ? null : scalar(key, value);
  }

  /** The scalar at a key, which must be there. */
  @Nullable String required(String key) {
    if (!has(key)) {
      report.fault(node, under(key), "is missing");
      return null;
    }
    String text = text(key);
    if (values.get(key) instanceof ScalarNode && (text == null || text.isEmpty())) {
      fault(key, "needs a value");
      return null;
    }
    return text;
  }

  /** Reports a key that must be there and hold something. */
  void need(String key) {
    boolean empty =
        switch (value(key)) {
          case null -> false;
          case ScalarNode scalar -> scalar(key, scalar) == null || scalar.getValue().isEmpty();
          case SequenceNode list ->
              list.getValue().stream()
                  .allMatch(it -> it instanceof ScalarNode each && scalar(key, each) == null);
          case MappingNode block -> block.getValue().isEmpty();
          default -> false;
        };
    if (!has(key)) {
      report.fault(node, under(key), "is missing");
    } else if (empty) {
      fault(key, "needs a value");
    }
  }

  boolean isScalar(String key) {
    return value(key) instanceof ScalarNode;
  }

  /** The scalars of a list, or of one scalar that stands where a list could. */
  List<String> texts(String key) {
    Node value = value(key);
    List<String> texts = new ArrayList<>();
    if (value != null) {
      List<? extends Node> nodes =
          value instanceof SequenceNode sequence ? sequence.getValue() : List.of(value);
      for (Node each : nodes) {
        String text = scalar(key, each);
        if (text != null) {
          texts.add(text);
        }
      }
    }
    return texts;
  }

  /** Reads a scalar by a function whose {@link IllegalArgumentException} becomes a fault. */
  <T> @Nullable T read(String key, @Nullable String text, Function<String, @Nullable T> reader) {
    if (text == null) {
      return null;
    }
    try {
      return reader.apply(text);
    } catch (IllegalArgumentException e) {
      fault(key, String.valueOf(e.getMessage()));
      return null;
    }
  }

  /** Reads a block of free keys, such as column names, each a scalar that may be null. */
  <T> Map<String, T> map(String key, BiFunction<YamlSection, String, @Nullable T> reader) {
    YamlSection section = section(key);
    Map<String, T> map = new LinkedHashMap<>();
    if (section != null) {
      for (String each : section.keys()) {
        T value = reader.apply(section, each);
        if (value != null) {
          map.put(each, value);
        }
      }
    }
    return map;
  }

  <T extends Enum<T>> T choice(
      String key, T standard, Collection<T> allowed, UnaryOperator<String> spelling) {
    String text = text(key);
    if (text == null) {
      return standard;
    }
    for (T each : allowed) {
      if (spelling.apply(each.name()).equals(text)) {
        return each;
      }
    }
    List<String> spellings = allowed.stream().map(Enum::name).map(spelling).toList();
    fault(key, "is \"%s\", allowed are %s".formatted(text, String.join(", ", spellings)));
    return standard;
  }

  private @Nullable Node value(String key) {
    asked.add(key);
    return values.get(key);
  }

  private @Nullable String scalar(String key, Node value) {
    if (!(value instanceof ScalarNode scalar)) {
      fault(key, "one value is expected, found " + shown(value));
      return null;
    }
    if (scalar.getValue().indexOf('\0') >= 0) {
      fault(key, "holds the character NUL, which PostgreSQL keeps in no text");
      return null;
    }
    boolean isNull =
        scalar.getScalarStyle() == ScalarStyle.PLAIN && scalar.getTag().equals(Tag.NULL);
    return isNull ? null : scalar.getValue();
  }

  private static String shown(Node node) {
    return switch (node) {
      case ScalarNode scalar -> '"' + scalar.getValue() + '"';
      case SequenceNode sequence -> "a list";
      default -> "a block of keys";
    };
  }
}
