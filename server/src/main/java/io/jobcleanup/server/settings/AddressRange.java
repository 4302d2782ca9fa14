package io.jobcleanup.server.settings;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

/**
 * Addresses that share their first bits, such as {@code 10.0.0.0/8}, {@code ::1} or {@code
 * fd00::/8}. Immutable.
 *
 * @param network one of the addresses
 * @param bits how many of the first bits they share
 */
public record AddressRange(InetAddress network, int bits) {
  private static final Pattern LITERAL =
      Pattern.compile("[0-9.]{7,15}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");

  /**
   * Reads one address or a range in CIDR form. Asks no name server.
   *
   * @throws IllegalArgumentException if it is neither
   */
  public static AddressRange parse(String text) {
    int slash = text.indexOf('/');
    String address = slash < 0 ? text : text.substring(0, slash);
    if (LITERAL.matcher(address).matches()) {
      try {
        InetAddress network = InetAddress.getByName(address);
        int most = network.getAddress().length * 8;
        String length = slash < 0 ? String.valueOf(most) : text.substring(slash + 1);
        if (length.matches("\\d{1,3}") && Integer.parseInt(length) <= most) {
          return new AddressRange(network, Integer.parseInt(length));
        }
      } catch (UnknownHostException e) {
        // Said below.
      }
    }
    throw new IllegalArgumentException(
        "has \"%s\", addresses and ranges are expected: 10.0.0.0/8, ::1".formatted(text));
  }

  /** Whether an address is one of them. */
  public boolean contains(InetAddress address) {
    byte[] ours = network.getAddress();
    byte[] theirs = address.getAddress();
    if (ours.length != theirs.length) {
      return false;
    }
    for (int bit = 0; bit < bits; bit++) {
      int mask = 0x80 >> bit % 8;
      if ((ours[bit / 8] & mask) != (theirs[bit / 8] & mask)) {
        return false;
      }
    }
    return true;
  }
}
