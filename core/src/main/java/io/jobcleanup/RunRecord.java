package io.jobcleanup;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What our history says of a run. Dry runs aren't in it.
 *
 * @param id names the run
 * @param trigger what started it
 * @param actor who started it; null where nobody did
 * @param timeout the timeout that was given with it; null for each source's own
 * @param batchSize the batch size asked for
 * @param drain whether it was to go on until nothing was left
 * @param state how it stands
 * @param startedAt when it began, by the database's clock, as all times here
 * @param age how long ago it began
 * @param completedAt when it ended; null while it runs
 * @param totalFound jobs settled or refused, at least 0; counted when it ends
 * @param cleanedUp jobs failed with their tokens back, or with nothing to give back
 * @param failed jobs refused, or failed with a refund that is owed
 * @param tokensRefunded tokens given back for the jobs of this run
 * @param owedPaid refunds owed from earlier runs that it paid
 * @param owedTokensPaid their tokens
 * @param error why it failed; null where it didn't
 */
public record RunRecord(
    String id,
    Trigger trigger,
    @Nullable String actor,
    @Nullable Duration timeout,
    int batchSize,
    boolean drain,
    State state,
    Instant startedAt,
    Duration age,
    @Nullable Instant completedAt,
    long totalFound,
    long cleanedUp,
    long failed,
    BigDecimal tokensRefunded,
    long owedPaid,
    BigDecimal owedTokensPaid,
    @Nullable String error) {

  /** After what time a run that hasn't ended is taken for one whose process died. */
  public static final Duration SEEMS_LOST = Duration.ofHours(1);

  /** Whether it never ended, as it seems: its process died, or it is a very long one. */
  public boolean seemsLost() {
    return state == State.RUNNING && age.compareTo(SEEMS_LOST) > 0;
  }

  /** How a run stands. */
  public enum State {
    /** It is under way; or its process was killed, and nobody could record more. */
    RUNNING,
    /** It went to its end. */
    COMPLETED,
    /** It ended before its time. */
    FAILED
  }
}
