package io.jobcleanup.support;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;

/** Connections that are used again, for runs of thousands of transactions. */
public final class PooledDataSource extends DelegatingDataSource implements AutoCloseable {

  private final Queue<Connection> idle = new ConcurrentLinkedQueue<>();

  public PooledDataSource(DataSource real) {
    super(real);
  }

  @Override
  public Connection getConnection() throws SQLException {
    Connection kept = idle.poll();
    return lent(kept == null ? super.getConnection() : kept);
  }

  private Connection lent(Connection connection) {
    AtomicBoolean back = new AtomicBoolean();
    return (Connection)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("close")) {
                if (back.compareAndSet(false, true)) {
                  take(connection);
                }
                return null;
              }
              try {
                return method.invoke(connection, arguments);
              } catch (InvocationTargetException e) {
                throw e.getTargetException();
              }
            });
  }

  private void take(Connection connection) throws SQLException {
    if (connection.isClosed()) {
      return;
    }
    if (!connection.getAutoCommit()) {
      connection.rollback();
      connection.setAutoCommit(true);
    }
    idle.add(connection);
  }

  @Override
  public void close() throws SQLException {
    for (Connection each = idle.poll(); each != null; each = idle.poll()) {
      each.close();
    }
  }
}
