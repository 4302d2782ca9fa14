package io.jobcleanup.server.account;

import org.jspecify.annotations.Nullable;

/**
 * Who does something, and from where, as audit entries keep it.
 *
 * @param name an account's email, {@code token:} and a token's name, or the operating system's
 *     user; null where nobody is known
 * @param origin a client's address, or what kind of place else
 */
public record Actor(@Nullable String name, String origin) {

  /** The operating system's user at a command line. */
  public static Actor atCommandLine() {
    return new Actor(System.getProperty("user.name"), "command line");
  }

  /** The service itself, as it starts. */
  static Actor starting() {
    return new Actor(null, "start");
  }
}
