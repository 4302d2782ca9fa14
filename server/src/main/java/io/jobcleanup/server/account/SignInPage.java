package io.jobcleanup.server.account;

import static org.springframework.security.web.servlet.util.matcher.PathPatternRequestMatcher.pathPattern;
import static org.springframework.security.web.util.matcher.RequestMatchers.anyOf;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.springframework.context.ApplicationContext;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.support.WebApplicationContextUtils;

/**
 * The page that a browser shows to who isn't signed in, in the place of the page that was asked
 * for: once signed in, it asks again.
 */
@RestController
class SignInPage {
  private static final URI API_PAGE = URI.create("/swagger-ui.html");
  private static final RequestMatcher PAGES =
      anyOf(
          pathPattern(HttpMethod.GET, "/"),
          pathPattern(HttpMethod.GET, API_PAGE.getPath()),
          pathPattern(HttpMethod.GET, "/swagger-ui/**"));

  private static final MediaType SCRIPT =
      new MediaType("text", "javascript", StandardCharsets.UTF_8);
  private static final MediaType STYLE = new MediaType("text", "css", StandardCharsets.UTF_8);

  private static final byte[] PAGE_BYTES = bytes("sign-in.html");
  private static final byte[] SCRIPT_BYTES = bytes("sign-in.js");
  private static final byte[] STYLE_BYTES = bytes("sign-in.css");

  private static byte[] bytes(String name) {
    try (InputStream in = SignInPage.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("not in the program: " + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where the service's address leads who is signed in. */
  @GetMapping("/")
  ResponseEntity<Void> home() {
    return ResponseEntity.status(HttpStatus.FOUND).location(API_PAGE).build();
  }

  @GetMapping("/sign-in.js")
  ResponseEntity<byte[]> script() {
    return ResponseEntity.ok().contentType(SCRIPT).body(SCRIPT_BYTES);
  }

  @GetMapping("/sign-in.css")
  ResponseEntity<byte[]> style() {
    return ResponseEntity.ok().contentType(STYLE).body(STYLE_BYTES);
  }

  /**
   * Whether it is a browser that asks, for a page: programs, which take whatever comes, have JSON.
   * The server of {@code MANAGEMENT_PORT}, whose context has a parent, has no pages.
   */
  static boolean isFor(HttpServletRequest request) {
    String accept = request.getHeader(HttpHeaders.ACCEPT);
    ApplicationContext server =
        WebApplicationContextUtils.getWebApplicationContext(request.getServletContext());
    return PAGES.matches(request)
        && accept != null
        && accept.toLowerCase(Locale.ROOT).contains(MediaType.TEXT_HTML_VALUE)
        && server != null
        && server.getParent() == null;
  }

  /** Answers with it, and with the status of an answer to who isn't signed in. */
  static void write(HttpServletResponse response) throws IOException {
    response.setStatus(HttpStatus.UNAUTHORIZED.value());
    response.setContentType("text/html;charset=UTF-8");
    response.setContentLength(PAGE_BYTES.length);
    response.getOutputStream().write(PAGE_BYTES);
    response.flushBuffer();
  }
}
