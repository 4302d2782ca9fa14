package io.jobcleanup.support;

import io.jobcleanup.embedded.EmbeddedPostgres;
import java.util.Map;

/** One real PostgreSQL for all tests of a JVM; each test makes a database of its own on it. */
public final class TestPostgres {

  private static final EmbeddedPostgres SERVER =
      EmbeddedPostgres.temporary(Map.of("fsync", "off", "max_connections", "200"));

  private TestPostgres() {}

  /** The server. */
  public static EmbeddedPostgres server() {
    return SERVER;
  }
}
