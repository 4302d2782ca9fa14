package io.jobcleanup.server.web;

import io.jobcleanup.CleanupResult;
import io.jobcleanup.RefundQuery;
import io.jobcleanup.RefundRecord;
import io.jobcleanup.Waiver;
import io.jobcleanup.server.answer.RefundAnswer;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.enums.ParameterIn;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.parameters.RequestBody;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import jakarta.servlet.http.HttpServletRequest;
import java.security.Principal;
import java.util.List;
import java.util.Map;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** What was given back, what is owed, and writing that off. */
@RestController
@RequestMapping(path = "/api/admin/refunds", produces = MediaType.APPLICATION_JSON_VALUE)
class RefundsController {

  private final Requests requests;
  private final AuditTrail audit;

  RefundsController(Requests requests, AuditTrail audit) {
    this.requests = requests;
    this.audit = audit;
  }

  @Operation(
      summary = "List refunds",
      description =
          "The newest first: when, why, by which run and in which ledger row something was given"
              + " back; what is owed, why, and when it is tried next; what was written off.")
  @Parameter(
      name = "user",
      in = ParameterIn.QUERY,
      description = "only what is this user's",
      schema = @Schema(type = "string"))
  @Parameter(
      name = "job",
      in = ParameterIn.QUERY,
      description = "only of this job: its key, or source:key; also tells what runs did to it",
      schema = @Schema(type = "string"))
  @Parameter(
      name = "owed",
      in = ParameterIn.QUERY,
      description = "whether only what is owed",
      schema = @Schema(type = "boolean", defaultValue = "false"))
  @Parameter(
      name = "after",
      in = ParameterIn.QUERY,
      description = "the member next of the page before; without it, the first page",
      schema = @Schema(type = "string"))
  @Parameter(
      name = "limit",
      in = ParameterIn.QUERY,
      description = "the most refunds to list",
      schema = @Schema(type = "integer", minimum = "1", maximum = "1000", defaultValue = "100"))
  @GetMapping
  RefundAnswer.Refunds list(HttpServletRequest request) {
    Parameters parameters = new Parameters(request);
    RefundQuery query =
        new RefundQuery(
            parameters.text("user").orElse(null),
            parameters.text("job").orElse(null),
            parameters.bool("owed").orElse(false));
    Part part = Part.from(parameters);
    parameters.end();
    return requests.ask(
        it -> part.read(() -> RefundAnswer.page(it, query, part.after(), part.most())));
  }

  @Operation(
      summary = "Write off a refund",
      description =
          "No run gives it back any more. It can't be taken back, and is audited. Wants the role"
              + " admin.",
      requestBody =
          @RequestBody(
              required = true,
              content =
                  @Content(
                      mediaType = MediaType.APPLICATION_JSON_VALUE,
                      schema = @Schema(implementation = WaiverRequest.class))))
  @Parameter(
      name = "id",
      in = ParameterIn.PATH,
      description = "the refund's id, as the list has it",
      schema = @Schema(type = "string"))
  @ApiResponse(responseCode = "200", description = "Written off.", useReturnTypeSchema = true)
  @ApiResponse(
      responseCode = "409",
      description = "It isn't owed any more; detail says how it stands.",
      content =
          @Content(
              mediaType = Problem.MEDIA_TYPE,
              schema = @Schema(ref = "#/components/schemas/Problem")))
  @PostMapping("/{id}/waive")
  RefundAnswer.WrittenOff waive(@PathVariable String id, HttpServletRequest request) {
    WaiverRequest asked = WaiverRequest.of(Body.read(request));
    new Parameters(request).end();
    Principal principal = request.getUserPrincipal();
    String by = principal == null ? "unknown" : principal.getName();
    return switch (waive(id, asked.reason(), by, request)) {
      case Waiver.Waived waived -> RefundAnswer.writtenOff(waived.refunds());
      case Waiver.NothingOwed nothing -> throw notOwed(id, nothing.refunds());
      case Waiver.Ambiguous several ->
          throw new IllegalStateException("an id is one refund's: " + several);
    };
  }

  private Waiver waive(String id, String reason, String by, HttpServletRequest request) {
    return requests.ask(
        cleanup -> {
          try {
            return cleanup.waiveRefund(
                id,
                reason,
                by,
                (connection, owed) ->
                    audit.record(
                        connection,
                        request,
                        "refund.waive",
                        owed.key(),
                        Map.of(
                            "state",
                            owed.state().name(),
                            "tokens",
                            owed.amount() == null ? "?" : CleanupResult.plain(owed.amount()),
                            "cause",
                            String.valueOf(owed.cause())),
                        Map.of("state", RefundRecord.State.WAIVED.name(), "reason", reason)));
          } catch (IllegalArgumentException e) {
            throw new ProblemException(Problem.invalid(String.valueOf(e.getMessage())));
          }
        });
  }

  private static ProblemException notOwed(String id, List<RefundRecord> refunds) {
    if (refunds.isEmpty()) {
      return new ProblemException(
          Problem.of(404, "Not found", "there is no refund \"%s\"".formatted(Fields.shown(id))));
    }
    RefundRecord refund = refunds.getFirst();
    return new ProblemException(
        Problem.of(
            409,
            "Not owed",
            switch (refund.state()) {
              case PAID ->
                  "it was given back at %s by run %s".formatted(refund.paidAt(), refund.paidRun());
              case WAIVED ->
                  "it was written off at %s%s: %s"
                      .formatted(
                          refund.waivedAt(),
                          refund.waivedBy() == null ? "" : " by " + refund.waivedBy(),
                          refund.cause());
              case OWED -> "it became owed just now; try again";
            }));
  }
}
