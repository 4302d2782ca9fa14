package io.jobcleanup.architecture.broken.run;

/** Breaks {@code DATABASES_CLOCK_DECIDES}. */
final class RunThatTrustsTheJvm {
  private RunThatTrustsTheJvm() {}

  static long now() {
    return System.currentTimeMillis();
  }
}
