package io.jobcleanup.postgres;

import io.jobcleanup.mapping.SqlLexer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * SQL text: templates from the files beside this class, and the quoting of what is put into them. A
 * template's {@code <word>} is replaced by SQL of ours, its {@code :name} is a parameter.
 */
final class Sql {

  private static final Pattern ATTRIBUTE = Pattern.compile("<([a-z_]+)>");

  private Sql() {}

  /**
   * Reads a template and fills it.
   *
   * @param name the file's name without {@code .sql}
   * @param attributes what stands for each {@code <word>}; all must be used, and all words given
   * @return the statement, without its comments
   */
  static String of(String name, Map<String, String> attributes) {
    Matcher matcher = ATTRIBUTE.matcher(template(name));
    StringBuilder sql = new StringBuilder();
    while (matcher.find()) {
      String value = attributes.get(matcher.group(1));
      if (value == null) {
        throw new IllegalStateException(
            name + ".sql asks for " + matcher.group() + ", given are " + attributes.keySet());
      }
      matcher.appendReplacement(sql, Matcher.quoteReplacement(value));
    }
    return matcher.appendTail(sql).toString();
  }

  /** Reads a template without attributes. */
  static String of(String name) {
    return of(name, Map.of());
  }

  private static String template(String name) {
    try (InputStream in = Sql.class.getResourceAsStream(name + ".sql")) {
      if (in == null) {
        throw new IllegalStateException(
            name + ".sql isn't on the class path beside " + Sql.class.getName());
      }
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return SqlLexer.tokens(text).stream()
          .filter(token -> token.kind() != SqlLexer.Kind.COMMENT)
          .map(SqlLexer.Token::text)
          .collect(Collectors.joining())
          .strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An identifier in quotes. */
  static String identifier(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** A string constant, whatever {@code standard_conforming_strings} says. */
  static String literal(String text) {
    String quoted = text.replace("'", "''");
    return text.indexOf('\\') < 0 ? "'" + quoted + "'" : "E'" + quoted.replace("\\", "\\\\") + "'";
  }

  /** A cast. */
  static String cast(String sql, String type) {
    return "cast(" + sql + " as " + type + ")";
  }
}
