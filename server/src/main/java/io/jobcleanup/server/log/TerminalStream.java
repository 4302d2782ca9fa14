package io.jobcleanup.server.log;

import java.io.OutputStream;
import java.io.PrintStream;

/**
 * Standard error, shared between whole lines and one passing line that tells progress: a line
 * clears it away first. Safe for use by several threads.
 */
public final class TerminalStream extends OutputStream {
  private static final String CLEAR_LINE = "\r\033[K";

  private final PrintStream out;
  private boolean passing;

  /** Writes through to {@code out}. */
  public TerminalStream(PrintStream out) {
    this.out = out;
  }

  /** Shows {@code text} until the next line, or the next such text, takes its place. */
  public synchronized void showPassing(String text) {
    out.print(CLEAR_LINE + text);
    out.flush();
    passing = true;
  }

  /** Clears the passing line away; does nothing where there is none. */
  public synchronized void clearPassing() {
    if (passing) {
      out.print(CLEAR_LINE);
      out.flush();
      passing = false;
    }
  }

  /** Writes a whole line. */
  public synchronized void println(String line) {
    clearPassing();
    out.println(line);
    out.flush();
  }

  @Override
  public synchronized void write(int b) {
    clearPassing();
    out.write(b);
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) {
    clearPassing();
    out.write(bytes, offset, length);
  }

  @Override
  public synchronized void flush() {
    out.flush();
  }
}
