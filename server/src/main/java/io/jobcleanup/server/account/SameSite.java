package io.jobcleanup.server.account;

import io.jobcleanup.server.settings.Settings.Web;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Whether a request that changes something was made by a page of ours, or by no page. */
final class SameSite {
  private final @Nullable URI publicUrl;

  SameSite(Web web) {
    this.publicUrl = web.publicUrl();
  }

  /** Whether it was: by {@code Sec-Fetch-Site}, else by {@code Origin}; passes without both. */
  boolean passes(HttpServletRequest request) {
    String site = request.getHeader("Sec-Fetch-Site");
    if (site != null) {
      return site.equals("same-origin") || site.equals("none");
    }
    String origin = request.getHeader("Origin");
    return origin == null || isOurs(origin, request.getHeader("Host"));
  }

  private boolean isOurs(String text, @Nullable String host) {
    URI origin;
    try {
      origin = new URI(text);
    } catch (URISyntaxException e) {
      return false;
    }
    if (origin.getScheme() == null || origin.getHost() == null) {
      return false;
    }
    if (publicUrl != null) {
      return origin.getScheme().equalsIgnoreCase(publicUrl.getScheme())
          && authority(origin).equals(authority(publicUrl));
    }
    return host != null
        && authority(origin).equals(withoutPort(host, standardPort(origin.getScheme())));
  }

  private static String authority(URI origin) {
    int port = origin.getPort();
    String host = origin.getHost().toLowerCase(Locale.ROOT);
    return port < 0 || port == standardPort(origin.getScheme()) ? host : host + ":" + port;
  }

  private static String withoutPort(String host, int port) {
    return host.strip().toLowerCase(Locale.ROOT).replaceFirst(":" + port + "$", "");
  }

  private static int standardPort(String scheme) {
    return scheme.equalsIgnoreCase("https") ? 443 : 80;
  }
}
