package io.jobcleanup.shapes;

import io.jobcleanup.JobCleanup;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.support.TestDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * A kind of host, made up: its tables with stuck and healthy jobs, its mapping, and the rows
 * expected after a cleanup.
 */
enum Shape {
  SHAPE_1,
  SHAPE_5,
  SHAPE_8;

  /** A new database with the tables and jobs. */
  TestDatabase create() {
    return TestDatabase.create().execute(text("tables.sql"));
  }

  Mapping mapping() {
    return Mapping.parse(text("mapping.yaml"));
  }

  /** A cleanup over such a database, our schema made. */
  JobCleanup cleanup(TestDatabase database) {
    JobCleanup cleanup = JobCleanup.builder(database).mapping(mapping()).build();
    cleanup.migrate();
    return cleanup;
  }

  /** What the tables hold. */
  List<String> rows(TestDatabase database) {
    return database.rows(text("rows.sql"));
  }

  /** What they must hold after a cleanup. */
  List<String> expected() {
    return text("expected.txt").lines().toList();
  }

  private String text(String file) {
    String name = name().toLowerCase(Locale.ROOT).replace('_', '-') + "/" + file;
    try (InputStream in = Shape.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
