package io.jobcleanup.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * The specification's algorithm, ported with care: finds up to a hundred stuck jobs, then takes one
 * after the other: sets its status, and gives the tokens back in a transaction of its own. It keeps
 * no records, reads no charges, and loses a refund where it dies between the two.
 */
record SpecificationCleaner() implements Cleaner {

  private static final int BATCH_SIZE = 100;

  private record Stuck(String id, String user, int cost, LocalDateTime since) {}

  @Override
  public String label() {
    return "specification's algorithm";
  }

  @Override
  public boolean records() {
    return false;
  }

  @Override
  public long clean(HostDatabase database) throws SQLException {
    try (Connection connection = database.connect()) {
      long settled = 0;
      while (true) {
        List<Stuck> batch = find(connection);
        if (batch.isEmpty()) {
          return settled;
        }
        for (Stuck job : batch) {
          if (fail(connection, job) && job.cost() > 0) {
            refund(connection, job);
          }
          settled++;
        }
      }
    }
  }

  private static List<Stuck> find(Connection connection) throws SQLException {
    LocalDateTime threshold = LocalDateTime.now(ZoneOffset.UTC).minusMinutes(5);
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            select id, "userId", "tokensCost", coalesce("processingStartedAt", "updatedAt")
            from image_enhancement_jobs
            where status = 'PROCESSING'
              and ("processingStartedAt" < ? or ("processingStartedAt" is null and "updatedAt" < ?))
            limit ?
            """)) {
      statement.setObject(1, threshold);
      statement.setObject(2, threshold);
      statement.setInt(3, BATCH_SIZE);
      List<Stuck> found = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          found.add(
              new Stuck(
                  row.getString(1),
                  row.getString(2),
                  row.getInt(3),
                  row.getObject(4, LocalDateTime.class)));
        }
      }
      return found;
    }
  }

  private static boolean fail(Connection connection, Stuck job) throws SQLException {
    LocalDateTime now = LocalDateTime.now(ZoneOffset.UTC);
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            update image_enhancement_jobs
            set status = 'FAILED', "errorMessage" = ?, "processingCompletedAt" = ?, "updatedAt" = ?
            where id = ? and status = 'PROCESSING'
            """)) {
      statement.setString(
          1,
          "Job timed out after %ds. Automatically cleaned up and tokens refunded."
              .formatted(Duration.between(job.since(), now).toSeconds()));
      statement.setObject(2, now);
      statement.setObject(3, now);
      statement.setString(4, job.id());
      return statement.executeUpdate() == 1;
    }
  }

  private static void refund(Connection connection, Stuck job) throws SQLException {
    connection.setAutoCommit(false);
    int balance;
    LocalDateTime now = LocalDateTime.now(ZoneOffset.UTC);
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            update user_token_balances set balance = balance + ?, "updatedAt" = ?
            where "userId" = ? returning balance
            """)) {
      statement.setInt(1, job.cost());
      statement.setObject(2, now);
      statement.setString(3, job.user());
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        balance = row.getInt(1);
      }
    }
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            insert into token_transactions
              (id, "userId", amount, type, source, "sourceId", "balanceAfter", metadata, "createdAt")
            values (?, ?, ?, 'REFUND', 'enhancement_failed', ?, ?, '{"reason": "timeout"}', ?)
            """)) {
      statement.setString(1, UUID.randomUUID().toString());
      statement.setString(2, job.user());
      statement.setInt(3, job.cost());
      statement.setString(4, job.id());
      statement.setInt(5, balance);
      statement.setObject(6, now);
      statement.executeUpdate();
    }
    connection.commit();
    connection.setAutoCommit(true);
  }
}
