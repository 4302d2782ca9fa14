package io.jobcleanup.server.account;

import io.jobcleanup.server.web.Client;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.springframework.http.ResponseCookie;

/** The cookie that holds a session. */
final class SessionCookie {
  private static final String NAME = "job-cleanup-session";

  /** Browsers take one of this name from us alone, over TLS alone. */
  private static final String NAME_OVER_TLS = "__Host-" + NAME;

  private SessionCookie() {}

  /** What the request's cookie holds. */
  static Optional<String> in(HttpServletRequest request, Client client) {
    Cookie[] cookies = request.getCookies();
    return cookies == null
        ? Optional.empty()
        : Arrays.stream(cookies)
            .filter(it -> it.getName().equals(name(client)))
            .map(Cookie::getValue)
            .findFirst();
  }

  /** The header's value that gives a browser its session. */
  static String holding(String session, Client client) {
    return cookie(session, client).build().toString();
  }

  /** The header's value that takes it away. */
  static String gone(Client client) {
    return cookie("", client).maxAge(Duration.ZERO).build().toString();
  }

  private static ResponseCookie.ResponseCookieBuilder cookie(String value, Client client) {
    return ResponseCookie.from(name(client), value)
        .path("/")
        .httpOnly(true)
        .secure(client.overTls())
        .sameSite("Lax");
  }

  private static String name(Client client) {
    return client.overTls() ? NAME_OVER_TLS : NAME;
  }
}
