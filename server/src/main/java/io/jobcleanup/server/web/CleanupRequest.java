package io.jobcleanup.server.web;

import io.jobcleanup.CleanupOptions;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What may be asked of a cleanup; an empty body asks for the defaults.
 *
 * @param timeoutMs how long a job may be processed, in milliseconds; null for each source's own
 * @param dryRun whether to look only; null for no
 * @param batchSize the most jobs to settle; null for the configured number
 */
@Schema(additionalProperties = Schema.AdditionalPropertiesValue.FALSE)
record CleanupRequest(
    @Schema(
            minimum = "1000",
            maximum = "2592000000",
            description = "how long a job may be processed; without it, each source's own")
        @Nullable Long timeoutMs,
    @Schema(description = "whether to look only", defaultValue = "false") @Nullable Boolean dryRun,
    @Schema(
            minimum = "1",
            maximum = "10000",
            description = "the most jobs to settle; without it, the configured number")
        @Nullable Integer batchSize) {

  /**
   * Reads it.
   *
   * @throws ProblemException with 400 if any of it is wrong
   */
  static CleanupRequest of(Fields fields) {
    Long timeoutMs =
        fields
            .integer(
                "timeoutMs",
                CleanupOptions.MIN_TIMEOUT.toMillis(),
                CleanupOptions.MAX_TIMEOUT.toMillis())
            .orElse(null);
    Boolean dryRun = fields.bool("dryRun").orElse(null);
    Integer batchSize =
        fields
            .integer("batchSize", 1, CleanupOptions.MAX_BATCH_SIZE)
            .map(Math::toIntExact)
            .orElse(null);
    fields.end();
    return new CleanupRequest(timeoutMs, dryRun, batchSize);
  }

  /** What it means, where what isn't said is as in {@code defaults}. */
  CleanupOptions over(CleanupOptions defaults) {
    CleanupOptions options = defaults;
    if (timeoutMs != null) {
      options = options.withTimeout(Duration.ofMillis(timeoutMs));
    }
    if (dryRun != null) {
      options = options.withDryRun(dryRun);
    }
    return batchSize == null ? options : options.withBatchSize(batchSize);
  }
}
