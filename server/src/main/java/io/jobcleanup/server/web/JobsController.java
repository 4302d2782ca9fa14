package io.jobcleanup.server.web;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.JobExplanation;
import io.jobcleanup.server.answer.JobAnswer;
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
  private final Requests requests;

  JobsController(Requests requests) {
    this.requests = requests;
  }

  /** The oldest first. */
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

  /** One job, or each of that key where several sources have one. */
  @GetMapping("/{job}")
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
