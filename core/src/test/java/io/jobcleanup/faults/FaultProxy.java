package io.jobcleanup.faults;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.IntSupplier;

/**
 * A way to PostgreSQL on loopback that follows what is said over it, and has something happen at a
 * chosen point. Without TLS: it reads <a
 * href="https://www.postgresql.org/docs/current/protocol-message-formats.html">the protocol</a>.
 */
final class FaultProxy implements AutoCloseable {

  /** What happens at a point, while whoever said something there waits for it. */
  @FunctionalInterface
  interface Fault {
    /** Happens to a connection. */
    void strike(Link link);
  }

  private final ServerSocket entrance;
  private final IntSupplier exit;
  private final Set<Link> links = ConcurrentHashMap.newKeySet();
  private boolean open = true;
  private boolean settledBefore;
  private Point point = Point.ANYWHERE;
  private int left;
  private Fault fault = link -> {};

  /**
   * Opens a way.
   *
   * @param exit the server's port, which may change with each start of it
   */
  FaultProxy(IntSupplier exit) throws IOException {
    this.exit = exit;
    this.entrance = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return entrance.getLocalPort();
  }

  /**
   * Has something happen, once.
   *
   * @param times when the conversation comes to the point for this time, counted from now
   */
  synchronized void at(Point where, int times, Fault what) {
    point = where;
    left = times;
    fault = what;
    settledBefore = false;
    open = true;
  }

  /** Whether what was to happen has happened. */
  synchronized boolean struck() {
    return left == 0;
  }

  /** Cuts all connections, and lets none through until {@link #at} is called again. */
  void cutAll() {
    synchronized (this) {
      open = false;
    }
    links.forEach(Link::cut);
  }

  @Override
  public void close() throws IOException {
    entrance.close();
    links.forEach(Link::close);
  }

  private void accept() {
    while (!entrance.isClosed()) {
      try {
        Socket near = entrance.accept();
        if (isOpen()) {
          Link link = new Link(near);
          links.add(link);
          if (!isOpen()) {
            link.cut();
          }
        } else {
          near.close();
        }
      } catch (IOException e) {
        // Closed, or the server is away: then the client's connection is as good as refused.
      }
    }
  }

  private synchronized boolean isOpen() {
    return open;
  }

  private synchronized Fault faultAt(List<String> statements, boolean answered, boolean settling) {
    Point.Moment moment = new Point.Moment(statements, answered, settling, settledBefore);
    boolean here = left > 0 && point.is(moment) && --left == 0;
    settledBefore |= answered && settling && moment.commits();
    return here ? fault : link -> {};
  }

  /** One connection. */
  final class Link {
    private static final int PARSE = 'P';
    private static final int BIND = 'B';
    private static final int QUERY = 'Q';
    private static final int SYNC = 'S';
    private static final int READY = 'Z';

    /** What is said before a request's end: parse, bind, describe, execute, close. */
    private static final String PARTS = "PBDEC";

    private final Socket near;
    private final Socket far;
    private final Queue<List<String>> asked = new ConcurrentLinkedQueue<>();
    private volatile boolean settling;
    private volatile boolean cut;

    private Link(Socket near) throws IOException {
      this.near = near;
      try {
        this.far = new Socket(InetAddress.getLoopbackAddress(), exit.getAsInt());
        near.setTcpNoDelay(true);
        far.setTcpNoDelay(true);
      } catch (IOException e) {
        near.close();
        throw e;
      }
      Thread.ofVirtual().start(this::forwardClient);
      Thread.ofVirtual().start(this::forwardServer);
    }

    /**
     * Has nothing go through any more. The client hears of it when the server has ended the
     * session, and with it whatever that held: so a test knows what comes next.
     */
    void cut() {
      cut = true;
      try {
        far.shutdownOutput();
      } catch (IOException e) {
        close();
      }
    }

    private void close() {
      try (near;
          far) {
        links.remove(this);
      } catch (IOException e) {
        // It is as gone as it can be.
      }
    }

    private void forwardClient() {
      try {
        hearClient();
      } catch (IOException e) {
        // One side is gone.
      } finally {
        if (!cut) {
          close();
        }
      }
    }

    private void forwardServer() {
      try {
        hearServer();
      } catch (IOException e) {
        // One side is gone.
      } finally {
        close();
      }
    }

    private void hearClient() throws IOException {
      DataInputStream in = in(near);
      OutputStream out = far.getOutputStream();
      out.write(message(in, -1));
      Map<String, String> prepared = new HashMap<>();
      List<String> statements = new ArrayList<>();
      ByteArrayOutputStream said = new ByteArrayOutputStream();
      while (!cut) {
        int type = in.readUnsignedByte();
        byte[] message = message(in, type);
        said.writeBytes(message);
        switch (type) {
          case PARSE -> prepared.put(text(message, 0), text(message, 1).strip());
          case BIND -> statements.add(prepared.get(text(message, 1)));
          case QUERY -> statements.add(text(message, 0).strip());
          default -> {}
        }
        if (type == SYNC || type == QUERY) {
          List<String> all = List.copyOf(statements);
          statements.clear();
          settling = settles(all, settling);
          faultAt(all, false, settling).strike(this);
          asked.add(all);
        }
        // Nothing is done by halves: a COMMIT goes through with what ends its request.
        if (PARTS.indexOf(type) < 0 && !cut) {
          out.write(said.toByteArray());
          said.reset();
        }
      }
    }

    private void hearServer() throws IOException {
      DataInputStream in = in(far);
      OutputStream out = near.getOutputStream();
      ByteArrayOutputStream said = new ByteArrayOutputStream();
      boolean signedIn = false;
      try {
        while (true) {
          int type = in.readUnsignedByte();
          said.writeBytes(message(in, type));
          List<String> done = type == READY ? asked.poll() : null;
          if (done != null) {
            faultAt(done, true, settling).strike(this);
          }
          signedIn |= type == READY;
          // An answer is held back until it is known to what.
          if ((type == READY || !signedIn) && !cut) {
            out.write(said.toByteArray());
            said.reset();
          }
        }
      } catch (EOFException e) {
        if (!cut) {
          out.write(said.toByteArray());
        }
      }
    }

    /** Whether a transaction has settled jobs, after some more of its statements. */
    private static boolean settles(List<String> statements, boolean before) {
      boolean settles = before && !statements.contains("BEGIN");
      return settles
          || statements.stream()
              .anyMatch(sql -> Point.writes(sql, "insert", "job_cleanup.run_job"));
    }

    private static DataInputStream in(Socket socket) throws IOException {
      InputStream in = socket.getInputStream();
      return new DataInputStream(new BufferedInputStream(in));
    }

    /** One message as it came; the first of a connection has no type. */
    private static byte[] message(DataInputStream in, int type) throws IOException {
      int length = in.readInt();
      ByteBuffer message = ByteBuffer.allocate(length + (type < 0 ? 0 : 1));
      if (type >= 0) {
        message.put((byte) type);
      }
      message.putInt(length);
      byte[] content = new byte[length - Integer.BYTES];
      in.readFully(content);
      return message.put(content).array();
    }

    /** One of the texts that a message begins with, each of which ends with a zero. */
    private static String text(byte[] message, int number) {
      int from = 1 + Integer.BYTES;
      for (int i = 0; i < number; i++) {
        from = end(message, from) + 1;
      }
      return new String(message, from, end(message, from) - from, StandardCharsets.UTF_8);
    }

    private static int end(byte[] message, int from) {
      int end = from;
      while (message[end] != 0) {
        end++;
      }
      return end;
    }
  }
}
