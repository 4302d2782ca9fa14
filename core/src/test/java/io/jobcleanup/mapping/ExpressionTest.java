package io.jobcleanup.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExpressionTest {

  @Test
  void namesAreReplacedButNotInsideQuotesAndComments() {
    Expression expression =
        Expression.of(
            "jsonb_build_object('at', ':now', \":now\", :now::text, $$:now$$) /* :now */ -- :now");

    assertThat(expression.sql(name -> "<" + name + ">"))
        .isEqualTo("jsonb_build_object('at', ':now', \":now\", <now>::text, $$:now$$)");
    assertThat(expression.names()).containsExactly("now");
  }

  @Test
  void commentLeavesASpaceSoThatWordsStayApart() {
    assertThat(Expression.of("a/* */b").sql(name -> name)).isEqualTo("a b");
  }

  @ParameterizedTest
  @CsvSource({
    ":amout, there is no value :amout. Did you mean :amount?",
    ":balanceAfter, there is no value :balanceAfter. Did you mean :balance_after?",
    ":nonsense, there is no value :nonsense",
  })
  void unknownNameIsRefusedWithItsLikelyMeaning(String sql, String message) {
    assertThatThrownBy(() -> Expression.of(sql))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void secondStatementIsRefused() {
    assertThatThrownBy(() -> Expression.of("1; drop table users")).hasMessageContaining("(;)");
    assertThat(Expression.of("';'").sql(name -> name)).isEqualTo("';'");
  }

  @Test
  void bracketsMustMatch() {
    assertThatThrownBy(() -> Expression.of("(1")).hasMessage("a bracket ( isn't closed");
    assertThatThrownBy(() -> Expression.of("1) or (1")).hasMessage("a bracket ) too many");
    assertThat(Expression.of("')' || \"(\"").names()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  ", "-- nothing", "/* nothing */"})
  void emptyExpressionIsRefused(String sql) {
    assertThatThrownBy(() -> Expression.of(sql)).hasMessage("an expression is missing after =");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "charge.amount",
        "CHARGE.amount",
        "\"charge\".amount",
        "charge . amount",
        "to_jsonb(charge)",
      })
  void rowIsMentionedByItsAlias(String sql) {
    assertThat(Expression.of(sql).mentions("charge")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "job.charge",
        "job.\"charge\"",
        "'charge'",
        "(select sum(c.amount) from charge c where c.job = job.id)",
        "(select 1 from a join charge c on c.job = job.id)",
        "(select 1 from billing.charge c)",
        "charges.amount",
        "/* charge.amount */ 1",
      })
  void columnOrTableOfTheSameNameIsNoMentionOfTheRow(String sql) {
    assertThat(Expression.of(sql).mentions("charge")).isFalse();
  }

  @Test
  void columnOfARowIsFoundAsTheCatalogueSpellsIt() {
    assertThat(Expression.of("charge.\"sourceId\" = job.id").equates("charge", "sourceId"))
        .isTrue();
    assertThat(Expression.of("charge.Job_Id = job.id").equates("charge", "job_id")).isTrue();
    assertThat(Expression.of("charge.sourceId = job.id").equates("charge", "sourceId")).isFalse();
    assertThat(Expression.of("job.\"sourceId\" = 1").equates("charge", "sourceId")).isFalse();
    assertThat(Expression.of("job.id = charge.job_id").equates("charge", "job_id")).isTrue();
    assertThat(
            Expression.of("charge.job_id = job.id and charge.amount < 0")
                .equates("charge", "amount"))
        .isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "exists (select from refunds r where r.job = job.id)|refunds",
        "(select 1 from billing.\"Refunds\" r)|billing.Refunds",
        "(select 1 from a, b x, c where true)|a,b,c",
        "(select 1 from a join b using (id) left join LATERAL (select 1 from d) y on true)|a,b,d",
        "extract(epoch from job.started)|''",
        "(select 1 from generate_series(1, 2) g, e)|e",
        "(select 1 from only f)|f",
        "job.a in (1, 2)|''",
        "(select substring(x.a from 2) from g x where x.b is distinct from job.b)|g",
        "(with w as (select 1 from h) select 1 from w union select 2 from i)|h,w,i",
      })
  void tablesAreThoseReadFrom(String sql, String tables) {
    assertThat(String.join(",", Expression.of(sql).tables())).isEqualTo(tables);
  }

  @Test
  void sequencesAreThoseDrawnFromByName() {
    assertThat(Expression.of("nextval('ids') + nextval('app.\"Ids\"')").sequences())
        .containsExactly("ids", "app.\"Ids\"");
    assertThat(Expression.of("nextval(job.sequence) || 'ids' || currval('ids')").sequences())
        .isEmpty();
  }
}
