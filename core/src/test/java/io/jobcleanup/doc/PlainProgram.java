package io.jobcleanup.doc;

import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** The library alone: one cleanup of the database that the first argument names. */
public final class PlainProgram {

  private PlainProgram() {}

  public static void main(String[] arguments) {
    PGSimpleDataSource database = new PGSimpleDataSource();
    database.setUrl(arguments[0]);
    System.out.println(cleanUp(database).message());
  }

  static CleanupResult cleanUp(DataSource database) {
    JobCleanup cleanup = JobCleanup.builder(database).build();
    cleanup.migrate();
    return cleanup.cleanupStuckJobs();
  }
}
