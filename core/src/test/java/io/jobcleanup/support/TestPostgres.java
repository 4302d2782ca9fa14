package io.jobcleanup.support;

import io.jobcleanup.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

/** One real PostgreSQL for all tests of a JVM; each test makes a database of its own on it. */
public final class TestPostgres {

  private static final EmbeddedPostgres SERVER =
      EmbeddedPostgres.temporary(
          // With hundreds of databases autovacuum would begin anew somewhere ten times a second.
          Map.of("autovacuum", "off", "hba_file", ownerNeedsNoPassword().toString()));

  private TestPostgres() {}

  /** The server. */
  public static EmbeddedPostgres server() {
    return SERVER;
  }

  /** Proving a password takes as long as the rest of connecting, and tests connect all the time. */
  private static Path ownerNeedsNoPassword() {
    try {
      Path file = Files.createTempFile("job-cleanup-pg_hba-", ".conf");
      file.toFile().deleteOnExit();
      // Another account than ours may run the server.
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
      Files.writeString(
          file,
          """
          host all job_cleanup 127.0.0.1/32 trust
          host all all         127.0.0.1/32 scram-sha-256
          """);
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
