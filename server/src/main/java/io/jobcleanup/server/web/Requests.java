package io.jobcleanup.server.web;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.Trigger;
import io.jobcleanup.server.database.Turnstile;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;

/**
 * The library as requests use it: one after the other where there are many, those that look beside
 * those that run for long, and no longer once the service is being stopped. Safe for use by several
 * threads.
 */
final class Requests implements SmartLifecycle {
  private final JobCleanup cleanup;
  private final Turnstile runs;
  private final Turnstile looks;
  private volatile boolean open;

  /**
   * Wraps the library.
   *
   * @param connections how many the pool has: half as many runs at once, and a quarter as many that
   *     look
   */
  Requests(JobCleanup cleanup, int connections) {
    this.cleanup = cleanup;
    this.runs = new Turnstile(Math.max(1, connections / 2));
    this.looks = new Turnstile(Math.max(1, connections / 4));
  }

  /**
   * Runs one cleanup.
   *
   * @throws ProblemException with 503 if the service is being stopped
   */
  CleanupResult run(CleanupOptions options, Trigger trigger, @Nullable String actor) {
    return pass(
        options.dryRun() ? looks : runs, it -> it.cleanupStuckJobs(options, trigger, actor));
  }

  /**
   * Asks something that is soon answered.
   *
   * @throws ProblemException with 503 if the service is being stopped
   */
  <T> T ask(Function<JobCleanup, T> question) {
    return pass(looks, question);
  }

  private <T> T pass(Turnstile turnstile, Function<JobCleanup, T> question) {
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
