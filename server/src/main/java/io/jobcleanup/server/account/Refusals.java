package io.jobcleanup.server.account;

import io.jobcleanup.server.database.Outage;
import io.jobcleanup.server.database.OutageLog;
import io.jobcleanup.server.settings.Settings.Web;
import io.jobcleanup.server.web.Client;
import io.jobcleanup.server.web.Problem;
import io.jobcleanup.server.web.Problems;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.AuthenticationEntryPoint;
import org.springframework.security.web.access.AccessDeniedHandler;
import org.springframework.transaction.TransactionException;

/** Answers requests that aren't let through, and records them. Safe for use by several threads. */
final class Refusals implements AuthenticationEntryPoint, AccessDeniedHandler {
  private static final Logger log = LoggerFactory.getLogger(Refusals.class);
  private static final int LONGEST_TARGET = 200;

  private final Audit audit;
  private final OutageLog outages;
  private final Web web;

  Refusals(Audit audit, OutageLog outages, Web web) {
    this.audit = audit;
    this.outages = outages;
    this.web = web;
  }

  /**
   * Nobody is known to make the request: 401, with a page to sign in on for a browser. Nothing is
   * recorded, as nothing was tried.
   */
  @Override
  public void commence(
      HttpServletRequest request, HttpServletResponse response, AuthenticationException error)
      throws IOException {
    if (SignInPage.isFor(request)) {
      response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
      SignInPage.write(response);
    } else {
      unauthorized(response);
    }
  }

  /** The caller's role doesn't suffice: 403. */
  @Override
  public void handle(
      HttpServletRequest request, HttpServletResponse response, AccessDeniedException error)
      throws IOException {
    forbidden(request, response, "the role doesn't suffice");
  }

  /** Credentials that open nothing: 401. */
  void unauthorized(HttpServletRequest request, HttpServletResponse response, String reason)
      throws IOException {
    record(request, null, reason);
    unauthorized(response);
  }

  /** The request may not be made, or not from where it was: 403. */
  void forbidden(HttpServletRequest request, HttpServletResponse response, String reason)
      throws IOException {
    record(request, SecurityContextHolder.getContext().getAuthentication(), reason);
    Problems.write(response, Problem.forbidden());
  }

  /** Credentials that couldn't be any: 401. The database isn't bothered. */
  void unauthorized(HttpServletResponse response) throws IOException {
    response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
    Problems.write(response, Problem.unauthorized());
  }

  private void record(HttpServletRequest request, @Nullable Authentication caller, String reason) {
    Actor actor =
        new Actor(
            caller != null && caller.getPrincipal() instanceof Caller known ? known.name() : null,
            Client.of(request, web).address());
    String route = request.getMethod() + " " + request.getRequestURI();
    String target = route.substring(0, Math.min(route.length(), LONGEST_TARGET));
    try {
      if (audit.recordRefusal(actor, target, reason)) {
        log.atWarn()
            .addKeyValue("account", actor.name() == null ? "unknown" : actor.name())
            .addKeyValue("address", actor.origin())
            .addKeyValue("target", target)
            .addKeyValue("reason", reason)
            .log("Request refused");
      }
    } catch (DataAccessException | TransactionException e) {
      if (Outage.isBehind(e)) {
        outages.lost(route, e);
      } else {
        log.atWarn().setCause(e).log("A refusal couldn't be recorded");
      }
    }
  }
}
