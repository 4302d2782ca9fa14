package io.jobcleanup.server.web;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.Trigger;
import io.jobcleanup.UnreachableDatabaseException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;

/**
 * The library as requests use it: one after the other where there are many, and no longer once the
 * service is being stopped. Safe for use by several threads.
 */
final class Requests implements SmartLifecycle {
  /** How often the database is asked whether it is there, while an answer is waited for. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  /** How long a run takes to find out by itself, and then knows what it had committed. */
  private static final Duration GRACE = Duration.ofMillis(2_700);

  private final JobCleanup cleanup;
  private final BooleanSupplier databaseAnswers;
  private final Turnstile turnstile;
  private volatile boolean open;

  /**
   * Wraps the library.
   *
   * @param databaseAnswers whether the database answers now
   * @param atOnce how many requests may work on the database at once
   */
  Requests(JobCleanup cleanup, BooleanSupplier databaseAnswers, int atOnce) {
    this.cleanup = cleanup;
    this.databaseAnswers = databaseAnswers;
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
          return watched(() -> question.apply(cleanup));
        });
  }

  /**
   * Waits for an answer for as long as the database is there. A server that is frozen, or behind a
   * network that swallows all, ends no connection by itself: whoever waits for it would wait on.
   */
  private <T> T watched(Callable<T> question) {
    FutureTask<T> task = new FutureTask<>(question);
    Thread.ofVirtual().name("request").start(task);
    Duration wait = PATIENCE;
    while (true) {
      try {
        return task.get(wait.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        boolean away = !databaseAnswers.getAsBoolean();
        if (away && wait.equals(GRACE)) {
          throw new UnreachableDatabaseException("the database doesn't answer any more", e);
        }
        wait = away ? GRACE : PATIENCE;
      } catch (ExecutionException e) {
        switch (e.getCause()) {
          case RuntimeException cause -> throw cause;
          case Error cause -> throw cause;
          case null, default -> throw new IllegalStateException(e);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while a question was under way", e);
      }
    }
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
