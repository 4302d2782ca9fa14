package io.jobcleanup.mapping;

import io.jobcleanup.mapping.SqlLexer.Kind;
import io.jobcleanup.mapping.SqlLexer.Token;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A statement of the mapping that writes to rows which the settlement itself doesn't know: one of
 * {@code also}. It reads the jobs failed in a batch from the relation {@code settled}.
 */
public final class Statement {
  private static final Set<String> FIRST_WORDS =
      Set.of("insert", "update", "delete", "merge", "with");

  private final String text;
  private final List<Token> tokens;

  private Statement(String text, List<Token> tokens) {
    this.text = text;
    this.tokens = tokens;
  }

  /**
   * Reads a statement.
   *
   * @param text the SQL
   * @throws IllegalArgumentException if it is several statements, or another than INSERT, UPDATE,
   *     DELETE or MERGE, or names a value, or leaves a quote or comment open
   */
  public static Statement of(String text) {
    List<Token> tokens = SqlLexer.withoutComments(text);
    List<Token> solid = tokens.stream().filter(token -> !token.text().isBlank()).toList();
    String first = solid.isEmpty() ? "" : solid.getFirst().text().toLowerCase(Locale.ROOT);
    if (!FIRST_WORDS.contains(first)) {
      throw new IllegalArgumentException(
          "begins with \"%s\", allowed are insert, update, delete, merge and with"
              .formatted(first));
    }
    for (Token token : solid) {
      if (token.kind() == Kind.OTHER && token.text().equals(";")) {
        throw new IllegalArgumentException("one statement is allowed, not several (;)");
      }
      if (token.kind() == Kind.PARAMETER) {
        throw new IllegalArgumentException(
            "%s has no value here: what is known of each job is a column of settled"
                .formatted(token.text()));
      }
    }
    return new Statement(text.strip(), tokens);
  }

  /**
   * The statement as SQL without its comments.
   *
   * @param settled the relation {@code settled} as a common table expression, without WITH
   */
  public String sql(String settled) {
    StringBuilder sql = new StringBuilder("with ");
    List<Token> rest = tokens.stream().dropWhile(token -> token.text().isBlank()).toList();
    if (!isWord(rest.getFirst(), "with")) {
      return sql.append(settled).append(' ').append(text(rest)).toString();
    }
    rest = rest.stream().skip(1).dropWhile(token -> token.text().isBlank()).toList();
    if (isWord(rest.getFirst(), "recursive")) {
      sql.append("recursive ");
      rest = rest.subList(1, rest.size());
    }
    return sql.append(settled).append(", ").append(text(rest)).toString();
  }

  private static boolean isWord(Token token, String word) {
    return token.kind() == Kind.WORD && token.text().equalsIgnoreCase(word);
  }

  private static String text(List<Token> tokens) {
    return tokens.stream().map(Token::text).collect(Collectors.joining()).strip();
  }

  /** The SQL as it was written. */
  public String text() {
    return text;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Statement statement && statement.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
