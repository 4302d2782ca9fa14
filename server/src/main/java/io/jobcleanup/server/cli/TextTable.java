package io.jobcleanup.server.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Rows in aligned columns, under headings. Not safe for use by several threads. */
public final class TextTable {
  private static final String GAP = "  ";

  private final List<String> headings;
  private final Set<Integer> right;
  private final List<List<String>> rows = new ArrayList<>();

  /**
   * Makes an empty table.
   *
   * @param right the columns, from 0, that are aligned right, as numbers are
   */
  public TextTable(List<String> headings, Set<Integer> right) {
    this.headings = headings.stream().map(Words::printable).toList();
    this.right = Set.copyOf(right);
  }

  /** Adds a row, one value a column. */
  public void add(List<String> row) {
    rows.add(row.stream().map(Words::printable).toList());
  }

  /** The lines, each after {@code indent}. */
  public List<String> lines(String indent) {
    int[] widths = headings.stream().mapToInt(TextTable::width).toArray();
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], width(row.get(i)));
      }
    }
    List<String> lines = new ArrayList<>();
    lines.add(line(indent, headings, widths));
    rows.forEach(row -> lines.add(line(indent, row, widths)));
    return lines;
  }

  private String line(String indent, List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder(indent);
    for (int i = 0; i < widths.length; i++) {
      String padding = " ".repeat(widths[i] - width(row.get(i)));
      line.append(i == 0 ? "" : GAP)
          .append(right.contains(i) ? padding + row.get(i) : row.get(i) + padding);
    }
    return line.toString().stripTrailing();
  }

  private static int width(String text) {
    return text.codePointCount(0, text.length());
  }
}
