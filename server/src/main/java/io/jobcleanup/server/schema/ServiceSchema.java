package io.jobcleanup.server.schema;

import io.jobcleanup.JobCleanup;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.database.SqlText;
import io.jobcleanup.server.settings.Settings.Migrate;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The service's own tables: people, sessions, tokens, audit entries, schedule. They are in the
 * library's schema, with a history of their own, and who embeds the library gets none of them. Safe
 * for use by several threads.
 */
public final class ServiceSchema {
  private static final String SCHEMA = "job_cleanup";
  private static final int NEWEST = 1;
  private static final String CONNECTION_CLASS = "08";

  private final DataSource dataSource;

  /** The tables of a database. */
  public ServiceSchema(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * Makes the library's schema and then the service's tables, or brings them up to date, under a
   * lock; quick where they are.
   *
   * @return how many migrations were applied
   * @throws io.jobcleanup.JobCleanupException if the library's schema can't be made
   * @throws ProgramException if the service's tables can't
   */
  public int migrate(JobCleanup cleanup) {
    int applied = cleanup.migrate();
    return switch (state()) {
      case CURRENT -> applied;
      case ABSENT, BEHIND -> applied + migrate();
      case UNUSABLE -> throw notCurrent("has tables of the service that our role may not use");
    };
  }

  /**
   * Brings them up to date where that is wanted, and refuses a database where they aren't.
   *
   * @throws io.jobcleanup.JobCleanupException as {@link #migrate}
   * @throws ProgramException as {@link #migrate} and {@link #requireCurrent}
   */
  public void prepare(JobCleanup cleanup, Migrate migrate) {
    switch (migrate) {
      case AUTO -> migrate(cleanup);
      case NEVER -> requireCurrent(cleanup);
    }
  }

  /**
   * Refuses a database where the library's schema or the service's tables aren't as this version
   * needs them.
   *
   * @throws ProgramException if they aren't there, are older, or may not be used by our role
   */
  public void requireCurrent(JobCleanup cleanup) {
    if (!cleanup.migrated()) {
      throw notCurrent("isn't there, or isn't as this version needs it");
    }
    switch (state()) {
      case CURRENT -> {}
      case ABSENT -> throw notCurrent("has no tables for the service yet");
      case BEHIND -> throw notCurrent("has tables of an older service");
      case UNUSABLE -> throw notCurrent("has tables of the service that our role may not use");
    }
  }

  private static ProgramException notCurrent(String how) {
    return new ProgramException(
        ExitCode.UNUSABLE,
        "The schema %s %s. Let the owner of the database run:  job-cleanup migrate   The SQL and the grants that suffice:  job-cleanup migrate --print"
            .formatted(SCHEMA, how));
  }

  private enum State {
    ABSENT,
    BEHIND,
    CURRENT,
    UNUSABLE
  }

  private State state() {
    record There(boolean there, boolean usable) {}
    JdbcClient jdbc = JdbcClient.create(dataSource);
    There there =
        jdbc.sql(SqlText.of(ServiceSchema.class, "stands"))
            .query((row, number) -> new There(row.getBoolean("there"), row.getBoolean("usable")))
            .single();
    if (!there.there()) {
      return State.ABSENT;
    }
    if (!there.usable()) {
      return State.UNUSABLE;
    }
    int version =
        jdbc.sql(SqlText.of(ServiceSchema.class, "version")).query(Integer.class).single();
    return version < NEWEST ? State.BEHIND : State.CURRENT;
  }

  private int migrate() {
    try {
      return Flyway.configure(ServiceSchema.class.getClassLoader())
          .dataSource(dataSource)
          .locations("classpath:io/jobcleanup/server/schema/migration")
          .defaultSchema(SCHEMA)
          .schemas(SCHEMA)
          .createSchemas(false)
          .table("service_history")
          // The schema is never empty here: the library's tables are in it.
          .baselineOnMigrate(true)
          .baselineVersion("0")
          .load()
          .migrate()
          .migrationsExecuted;
    } catch (FlywayException e) {
      throw failure(e);
    }
  }

  private static ProgramException failure(FlywayException error) {
    for (Throwable at = error; at != null; at = at.getCause()) {
      if (at instanceof SQLException sql) {
        String state = sql.getSQLState();
        return state != null && state.startsWith(CONNECTION_CLASS)
            ? new ProgramException(
                ExitCode.UNREACHABLE,
                "The connection to the database was lost: " + sql.getMessage(),
                error)
            : refused(String.valueOf(sql.getMessage()), error);
      }
    }
    return refused(String.valueOf(error.getMessage()), error);
  }

  private static ProgramException refused(String reason, FlywayException error) {
    return new ProgramException(
        ExitCode.UNUSABLE,
        "The service's tables in the schema %s can't be made or brought up to date: %s%nLet the owner of the database run:  job-cleanup migrate"
            .formatted(SCHEMA, reason),
        error);
  }

  /**
   * The SQL that makes the service's tables, after the library's own, with the grants that the same
   * role needs to serve.
   */
  public static String script() {
    return String.join(
        "\n",
        SqlText.of(ServiceSchema.class, "migration/V1__service"),
        SqlText.of(ServiceSchema.class, "history"),
        SqlText.of(ServiceSchema.class, "grants"));
  }
}
