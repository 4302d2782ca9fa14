package io.jobcleanup.server.web;

import jakarta.servlet.http.HttpServletResponse;
import java.util.LinkedHashMap;
import java.util.Map;

/** Headers that every answer has, whoever gives it: a controller, a filter or the server itself. */
public final class SecurityHeaders {
  private static final Map<String, String> ALWAYS = new LinkedHashMap<>();

  static {
    ALWAYS.put(
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
            + " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';"
            + " frame-ancestors 'none'");
    ALWAYS.put("X-Content-Type-Options", "nosniff");
    // With no-referrer, browsers would send "Origin: null" from our own pages' forms.
    ALWAYS.put("Referrer-Policy", "same-origin");
    ALWAYS.put("Cross-Origin-Opener-Policy", "same-origin");
    ALWAYS.put("Cross-Origin-Resource-Policy", "same-origin");
    ALWAYS.put("Cache-Control", "no-store");
  }

  private static final String A_YEAR = "max-age=31536000";

  private SecurityHeaders() {}

  /**
   * Sets them.
   *
   * @param overTls whether the client speaks TLS: it then never speaks anything else with us
   */
  public static void set(HttpServletResponse response, boolean overTls) {
    ALWAYS.forEach(response::setHeader);
    if (overTls) {
      response.setHeader("Strict-Transport-Security", A_YEAR);
    }
  }
}
