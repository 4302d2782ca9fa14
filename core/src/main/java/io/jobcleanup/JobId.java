package io.jobcleanup;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Names one job: the source it is in and its key there.
 *
 * @param source the source's name in the mapping
 * @param key the values of the key's columns as PostgreSQL writes them, at least one
 */
public record JobId(String source, List<String> key) {

  /**
   * Checks that there is a key.
   *
   * @throws IllegalArgumentException if the key is empty
   */
  public JobId {
    if (key.isEmpty()) {
      throw new IllegalArgumentException("a job of source " + source + " without a key");
    }
    key = List.copyOf(key);
  }

  /** The key as one text: the value itself, or the values of a composite key joined by a slash. */
  public String text() {
    return keyText(key);
  }

  /**
   * Writes a key as one text that can't be mistaken for another key's: a single value as it is,
   * several joined by {@code /}, with {@code /} and {@code \} inside them escaped by {@code \}.
   *
   * @param key the values of the key's columns
   */
  public static String keyText(List<String> key) {
    return key.size() == 1
        ? key.getFirst()
        : key.stream()
            .map(part -> part.replace("\\", "\\\\").replace("/", "\\/"))
            .collect(Collectors.joining("/"));
  }

  /**
   * Reads what {@link #keyText} wrote.
   *
   * @param text the text
   * @param columns how many values the key has
   * @throws IllegalArgumentException if the text has another number of values
   */
  public static List<String> parseKey(String text, int columns) {
    if (columns == 1) {
      return List.of(text);
    }
    List<String> parts = new ArrayList<>();
    StringBuilder part = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '/') {
        parts.add(part.toString());
        part.setLength(0);
      } else {
        part.append(c == '\\' && i + 1 < text.length() ? text.charAt(++i) : c);
      }
    }
    parts.add(part.toString());
    if (parts.size() != columns) {
      throw new IllegalArgumentException(
          "\"%s\" has %d values, the key has %d columns, joined by /"
              .formatted(text, parts.size(), columns));
    }
    return parts;
  }

  @Override
  public String toString() {
    return source + ":" + text();
  }
}
