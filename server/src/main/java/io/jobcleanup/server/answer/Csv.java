package io.jobcleanup.server.answer;

import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes CSV as RFC 4180 describes it, in UTF-8. A text that a spreadsheet would take for a formula
 * has an apostrophe before it. Used by one thread.
 */
final class Csv {
  private static final String LINE_END = "\r\n";
  private static final String BEGINS_FORMULA = "=+-@\t\r";

  private final Writer out;

  Csv(OutputStream out) {
    this.out = new OutputStreamWriter(out, StandardCharsets.UTF_8);
  }

  /** Writes a line: texts, numbers and others as they spell themselves, null as an empty cell. */
  void line(List<? extends @Nullable Object> cells) {
    write(cells.stream().map(Csv::cell).collect(Collectors.joining(",")) + LINE_END);
  }

  /** Hands on what is written. */
  void flush() {
    try {
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write(String text) {
    try {
      out.write(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String cell(@Nullable Object value) {
    String text =
        value instanceof BigDecimal number ? number.toPlainString() : Objects.toString(value, "");
    if (value instanceof String && !text.isEmpty() && BEGINS_FORMULA.indexOf(text.charAt(0)) >= 0) {
      text = "'" + text;
    }
    boolean quoted = text.chars().anyMatch(c -> c == '"' || c == ',' || c == '\r' || c == '\n');
    return quoted ? '"' + text.replace("\"", "\"\"") + '"' : text;
  }
}
