package io.jobcleanup.server.demo;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.TimeZone;
import org.jspecify.annotations.Nullable;

/**
 * A worker as a product has them: a process of its own that claims jobs one by one, works on each,
 * and marks it COMPLETED, until none is left. It knows nothing of job-cleanup.
 */
public final class Worker {
  /**
   * The environment variable that gives the database's password, which a command line would show.
   */
  static final String PASSWORD_VARIABLE = "DEMO_PASSWORD";

  /** What a line of its output begins with when it has claimed the job that follows. */
  static final String CLAIMED = "claimed ";

  private static final String CLAIM =
      """
      update image_enhancement_jobs j
      set status = 'PROCESSING', "processingStartedAt" = now(), "updatedAt" = now()
      where id = (
        select id from image_enhancement_jobs
        where status = 'PENDING' order by "createdAt", id limit 1 for update skip locked)
      returning j.id, j."imageUrl", j.tier
      """;
  private static final String COMPLETE =
      """
      update image_enhancement_jobs
      set status = 'COMPLETED', "resultUrl" = ?, "processingCompletedAt" = now(), "updatedAt" = now()
      where id = ? and status = 'PROCESSING'
      """;

  private Worker() {}

  private record Job(String id, Path picture, int width) {}

  /**
   * Works until no job is PENDING.
   *
   * @param arguments the database's JDBC URL, and the role
   */
  public static void main(String[] arguments) throws SQLException, IOException {
    TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
    try (Connection connection =
        DriverManager.getConnection(arguments[0], arguments[1], System.getenv(PASSWORD_VARIABLE))) {
      for (Job job = claim(connection); job != null; job = claim(connection)) {
        System.out.println(CLAIMED + job.id());
        Path result = job.picture().resolveSibling(job.id() + ".jpg");
        Pictures.resample(job.picture(), job.width(), result);
        complete(connection, job, result);
      }
    }
  }

  private static @Nullable Job claim(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(CLAIM);
        ResultSet row = statement.executeQuery()) {
      return row.next()
          ? new Job(
              row.getString(1), Path.of(row.getString(2)), Tier.valueOf(row.getString(3)).width())
          : null;
    }
  }

  private static void complete(Connection connection, Job job, Path result) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(COMPLETE)) {
      statement.setString(1, result.toString());
      statement.setString(2, job.id());
      statement.executeUpdate();
    }
  }
}
