package io.jobcleanup.server.acceptance;

/** How large a test is: small on every build, and as large as acceptance wants it on demand. */
final class Size {
  private static final boolean LONG = Boolean.getBoolean("acceptance.long");

  private Size() {}

  static int of(int usual, int large) {
    return LONG ? large : usual;
  }
}
