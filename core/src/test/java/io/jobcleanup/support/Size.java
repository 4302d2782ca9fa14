package io.jobcleanup.support;

/** How large a test is: small on every build, and as large as acceptance wants it on demand. */
public final class Size {
  private static final boolean LONG = Boolean.getBoolean("acceptance.long");

  private Size() {}

  public static int of(int usual, int large) {
    return LONG ? large : usual;
  }
}
