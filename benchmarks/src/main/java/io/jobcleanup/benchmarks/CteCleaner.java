package io.jobcleanup.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.util.UUID;

/**
 * The yardstick: one hand-written statement per batch that reads, locks and writes what ours does,
 * for these tables alone. It isn't safe beside a host: its snapshot is older than its locks.
 *
 * @param batchSize jobs per batch
 */
record CteCleaner(int batchSize) implements Cleaner {

  private static final String TEMPLATE = HostDatabase.resource("cte.sql");
  private static final String STARTED =
      statement(
          "job.\"processingStartedAt\" <= cast(? as timestamp)", "job.\"processingStartedAt\"");
  private static final String NEVER_STARTED =
      statement(
          "job.\"processingStartedAt\" is null and job.\"updatedAt\" <= cast(? as timestamp)",
          "job.\"updatedAt\"");

  private static String statement(String range, String order) {
    return TEMPLATE.replace("<range>", range).replace("<order>", order);
  }

  @Override
  public String label() {
    return "hand-written CTE";
  }

  @Override
  public boolean records() {
    return true;
  }

  @Override
  public long clean(HostDatabase database) throws SQLException {
    try (Connection connection = database.connect()) {
      UUID run = UUID.randomUUID();
      LocalDateTime cut;
      try (PreparedStatement start =
          connection.prepareStatement(
              "insert into job_cleanup.run (id, trigger, dry_run, batch_size, drain) values (?, 'CODE', false, ?, true)"
                  + " returning started_at at time zone 'UTC' - interval '5 minutes'")) {
        start.setObject(1, run);
        start.setInt(2, batchSize);
        try (ResultSet row = start.executeQuery()) {
          row.next();
          cut = row.getObject(1, LocalDateTime.class);
        }
      }
      long settled =
          drain(connection, STARTED, cut, run) + drain(connection, NEVER_STARTED, cut, run);
      try (PreparedStatement finish =
          connection.prepareStatement(
              "update job_cleanup.run set state = 'COMPLETED', completed_at = clock_timestamp(), total_found = ?,"
                  + " cleaned_up = ? where id = ?")) {
        finish.setLong(1, settled);
        finish.setLong(2, settled);
        finish.setObject(3, run);
        finish.executeUpdate();
      }
      return settled;
    }
  }

  private long drain(Connection connection, String sql, LocalDateTime cut, UUID run)
      throws SQLException {
    long settled = 0;
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      while (true) {
        statement.setObject(1, cut);
        statement.setInt(2, batchSize);
        statement.setString(3, run.toString());
        statement.setString(4, run.toString());
        statement.setString(5, run.toString());
        statement.setString(6, run.toString());
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          long batch = row.getLong("failed");
          if (batch == 0) {
            return settled;
          }
          settled += batch;
        }
      }
    }
  }
}
