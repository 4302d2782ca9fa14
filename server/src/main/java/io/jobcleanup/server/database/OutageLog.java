package io.jobcleanup.server.database;

import io.jobcleanup.server.log.Throttle;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedRuntimeException;

/**
 * Tells the log of the database's being away: at once, then how many requests it has cost, and that
 * it is back; not once per request, of which there may be thousands. Safe for use by several
 * threads.
 */
public final class OutageLog {
  private static final Logger log = LoggerFactory.getLogger(OutageLog.class);
  private static final Duration EVERY = Duration.ofSeconds(30);

  private final LongSupplier nanos;
  private final Throttle throttle;
  private volatile boolean away;
  private boolean told;
  private long since;
  private String id = "";

  /** A log of a database that is there. */
  public OutageLog() {
    this(System::nanoTime);
  }

  OutageLog(LongSupplier nanos) {
    this.nanos = nanos;
    this.throttle = new Throttle(EVERY, nanos);
  }

  /**
   * A request was lost to it.
   *
   * @return what the line that tells of it has as its id
   */
  public synchronized String lost(String request, Throwable cause) {
    if (!away) {
      away = true;
      since = nanos.getAsLong();
    }
    long count = throttle.count();
    if (count > 0) {
      told = true;
      id = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
      log.atWarn()
          .addKeyValue("id", id)
          .addKeyValue("request", request)
          .addKeyValue("cause", message(cause))
          .addKeyValue("count", count)
          .log("The database doesn't answer");
    }
    return id;
  }

  /**
   * Spring says that it got no connection, and keeps why not behind that; a connection that was
   * lost says why, and what is behind that may say nothing.
   */
  private static String message(Throwable cause) {
    if (!(cause instanceof NestedRuntimeException)) {
      return String.valueOf(cause.getMessage());
    }
    String message = null;
    for (Throwable at = cause; at != null; at = at.getCause()) {
      message = at.getMessage() == null ? message : at.getMessage();
    }
    return String.valueOf(message);
  }

  /** It has just answered. */
  void answered() {
    if (away) {
      tellIfBack();
    }
  }

  private synchronized void tellIfBack() {
    if (!away) {
      return;
    }
    away = false;
    if (told) {
      told = false;
      log.atInfo()
          .addKeyValue("seconds", TimeUnit.NANOSECONDS.toSeconds(nanos.getAsLong() - since))
          .addKeyValue("count", throttle.take())
          .log("The database answers again");
    }
  }
}
