package io.jobcleanup.postgres;

import io.jobcleanup.UnreachableDatabaseException;
import io.jobcleanup.UnusableDatabaseException;
import java.time.Duration;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.statement.TemplateEngine;
import org.jspecify.annotations.Nullable;

/**
 * Opens transactions as all of ours are: READ COMMITTED whatever the server's default, in UTC, with
 * backslashes in strings that stand for themselves, and names looked up as configured. All of it is
 * set inside the transaction, so that a pooler in transaction mode is served as well. Safe for use
 * by several threads.
 */
public final class Database {

  /** How long a table that is locked as a whole is waited for while we hold nothing. */
  private static final int LOCK_WAIT_SECONDS = 5;

  private static final String LOCKED =
      "A table that we need is locked as a whole by another session, for over %d s. Who it is: select pid, state, query from pg_stat_activity where pid in (select pid from pg_locks where mode = 'AccessExclusiveLock')"
          .formatted(LOCK_WAIT_SECONDS);

  private static final String READ_WRITE =
      "set transaction isolation level read committed, read write; ";
  private static final String READ_ONLY =
      "set transaction isolation level read committed, read only; ";
  private static final String ONE_MOMENT =
      "set transaction isolation level repeatable read, read only; ";

  /**
   * A transaction whose COMMIT was sent, and whose answer never came: it may be committed or not.
   */
  public static final class CommitUnknownException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CommitUnknownException(RuntimeException cause) {
      super("the connection was lost while COMMIT was under way", cause);
    }
  }

  private final Jdbi jdbi;
  private final DataSource dataSource;
  private final @Nullable String schema;

  /**
   * Wraps a data source.
   *
   * @param dataSource where connections come from; each is closed after its transaction
   * @param schema where table names without one are looked up; null leaves it to the role's search
   *     path
   */
  public Database(DataSource dataSource, @Nullable String schema) {
    this.dataSource = dataSource;
    this.schema = schema;
    this.jdbi = Jdbi.create(dataSource);
    jdbi.getConfig(SqlStatements.class).setTemplateEngine(TemplateEngine.NOP);
    jdbi.getConfig(SqlStatements.class).setSqlParser(new PostgresSqlParser());
    jdbi.getConfig(SqlStatements.class).setUnusedBindingAllowed(true);
  }

  DataSource dataSource() {
    return dataSource;
  }

  @Nullable String schema() {
    return schema;
  }

  /**
   * Does some work in a transaction that can't write.
   *
   * @throws UnreachableDatabaseException if no connection can be had, or it is lost
   * @throws UnusableDatabaseException if a table is locked as a whole for longer than 5 s
   */
  public <T> T read(Function<Tx, T> work) {
    return read(READ_ONLY, work);
  }

  /**
   * Does some work in a transaction that can't write, and sees all as it was when it began.
   *
   * @throws UnreachableDatabaseException if no connection can be had, or it is lost
   * @throws UnusableDatabaseException if a table is locked as a whole for longer than 5 s
   */
  public <T> T readOneMoment(Function<Tx, T> work) {
    return read(ONE_MOMENT, work);
  }

  private <T> T read(String mode, Function<Tx, T> work) {
    try {
      return transaction(mode, work, true);
    } catch (RuntimeException e) {
      SqlFault fault = SqlFault.of(e);
      if (fault != null && fault.state().equals("55P03")) {
        throw new UnusableDatabaseException(LOCKED, e);
      }
      if (fault != null && fault.connectionLost() && !(e instanceof UnreachableDatabaseException)) {
        throw new UnreachableDatabaseException(
            "the connection to the database was lost: " + fault.message(), e);
      }
      throw e;
    }
  }

  /**
   * Does some work in a transaction, and commits it; rolls back if the work throws.
   *
   * @throws UnreachableDatabaseException if no connection can be had
   * @throws CommitUnknownException if the connection was lost during COMMIT
   */
  public <T> T write(Function<Tx, T> work) {
    return transaction(READ_WRITE, work, false);
  }

  /**
   * Does some work in a transaction that may write, and undoes all of it.
   *
   * @throws UnreachableDatabaseException if no connection can be had
   */
  public <T> T undone(Function<Tx, T> work) {
    try (Handle handle = begin(READ_WRITE)) {
      T result;
      try {
        result = work.apply(new Tx(handle));
      } catch (RuntimeException e) {
        rollback(handle, e);
        throw e;
      }
      handle.rollback();
      return result;
    }
  }

  private <T> T transaction(String mode, Function<Tx, T> work, boolean readOnly) {
    try (Handle handle = begin(mode)) {
      T result;
      try {
        result = work.apply(new Tx(handle));
      } catch (RuntimeException e) {
        rollback(handle, e);
        throw e;
      }
      try {
        handle.commit();
      } catch (RuntimeException e) {
        SqlFault fault = SqlFault.of(e);
        if (!readOnly && fault != null && fault.connectionLost()) {
          throw new CommitUnknownException(e);
        }
        throw e;
      }
      return result;
    }
  }

  /**
   * Begins a transaction. A pool may hand out a connection that has died in it: then there is one
   * more try.
   */
  private Handle begin(String mode) {
    try {
      return beginOnce(mode);
    } catch (RuntimeException e) {
      SqlFault fault = SqlFault.of(e);
      if (fault == null || !fault.connectionLost() || e instanceof UnreachableDatabaseException) {
        throw e;
      }
    }
    return beginOnce(mode);
  }

  private Handle beginOnce(String mode) {
    Handle handle = open();
    try {
      handle.begin();
      handle.execute(mode + preamble());
      return handle;
    } catch (RuntimeException e) {
      rollback(handle, e);
      handle.close();
      throw understood(e);
    }
  }

  private Handle open() {
    try {
      return jdbi.open();
    } catch (ConnectionException e) {
      SqlFault fault = SqlFault.of(e);
      throw new UnreachableDatabaseException(
          "the database can't be reached: " + (fault == null ? "no connection" : fault.message()),
          e);
    }
  }

  private static void rollback(Handle handle, RuntimeException because) {
    try {
      handle.rollback();
    } catch (RuntimeException e) {
      because.addSuppressed(e);
    }
  }

  private static RuntimeException understood(RuntimeException e) {
    SqlFault fault = SqlFault.of(e);
    return fault != null && fault.state().equals("25006")
        ? new UnusableDatabaseException("this database can't be written: " + fault.message(), e)
        : e;
  }

  private String preamble() {
    return "set local time zone 'UTC'; set local standard_conforming_strings to on; set local lock_timeout to '%ds'"
            .formatted(LOCK_WAIT_SECONDS)
        + (schema == null ? "" : "; set local search_path to " + Sql.identifier(schema));
  }

  /** Half of the server's deadlock_timeout: how long a transaction that holds locks may take. */
  public Duration budget() {
    return Duration.ofMillis(
        read(tx -> tx.one(Sql.of("deadlock-timeout"), java.util.Map.of(), row -> row.getLong(1)))
            / 2);
  }
}
