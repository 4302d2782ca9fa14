package io.jobcleanup.server.web;

import io.jobcleanup.JobCleanup;
import io.jobcleanup.Page;
import io.jobcleanup.RunRecord;
import io.jobcleanup.server.answer.Pages;
import io.jobcleanup.server.answer.RunAnswer;
import io.jobcleanup.server.answer.RunExport;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.enums.ParameterIn;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Stream;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** The history of runs. */
@RestController
@RequestMapping(path = "/api/admin/runs", produces = MediaType.APPLICATION_JSON_VALUE)
class RunsController {
  private static final String CSV = "csv";
  private static final String NDJSON = "ndjson";
  private static final String CSV_TYPE = "text/csv;charset=UTF-8";
  private static final String NDJSON_TYPE = "application/x-ndjson;charset=UTF-8";

  private final Requests requests;

  RunsController(Requests requests) {
    this.requests = requests;
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
    return requests.ask(
        it -> part.read(() -> RunAnswer.listed(it.runs(part.after(), part.most()))));
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

  @Operation(
      summary = "Export runs",
      description =
          "All of them, the newest first, as CSV (RFC 4180) or as JSON objects, one a line.")
  @Parameter(
      name = "format",
      in = ParameterIn.QUERY,
      description = "how lines are written",
      schema =
          @Schema(
              type = "string",
              allowableValues = {CSV, NDJSON},
              defaultValue = CSV))
  @ApiResponse(
      responseCode = "200",
      description = "The runs.",
      content = {
        @Content(mediaType = CSV_TYPE, schema = @Schema(type = "string")),
        @Content(mediaType = NDJSON_TYPE, schema = @Schema(type = "string"))
      })
  // Whatever the client takes: otherwise a run of the name "export" would be asked for.
  @GetMapping(path = "/export", produces = MediaType.ALL_VALUE)
  void export(HttpServletRequest request, HttpServletResponse response) throws IOException {
    Parameters parameters = new Parameters(request);
    boolean csv = parameters.oneOf("format", List.of(CSV, NDJSON)).orElse(CSV).equals(CSV);
    parameters.end();
    // A connection is held for a page at a time, however slowly the client reads.
    Stream<RunRecord> runs = Pages.of(after -> requests.ask(it -> it.runs(after, Page.MAX_ITEMS)));
    response.setContentType(csv ? CSV_TYPE : NDJSON_TYPE);
    response.setHeader(
        HttpHeaders.CONTENT_DISPOSITION,
        "attachment; filename=\"runs.%s\"".formatted(csv ? CSV : NDJSON));
    try {
      RunExport.runs(
          csv ? RunExport.Form.CSV : RunExport.Form.NDJSON, runs, response.getOutputStream());
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
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
    return part.read(
        () -> RunAnswer.shown(found, cleanup.jobsOfRun(run, part.after(), part.most())));
  }
}
