package io.jobcleanup.server.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.Host;
import io.jobcleanup.server.TestPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The page about the HTTP API has the routes that the running service describes. */
class HttpApiPageTest {
  private static final Path PAGE = Path.of("..", "docs", "reference", "http-api.md");
  private static final Pattern ROUTE =
      Pattern.compile("(?:`?(GET|POST)`?(?:, `(GET|POST))?) (/api/[^`]+)`");

  @Test
  void pageHasTheRoutesOfTheDescriptionAndNoOther() throws Exception {
    Set<String> shown = new TreeSet<>();
    for (MatchResult route : ROUTE.matcher(table()).results().toList()) {
      shown.add(route.group(1) + " " + route.group(3));
      if (route.group(2) != null) {
        shown.add(route.group(2) + " " + route.group(3));
      }
    }

    // HEAD and OPTIONS do nothing of their own, and share their route's row.
    Set<String> described = new TreeSet<>();
    try (Host host = Host.on(TestPostgres.server());
        Serving serving = Serving.on(host)) {
      String cookie = serving.cookie(Serving.EMAIL, Serving.PASSWORD);
      JsonNode description =
          Serving.json(serving.send("GET", "/v3/api-docs", "", "Cookie", cookie));
      description
          .path("paths")
          .properties()
          .forEach(
              path ->
                  path.getValue()
                      .propertyNames()
                      .forEach(
                          method ->
                              described.add(
                                  method.toUpperCase(Locale.ROOT) + " " + path.getKey())));
    }

    described.removeIf(it -> it.startsWith("HEAD ") || it.startsWith("OPTIONS "));
    assertThat(shown).isEqualTo(described);
  }

  private static String table() throws Exception {
    String page = Files.readString(PAGE);
    int start = page.indexOf("| route |");
    return page.substring(start, page.indexOf("\n\n", start));
  }
}
