package io.jobcleanup.server.web;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.Trigger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;

/**
 * The library as requests use it: one after the other where there are many, and no longer once the
 * service is being stopped. Safe for use by several threads.
 */
final class Requests implements SmartLifecycle {
  private final JobCleanup cleanup;
  private final Turnstile turnstile;
  private volatile boolean open;

  /**
   * Wraps the library.
   *
   * @param atOnce how many requests may work on the database at once
   */
  Requests(JobCleanup cleanup, int atOnce) {
    this.cleanup = cleanup;
    this.turnstile = new Turnstile(atOnce);
  }

  /**
   * Runs one cleanup.
   *
   * @throws ProblemException with 503 if the service is being stopped
   */
  CleanupResult run(CleanupOptions options, Trigger trigger, @Nullable String actor) {
    return ask(it -> it.cleanupStuckJobs(options, trigger, actor));
  }

  /**
   * Asks something.
   *
   * @throws ProblemException with 503 if the service is being stopped
   */
  <T> T ask(Function<JobCleanup, T> question) {
    return turnstile.pass(
        () -> {
          if (!open) {
            throw new ProblemException(
                Problem.of(503, "Service unavailable", "The service is being stopped."));
          }
          return question.apply(cleanup);
        });
  }

  @Override
  public void start() {
    open = true;
  }

  /** Has runs in progress end with their batch: before the server waits for their answers. */
  @Override
  public void stop() {
    open = false;
    cleanup.stop();
  }

  @Override
  public boolean isRunning() {
    return open;
  }
}
