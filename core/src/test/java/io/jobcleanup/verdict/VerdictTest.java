package io.jobcleanup.verdict;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.verdict.Chain.Move;
import io.jobcleanup.verdict.Verdict.Due;
import io.jobcleanup.verdict.Verdict.Nothing;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerdictTest {
  private static final Chain.Account ACCOUNT =
      new Chain.Account("public.wallets", List.of("id"), List.of("u"));

  private static BigDecimal tokens(long amount) {
    return BigDecimal.valueOf(amount);
  }

  private static Facts facts(long already, long ours, Line... lines) {
    return new Facts("u1", true, false, tokens(already), tokens(ours), List.of(lines));
  }

  private static Chain.Step step(
      String column, String type, int addend, @Nullable BigDecimal floor) {
    return new Chain.Step(ACCOUNT, column, NumberType.of(type, -1), tokens(addend), floor);
  }

  private static Line line(String key, long amount) {
    return new Line(key, tokens(amount), null, null);
  }

  private static Line paid(String key, long amount) {
    return new Line(key, tokens(amount), null, new Recorded(Recorded.State.PAID, tokens(amount)));
  }

  @Test
  void whatTheHostPaidCoversTheOldestUnpaidLineFirst() {
    Verdict verdict = Verdict.of(facts(10, 0, line("a", 10), line("b", 7)));

    assertThat(verdict.due()).extracting(due -> due.line().key()).containsExactly("b");
    assertThat(verdict.due().getFirst().amount()).isEqualByComparingTo("7");
  }

  @Test
  void whatWePaidOurselvesIsNotTakenForTheHosts() {
    Verdict verdict = Verdict.of(facts(10, 10, paid("a", 10), line("b", 10)));

    assertThat(verdict.due()).extracting(Due::amount).containsExactly(tokens(10));
  }

  @Test
  void whatTheHostPaidOfALineThatWePaidInPartIsNotTakenOffTheNext() {
    Line inPart = new Line("a", tokens(10), null, new Recorded(Recorded.State.PAID, tokens(6)));

    assertThat(Verdict.of(facts(4 + 6, 6, inPart, line("b", 7))).due())
        .extracting(Due::amount)
        .containsExactly(tokens(7));
    assertThat(Verdict.of(facts(5 + 6, 6, inPart, line("b", 7))).due())
        .extracting(Due::amount)
        .containsExactly(tokens(6));
  }

  @Test
  void whatTheHostPaidOfALineThatWasOwedIsNotTakenOffTheNext() {
    Line closed = new Line("a", tokens(10), null, new Recorded(Recorded.State.WAIVED, tokens(10)));

    assertThat(Verdict.of(facts(10, 0, closed, line("b", 7))).due())
        .extracting(Due::amount)
        .containsExactly(tokens(7));
  }

  @Test
  void lineThatWasWaivedIsNotPaid() {
    Line waived = new Line("a", tokens(10), null, new Recorded(Recorded.State.WAIVED, tokens(10)));

    assertThat(Verdict.of(facts(0, 0, waived)).due()).isEmpty();
  }

  @Test
  void owedLineIsPaidNoMoreThanWasOwed() {
    Line owed = new Line("a", tokens(20), null, new Recorded(Recorded.State.OWED, tokens(10)));

    assertThat(Verdict.of(facts(0, 0, owed)).due().getFirst().amount()).isEqualByComparingTo("10");
  }

  @Test
  void jobWithoutAPayerIsInDoubt() {
    Facts facts =
        new Facts(null, true, false, BigDecimal.ZERO, BigDecimal.ZERO, List.of(line("a", 10)));

    assertThat(Verdict.of(facts).due().getFirst().doubt()).contains("payer");
  }

  @Test
  void reasonForNothingIsToldApart() {
    assertThat(Verdict.of(facts(0, 0, line("a", 0))).nothing()).isEqualTo(Nothing.COST_NOTHING);
    assertThat(Verdict.of(facts(10, 10, paid("a", 10))).nothing())
        .isEqualTo(Nothing.ALREADY_REFUNDED);
    assertThat(Verdict.of(facts(10, 0, line("a", 10))).nothing()).isEqualTo(Nothing.PAID_BY_HOST);
  }

  @Provide
  Arbitrary<Line> lines() {
    Arbitrary<Integer> amounts = Arbitraries.integers().between(0, 30);
    Arbitrary<Integer> states = Arbitraries.integers().between(0, 3);
    Arbitrary<Integer> keys = Arbitraries.integers();
    return Combinators.combine(amounts, states, keys)
        .as(
            (amount, state, key) ->
                new Line(
                    "k" + key,
                    tokens(amount),
                    null,
                    state == 3
                        ? null
                        : new Recorded(
                            Recorded.State.values()[state], tokens(Math.max(1, amount)))));
  }

  @Property
  boolean allRefundsOfAJobTogetherNeverExceedItsCharges(
      @ForAll("lines") Line one, @ForAll("lines") Line two, @ForAll("lines") Line three) {
    List<Line> lines = List.of(one, two, three);
    BigDecimal charged = lines.stream().map(Line::amount).reduce(BigDecimal.ZERO, BigDecimal::add);
    BigDecimal ours =
        lines.stream()
            .filter(it -> it.recorded() != null && it.recorded().state() == Recorded.State.PAID)
            .map(Line::amount)
            .reduce(BigDecimal.ZERO, BigDecimal::add);
    for (int byHost = 0; byHost <= 100; byHost += 7) {
      Verdict verdict =
          Verdict.of(new Facts("u", true, false, ours.add(tokens(byHost)), ours, lines));
      BigDecimal due =
          verdict.due().stream().map(Due::amount).reduce(BigDecimal.ZERO, BigDecimal::add);
      BigDecimal ceiling = charged.subtract(ours).subtract(tokens(byHost)).max(BigDecimal.ZERO);
      boolean positive =
          verdict.due().stream().allMatch(it -> it.amount() != null && it.amount().signum() > 0);
      boolean withinUnpaid = due.compareTo(charged.subtract(ours)) <= 0;
      // Lines that were waived or recorded as smaller make it less; never may it be more than is
      // left.
      if (!positive || !withinUnpaid || due.compareTo(ceiling.add(waived(lines))) > 0) {
        return false;
      }
    }
    return true;
  }

  private static BigDecimal waived(List<Line> lines) {
    return lines.stream()
        .filter(it -> it.recorded() != null && it.recorded().state() == Recorded.State.WAIVED)
        .map(Line::amount)
        .reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  @Property
  boolean chainTellsTheBalanceRightAfterEachMove(
      @ForAll List<@net.jqwik.api.constraints.IntRange(max = 50) Integer> amounts) {
    Chain chain = new Chain();
    chain.read(ACCOUNT, Map.of("balance", tokens(100)));
    BigDecimal expected = tokens(100);
    for (int amount : amounts) {
      if (!(chain.move(List.of(step("balance", "integer", amount, null)))
          instanceof Move.Moved moved)) {
        return false;
      }
      if (moved.before().compareTo(expected) != 0) {
        return false;
      }
      expected = expected.add(tokens(amount));
      if (moved.after().compareTo(expected) != 0) {
        return false;
      }
    }
    return true;
  }

  @Test
  void moveOfWhichAColumnCannotHoldOneStepChangesNothing() {
    Chain chain = new Chain();
    chain.read(ACCOUNT, Map.of("paid", tokens(1), "balance", tokens(32_760)));

    assertThat(
            chain.move(
                List.of(step("paid", "smallint", 10, null), step("balance", "smallint", 10, null))))
        .isInstanceOf(Move.Impossible.class);
    assertThat(chain.now(ACCOUNT)).isEqualTo(Map.of("paid", tokens(1), "balance", tokens(32_760)));
  }

  @Test
  void columnThatTwoStepsMoveKeepsBoth() {
    Chain chain = new Chain();
    chain.read(ACCOUNT, Map.of("balance", tokens(1)));

    Move move =
        chain.move(
            List.of(step("balance", "integer", 10, null), step("balance", "integer", 5, null)));

    assertThat(move).isEqualTo(new Move.Moved(tokens(1), tokens(16)));
  }

  @ParameterizedTest
  @CsvSource({"10, -4, 0, 6", "3, -4, 0, 0", "-2, -4, 0, -2", "3, -4, , -1", "-2, 4, 0, 2"})
  void balanceThatFallsStopsAtItsFloorAndOneBelowItStays(
      BigDecimal before, BigDecimal addend, @Nullable BigDecimal floor, BigDecimal after) {
    assertThat(Chain.moved(before, addend, floor)).isEqualByComparingTo(after);
  }

  @Test
  void amountWithMoreDigitsThanAColumnHoldsIsAnObstacle() {
    NumberType cents = NumberType.of("numeric", (10 << 16 | 2) + 4);

    assertThat(cents.obstacle("amount", new BigDecimal("1.25"))).isNull();
    assertThat(cents.obstacle("amount", new BigDecimal("1.250"))).isNull();
    assertThat(cents.obstacle("amount", new BigDecimal("1.255"))).contains("2 digits");
    assertThat(cents.obstacle("amount", new BigDecimal("100000000"))).contains("numeric(10,2)");
  }

  @Test
  void keysOfDifferentLinesAreDifferent() {
    assertThat(
            List.of(
                RefundKey.ofJob("public.jobs", List.of("a"), null),
                RefundKey.ofJob("public.jobs", List.of("a"), "1"),
                RefundKey.ofJob("public.jobs", List.of("a#1"), null),
                RefundKey.ofJob("public.jobs", List.of("a", "1"), null),
                RefundKey.ofJob("public.jobs", List.of("a/1"), null),
                RefundKey.ofCharge("public.ledger", List.of("a"))))
        .doesNotHaveDuplicates();
  }

  @Test
  void delaysGrowUpToAnHour() {
    assertThat(Delays.afterRefusal(1)).isEqualTo(Duration.ofMinutes(1));
    assertThat(Delays.afterRefusal(3)).isEqualTo(Duration.ofMinutes(4));
    assertThat(Delays.afterRefusal(100)).isEqualTo(Duration.ofHours(1));
    assertThat(Delays.afterOwed(2)).isEqualTo(Duration.ZERO);
    assertThat(Delays.afterOwed(3)).isEqualTo(Duration.ofMinutes(1));
  }
}
