package io.jobcleanup.run;

import io.jobcleanup.Outcome;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.verdict.Messages;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the texts about a failed job are made of.
 *
 * @param seconds how long it had been processed when it was failed
 * @param timeoutMs the timeout it was judged by; null where a time decided by which it had to end
 */
record Terms(long seconds, @Nullable Long timeoutMs) {

  /** The terms of a job that is failed now. */
  static Terms now(Job job) {
    return new Terms(job.seconds(), job.row().timeoutMs());
  }

  /** The text written to the job. */
  String message(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Refunded refunded -> Messages.refunded(seconds);
      case Outcome.RefundOwed owed -> owedMessage(owed.owed());
      case Outcome.NothingToRefund nothing -> Messages.cleanedUp(seconds);
      case Outcome.AlreadyRefunded already -> Messages.cleanedUp(seconds);
      case Outcome.PaidByHost byHost -> Messages.cleanedUp(seconds);
      case Outcome.Refused refused ->
          throw new IllegalArgumentException("a refused job gets no text");
      case Outcome.PassedOver passedOver ->
          throw new IllegalArgumentException("a job passed over gets no text");
    };
  }

  String owedMessage(@Nullable BigDecimal amount) {
    return Messages.owed(seconds, amount);
  }

  String secondsText() {
    return Long.toString(seconds);
  }

  @Nullable String timeoutMsText() {
    return timeoutMs == null ? null : timeoutMs.toString();
  }

  /**
   * The values that the mapping's names stand for, as far as the job alone tells them, with its
   * key.
   */
  Map<String, @Nullable String> values(Job job, String run, Instant now) {
    Map<String, @Nullable String> values = new HashMap<>();
    values.put("now", now.toString());
    values.put("run", run);
    values.put("source", job.source().source().name());
    values.put("job", job.keyText());
    values.put("attempt", job.row().attempt());
    values.put("seconds", secondsText());
    values.put("timeout_ms", timeoutMsText());
    SourceStatements.put(values, "k", job.key());
    return values;
  }
}
