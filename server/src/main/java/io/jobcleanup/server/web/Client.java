package io.jobcleanup.server.web;

import io.jobcleanup.server.settings.AddressRange;
import io.jobcleanup.server.settings.Settings.Web;
import jakarta.servlet.http.HttpServletRequest;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Where a request comes from.
 *
 * @param address the client's address, as far as trusted proxies tell it
 * @param limitKey what sign-ins are counted by: the address, or the /64 network that one client has
 *     in IPv6
 * @param overTls whether the client speaks TLS, with us or with a proxy of ours
 */
public record Client(String address, String limitKey, boolean overTls) {
  private static final String FORWARDED_FOR = "X-Forwarded-For";
  private static final String FORWARDED_PROTO = "X-Forwarded-Proto";
  private static final int NETWORK_BYTES = 8;

  /** Who made a request. Headers are believed as far as {@code web.trustedProxies()} wrote them. */
  public static Client of(HttpServletRequest request, Web web) {
    Optional<InetAddress> peer = literal(request.getRemoteAddr());
    if (peer.isEmpty()) {
      return new Client(request.getRemoteAddr(), request.getRemoteAddr(), request.isSecure());
    }
    InetAddress client = peer.get();
    boolean proxied = trusted(client, web);
    for (String hop : hops(request)) {
      Optional<InetAddress> before = literal(hop);
      if (!trusted(client, web) || before.isEmpty()) {
        break;
      }
      client = before.get();
    }
    boolean publicOverTls =
        web.publicUrl() != null && "https".equalsIgnoreCase(web.publicUrl().getScheme());
    boolean forwardedOverTls =
        proxied && "https".equalsIgnoreCase(request.getHeader(FORWARDED_PROTO));
    return new Client(
        client.getHostAddress(),
        limitKey(client),
        request.isSecure() || publicOverTls || forwardedOverTls);
  }

  private static boolean trusted(InetAddress address, Web web) {
    return web.trustedProxies().stream().anyMatch(it -> it.contains(address));
  }

  /** The last hop first: each proxy adds the one that it saw. */
  private static List<String> hops(HttpServletRequest request) {
    List<String> hops = new ArrayList<>();
    for (String line : Collections.list(request.getHeaders(FORWARDED_FOR))) {
      hops.addAll(List.of(line.split(",", -1)));
    }
    return hops.reversed();
  }

  private static Optional<InetAddress> literal(String text) {
    try {
      return Optional.of(AddressRange.parse(text.strip()).network());
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static String limitKey(InetAddress address) {
    if (!(address instanceof Inet6Address)) {
      return address.getHostAddress();
    }
    StringBuilder network = new StringBuilder();
    byte[] bytes = address.getAddress();
    for (int i = 0; i < NETWORK_BYTES; i++) {
      network.append("%02x".formatted(bytes[i]));
    }
    return network.append("::/64").toString();
  }
}
