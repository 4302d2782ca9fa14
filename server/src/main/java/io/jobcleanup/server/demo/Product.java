package io.jobcleanup.server.demo;

import io.jobcleanup.server.database.SpecificationTables;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The product of the demo: users who buy tokens and queue images, in the specification's tables.
 */
final class Product {
  private static final List<String> USERS = List.of("Ada", "Ben", "Cleo");
  private static final List<Tier> QUEUED = List.of(Tier.TIER_2K, Tier.TIER_4K, Tier.TIER_1K);

  private final Connection connection;

  /** Speaks to the demo's database, with a connection that the caller closes. */
  Product(Connection connection) {
    this.connection = connection;
  }

  /** What the tables say about one job and its user. */
  record View(
      String job,
      String status,
      @Nullable String error,
      String user,
      int balance,
      int cost,
      int refunds) {}

  /** One line of the books. */
  record Books(String payer, long balance, long ledger, long paidForResults, long givenBack) {
    private static final int BOUGHT = 100;

    /** Whether the balance is what the ledger adds up to, and only results were paid for. */
    boolean balanced() {
      return balance == ledger && balance == BOUGHT - paidForResults;
    }
  }

  /** Makes the tables, and users with tokens. */
  void open() throws SQLException {
    SpecificationTables.create(connection);
    try (Statement statement = connection.createStatement()) {
      statement.execute(resource("users.sql"));
    }
  }

  /**
   * Paints pictures, and queues each as a job that its user pays for.
   *
   * @return how many jobs
   */
  int queueJobs(Path directory) throws SQLException, IOException {
    int jobs = 0;
    try (PreparedStatement charge = connection.prepareStatement(resource("charge.sql"))) {
      for (Tier tier : QUEUED) {
        for (String user : USERS) {
          jobs++;
          Path picture = directory.resolve("picture-%02d.png".formatted(jobs));
          Pictures.paint(jobs, picture);
          charge.setString(1, "user-" + user.toLowerCase(java.util.Locale.ROOT));
          charge.setInt(2, tier.tokens());
          charge.setString(3, "job-%02d".formatted(jobs));
          charge.setString(4, picture.toString());
          charge.setString(5, tier.name());
          charge.executeUpdate();
        }
      }
    }
    return jobs;
  }

  /** How many jobs are in one status. */
  int count(String status) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "select count(*) from image_enhancement_jobs where cast(status as text) = ?")) {
      statement.setString(1, status);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getInt(1);
      }
    }
  }

  /** For how long a job has been processed, by the database's clock. */
  Duration age(String job) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            select 1000 * extract(epoch from localtimestamp - "processingStartedAt")
            from image_enhancement_jobs where id = ?
            """)) {
      statement.setString(1, job);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return Duration.ofMillis((long) row.getDouble(1));
      }
    }
  }

  View view(String job) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            select j.id, j.status, j."errorMessage", u.name, b.balance, j."tokensCost",
              (select count(*) from token_transactions t where t."sourceId" = j.id and t.type = 'REFUND')
            from image_enhancement_jobs j
            join users u on u.id = j."userId" join user_token_balances b on b."userId" = u.id
            where j.id = ?
            """)) {
      statement.setString(1, job);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return new View(
            row.getString(1),
            row.getString(2),
            row.getString(3),
            row.getString(4),
            row.getInt(5),
            row.getInt(6),
            row.getInt(7));
      }
    }
  }

  /** The query that {@link #books} asks, to be shown. */
  static String booksQuery() {
    return resource("books.sql");
  }

  List<Books> books() throws SQLException {
    List<Books> books = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(booksQuery())) {
      while (row.next()) {
        books.add(
            new Books(
                row.getString(1), row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5)));
      }
    }
    return books;
  }

  private static String resource(String name) {
    try (InputStream in = Product.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " isn't on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
