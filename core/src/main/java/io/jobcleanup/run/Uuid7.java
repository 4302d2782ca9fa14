package io.jobcleanup.run;

import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/**
 * Makes UUIDs of version 7 that sort by the database's time, to the fraction of a millisecond, and
 * then by their number: ids of rows in one transaction have the order of the rows.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9562#section-6.2">RFC 9562, section 6.2, method
 *     3</a>
 */
final class Uuid7 {

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int NUMBER_BITS = 20;

  private Uuid7() {}

  /**
   * One id.
   *
   * @param time the database's time
   * @param number the row's number in its transaction, 0 to 1,048,575
   * @throws IllegalArgumentException if the number is out of range
   */
  static UUID of(Instant time, int number) {
    if (number < 0 || number >= 1 << NUMBER_BITS) {
      throw new IllegalArgumentException(
          "number is %d, allowed are 0 to %d".formatted(number, (1 << NUMBER_BITS) - 1));
    }
    long micros = ChronoUnit.MICROS.between(Instant.EPOCH, time);
    long fraction = (micros % 1000) * 4096 / 1000;
    long high = ((micros / 1000) << 16) | 0x7000L | fraction;
    long random = RANDOM.nextLong() & ((1L << (62 - NUMBER_BITS)) - 1);
    long low = 0x8000_0000_0000_0000L | ((long) number << (62 - NUMBER_BITS)) | random;
    return new UUID(high, low);
  }
}
