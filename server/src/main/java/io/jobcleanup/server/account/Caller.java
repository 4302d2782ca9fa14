package io.jobcleanup.server.account;

import org.springframework.security.core.AuthenticatedPrincipal;

/**
 * Who makes a request, as of this very request.
 *
 * @param name an account's email, or {@code token:} and a token's name
 * @param role what they may do
 */
public record Caller(String name, Role role) implements AuthenticatedPrincipal {
  @Override
  public String getName() {
    return name;
  }
}
