package io.jobcleanup.server.web;

import io.jobcleanup.InvalidMappingException;
import io.jobcleanup.JobCleanupException;
import io.jobcleanup.UnreachableDatabaseException;
import io.jobcleanup.UnusableDatabaseException;
import io.jobcleanup.server.answer.CleanupAnswer;
import io.jobcleanup.server.database.BusyException;
import io.jobcleanup.server.database.Outage;
import io.jobcleanup.server.database.OutageLog;
import io.jobcleanup.server.log.Throttle;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.security.web.firewall.RequestRejectedException;

/**
 * Turns whatever went wrong into a {@link Problem} without internals. The log has those, under the
 * id that the problem names. Safe for use by several threads.
 */
public final class Troubles {
  private static final Logger log = LoggerFactory.getLogger(Troubles.class);

  private final OutageLog outages;
  private final Throttle busy = new Throttle(Duration.ofSeconds(30));
  private String busyId = "";

  Troubles(OutageLog outages) {
    this.outages = outages;
  }

  /** What to answer to a request that ended with an error. */
  public Problem of(Throwable error, HttpServletRequest request) {
    if (error instanceof ProblemException known) {
      return known.problem();
    }
    if (error instanceof RequestRejectedException) {
      // Parameters and headers are looked at by the firewall no sooner than by us.
      return Problem.invalid("the request line or a header isn't allowed");
    }
    if (BusyException.isBehind(error)) {
      return withCommitted(Problem.busy().with("id", busy(request)), error);
    }
    if (Outage.isBehind(error)) {
      return withCommitted(
          Problem.databaseAway().with("id", outages.lost(described(request), error)), error);
    }
    String id = newId();
    if (error instanceof JobCleanupException known) {
      String detail =
          switch (known) {
            case InvalidMappingException mapping -> "The mapping doesn't fit the database.";
            case UnusableDatabaseException unusable -> "The database can't be used as configured.";
            case UnreachableDatabaseException unreachable -> "The database doesn't answer.";
          };
      log.atError()
          .addKeyValue("id", id)
          .addKeyValue("request", described(request))
          .addKeyValue("cause", String.valueOf(known.getMessage()))
          .log("The database can't be used as configured");
      return Problem.of(
              503, "Service unavailable", detail + " The service's log says more under this id.")
          .with("id", id);
    }
    log.atError()
        .addKeyValue("id", id)
        .addKeyValue("request", described(request))
        .setCause(error)
        .log("A request failed");
    return Problem.of(500, "Internal error", "The service's log says more under this id.")
        .with("id", id);
  }

  private static Problem withCommitted(Problem problem, Throwable error) {
    return error instanceof UnreachableDatabaseException lost
        ? lost.committed()
            .map(it -> problem.with("runId", it.runId()).with("result", CleanupAnswer.resultOf(it)))
            .orElse(problem)
        : problem;
  }

  private synchronized String busy(HttpServletRequest request) {
    long count = busy.count();
    if (count > 0) {
      busyId = newId();
      log.atWarn()
          .addKeyValue("id", busyId)
          .addKeyValue("request", described(request))
          .addKeyValue("count", count)
          .log("All database connections were in use for too long");
    }
    return busyId;
  }

  private static String newId() {
    return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
  }

  private static String described(HttpServletRequest request) {
    return request.getMethod() + " " + request.getRequestURI();
  }
}
