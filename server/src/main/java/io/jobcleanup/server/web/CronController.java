package io.jobcleanup.server.web;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.Trigger;
import io.jobcleanup.server.answer.CronAnswer;
import io.jobcleanup.server.log.Throttle;
import io.jobcleanup.server.settings.Secret;
import io.jobcleanup.server.settings.Settings;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.bind.annotation.RestController;

/** A cleanup that a clock asks for: Vercel's, Kubernetes' or crontab's. */
@RestController
class CronController {
  private static final Logger log = LoggerFactory.getLogger(CronController.class);

  static final String PATH = "/api/cron/cleanup-jobs";

  private static final String SCHEME = "Bearer ";

  private final Requests requests;
  private final Troubles troubles;
  private final Settings settings;
  private final Throttle refusals = new Throttle(Duration.ofMinutes(1));

  CronController(Requests requests, Troubles troubles, Settings settings) {
    this.requests = requests;
    this.troubles = troubles;
    this.settings = settings;
  }

  /** Spring answers HEAD by GET's handler, and then a mere probe would run a cleanup. */
  @Operation(summary = "Try the secret", description = "Runs nothing.")
  @ApiResponse(responseCode = "200", content = @Content)
  @RequestMapping(
      path = PATH,
      method = {RequestMethod.HEAD, RequestMethod.OPTIONS})
  ResponseEntity<Problem> probe(HttpServletRequest request) {
    Problem refusal = refusal(request);
    return refusal == null
        ? ResponseEntity.ok()
            .allow(HttpMethod.GET, HttpMethod.POST, HttpMethod.HEAD, HttpMethod.OPTIONS)
            .cacheControl(CacheControl.noStore())
            .build()
        : answer(refusal);
  }

  @Operation(
      summary = "Clean up all that is stuck",
      description =
          "Batch after batch, all that was stuck at the start, for at most"
              + " job-cleanup.cron.max-duration.")
  @ApiResponse(
      responseCode = "200",
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON_VALUE,
              schema = @Schema(implementation = CronAnswer.class)))
  @RequestMapping(
      path = PATH,
      method = {RequestMethod.GET, RequestMethod.POST})
  ResponseEntity<?> run(HttpServletRequest request) {
    Problem refusal = refusal(request);
    if (refusal != null) {
      return answer(refusal);
    }
    CleanupOptions options =
        CleanupOptions.defaults()
            .withBatchSize(settings.batchSize())
            .withDrain(true)
            .withMaxDuration(settings.cron().maxDuration());
    try {
      CleanupResult result = requests.run(options, Trigger.CRON, null);
      return ResponseEntity.ok()
          .contentType(MediaType.APPLICATION_JSON)
          .cacheControl(CacheControl.noStore())
          .body(CronAnswer.of(result));
    } catch (RuntimeException e) {
      return answer(troubles.of(e, request).withError("Cleanup failed").with("success", false));
    }
  }

  /** Why the caller may not run anything, before the database is asked; null where it may. */
  private @Nullable Problem refusal(HttpServletRequest request) {
    List<Secret> secrets = settings.cron().secrets();
    if (secrets.isEmpty()) {
      tell(request, "no CRON_SECRET is configured");
      return Problem.of(
              503,
              "CRON_SECRET is not configured",
              "This endpoint is closed until the service is started with a CRON_SECRET.")
          .with("success", false);
    }
    List<String> given = Collections.list(request.getHeaders(HttpHeaders.AUTHORIZATION));
    if (given.isEmpty()) {
      tell(request, "no Authorization header");
      return unauthorized();
    }
    String candidate =
        given.size() == 1 && given.getFirst().regionMatches(true, 0, SCHEME, 0, SCHEME.length())
            ? given.getFirst().substring(SCHEME.length()).strip()
            : "";
    // Header bytes arrive as characters of ISO 8859-1.
    String text =
        new String(candidate.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    boolean right = false;
    for (Secret secret : secrets) {
      right |= secret.matches(text);
    }
    if (right) {
      return null;
    }
    tell(request, "wrong secret");
    return unauthorized();
  }

  private static Problem unauthorized() {
    return Problem.unauthorized().with("success", false);
  }

  private void tell(HttpServletRequest request, String reason) {
    long count = refusals.count();
    if (count > 0) {
      log.atWarn()
          .addKeyValue("address", Client.of(request, settings.web()).address())
          .addKeyValue("reason", reason)
          .addKeyValue("count", count)
          .log("Cron call refused");
    }
  }

  private static ResponseEntity<Problem> answer(Problem problem) {
    ResponseEntity.BodyBuilder answer = ResponseEntity.status(problem.status());
    if (problem.status() == HttpStatus.UNAUTHORIZED.value()) {
      answer.header(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
    }
    problem.retryAfterHeader().ifPresent(it -> answer.header(HttpHeaders.RETRY_AFTER, it));
    return answer
        .contentType(MediaType.APPLICATION_PROBLEM_JSON)
        .cacheControl(CacheControl.noStore())
        .body(problem);
  }
}
