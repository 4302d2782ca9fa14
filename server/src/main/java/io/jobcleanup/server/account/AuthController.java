package io.jobcleanup.server.account;

import io.jobcleanup.server.account.SignIn.Result;
import io.jobcleanup.server.settings.Settings;
import io.jobcleanup.server.settings.Settings.Web;
import io.jobcleanup.server.web.Body;
import io.jobcleanup.server.web.Client;
import io.jobcleanup.server.web.Fields;
import io.jobcleanup.server.web.Problem;
import io.jobcleanup.server.web.ProblemException;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.media.Schema.RequiredMode;
import io.swagger.v3.oas.annotations.parameters.RequestBody;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.security.SecurityRequirements;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** Signs people in and out. */
@RestController
class AuthController {
  private static final int LONGEST_EMAIL = 254;
  private static final int LONGEST_PASSWORD = 4096;

  private final SignIn signIn;
  private final Web web;

  AuthController(SignIn signIn, Settings settings) {
    this.signIn = signIn;
    this.web = settings.web();
  }

  /** Who is signed in, and what they may do. */
  record Me(boolean success, String name, String role) {
    static Me of(Caller caller) {
      return new Me(true, caller.name(), caller.role().label());
    }
  }

  /** That it is done. */
  record Done(boolean success) {}

  /** What to sign in with; for the description of the API. */
  record Credentials(
      @Schema(requiredMode = RequiredMode.REQUIRED, maxLength = LONGEST_EMAIL) String email,
      @Schema(requiredMode = RequiredMode.REQUIRED, maxLength = LONGEST_PASSWORD)
          String password) {}

  /** Signs in, under a new session each time. */
  @Operation(
      summary = "Sign in",
      description = "Sets the session cookie.",
      requestBody =
          @RequestBody(
              required = true,
              content =
                  @Content(
                      mediaType = MediaType.APPLICATION_JSON_VALUE,
                      schema = @Schema(implementation = Credentials.class))))
  @ApiResponse(responseCode = "200", description = "Signed in.", useReturnTypeSchema = true)
  @ApiResponse(
      responseCode = "429",
      description = "Too many wrong passwords; Retry-After says when to try again.",
      content =
          @Content(
              mediaType = Problem.MEDIA_TYPE,
              schema = @Schema(ref = "#/components/schemas/Problem")))
  @SecurityRequirements
  @PostMapping(path = "/api/auth/login", produces = MediaType.APPLICATION_JSON_VALUE)
  Me login(HttpServletRequest request, HttpServletResponse response) {
    Fields fields = Body.read(request);
    Optional<String> email = fields.text("email", LONGEST_EMAIL);
    Optional<String> password = fields.text("password", LONGEST_PASSWORD);
    fields.end();
    Client client = Client.of(request, web);
    return switch (signIn.signIn(email.orElseThrow(), password.orElseThrow(), client)) {
      case Result.Welcome welcome -> {
        response.setHeader(
            HttpHeaders.SET_COOKIE, SessionCookie.holding(welcome.session(), client));
        yield Me.of(welcome.caller());
      }
      case Result.Wrong wrong -> {
        response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
        throw new ProblemException(
            Problem.of(401, "Unauthorized", "There is no account of that email and password."));
      }
      case Result.TooMany tooMany -> {
        response.setHeader(
            HttpHeaders.RETRY_AFTER, String.valueOf(tooMany.retryAfter().toSeconds()));
        throw new ProblemException(
            Problem.of(
                429,
                "Too many attempts",
                "Too many wrong passwords. Try again in %d s."
                    .formatted(tooMany.retryAfter().toSeconds())));
      }
    };
  }

  /** Signs out: the session ends on the server. Done, too, where there is none any more. */
  @Operation(
      summary = "Sign out",
      description = "Ends the session on the server; done, too, where there is none any more.")
  @SecurityRequirements
  @PostMapping(path = "/api/auth/logout", produces = MediaType.APPLICATION_JSON_VALUE)
  Done logout(
      @AuthenticationPrincipal @Nullable Caller caller,
      HttpServletRequest request,
      HttpServletResponse response) {
    Client client = Client.of(request, web);
    Optional<String> session = SessionCookie.in(request, client);
    if (session.isPresent()) {
      if (caller != null) {
        signIn.signOut(session.get(), caller, client);
      }
      response.setHeader(HttpHeaders.SET_COOKIE, SessionCookie.gone(client));
    }
    return new Done(true);
  }

  /** Tells who asks. */
  @Operation(summary = "Who asks", description = "And with which role.")
  @GetMapping(path = "/api/auth/me", produces = MediaType.APPLICATION_JSON_VALUE)
  Me me(@AuthenticationPrincipal Caller caller) {
    return Me.of(caller);
  }
}
