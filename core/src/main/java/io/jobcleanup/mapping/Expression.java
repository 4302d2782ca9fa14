package io.jobcleanup.mapping;

import io.jobcleanup.mapping.SqlLexer.Kind;
import io.jobcleanup.mapping.SqlLexer.Token;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * An SQL expression of the mapping: what stands behind {@code =}. Names such as {@code :amount} in
 * it stand for values; {@code job}, {@code charge} and {@code balance} for rows.
 */
public final class Expression {

  /** The names that stand for values, as the mapping language lists them. */
  public static final Set<String> NAMES =
      Set.of(
          "now",
          "message",
          "seconds",
          "timeout_ms",
          "job",
          "attempt",
          "source",
          "run",
          "payer",
          "amount",
          "balance_before",
          "balance_after",
          "uuid",
          "key");

  private static final Pattern SEQUENCE =
      Pattern.compile("'(\"[^\"']+\"|[A-Za-z_]\\w*)(\\.(\"[^\"']+\"|[A-Za-z_]\\w*))?'");

  /** Which part of a query, bracket by bracket, a token stands in. */
  private enum Clause {
    SELECT,
    FROM,
    OTHER
  }

  private final String text;
  private final List<Token> tokens;

  private Expression(String text, List<Token> tokens) {
    this.text = text;
    this.tokens = tokens;
  }

  /**
   * Reads an expression.
   *
   * @param text the SQL, without the leading {@code =}
   * @throws IllegalArgumentException if it is empty, is more than one expression, names a value
   *     that there isn't, or leaves a quote, comment or bracket open
   */
  public static Expression of(String text) {
    List<Token> tokens = SqlLexer.withoutComments(text);
    if (tokens.stream().allMatch(token -> token.text().isBlank())) {
      throw new IllegalArgumentException("an expression is missing after =");
    }
    int depth = 0;
    for (Token token : tokens) {
      if (token.kind() == Kind.PARAMETER && !NAMES.contains(token.text().substring(1))) {
        String name = token.text().substring(1);
        throw new IllegalArgumentException(
            "there is no value %s%s"
                .formatted(token.text(), Suggestion.of(name, NAMES, likely -> ":" + likely)));
      }
      if (token.kind() == Kind.OTHER) {
        switch (token.text()) {
          case ";" ->
              throw new IllegalArgumentException(
                  "one expression is allowed, not several statements (;)");
          case "(" -> depth++;
          case ")" -> depth--;
          default -> {}
        }
      }
      if (depth < 0) {
        throw new IllegalArgumentException("a bracket ) too many");
      }
    }
    if (depth > 0) {
      throw new IllegalArgumentException("a bracket ( isn't closed");
    }
    return new Expression(text.strip(), tokens);
  }

  /** The expression as SQL without its comments, with each name replaced. */
  public String sql(UnaryOperator<String> valueOfName) {
    return tokens.stream()
        .map(
            token ->
                token.kind() == Kind.PARAMETER
                    ? valueOfName.apply(token.text().substring(1))
                    : token.text())
        .collect(Collectors.joining())
        .strip();
  }

  /** The names used, without the colon. */
  public Set<String> names() {
    return tokens.stream()
        .filter(token -> token.kind() == Kind.PARAMETER)
        .map(token -> token.text().substring(1))
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Whether the whole expression is just one name, such as {@code :amount}. */
  public boolean isJust(String name) {
    return text.equals(":" + name);
  }

  /**
   * Whether a row, such as {@code charge}, is named: as an alias before a dot, or alone. A column
   * or a table of the same name is something else.
   */
  public boolean mentions(String row) {
    List<Token> solid = solid();
    for (int i = 0; i < solid.size(); i++) {
      if (name(solid.get(i)).equals(row) && !isColumnOrTable(solid, i)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether the expression can't read any row: it is made of names, constants and calls of
   * functions alone. What is more than that may, so it isn't said to be.
   */
  public boolean isOfValuesAlone() {
    List<Token> solid = solid();
    for (int i = 0; i < solid.size(); i++) {
      boolean called = i + 1 < solid.size() && word(solid.get(i + 1)).equals("(");
      boolean safe =
          switch (solid.get(i).kind()) {
            case WORD -> called && !word(solid.get(i)).equals("select");
            case QUOTED_IDENTIFIER -> called;
            case STRING, PARAMETER, COMMENT, OTHER -> true;
          };
      if (!safe) {
        return false;
      }
    }
    return true;
  }

  /**
   * The tables that the expression reads besides the rows it is about, with or without a schema:
   * what stands behind FROM or JOIN. A function there is left out.
   */
  public Set<String> tables() {
    Set<String> tables = new LinkedHashSet<>();
    List<Token> solid = solid();
    Deque<Clause> clauses = new ArrayDeque<>(List.of(Clause.OTHER));
    boolean expected = false;
    for (int i = 0; i < solid.size(); i++) {
      String word = word(solid.get(i));
      if (expected && (word.equals("only") || word.equals("lateral"))) {
        continue;
      }
      if (expected && !name(solid.get(i)).isEmpty()) {
        String table = name(solid.get(i));
        if (i + 2 < solid.size() && word(solid.get(i + 1)).equals(".")) {
          table += "." + name(solid.get(i + 2));
          i += 2;
        }
        if (i + 1 == solid.size() || !word(solid.get(i + 1)).equals("(")) {
          tables.add(table);
        }
        expected = false;
        continue;
      }
      boolean reads =
          word.equals("from")
              && clauses.getFirst() == Clause.SELECT
              && !word(solid.get(i - 1)).equals("distinct");
      switch (word) {
        case "(" -> clauses.push(Clause.OTHER);
        case ")" -> clauses.pop();
        case "select" -> enter(clauses, Clause.SELECT);
        case "where", "group", "having", "order", "limit", "union" -> enter(clauses, Clause.OTHER);
        default -> {
          if (reads) {
            enter(clauses, Clause.FROM);
          }
        }
      }
      expected =
          reads || word.equals("join") || (word.equals(",") && clauses.getFirst() == Clause.FROM);
    }
    return tables;
  }

  /** The sequences that the expression draws from by name: {@code nextval('ids')}. */
  public Set<String> sequences() {
    Set<String> sequences = new LinkedHashSet<>();
    List<Token> solid = solid();
    for (int i = 0; i + 2 < solid.size(); i++) {
      String constant = solid.get(i + 2).text();
      if (name(solid.get(i)).equals("nextval")
          && word(solid.get(i + 1)).equals("(")
          && SEQUENCE.matcher(constant).matches()) {
        sequences.add(constant.substring(1, constant.length() - 1));
      }
    }
    return sequences;
  }

  private static void enter(Deque<Clause> clauses, Clause clause) {
    clauses.pop();
    clauses.push(clause);
  }

  private List<Token> solid() {
    return tokens.stream().filter(token -> !token.text().isBlank()).toList();
  }

  /** Whether the token is behind a dot, or names a table to be read. */
  private static boolean isColumnOrTable(List<Token> solid, int i) {
    return i > 0 && Set.of(".", "from", "join").contains(word(solid.get(i - 1)));
  }

  /** A token as SQL reads a keyword. */
  private static String word(Token token) {
    return token.kind() == Kind.WORD || token.kind() == Kind.OTHER
        ? token.text().toLowerCase(Locale.ROOT)
        : "";
  }

  /** The name that a token stands for, as the catalogue spells it; empty where it is none. */
  private static String name(Token token) {
    return switch (token.kind()) {
      case WORD -> token.text().toLowerCase(Locale.ROOT);
      case QUOTED_IDENTIFIER ->
          token.text().substring(1, token.text().length() - 1).replace("\"\"", "\"");
      default -> "";
    };
  }

  /**
   * Whether a column of a row stands beside an equals sign, as in {@code charge."sourceId" =
   * job.id}.
   */
  public boolean equates(String row, String column) {
    List<Token> solid = solid();
    for (int i = 0; i + 2 < solid.size(); i++) {
      boolean named =
          name(solid.get(i)).equals(row)
              && word(solid.get(i + 1)).equals(".")
              && name(solid.get(i + 2)).equals(column);
      boolean before = i > 0 && word(solid.get(i - 1)).equals("=");
      boolean after = i + 3 < solid.size() && word(solid.get(i + 3)).equals("=");
      if (named && (before || after)) {
        return true;
      }
    }
    return false;
  }

  /** The SQL as it was written. */
  public String text() {
    return text;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Expression expression && expression.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return "=" + text;
  }
}
