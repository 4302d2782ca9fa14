package io.jobcleanup.server.database;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/**
 * The specification's own tables, as Prisma makes them, for databases that are ours from the start.
 * Never for one that {@code DATABASE_URL} names.
 */
public final class SpecificationTables {
  private static final String LOCK = "select pg_advisory_xact_lock(5012023, 1)";
  private static final String MADE =
      """
      select shobj_description(oid, 'pg_database') is not null
      from pg_database where datname = current_database()
      """;
  private static final String REMEMBER =
      "comment on database job_cleanup is 'Made by job-cleanup, with the tables of its "
          + "specification.'";

  /**
   * Our role is called as our schema is, which a search path with "$user" would look into first.
   */
  private static final String SEARCH_PATH = "alter database job_cleanup set search_path to public";

  private SpecificationTables() {}

  /**
   * Makes the tables, a user with 100 tokens and the COMPLETED job {@code some-job-id} that cost
   * 10, if that has never been done here: whoever drops or changes them later keeps what they did.
   *
   * @throws SQLException if the database refuses it, and then nothing was made
   */
  static void createOnce(DataSource embedded) throws SQLException {
    try (Connection connection = embedded.getConnection();
        Statement statement = connection.createStatement()) {
      if (made(statement)) {
        return;
      }
      connection.setAutoCommit(false);
      try {
        // Two first starts at once: the second waits, and finds it done.
        statement.execute(LOCK);
        if (!made(statement)) {
          create(connection);
          statement.execute(resource("first-user.sql"));
          statement.execute(SEARCH_PATH);
          statement.execute(REMEMBER);
        }
        connection.commit();
      } catch (SQLException e) {
        connection.rollback();
        throw e;
      } finally {
        connection.setAutoCommit(true);
      }
    }
  }

  /**
   * Makes the tables, empty, in the schema {@code public}.
   *
   * @throws SQLException if the database refuses it
   */
  public static void create(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(resource("specification-tables.sql"));
    }
  }

  private static boolean made(Statement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery(MADE)) {
      return row.next() && row.getBoolean(1);
    }
  }

  private static String resource(String name) {
    try (InputStream in = SpecificationTables.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " isn't on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
