package io.jobcleanup.support;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;

/**
 * The program of a worker that takes until it is told, and then completes its job by its id alone.
 */
public final class SlowWorker {

  /** The environment variable that gives the database's password. */
  public static final String PASSWORD = "WORKER_PASSWORD";

  private SlowWorker() {}

  /**
   * Works on one job until a byte comes on standard input, and prints how many rows its update hit.
   *
   * @param arguments the database's JDBC URL, the role and the job
   */
  public static void main(String[] arguments) throws Exception {
    try (Connection connection =
            DriverManager.getConnection(arguments[0], arguments[1], System.getenv(PASSWORD));
        PreparedStatement complete =
            connection.prepareStatement(
                "update image_enhancement_jobs set status = 'COMPLETED' where id = ?")) {
      System.out.println("claimed");
      if (System.in.read() < 0) {
        throw new IllegalStateException("nobody tells any more when the work is done");
      }
      complete.setString(1, arguments[2]);
      System.out.println(complete.executeUpdate());
    }
  }
}
