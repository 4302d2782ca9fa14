package io.jobcleanup.server.account;

import io.jobcleanup.server.settings.Settings.Web;
import io.jobcleanup.server.web.Client;
import io.jobcleanup.server.web.Problems;
import io.jobcleanup.server.web.Troubles;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.authentication.preauth.PreAuthenticatedAuthenticationToken;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.transaction.TransactionException;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Finds out who makes a request, anew for each: by an API token, else by the session's cookie.
 * Without either, nothing is asked of the database.
 */
final class AuthenticationFilter extends OncePerRequestFilter {
  private static final String BEARER = "bearer ";

  private final Tokens tokens;
  private final Sessions sessions;
  private final Refusals refusals;
  private final Troubles troubles;
  private final Web web;
  private final RequestMatcher withSecretOfItsOwn;
  private final RequestMatcher openAnyway;

  AuthenticationFilter(
      Tokens tokens,
      Sessions sessions,
      Refusals refusals,
      Troubles troubles,
      Web web,
      RequestMatcher withSecretOfItsOwn,
      RequestMatcher openAnyway) {
    this.tokens = tokens;
    this.sessions = sessions;
    this.refusals = refusals;
    this.troubles = troubles;
    this.web = web;
    this.withSecretOfItsOwn = withSecretOfItsOwn;
    this.openAnyway = openAnyway;
  }

  /**
   * Whether a request says that it has a token. No page of another site can make a browser do so.
   */
  static boolean hasBearer(HttpServletRequest request) {
    return !bearers(request).isEmpty();
  }

  private static List<String> bearers(HttpServletRequest request) {
    List<String> bearers = new ArrayList<>();
    for (String each : Collections.list(request.getHeaders(HttpHeaders.AUTHORIZATION))) {
      if ((each.strip() + " ").toLowerCase(Locale.ROOT).startsWith(BEARER)) {
        bearers.add(each.strip().substring(BEARER.length() - 1).strip());
      }
    }
    return bearers;
  }

  @Override
  protected boolean shouldNotFilter(HttpServletRequest request) {
    return withSecretOfItsOwn.matches(request);
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    List<String> bearers = bearers(request);
    Optional<Caller> caller;
    try {
      if (!bearers.isEmpty()) {
        if (bearers.size() > 1 || !Tokens.couldBe(bearers.getFirst())) {
          refusals.unauthorized(response);
          return;
        }
        caller = tokens.find(bearers.getFirst());
        if (caller.isEmpty()) {
          refusals.unauthorized(request, response, "no such token, or it has expired");
          return;
        }
      } else {
        caller =
            SessionCookie.in(request, Client.of(request, web))
                .filter(Credential::isOne)
                .flatMap(sessions::find);
      }
    } catch (DataAccessException | TransactionException e) {
      if (!openAnyway.matches(request)) {
        Problems.write(response, troubles.of(e, request));
        return;
      }
      caller = Optional.empty();
    }
    caller.ifPresent(AuthenticationFilter::let);
    chain.doFilter(request, response);
  }

  private static void let(Caller caller) {
    List<GrantedAuthority> authorities = new ArrayList<>();
    for (Role each : Role.values()) {
      if (each.compareTo(caller.role()) <= 0) {
        authorities.add(new SimpleGrantedAuthority("ROLE_" + each.name()));
      }
    }
    SecurityContext context = SecurityContextHolder.createEmptyContext();
    context.setAuthentication(new PreAuthenticatedAuthenticationToken(caller, "", authorities));
    SecurityContextHolder.setContext(context);
  }
}
