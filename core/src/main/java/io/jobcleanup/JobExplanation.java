package io.jobcleanup;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that is known about one job: whether it is stuck, since when, why not, who holds it, and what
 * a run would do.
 *
 * @param job which job
 * @param status the state it is in, as the host spells it
 * @param stuck whether a run would take it up now
 * @param reason why it is stuck, or why it isn't
 * @param since when its processing began, by the host's tables; null where they don't tell
 * @param now the database's time
 * @param timeout the timeout that it is judged by; null where it has to end by a time of its own
 * @param expires that time; null where a timeout tells
 * @param heldBy the sessions that hold its row or its balance, empty where nobody does
 * @param payer whose tokens they are; null where the job has no payer
 * @param balance the payer's balance; null where there is none
 * @param cost what it cost, its charges added up; null where the tables don't say
 * @param charges what was charged, each as a sentence
 * @param givenBack what was given back before or is owed, each as a sentence
 * @param wouldGiveBack what a run would give back now, 0 where nothing
 * @param would what a run would do, as a sentence
 */
public record JobExplanation(
    JobId job,
    String status,
    boolean stuck,
    String reason,
    @Nullable Instant since,
    Instant now,
    @Nullable Duration timeout,
    @Nullable Instant expires,
    List<String> heldBy,
    @Nullable String payer,
    @Nullable BigDecimal balance,
    @Nullable BigDecimal cost,
    List<String> charges,
    List<String> givenBack,
    BigDecimal wouldGiveBack,
    String would) {
  /** Takes copies. */
  public JobExplanation {
    heldBy = List.copyOf(heldBy);
    charges = List.copyOf(charges);
    givenBack = List.copyOf(givenBack);
  }
}
