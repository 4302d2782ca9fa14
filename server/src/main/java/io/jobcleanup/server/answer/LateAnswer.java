package io.jobcleanup.server.answer;

import io.jobcleanup.LateCompletion;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;

/** Jobs that were completed late, in JSON. */
public final class LateAnswer {
  private LateAnswer() {}

  /**
   * Late completions, the newest first.
   *
   * @param next what to give as {@code after} for the next page; null where there is none
   */
  public record LateOnes(List<LateOne> lateCompletions, @Nullable String next) {}

  /** A job that a worker completed after a run had failed it, or was kept from completing. */
  public record LateOne(
      String id,
      String source,
      @Nullable String userId,
      BigDecimal tokensRefunded,
      BigDecimal tokensOwed,
      @Nullable Instant failedAt,
      String runId,
      Instant foundAt,
      String status,
      Map<String, Object> delivered,
      boolean prevented) {}

  /** The answer that lists them. */
  public static LateOnes listed(List<LateCompletion> late, @Nullable String next) {
    return new LateOnes(late.stream().map(LateAnswer::one).toList(), next);
  }

  private static LateOne one(LateCompletion late) {
    return new LateOne(
        late.job(),
        late.source(),
        late.payer(),
        Json.plain(late.tokensRefunded()),
        Json.plain(late.tokensOwed()),
        late.failedAt(),
        late.runId(),
        late.foundAt(),
        late.status(),
        delivered(late),
        late.prevented());
  }

  /** What a worker delivered, by column; empty where that is nothing. */
  public static Map<String, Object> delivered(LateCompletion late) {
    return late.delivered() == null
        ? Map.of()
        : Json.mapper()
            .readValue(late.delivered(), new TypeReference<LinkedHashMap<String, Object>>() {});
  }
}
