package io.jobcleanup.server.database;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Statements that are kept in files beside the classes that use them. */
public final class SqlText {

  private SqlText() {}

  /**
   * The text of a file.
   *
   * @param beside the class that the file is beside
   * @param name its name, without {@code .sql}; it may begin with a directory
   * @throws IllegalStateException if there is no such file
   */
  public static String of(Class<?> beside, String name) {
    try (InputStream in = beside.getResourceAsStream(name + ".sql")) {
      if (in == null) {
        throw new IllegalStateException(name + ".sql isn't on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
