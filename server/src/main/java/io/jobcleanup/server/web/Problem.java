package io.jobcleanup.server.web;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;

/**
 * An error as RFC 9457 describes one, with the member {@code error} that clients of the
 * specification look for. Immutable.
 *
 * @param type what kind of problem it is
 * @param title the status in words
 * @param status the HTTP status
 * @param error what is wrong, in a few fixed words
 * @param detail what is wrong in this case, and what would be right; never with a secret or an
 *     internal; null where {@code error} says it all
 * @param retryAfter when the same may go well, for a header of the answer; null where nobody knows
 * @param more further members
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Problem(
    String type,
    String title,
    int status,
    String error,
    @Nullable String detail,
    @JsonIgnore @Nullable Duration retryAfter,
    @JsonAnyGetter Map<String, Object> more) {
  /** The media type of problems. */
  public static final String MEDIA_TYPE = MediaType.APPLICATION_PROBLEM_JSON_VALUE;

  private static final String ABOUT_BLANK = "about:blank";
  private static final Duration SOON = Duration.ofSeconds(5);

  /** Takes a copy. */
  public Problem {
    more = Map.copyOf(more);
  }

  /** A problem that {@code error} says all of. */
  public static Problem of(int status, String error) {
    return of(status, error, null);
  }

  /** A problem in general and in this case. */
  public static Problem of(int status, String error, @Nullable String detail) {
    HttpStatus known = HttpStatus.resolve(status);
    return new Problem(
        ABOUT_BLANK,
        known == null ? "Error" : known.getReasonPhrase(),
        status,
        error,
        detail,
        null,
        Map.of());
  }

  /** A problem that the status says all of. */
  public static Problem of(int status) {
    return of(
        status,
        switch (status) {
          case 400 -> "Invalid request";
          case 404 -> "Not found";
          case 405 -> "Method not allowed";
          case 406 -> "Not acceptable";
          case 413 -> "Payload too large";
          case 415 -> "Unsupported media type";
          case 501 -> "Not implemented";
          default -> status < 500 ? "Invalid request" : "Internal error";
        });
  }

  /** The request has no credentials, or wrong ones. */
  public static Problem unauthorized() {
    return of(401, "Unauthorized");
  }

  /** The request's credentials don't suffice, or it comes from another site. */
  public static Problem forbidden() {
    return of(403, "Forbidden");
  }

  /** The request itself is wrong. */
  public static Problem invalid(String detail) {
    return of(400, "Invalid request", detail);
  }

  /** The database doesn't answer; nobody outside learns more. */
  public static Problem databaseAway() {
    return of(503, "Service unavailable", "The database doesn't answer. Try again in a moment.");
  }

  /** All connections to the database were in use for longer than one waits. */
  public static Problem busy() {
    return of(
            503,
            "Service unavailable",
            "The service is busy. Try again in %d s.".formatted(SOON.toSeconds()))
        .after(SOON);
  }

  /** This problem with one more member. */
  public Problem with(String member, Object value) {
    Map<String, Object> all = new LinkedHashMap<>(more);
    all.put(member, value);
    return new Problem(type, title, status, error, detail, retryAfter, all);
  }

  /** This problem under other words. */
  public Problem withError(String error) {
    return new Problem(type, title, status, error, detail, retryAfter, more);
  }

  /** This problem with what is wrong in this case. */
  public Problem withDetail(String detail) {
    return new Problem(type, title, status, error, detail, retryAfter, more);
  }

  private Problem after(Duration delay) {
    return new Problem(type, title, status, error, detail, delay, more);
  }

  /** What the header {@code Retry-After} says; empty where it isn't there. */
  Optional<String> retryAfterHeader() {
    return Optional.ofNullable(retryAfter).map(it -> String.valueOf(it.toSeconds()));
  }
}
