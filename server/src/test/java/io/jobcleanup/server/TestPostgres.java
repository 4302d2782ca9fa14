package io.jobcleanup.server;

import io.jobcleanup.embedded.EmbeddedPostgres;
import java.util.Map;

/**
 * One real PostgreSQL for all tests of a JVM that neither stop it nor change more of it than a
 * database of their own.
 */
public final class TestPostgres {

  // With many databases autovacuum would begin anew somewhere several times a second.
  private static final EmbeddedPostgres SERVER =
      EmbeddedPostgres.temporary(Map.of("autovacuum", "off"));

  private TestPostgres() {}

  /** The server. */
  public static EmbeddedPostgres server() {
    return SERVER;
  }
}
