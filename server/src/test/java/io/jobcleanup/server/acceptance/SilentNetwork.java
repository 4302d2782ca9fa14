package io.jobcleanup.server.acceptance;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A way to a server that can lose, without a word to anybody, whatever is sent over it. */
final class SilentNetwork implements AutoCloseable {
  private final ServerSocket entrance;
  private final int exit;
  private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();
  private volatile Way way = new Way();

  /** Connections that live and are lost together. */
  private static final class Way {
    volatile boolean lost;
  }

  SilentNetwork(int exit) throws IOException {
    this.exit = exit;
    this.entrance = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return entrance.getLocalPort();
  }

  /** Loses what is sent from now on. No connection is closed. */
  void lose() {
    way.lost = true;
  }

  /** Has new connections go through; the old ones stay lost. */
  void find() {
    way = new Way();
  }

  private void accept() {
    try {
      while (true) {
        Socket near = entrance.accept();
        Socket far = new Socket(InetAddress.getLoopbackAddress(), exit);
        sockets.add(near);
        sockets.add(far);
        Way current = way;
        Thread.ofVirtual().start(() -> forward(near, far, current));
        Thread.ofVirtual().start(() -> forward(far, near, current));
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private static void forward(Socket from, Socket to, Way way) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] bytes = new byte[8192];
      int number;
      while ((number = in.read(bytes)) > 0) {
        if (!way.lost) {
          out.write(bytes, 0, number);
        }
      }
      if (!way.lost) {
        to.close();
      }
    } catch (IOException e) {
      // One side is gone.
    }
  }

  @Override
  public void close() throws IOException {
    entrance.close();
    for (Socket each : sockets) {
      each.close();
    }
  }
}
