package io.jobcleanup.audit;

import io.jobcleanup.Finding;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a check came upon.
 *
 * @param check what it is
 * @param wrong whether it breaks a rule in the books that we keep; else it is worth knowing only
 * @param job the job, as source:key; null where it is about none
 * @param user whose tokens they are; null where that isn't known
 * @param row the ledger row's table and key; null where it is about none
 * @param message what was found, with the amounts
 */
record Discovery(
    Check check,
    boolean wrong,
    @Nullable String job,
    @Nullable String user,
    @Nullable String row,
    String message) {

  private static final int ID_BYTES = 6;

  static Discovery wrong(
      Check check, @Nullable String job, @Nullable String user, @Nullable String row, String text) {
    return new Discovery(check, true, job, user, row, text);
  }

  static Discovery notice(
      Check check, @Nullable String job, @Nullable String user, @Nullable String row, String text) {
    return new Discovery(check, false, job, user, row, text);
  }

  /** The same, where nothing of it is ours. */
  Discovery asNotice() {
    return new Discovery(check, false, job, user, row, message);
  }

  /** As it is told, with its name. */
  Finding finding() {
    return new Finding(
        id(),
        check.code(),
        check.invariant(),
        job,
        user,
        row,
        message,
        check.culprit(),
        check.cause(),
        check.remedy(),
        null);
  }

  /** The same for the same rows and amounts: all of them stand in the message. */
  private String id() {
    String all =
        Stream.of(check.code(), job, user, row, message)
            .map(String::valueOf)
            .collect(Collectors.joining("\u0000"));
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(all.getBytes(StandardCharsets.UTF_8));
      return "f-" + HexFormat.of().formatHex(Arrays.copyOf(digest, ID_BYTES));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
