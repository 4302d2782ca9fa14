package io.jobcleanup.verdict;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be given back for one job.
 *
 * @param due what is still to be given back, line by line; empty where nothing is
 * @param nothing why a line, or all of them, gets nothing
 */
public record Verdict(List<Due> due, Nothing nothing) {

  /** Why nothing is given back, where nothing is. */
  public enum Nothing {
    /** It cost nothing. */
    COST_NOTHING,
    /** We gave it back before. */
    ALREADY_REFUNDED,
    /** The host gave it back itself. */
    PAID_BY_HOST
  }

  /**
   * One line to give back.
   *
   * @param line which
   * @param amount how much, more than 0; null where that is in doubt
   * @param doubt why it can't be paid as things stand; null where it can
   */
  public record Due(Line line, @Nullable BigDecimal amount, @Nullable String doubt) {}

  /** Takes a copy. */
  public Verdict {
    due = List.copyOf(due);
  }

  /**
   * Decides. Each line is given back at most once for ever. What the host gave back by itself (all
   * that the tables show, less what we gave) is subtracted from what we haven't paid of the lines,
   * in their order, so that all refunds of a job together never exceed what it took, and what the
   * host gave for one line isn't kept back from another.
   */
  public static Verdict of(Facts facts) {
    if (!facts.givenBack()) {
      return new Verdict(List.of(), Nothing.COST_NOTHING);
    }
    BigDecimal byHost = facts.already().subtract(facts.paidByUs()).max(BigDecimal.ZERO);
    boolean paidByUs = false;
    boolean paidByHost = false;
    List<Due> due = new ArrayList<>();
    for (Line line : facts.lines()) {
      Recorded recorded = line.recorded();
      if (recorded != null && recorded.state() != Recorded.State.OWED) {
        paidByUs |= recorded.state() == Recorded.State.PAID;
        byHost = byHost.subtract(byHost.min(leftByUs(line, recorded)));
        continue;
      }
      BigDecimal amount = line.amount();
      if (amount == null || amount.signum() == 0) {
        continue;
      }
      if (amount.signum() < 0) {
        due.add(
            new Due(
                line,
                null,
                "what it took is negative, %s: correct it in the host's tables"
                    .formatted(amount.toPlainString())));
        continue;
      }
      BigDecimal rest =
          amount
              .subtract(
                  line.already() == null ? BigDecimal.ZERO : line.already().max(BigDecimal.ZERO))
              .max(BigDecimal.ZERO);
      BigDecimal covered = facts.alreadyAll() ? rest : rest.min(byHost);
      byHost = byHost.subtract(facts.alreadyAll() ? BigDecimal.ZERO : covered);
      rest = rest.subtract(covered);
      if (rest.signum() == 0) {
        paidByHost = true;
        continue;
      }
      if (recorded != null && recorded.amount() != null) {
        rest = rest.min(recorded.amount());
      }
      due.add(
          new Due(
              line,
              rest,
              facts.payer() == null ? "the job names no payer: put one into its row" : null));
    }
    return new Verdict(
        due,
        paidByHost
            ? Nothing.PAID_BY_HOST
            : paidByUs ? Nothing.ALREADY_REFUNDED : Nothing.COST_NOTHING);
  }

  /** What a line that we are done with took and didn't get from us. */
  private static BigDecimal leftByUs(Line line, Recorded recorded) {
    BigDecimal given =
        recorded.state() == Recorded.State.PAID && recorded.amount() != null
            ? recorded.amount()
            : BigDecimal.ZERO;
    return line.amount() == null
        ? BigDecimal.ZERO
        : line.amount().subtract(given).max(BigDecimal.ZERO);
  }
}
