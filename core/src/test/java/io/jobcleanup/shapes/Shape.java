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
import javax.sql.DataSource;

/**
 * A kind of host, made up: its tables with stuck and healthy jobs, its mapping, and the rows
 * expected after a cleanup; what its own code does at the same time, and an audit of its books.
 */
enum Shape {
  SHAPE_1(3),
  SHAPE_2(9),
  SHAPE_3(6),
  SHAPE_4(7),
  SHAPE_5(5),
  SHAPE_6(7),
  SHAPE_7(8),
  SHAPE_8(4),
  SHAPE_9(10),
  SHAPE_10(7),
  SHAPE_11(8),
  SHAPE_12(9);

  /** Among how many payers the jobs of {@link #create(int)} are shared out, by number. */
  static final int PAYERS = 12;

  private final int stuckJobs;

  Shape(int stuckJobs) {
    this.stuckJobs = stuckJobs;
  }

  /** How many jobs are stuck in a new database. */
  int stuckJobs() {
    return stuckJobs;
  }

  /** A new database with the tables and jobs. */
  TestDatabase create() {
    TestDatabase database = TestDatabase.create().execute(text("tables.sql"));
    if (has("grants.sql")) {
      String name = database.value("select current_database()");
      database.execute(
          text("grants.sql").replace(":cleaner", role(database)).replace(":database", name));
    }
    return database;
  }

  /**
   * A new database with so many more stuck jobs, each charged and due to be given back: number n,
   * from 0, is the job {@code more n} of the payer {@code more} n modulo {@link #PAYERS}.
   */
  TestDatabase create(int copies) {
    return create().execute(text("more.sql").replace(":copies", String.valueOf(copies)));
  }

  Mapping mapping() {
    return Mapping.parse(text("mapping.yaml"));
  }

  /** A cleanup over such a database, as the role that the shape has for it, our schema made. */
  JobCleanup cleanup(TestDatabase database) {
    return cleanupBy(asCleaner(database));
  }

  /** Such a database as the role that the shape has for cleaning it up. */
  TestDatabase asCleaner(TestDatabase database) {
    return has("grants.sql") ? database.as(role(database), "secret") : database;
  }

  /** A cleanup over the connections of that role, our schema made. */
  JobCleanup cleanupBy(DataSource cleaner) {
    JobCleanup cleanup = JobCleanup.builder(cleaner).mapping(mapping()).build();
    cleanup.migrate();
    return cleanup;
  }

  /** What the tables hold. */
  List<String> rows(TestDatabase database) {
    return database.rows(text("rows.sql"));
  }

  /** What the tables hold, but for the jobs of {@link #create(int)}. */
  List<String> ownRows(TestDatabase database) {
    return rows(database).stream().filter(row -> !row.contains("more")).toList();
  }

  /** What they must hold after a cleanup. */
  List<String> expected() {
    return text("expected.txt").lines().toList();
  }

  /**
   * Makes the host's own writers: functions, each a transaction of the host about the job of a
   * number, that say how many rows they hit. Gives their names.
   */
  List<String> makeHost(TestDatabase database) {
    database.execute("create schema host").execute(text("host.sql"));
    return database.rows(
        """
        select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname = 'host' and p.pronargs = 1 order by 1""");
  }

  /** Takes away what keeps refunds owed; says whether any were. */
  boolean mend(TestDatabase database) {
    if (!has("mend.sql")) {
      return false;
    }
    database.execute(text("mend.sql"));
    return true;
  }

  /** What is wrong in the books of the payers of {@link #create(int)}; none where all is right. */
  List<String> audit(TestDatabase database) {
    return database.rows(text("audit.sql"));
  }

  private static String role(TestDatabase database) {
    return "cleaner_of_" + database.value("select current_database()");
  }

  private boolean has(String file) {
    return Shape.class.getResource(path(file)) != null;
  }

  private String text(String file) {
    try (InputStream in = Shape.class.getResourceAsStream(path(file))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String path(String file) {
    return name().toLowerCase(Locale.ROOT).replace('_', '-') + "/" + file;
  }
}
