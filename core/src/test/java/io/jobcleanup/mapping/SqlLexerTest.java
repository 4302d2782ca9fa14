package io.jobcleanup.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobcleanup.mapping.SqlLexer.Kind;
import io.jobcleanup.mapping.SqlLexer.Token;
import java.util.List;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Chars;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqlLexerTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "':job'",
        "'it''s :job'",
        "'a backslash \\'",
        "E'it\\'s :job'",
        "e'\\\\'",
        "B'101'",
        "x'1F'",
        "N':job'",
        "$$ :job ' $$",
        "$tag$ $$ :job $tag$",
        "$$$$",
      })
  void stringOfAnyFormIsOneToken(String sql) {
    assertThat(SqlLexer.tokens(sql)).containsExactly(new Token(Kind.STRING, sql));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\":job\"", "\"a \"\" quote\"", "\"it's\"", "\"-- no comment\""})
  void quotedIdentifierIsOneToken(String sql) {
    assertThat(SqlLexer.tokens(sql)).containsExactly(new Token(Kind.QUOTED_IDENTIFIER, sql));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"-- it's :job", "/* it's :job */", "/* outer /* inner */ :job */", "/**/"})
  void commentIsOneToken(String sql) {
    assertThat(SqlLexer.tokens(sql)).containsExactly(new Token(Kind.COMMENT, sql));
  }

  @Test
  void lineCommentEndsWithItsLine() {
    assertThat(ofKind("1 -- :no\n+ :amount", Kind.PARAMETER)).containsExactly(":amount");
  }

  @Test
  void castIsNoParameter() {
    assertThat(ofKind("x::text || :job::text", Kind.PARAMETER)).containsExactly(":job");
  }

  @Test
  void wordThatHoldsDollarsOpensNoQuote() {
    assertThat(ofKind("a$b$c + :job", Kind.WORD)).containsExactly("a$b$c");
    assertThat(ofKind("a$b$c + :job", Kind.PARAMETER)).containsExactly(":job");
  }

  @Test
  void sliceOfAnArrayIsNoParameter() {
    assertThat(ofKind("tags[1:2]", Kind.PARAMETER)).isEmpty();
  }

  @Test
  void questionMarkOperatorsAreOrdinaryTokens() {
    assertThat(ofKind("meta ? 'free' and meta ?| array['a'] and :job = 1", Kind.PARAMETER))
        .containsExactly(":job");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"'open", "E'open\\'", "\"open", "/* open /* */", "$$ open", "$a$ open $$"})
  void whatIsLeftOpenIsRefused(String sql) {
    assertThatThrownBy(() -> SqlLexer.tokens(sql))
        .isInstanceOf(SqlLexer.UnterminatedException.class)
        .hasMessageEndingWith("isn't closed");
  }

  @Property(tries = 300)
  void tokensPutTogetherAreTheTextAgain(
      @ForAll @Chars({'\'', '"', '$', 'a', 'E', ':', '-', '/', '*', '\\', '\n', ' ', '1', ';'})
          String sql) {
    List<Token> tokens;
    try {
      tokens = SqlLexer.tokens(sql);
    } catch (SqlLexer.UnterminatedException e) {
      return;
    }
    assertThat(tokens.stream().map(Token::text).collect(Collectors.joining())).isEqualTo(sql);
    assertThat(tokens).noneMatch(token -> token.text().isEmpty());
  }

  private static List<String> ofKind(String sql, Kind kind) {
    return SqlLexer.tokens(sql).stream()
        .filter(token -> token.kind() == kind)
        .map(Token::text)
        .toList();
  }
}
