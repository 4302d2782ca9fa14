package io.jobcleanup.server.account;

import io.jobcleanup.server.settings.Settings.Web;
import io.jobcleanup.server.web.Problem;
import io.jobcleanup.server.web.Problems;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.web.cors.CorsUtils;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Refuses what another site makes a browser do. It comes after authentication: who isn't signed in
 * is told that first, but for sign-in itself.
 */
final class CrossSiteFilter extends OncePerRequestFilter {
  private static final Set<String> CHANGE_NOTHING = Set.of("GET", "HEAD", "OPTIONS", "TRACE");

  private final SameSite sameSite;
  private final Refusals refusals;
  private final RequestMatcher withSecretOfItsOwn;
  private final RequestMatcher forAnybody;

  CrossSiteFilter(
      Web web, Refusals refusals, RequestMatcher withSecretOfItsOwn, RequestMatcher forAnybody) {
    this.sameSite = new SameSite(web);
    this.refusals = refusals;
    this.withSecretOfItsOwn = withSecretOfItsOwn;
    this.forAnybody = forAnybody;
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    if (CorsUtils.isPreFlightRequest(request)) {
      // A browser asks whether another site's page may send something. It says nothing of who asks.
      Problems.write(response, Problem.forbidden());
      return;
    }
    if (isJudged(request) && !sameSite.passes(request)) {
      refusals.forbidden(request, response, "the request comes from another site");
      return;
    }
    chain.doFilter(request, response);
  }

  private boolean isJudged(HttpServletRequest request) {
    return !CHANGE_NOTHING.contains(request.getMethod())
        && !AuthenticationFilter.hasBearer(request)
        && !withSecretOfItsOwn.matches(request)
        && (isSignedIn() || forAnybody.matches(request));
  }

  private static boolean isSignedIn() {
    return SecurityContextHolder.getContext().getAuthentication() != null;
  }
}
