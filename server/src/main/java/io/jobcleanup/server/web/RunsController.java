package io.jobcleanup.server.web;

import io.jobcleanup.JobCleanup;
import io.jobcleanup.Page;
import io.jobcleanup.RunRecord;
import io.jobcleanup.server.answer.RunAnswer;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.enums.ParameterIn;
import io.swagger.v3.oas.annotations.media.Schema;
import jakarta.servlet.http.HttpServletRequest;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** The history of runs. */
@RestController
@RequestMapping(path = "/api/admin/runs", produces = MediaType.APPLICATION_JSON_VALUE)
class RunsController {
  private static final int USUAL_ITEMS = 100;

  private final Requests requests;

  RunsController(Requests requests) {
    this.requests = requests;
  }

  /** Which part of a list is asked for. */
  record Part(@Nullable String after, int most) {
    static Part of(HttpServletRequest request) {
      Parameters parameters = new Parameters(request);
      String after = parameters.text("after").orElse(null);
      int most =
          parameters.integer("limit", 1, Page.MAX_ITEMS).map(Math::toIntExact).orElse(USUAL_ITEMS);
      parameters.end();
      return new Part(after, most);
    }
  }

  @Operation(summary = "List runs", description = "The newest first. Dry runs leave no trace.")
  @Parameter(
      name = "after",
      in = ParameterIn.QUERY,
      description = "the member next of the page before; without it, the first page",
      schema = @Schema(type = "string"))
  @Parameter(
      name = "limit",
      in = ParameterIn.QUERY,
      description = "the most runs to list",
      schema = @Schema(type = "integer", minimum = "1", maximum = "1000", defaultValue = "100"))
  @GetMapping
  RunAnswer.Listed list(HttpServletRequest request) {
    Part part = Part.of(request);
    return requests.ask(it -> page(() -> RunAnswer.listed(it.runs(part.after(), part.most()))));
  }

  @Operation(summary = "Show a run", description = "And what it did to jobs.")
  @Parameter(
      name = "after",
      in = ParameterIn.QUERY,
      description = "the member next of the page before; without it, the first page",
      schema = @Schema(type = "string"))
  @Parameter(
      name = "limit",
      in = ParameterIn.QUERY,
      description = "the most jobs to list",
      schema = @Schema(type = "integer", minimum = "1", maximum = "1000", defaultValue = "100"))
  @GetMapping("/{run}")
  RunAnswer.Shown show(@PathVariable String run, HttpServletRequest request) {
    Part part = Part.of(request);
    return requests.ask(it -> show(it, run, part));
  }

  private static RunAnswer.Shown show(JobCleanup cleanup, String run, Part part) {
    RunRecord found =
        cleanup
            .run(run)
            .orElseThrow(
                () ->
                    new ProblemException(
                        Problem.of(
                            404,
                            "Not found",
                            "there is no run \"%s\"".formatted(Fields.shown(run)))));
    return page(() -> RunAnswer.shown(found, cleanup.jobsOfRun(run, part.after(), part.most())));
  }

  /** The only argument that can still be wrong is where a page begins. */
  static <T> T page(Supplier<T> reading) {
    try {
      return reading.get();
    } catch (IllegalArgumentException e) {
      throw new ProblemException(Problem.invalid("after isn't what the page before gave as next"));
    }
  }
}
