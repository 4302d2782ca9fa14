package io.jobcleanup.server.web;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.Trigger;
import io.jobcleanup.server.answer.CleanupAnswer;
import io.jobcleanup.server.settings.Settings;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.parameters.RequestBody;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import jakarta.servlet.http.HttpServletRequest;
import java.security.Principal;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** A cleanup that a person asks for. */
@RestController
class CleanupController {
  private final Requests requests;
  private final CleanupOptions defaults;

  CleanupController(Requests requests, Settings settings) {
    this.requests = requests;
    this.defaults = CleanupOptions.defaults().withBatchSize(settings.batchSize());
  }

  @Operation(
      summary = "Run one cleanup",
      description =
          "Fails stuck jobs and gives their tokens back, up to batchSize; with dryRun, only looks."
              + " Wants the role operator.",
      requestBody =
          @RequestBody(
              content =
                  @Content(
                      mediaType = MediaType.APPLICATION_JSON_VALUE,
                      schema = @Schema(implementation = CleanupRequest.class))))
  @ApiResponse(
      responseCode = "200",
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON_VALUE,
              schema = @Schema(implementation = CleanupAnswer.class)))
  @PostMapping("/api/admin/jobs/cleanup")
  ResponseEntity<CleanupAnswer> cleanup(HttpServletRequest request) {
    CleanupOptions options = CleanupRequest.of(Body.read(request)).over(defaults);
    // A dry run that is asked for in the wrong place must never be a real one.
    new Parameters(request).end();
    Principal principal = request.getUserPrincipal();
    CleanupResult result =
        requests.run(options, Trigger.API, principal == null ? null : principal.getName());
    return ResponseEntity.ok()
        .contentType(MediaType.APPLICATION_JSON)
        .body(CleanupAnswer.of(result));
  }
}
