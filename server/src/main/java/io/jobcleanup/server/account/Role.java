package io.jobcleanup.server.account;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What somebody may do; each role may do what those before it may. */
public enum Role {
  /** Reads. */
  VIEWER,
  /** Also runs cleanups. */
  OPERATOR,
  /** All. */
  ADMIN;

  /**
   * The role of a name, in whatever case.
   *
   * @throws IllegalArgumentException if there is none; the message names the roles
   */
  public static Role of(String name) {
    return Arrays.stream(values())
        .filter(it -> it.name().equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "is \"%s\", allowed are %s"
                        .formatted(
                            name,
                            Arrays.stream(values())
                                .map(Role::label)
                                .collect(Collectors.joining(", ")))));
  }

  /** Its name as people write it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
