package io.jobcleanup.server.settings;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Objects;

/**
 * A text that is never shown: it has no {@link #toString} that gives it away, and is compared in
 * constant time. Immutable.
 */
public final class Secret {
  private final String text;

  /** Hides {@code text}. */
  public Secret(String text) {
    this.text = Objects.requireNonNull(text);
  }

  /** The text itself, for the one place that needs it. */
  public String reveal() {
    return text;
  }

  /** How many characters it has, each code point counted once. */
  public int length() {
    return text.codePointCount(0, text.length());
  }

  /** Whether it is just this text; takes as long for a wrong one, however wrong it is. */
  public boolean matches(String candidate) {
    return MessageDigest.isEqual(digest(text), digest(candidate));
  }

  private static byte[] digest(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Secret secret && matches(secret.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  /** Nothing of it. */
  @Override
  public String toString() {
    return "(secret)";
  }
}
