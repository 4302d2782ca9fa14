package io.jobcleanup.server.web;

import io.jobcleanup.Waiver;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.media.Schema.RequiredMode;

/**
 * What a refund is written off with.
 *
 * @param reason why
 */
@Schema(additionalProperties = Schema.AdditionalPropertiesValue.FALSE)
record WaiverRequest(
    @Schema(
            requiredMode = RequiredMode.REQUIRED,
            minLength = 1,
            maxLength = Waiver.LONGEST_REASON,
            description = "why, kept for ever")
        String reason) {

  /**
   * Reads it.
   *
   * @throws ProblemException with 400 if any of it is wrong
   */
  static WaiverRequest of(Fields fields) {
    String reason = fields.text("reason", Waiver.LONGEST_REASON).orElse("");
    fields.end();
    return new WaiverRequest(reason);
  }
}
