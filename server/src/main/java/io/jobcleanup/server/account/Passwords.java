package io.jobcleanup.server.account;

import java.util.Map;
import java.util.Objects;
import org.springframework.security.crypto.password.DelegatingPasswordEncoder;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.crypto.password.Pbkdf2PasswordEncoder;
import org.springframework.security.crypto.password.Pbkdf2PasswordEncoder.SecretKeyFactoryAlgorithm;

/** How passwords are hashed: slowly, and whole, however long they are. */
final class Passwords {
  private static final String SCHEME = "pbkdf2-sha512";
  private static final int SALT_BYTES = 16;
  private static final int HASH_BYTES = 32;

  /** What OWASP asks for with this algorithm; about a fifth of a second. */
  private static final int ITERATIONS = 210_000;

  private static final PasswordEncoder ENCODER = new DelegatingPasswordEncoder(SCHEME, schemes());

  /** A hash of no password, for accounts that aren't there: it takes as long to be refused. */
  private static final String NOBODYS =
      "{%s}%s".formatted(SCHEME, "00".repeat(SALT_BYTES + HASH_BYTES));

  private Passwords() {}

  private static Map<String, PasswordEncoder> schemes() {
    return Map.of(
        SCHEME,
        new Pbkdf2PasswordEncoder(
            "", SALT_BYTES, ITERATIONS, SecretKeyFactoryAlgorithm.PBKDF2WithHmacSHA512));
  }

  static String hash(String password) {
    return Objects.requireNonNull(ENCODER.encode(password));
  }

  static boolean match(String password, String hash) {
    return ENCODER.matches(password, hash);
  }

  /** Takes as long as {@link #match}, and never does. */
  static boolean matchNobodys(String password) {
    return ENCODER.matches(password, NOBODYS);
  }
}
