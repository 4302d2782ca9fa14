package io.jobcleanup.server.acceptance;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** What callers of the service do, and what came of it. */
record Call(String method, String path, String... headers) {
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  static Call bearer(String method, String path, String token) {
    return new Call(method, path, "Authorization", "Bearer " + token);
  }

  static Call cookie(String method, String path, String cookie) {
    return new Call(method, path, "Cookie", cookie);
  }

  /**
   * How a call ended.
   *
   * @param status 0 where there was no answer
   * @param body what was answered, or why there was no answer
   * @param at when it was made, as {@link System#nanoTime} tells
   */
  record Ended(Call call, int port, int status, String body, long at, Duration took) {
    @Override
    public String toString() {
      return "%s %s: %d in %d ms: %s"
          .formatted(call.method, call.path, status, took.toMillis(), body);
    }
  }

  /** Makes it. That there is no answer, within {@code patience} or at all, is a result too. */
  Ended make(int port, Duration patience) throws InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d%s".formatted(port, path)))
            .timeout(patience)
            .method(method, BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    long start = System.nanoTime();
    try {
      HttpResponse<String> answer = CLIENT.send(request.build(), BodyHandlers.ofString());
      return ended(port, answer.statusCode(), answer.body(), start);
    } catch (IOException e) {
      return ended(port, 0, e.toString(), start);
    }
  }

  private Ended ended(int port, int status, String body, long start) {
    return new Ended(this, port, status, body, start, Duration.ofNanos(System.nanoTime() - start));
  }
}
