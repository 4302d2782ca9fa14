package io.jobcleanup.server.observe;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is asked for at most once in a while, by one thread at a time, and waited for only
 * so long: however many want to know, and however slow the database is. Safe for use by several
 * threads.
 */
final class Glance<T> {
  private final Supplier<T> question;
  private final Duration fresh;
  private final Duration patience;
  private final LongSupplier nanos;

  private @Nullable CompletableFuture<T> answer;
  private long askedAt;

  /**
   * A glance.
   *
   * @param question what is asked; may throw
   * @param fresh for how long an answer, or that there was none, is given again
   * @param patience how long a question is waited for, by all that ask together
   */
  Glance(Supplier<T> question, Duration fresh, Duration patience) {
    this(question, fresh, patience, System::nanoTime);
  }

  Glance(Supplier<T> question, Duration fresh, Duration patience, LongSupplier nanos) {
    this.question = question;
    this.fresh = fresh;
    this.patience = patience;
    this.nanos = nanos;
  }

  /** The answer; empty where there is none in time. */
  Optional<T> get() {
    CompletableFuture<T> current;
    long left;
    synchronized (this) {
      if (answer == null || (answer.isDone() && nanos.getAsLong() - askedAt > fresh.toNanos())) {
        answer = ask();
        askedAt = nanos.getAsLong();
      }
      current = answer;
      left = patience.toNanos() - (nanos.getAsLong() - askedAt);
    }
    try {
      return Optional.of(current.get(Math.max(0, left), TimeUnit.NANOSECONDS));
    } catch (ExecutionException | TimeoutException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  private CompletableFuture<T> ask() {
    CompletableFuture<T> future = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("glance")
        .start(
            () -> {
              try {
                future.complete(question.get());
              } catch (RuntimeException e) {
                future.completeExceptionally(e);
              }
            });
    return future;
  }
}
