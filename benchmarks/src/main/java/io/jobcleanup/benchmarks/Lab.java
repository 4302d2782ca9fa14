package io.jobcleanup.benchmarks;

import io.jobcleanup.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A PostgreSQL for measurements, durable as a real one is, and how much to measure on it.
 *
 * @param postgres the server
 * @param scale how much is measured
 */
record Lab(EmbeddedPostgres postgres, Scale scale) {

  private static final String TEMPLATE = "host_template";

  private static final Map<String, String> SETTINGS =
      Map.of(
          "fsync", "on",
          "full_page_writes", "on",
          "shared_buffers", "1GB",
          "max_wal_size", "4GB",
          "effective_cache_size", "4GB",
          "maintenance_work_mem", "256MB");

  static Lab start(Scale scale) {
    return new Lab(EmbeddedPostgres.temporary(SETTINGS), scale);
  }

  /** The server's version and those of its settings that bear on the figures. */
  Map<String, String> facts() {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                """
                select current_setting('server_version'),
                       string_agg(name || '=' || current_setting(name), ' ' order by name)
                from pg_settings
                where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'shared_buffers', 'max_wal_size',
                               'deadlock_timeout', 'wal_sync_method')
                """)) {
      row.next();
      Map<String, String> facts = new LinkedHashMap<>();
      facts.put("PostgreSQL", row.getString(1));
      facts.put("settings", row.getString(2));
      return facts;
    } catch (SQLException e) {
      throw new IllegalStateException("the server doesn't tell its settings", e);
    }
  }

  /**
   * A host with users and jobs done long ago, made at the first call, to be copied for each
   * measurement; nobody is connected to it.
   */
  String template() {
    if (number("select count(*) from pg_database where datname = '" + TEMPLATE + "'") == 0) {
      progress("filling a host with %,d jobs of old", scale.background());
      try (HostDatabase host = HostDatabase.create(postgres, TEMPLATE, scale.users())) {
        host.addJobs(
            "done",
            scale.background(),
            scale.users(),
            "COMPLETED",
            "localtimestamp - interval '2 days' + n * interval '1 ms'");
        host.buildProposedIndexes();
        host.settle();
      }
    }
    return TEMPLATE;
  }

  /** A fresh copy of a template with stuck jobs, ready to be measured on. */
  HostDatabase hostWithStuckJobs(String template, int jobs, int users) {
    HostDatabase host = HostDatabase.copy(postgres, template, "host");
    host.addStuckJobs(jobs, users);
    host.settle();
    return host;
  }

  /**
   * How many transactions of the host that was measured last, and is closed by now, were rolled
   * back: batches that outlasted their time and were tried again.
   */
  long rolledBack() {
    return number("select xact_rollback from pg_stat_database where datname = 'host'");
  }

  private long number(String sql) {
    try (HostDatabase server = HostDatabase.open(postgres, postgres.database())) {
      return server.number(sql);
    }
  }

  /** Tells whoever waits what is being done. */
  @SuppressWarnings("AnnotateFormatMethod")
  void progress(String format, Object... arguments) {
    System.err.println("  " + format.formatted(arguments));
  }
}
