package io.jobcleanup.benchmarks;

import java.util.List;
import java.util.Map;

/**
 * What a part found out.
 *
 * @param title the question, in a few words
 * @param tables for people
 * @param chart for the eye
 * @param data for programs
 */
record Finding(String title, List<Table> tables, BarChart chart, Map<String, ?> data) {

  /** Rows and columns, printed as Markdown. */
  record Table(List<String> columns, List<List<String>> rows) {

    String markdown() {
      StringBuilder text = new StringBuilder();
      line(text, columns);
      line(text, columns.stream().map(column -> "---").toList());
      rows.forEach(row -> line(text, row));
      return text.toString();
    }

    private static void line(StringBuilder text, List<String> cells) {
      text.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }
  }
}
