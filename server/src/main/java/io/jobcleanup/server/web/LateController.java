package io.jobcleanup.server.web;

import io.jobcleanup.LateCompletion;
import io.jobcleanup.Page;
import io.jobcleanup.server.answer.LateAnswer;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.enums.ParameterIn;
import io.swagger.v3.oas.annotations.media.Schema;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Jobs that workers completed after runs had failed them. Writes nothing. */
@RestController
@RequestMapping(path = "/api/admin/late-completions", produces = MediaType.APPLICATION_JSON_VALUE)
class LateController {
  private final Requests requests;

  LateController(Requests requests) {
    this.requests = requests;
  }

  @Operation(
      summary = "List late completions",
      description =
          "Jobs that a worker completed after a run had failed them and given their tokens back, or"
              + " that the guard kept from it; the newest first. Writes nothing.")
  @Parameter(
      name = "after",
      in = ParameterIn.QUERY,
      description = "the member next of the page before; without it, the first page",
      schema = @Schema(type = "string"))
  @Parameter(
      name = "limit",
      in = ParameterIn.QUERY,
      description = "the most late completions to list",
      schema = @Schema(type = "integer", minimum = "1", maximum = "1000", defaultValue = "100"))
  @GetMapping
  LateAnswer.LateOnes list(HttpServletRequest request) {
    Part part = Part.of(request);
    return requests.ask(
        it -> {
          Page<LateCompletion> page =
              part.read(() -> it.lateCompletions(part.after(), part.most()));
          return LateAnswer.listed(page.items(), page.next());
        });
  }
}
