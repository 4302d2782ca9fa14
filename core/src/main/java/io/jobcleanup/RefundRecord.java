package io.jobcleanup;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What our records say of one refund: what was given back, or is owed, or was written off. All
 * times are by the database's clock.
 *
 * @param key the same for the same charge for ever
 * @param state how it stands
 * @param source the name that the job's source had when it was written
 * @param jobTable the job's table with its schema
 * @param job the job's key as one text, see {@link JobId#text()}
 * @param chargeTable the table of the charge that is given back; null where the job itself is
 * @param charge the charge's key; null where the job itself is given back
 * @param payer whose tokens they are; null where the job had no payer
 * @param amount how many tokens, more than 0; null while that is in doubt
 * @param cause why it is owed, or why it was written off; null where it is paid
 * @param run the run that failed the job
 * @param processingDuration how long the job had been processed then, in whole seconds
 * @param timeout the timeout that it was judged by; null where it had to end by a time of its own
 * @param failedAt when the job was failed
 * @param paidRun the run that gave it back; null where none did
 * @param paidAt when; null where none did
 * @param ledgerTable the table of the ledger row that records it; null where none does
 * @param ledgerKey that row's primary key
 * @param balanceAfter the balance that the ledger row was written with; null where it has none
 * @param waivedAt when it was written off, or found to have been given back by the host; null where
 *     it wasn't
 * @param waivedBy who wrote it off; null where nobody did
 * @param tries how often it was tried, at least 1
 * @param lastTriedAt when it was tried last
 * @param nextTryAt when a run may try it again; null unless it is owed
 */
public record RefundRecord(
    String key,
    State state,
    String source,
    String jobTable,
    String job,
    @Nullable String chargeTable,
    @Nullable String charge,
    @Nullable String payer,
    @Nullable BigDecimal amount,
    @Nullable String cause,
    String run,
    Duration processingDuration,
    @Nullable Duration timeout,
    Instant failedAt,
    @Nullable String paidRun,
    @Nullable Instant paidAt,
    @Nullable String ledgerTable,
    @Nullable String ledgerKey,
    @Nullable BigDecimal balanceAfter,
    @Nullable Instant waivedAt,
    @Nullable String waivedBy,
    int tries,
    Instant lastTriedAt,
    @Nullable Instant nextTryAt) {

  /** How a refund stands. */
  public enum State {
    /** It was given back. */
    PAID,
    /** It is to be given back. */
    OWED,
    /** It won't be given back by us: somebody wrote it off, or the host gave it back itself. */
    WAIVED
  }

  /** The key in letters, digits, {@code -} and {@code _} alone, for a path of a URL. */
  public String id() {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(key.getBytes(StandardCharsets.UTF_8));
  }

  /** The key that an {@link #id()} stands for; empty where it is no such id. */
  static Optional<String> keyOf(String id) {
    try {
      String key =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(Base64.getUrlDecoder().decode(id)))
              .toString();
      String back =
          Base64.getUrlEncoder()
              .withoutPadding()
              .encodeToString(key.getBytes(StandardCharsets.UTF_8));
      return back.equals(id) && key.indexOf('\0') < 0 ? Optional.of(key) : Optional.empty();
    } catch (IllegalArgumentException | CharacterCodingException e) {
      return Optional.empty();
    }
  }
}
