package io.jobcleanup.mapping;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts SQL text into tokens as PostgreSQL does, as far as is needed to tell names from quotes and
 * comments.
 *
 * @see <a href="https://www.postgresql.org/docs/current/sql-syntax-lexical.html">PostgreSQL,
 *     Lexical Structure</a>
 */
public final class SqlLexer {

  /** What a token is. */
  public enum Kind {
    /** A keyword or an unquoted identifier. */
    WORD,
    /** An identifier in double quotes. */
    QUOTED_IDENTIFIER,
    /** A string constant, of any of PostgreSQL's forms. */
    STRING,
    /** {@code :name}. */
    PARAMETER,
    /** A comment. */
    COMMENT,
    /** Anything else: an operator, a bracket, a number, white space. */
    OTHER
  }

  /**
   * One token.
   *
   * @param kind what it is
   * @param text just as it was written
   */
  public record Token(Kind kind, String text) {}

  /** Something is left open, such as a quote. */
  public static final class UnterminatedException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    UnterminatedException(String what) {
      super(what + " isn't closed");
    }
  }

  private final String sql;
  private int position;

  private SqlLexer(String sql) {
    this.sql = sql;
  }

  /**
   * Cuts a text.
   *
   * @param sql the text
   * @return its tokens; put together they are the text again
   * @throws UnterminatedException if a quote or comment isn't closed
   */
  public static List<Token> tokens(String sql) {
    SqlLexer lexer = new SqlLexer(sql);
    List<Token> tokens = new ArrayList<>();
    while (lexer.position < sql.length()) {
      tokens.add(lexer.next());
    }
    return tokens;
  }

  /**
   * Cuts a text, with a space where each comment was.
   *
   * @throws UnterminatedException if a quote or comment isn't closed
   */
  static List<Token> withoutComments(String sql) {
    return tokens(sql).stream()
        .map(token -> token.kind() == Kind.COMMENT ? new Token(Kind.OTHER, " ") : token)
        .toList();
  }

  private Token next() {
    int start = position;
    char c = sql.charAt(start);
    if (c == '\'') {
      return upTo(Kind.STRING, quoteEnd(start + 1, '\'', false));
    }
    if (c == '"') {
      return upTo(Kind.QUOTED_IDENTIFIER, quoteEnd(start + 1, '"', false));
    }
    if (sql.startsWith("--", start)) {
      return upTo(Kind.COMMENT, lineEnd(start));
    }
    if (sql.startsWith("/*", start)) {
      return upTo(Kind.COMMENT, commentEnd(start));
    }
    if (c == '$') {
      return dollar(start);
    }
    if (isWordStart(c)) {
      int end = start + 1;
      while (end < sql.length() && isWordPart(sql.charAt(end))) {
        end++;
      }
      boolean prefix = end == start + 1 && end < sql.length() && sql.charAt(end) == '\'';
      if (prefix && "eE".indexOf(c) >= 0) {
        return upTo(Kind.STRING, escapedEnd(end + 1));
      }
      if (prefix && "bBxXnN".indexOf(c) >= 0) {
        return upTo(Kind.STRING, quoteEnd(end + 1, '\'', false));
      }
      return upTo(Kind.WORD, end);
    }
    if (c == ':') {
      if (sql.startsWith("::", start)) {
        return upTo(Kind.OTHER, start + 2);
      }
      int end = start + 1;
      if (end < sql.length() && isWordStart(sql.charAt(end))) {
        while (end < sql.length() && isWordPart(sql.charAt(end))) {
          end++;
        }
        return upTo(Kind.PARAMETER, end);
      }
    }
    return upTo(Kind.OTHER, start + 1);
  }

  private Token upTo(Kind kind, int end) {
    Token token = new Token(kind, sql.substring(position, end));
    position = end;
    return token;
  }

  private int quoteEnd(int from, char quote, boolean backslashEscapes) {
    for (int i = from; i < sql.length(); i++) {
      char c = sql.charAt(i);
      if (backslashEscapes && c == '\\') {
        i++;
      } else if (c == quote) {
        if (i + 1 < sql.length() && sql.charAt(i + 1) == quote) {
          i++;
        } else {
          return i + 1;
        }
      }
    }
    throw new UnterminatedException("a quote " + quote);
  }

  /** A string goes on behind white space that holds a line break, with the same escapes. */
  private int escapedEnd(int from) {
    int end = quoteEnd(from, '\'', true);
    boolean newLine = false;
    int i = end;
    while (i < sql.length()) {
      if (newLine && sql.charAt(i) == '\'') {
        return escapedEnd(i + 1);
      }
      if (sql.startsWith("--", i)) {
        i = lineEnd(i);
      } else if (" \t\f\u000b\n\r".indexOf(sql.charAt(i)) >= 0) {
        newLine = newLine || isLineEnd(sql.charAt(i));
        i++;
      } else {
        break;
      }
    }
    return end;
  }

  private int lineEnd(int from) {
    int end = from;
    while (end < sql.length() && !isLineEnd(sql.charAt(end))) {
      end++;
    }
    return end;
  }

  private static boolean isLineEnd(char c) {
    return c == '\n' || c == '\r';
  }

  private int commentEnd(int start) {
    int depth = 1;
    int i = start + 2;
    while (depth > 0) {
      if (sql.startsWith("/*", i)) {
        depth++;
        i += 2;
      } else if (sql.startsWith("*/", i)) {
        depth--;
        i += 2;
      } else if (i >= sql.length()) {
        throw new UnterminatedException("a comment /*");
      } else {
        i++;
      }
    }
    return i;
  }

  private Token dollar(int start) {
    int end = start + 1;
    while (end < sql.length() && isWordPart(sql.charAt(end)) && sql.charAt(end) != '$') {
      end++;
    }
    boolean number = end > start + 1 && !isWordStart(sql.charAt(start + 1));
    if (number || end >= sql.length() || sql.charAt(end) != '$') {
      return upTo(Kind.OTHER, start + 1);
    }
    String tag = sql.substring(start, end + 1);
    int close = sql.indexOf(tag, end + 1);
    if (close < 0) {
      throw new UnterminatedException("a quote " + tag);
    }
    return upTo(Kind.STRING, close + tag.length());
  }

  /** To PostgreSQL whatever isn't ASCII is a letter. */
  private static boolean isWordStart(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
  }

  private static boolean isWordPart(char c) {
    return isWordStart(c) || (c >= '0' && c <= '9') || c == '$';
  }
}
