package io.jobcleanup.server.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections that are in use, and the end of those whose database has gone silent. A server that
 * is frozen, or that was lost behind its network, ends no connection: whoever reads from one would
 * wait for hours, and the pool would be short of it for as long. Safe for use by several threads.
 */
final class LentConnections {
  private static final Logger log = LoggerFactory.getLogger(LentConnections.class);

  /** A connection that is in use for longer is looked after. */
  private static final Duration SUSPICIOUS = Duration.ofSeconds(1);

  private final Set<Lent> lent = ConcurrentHashMap.newKeySet();

  private record Lent(Connection connection, long since) {}

  /** Notes that a connection is in use, until what is returned is closed. */
  Connection lend(Connection connection) {
    Lent entry = new Lent(connection, System.nanoTime());
    lent.add(entry);
    return ReturnedConnection.then(connection, () -> lent.remove(entry));
  }

  /** Whether there are any. */
  boolean any() {
    return !lent.isEmpty();
  }

  /** Those that have been in use for so long that the database may have gone silent. */
  List<Connection> suspicious() {
    long now = System.nanoTime();
    return lent.stream()
        .filter(it -> now - it.since > SUSPICIOUS.toNanos())
        .map(Lent::connection)
        .toList();
  }

  /** Ends connections where they are: whoever reads from one gets an error at once. */
  static void cut(List<Connection> connections) {
    log.atWarn()
        .addKeyValue("connections", connections.size())
        .log("The database has gone silent, so connections to it are cut");
    for (Connection each : connections) {
      try {
        each.abort(task -> Thread.ofVirtual().start(task));
      } catch (SQLException e) {
        log.atDebug().setCause(e).log("A connection couldn't be cut");
      }
    }
  }
}
