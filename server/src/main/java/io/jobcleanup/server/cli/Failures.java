package io.jobcleanup.server.cli;

import io.jobcleanup.InvalidMappingException;
import io.jobcleanup.JobCleanupException;
import io.jobcleanup.UnreachableDatabaseException;
import io.jobcleanup.UnusableDatabaseException;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.database.Outage;
import java.sql.SQLException;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns whatever went wrong into an exit code and a sentence. */
final class Failures {
  private static final Logger log = LoggerFactory.getLogger(Failures.class);

  private static final String NO_PRIVILEGE = "42501";

  private Failures() {}

  /** What an error of a command means to whoever typed it. */
  static ProgramException of(Throwable error) {
    if (error instanceof ProgramException known) {
      return known;
    }
    if (error instanceof JobCleanupException known) {
      String message = String.valueOf(known.getMessage());
      return new ProgramException(
          code(known),
          known instanceof UnreachableDatabaseException ? capitalized(message) : message,
          known);
    }
    for (Throwable at = error; at != null; at = at.getCause()) {
      if (at instanceof SQLException sql) {
        return NO_PRIVILEGE.equals(sql.getSQLState())
            ? new ProgramException(ExitCode.UNUSABLE, String.valueOf(sql.getMessage()), sql)
            : ofSql(sql);
      }
    }
    log.debug("Unexpected", error);
    return new ProgramException(
        ExitCode.FAILED,
        ("That is a fault of this program: %s: %s. With LOGGING_LEVEL_IO_JOBCLEANUP=DEBUG "
                + "it says where.")
            .formatted(error.getClass().getSimpleName(), error.getMessage()),
        error);
  }

  private static String capitalized(String message) {
    return message.substring(0, 1).toUpperCase(Locale.ROOT) + message.substring(1);
  }

  private static ExitCode code(JobCleanupException error) {
    return switch (error) {
      case InvalidMappingException mapping ->
          mapping.contradictsDatabaseOnly() ? ExitCode.UNUSABLE : ExitCode.MISCONFIGURED;
      case UnreachableDatabaseException unreachable -> ExitCode.UNREACHABLE;
      case UnusableDatabaseException unusable -> ExitCode.UNUSABLE;
    };
  }

  /** What an error of PostgreSQL or its driver means. */
  static ProgramException ofSql(SQLException error) {
    String message = String.valueOf(error.getMessage());
    if (Outage.isBehind(error)) {
      return new ProgramException(
          ExitCode.UNREACHABLE, "The connection to the database was lost: " + message, error);
    }
    return new ProgramException(ExitCode.FAILED, message, error);
  }
}
