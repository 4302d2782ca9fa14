package io.jobcleanup.server.web;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.web.filter.OncePerRequestFilter;

/** Answers with a {@link Problem} where a filter fails: no controller was reached then. */
final class ProblemFilter extends OncePerRequestFilter {
  private final Troubles troubles;

  ProblemFilter(Troubles troubles) {
    this.troubles = troubles;
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    try {
      chain.doFilter(request, response);
    } catch (RuntimeException | ServletException e) {
      Throwable cause =
          e instanceof ServletException wrapped && wrapped.getRootCause() != null
              ? wrapped.getRootCause()
              : e;
      Problem problem = troubles.of(cause, request);
      if (response.isCommitted()) {
        throw e;
      }
      Problems.write(response, problem);
    }
  }
}
