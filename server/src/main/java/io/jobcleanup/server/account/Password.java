package io.jobcleanup.server.account;

import io.jobcleanup.server.settings.Secret;

/**
 * A password that is long enough.
 *
 * @param secret the password itself
 */
public record Password(Secret secret) {
  /** How many characters it has at least. */
  public static final int MIN_LENGTH = 12;

  /**
   * Checks it.
   *
   * @throws IllegalArgumentException if it is too short; the message says so, and nothing else of
   *     it
   */
  public Password {
    if (secret.length() < MIN_LENGTH) {
      throw new IllegalArgumentException(
          "The password has %d characters, %d and more are needed."
              .formatted(secret.length(), MIN_LENGTH));
    }
  }

  String hash() {
    return Passwords.hash(secret.reveal());
  }
}
