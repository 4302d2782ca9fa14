package io.jobcleanup.server.web;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.JobExplanation;
import io.jobcleanup.server.answer.JobAnswer;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.enums.ParameterIn;
import io.swagger.v3.oas.annotations.media.Schema;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.List;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** What is stuck, and why. Writes nothing. */
@RestController
@RequestMapping(path = "/api/admin/jobs", produces = MediaType.APPLICATION_JSON_VALUE)
class JobsController {
  private static final String TIMEOUT =
      "how long a job may be processed; without it, each source's own";

  /** A GET of what is only to be posted to is no question about a job of that name. */
  private static final String NO_OTHER_PATH = "(?s)(?!cleanup$).+";

  private final Requests requests;

  JobsController(Requests requests) {
    this.requests = requests;
  }

  @Operation(
      summary = "List stuck jobs",
      description = "The oldest first, and what a run would give back for each. Writes nothing.")
  @Parameter(
      name = "limit",
      in = ParameterIn.QUERY,
      description = "the most jobs to list",
      schema = @Schema(type = "integer", minimum = "1", maximum = "10000", defaultValue = "100"))
  @Parameter(
      name = "timeoutMs",
      in = ParameterIn.QUERY,
      description = TIMEOUT,
      schema =
          @Schema(type = "integer", format = "int64", minimum = "1000", maximum = "2592000000"))
  @GetMapping("/stuck")
  JobAnswer.Found stuck(HttpServletRequest request) {
    Parameters parameters = new Parameters(request);
    CleanupOptions options = options(parameters);
    int limit =
        parameters
            .integer("limit", 1, CleanupOptions.MAX_BATCH_SIZE)
            .map(Math::toIntExact)
            .orElse(CleanupOptions.DEFAULT_BATCH_SIZE);
    parameters.end();
    return JobAnswer.found(requests.ask(it -> it.findStuckJobs(options.withBatchSize(limit))));
  }

  @Operation(
      summary = "Explain a job",
      description =
          "Whether it is stuck, since when, why not, who holds it, and what a run would do. Several"
              + " answer where several sources have a job of that key. Writes nothing.")
  @Parameter(
      name = "job",
      in = ParameterIn.PATH,
      description = "its key, or source:key; percent-encoded, a slash too",
      schema = @Schema(type = "string"))
  @Parameter(
      name = "timeoutMs",
      in = ParameterIn.QUERY,
      description = TIMEOUT,
      schema =
          @Schema(type = "integer", format = "int64", minimum = "1000", maximum = "2592000000"))
  @GetMapping("/{job:" + NO_OTHER_PATH + "}")
  JobAnswer.Explained explain(@PathVariable String job, HttpServletRequest request) {
    Parameters parameters = new Parameters(request);
    CleanupOptions options = options(parameters);
    parameters.end();
    List<JobExplanation> found = requests.ask(it -> it.explain(job, options));
    if (found.isEmpty()) {
      throw new ProblemException(
          Problem.of(404, "Not found", "there is no job \"%s\"".formatted(Fields.shown(job))));
    }
    return JobAnswer.explained(found);
  }

  private static CleanupOptions options(Parameters parameters) {
    CleanupOptions options = CleanupOptions.defaults().withDryRun(true);
    return parameters
        .integer(
            "timeoutMs",
            CleanupOptions.MIN_TIMEOUT.toMillis(),
            CleanupOptions.MAX_TIMEOUT.toMillis())
        .map(Duration::ofMillis)
        .map(options::withTimeout)
        .orElse(options);
  }
}
