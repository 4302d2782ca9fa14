package io.jobcleanup.server.database;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.util.concurrent.atomic.AtomicBoolean;

/** Hears of a connection's being given back. */
final class ReturnedConnection {
  private ReturnedConnection() {}

  /**
   * The connection, with something that is done once it has been closed, well or not; when it is
   * closed again, nothing.
   */
  static Connection then(Connection connection, Runnable whenReturned) {
    AtomicBoolean returned = new AtomicBoolean();
    return (Connection)
        Proxy.newProxyInstance(
            ReturnedConnection.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              try {
                return method.invoke(connection, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              } finally {
                if (method.getName().equals("close") && returned.compareAndSet(false, true)) {
                  whenReturned.run();
                }
              }
            });
  }
}
