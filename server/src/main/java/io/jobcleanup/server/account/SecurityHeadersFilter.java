package io.jobcleanup.server.account;

import io.jobcleanup.server.settings.Settings.Web;
import io.jobcleanup.server.web.Client;
import io.jobcleanup.server.web.SecurityHeaders;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.web.filter.OncePerRequestFilter;

/** Sets {@link SecurityHeaders} first of all, so that whoever answers may refine them. */
final class SecurityHeadersFilter extends OncePerRequestFilter {
  private final Web web;

  SecurityHeadersFilter(Web web) {
    this.web = web;
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    SecurityHeaders.set(response, Client.of(request, web).overTls());
    chain.doFilter(request, response);
  }
}
