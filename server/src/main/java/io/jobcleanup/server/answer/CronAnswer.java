package io.jobcleanup.server.answer;

import com.fasterxml.jackson.annotation.JsonFormat;
import io.jobcleanup.CleanupResult;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * What a call of the cron endpoint did.
 *
 * @param success whether the run took place; jobs may have failed all the same
 * @param timestamp when it ended, by the service's clock; milliseconds are always written
 * @param result what it did, in counts
 */
public record CronAnswer(
    boolean success,
    @JsonFormat(pattern = "uuuu-MM-dd'T'HH:mm:ss.SSSX", timezone = "UTC") Instant timestamp,
    Counts result) {

  /** Counts are jobs; tokens are the host's own units. */
  public record Counts(
      long totalFound,
      long cleanedUp,
      long failed,
      BigDecimal tokensRefunded,
      long errorCount,
      boolean remaining) {}

  /** The answer to a run that took place. */
  public static CronAnswer of(CleanupResult result) {
    return new CronAnswer(
        true,
        Instant.now().truncatedTo(ChronoUnit.MILLIS),
        new Counts(
            result.totalFound(),
            result.cleanedUp(),
            result.failed(),
            Json.plain(result.tokensRefunded()),
            result.failed(),
            result.remaining()));
  }
}
