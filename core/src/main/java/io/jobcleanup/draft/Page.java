package io.jobcleanup.draft;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The text of a draft as it grows: keys, evidence behind them, and questions above them. */
final class Page {

  private static final int WIDTH = 130;
  private static final int INDENT = 2;

  private final List<String> lines = new ArrayList<>();
  private int questions;

  int questions() {
    return questions;
  }

  /** A key that opens a block. */
  void open(int level, String key, @Nullable String evidence) {
    put(level, Names.yaml(key) + ":", evidence);
  }

  /** A key and its value, as YAML spells it. */
  void put(int level, String key, String value, @Nullable String evidence) {
    put(level, Names.yaml(key) + ": " + value, evidence);
  }

  /** A line as it is, with its evidence behind it, or above it where that gets too long. */
  void put(int level, String line, @Nullable String evidence) {
    String text = " ".repeat(level * INDENT) + line;
    if (evidence == null) {
      lines.add(text);
    } else if (text.length() + evidence.length() + 5 <= WIDTH) {
      lines.add(text + "   # " + printable(evidence));
    } else {
      note(level, evidence);
      lines.add(text);
    }
  }

  /** A comment of its own. */
  void note(int level, String text) {
    comment(level, "# ", text);
  }

  /** Something that only the owner knows. */
  void ask(int level, String question) {
    questions++;
    comment(level, "# ? ", question);
  }

  private void comment(int level, String mark, String text) {
    String indent = " ".repeat(level * INDENT);
    String follow = indent + "#" + " ".repeat(mark.length() + 1);
    StringBuilder line = new StringBuilder(indent + mark);
    int begin = line.length();
    for (String word : printable(text).split(" ", -1)) {
      if (line.length() > begin && line.length() + word.length() + 1 > WIDTH) {
        lines.add(line.toString());
        line = new StringBuilder(follow);
        begin = line.length();
      }
      line.append(line.length() > begin ? " " : "").append(word);
    }
    lines.add(line.toString());
  }

  void blank() {
    lines.add("");
  }

  /** Values of columns as one line of YAML, where all are short. */
  static String flow(Map<String, String> block) {
    StringBuilder text = new StringBuilder("{");
    new LinkedHashMap<>(block)
        .forEach(
            (key, value) ->
                text.append(text.length() > 1 ? ", " : "")
                    .append(Names.yaml(key))
                    .append(": ")
                    .append(value));
    return text.append("}").toString();
  }

  /** Constants as one line of YAML. */
  static String list(List<String> values) {
    return "[" + String.join(", ", values.stream().map(Names::yaml).toList()) + "]";
  }

  /** A comment must not end before its line does. */
  private static String printable(String text) {
    return text.replaceAll("\\p{Cntrl}+", " ");
  }

  @Override
  public String toString() {
    return String.join("\n", lines) + "\n";
  }
}
