package io.jobcleanup.run;

/** How often something may still happen. Safe for use by several threads. */
final class Allowance {

  private int left;

  Allowance(int left) {
    this.left = left;
  }

  /** Takes as much as there is, up to a limit; gives what was taken. */
  synchronized int take(int most) {
    int taken = Math.min(most, left);
    left -= taken;
    return taken;
  }

  /** Gives back what wasn't used. */
  synchronized void giveBack(int unused) {
    left += unused;
  }

  /** What is left. */
  synchronized int left() {
    return left;
  }
}
