package io.jobcleanup.server.database;

import io.jobcleanup.UnreachableDatabaseException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Lets only so many work on the database at once; the others wait in line. Where one finds the
 * database away, all that wait hear of it at once, instead of finding out one after the other. Safe
 * for use by several threads.
 */
public final class Turnstile {
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<Turn> line = new ArrayDeque<>();
  private int free;

  /** A place in line. */
  private static final class Turn {
    private final CompletableFuture<Void> call = new CompletableFuture<>();
  }

  /**
   * Opens it.
   *
   * @param places how many may be inside at once, at least 1
   */
  public Turnstile(int places) {
    if (places < 1) {
      throw new IllegalArgumentException("places is %d, at least 1 is needed".formatted(places));
    }
    this.free = places;
  }

  /**
   * Waits in line for as long as it takes, then works.
   *
   * @throws UnreachableDatabaseException if another found the database away meanwhile
   */
  public <T> T pass(Supplier<T> work) {
    try {
      queue().call.join();
    } catch (CompletionException e) {
      throw new UnreachableDatabaseException("the database can't be reached", e);
    }
    try {
      return work.get();
    } catch (RuntimeException e) {
      if (Outage.isBehind(e)) {
        sendAway(e);
      }
      throw e;
    } finally {
      leave();
    }
  }

  /**
   * Waits in line, but only so long. Whoever has entered must {@link #leave}.
   *
   * @throws ExecutionException if another found the database away meanwhile; its cause says how
   * @throws TimeoutException if one's turn didn't come
   */
  void enter(Duration patience) throws ExecutionException, TimeoutException, InterruptedException {
    Turn turn = queue();
    try {
      turn.call.get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException | InterruptedException e) {
      renounce(turn);
      throw e;
    }
  }

  private Turn queue() {
    Turn turn = new Turn();
    lock.lock();
    try {
      if (free > 0) {
        free--;
        turn.call.complete(null);
      } else {
        line.add(turn);
      }
    } finally {
      lock.unlock();
    }
    return turn;
  }

  private void renounce(Turn turn) {
    boolean waited;
    lock.lock();
    try {
      waited = line.remove(turn);
    } finally {
      lock.unlock();
    }
    if (waited) {
      return;
    }
    try {
      turn.call.join();
      // It has come in this very moment, and is the next one's.
      leave();
    } catch (CompletionException e) {
      // There was no place to give back.
    }
  }

  /** Gives one's place to the next. */
  void leave() {
    Turn next;
    lock.lock();
    try {
      next = line.poll();
      if (next == null) {
        free++;
        return;
      }
    } finally {
      lock.unlock();
    }
    next.call.complete(null);
  }

  /** Tells all that wait in line that the database is away. */
  void sendAway(Exception because) {
    List<Turn> all;
    lock.lock();
    try {
      all = new ArrayList<>(line);
      line.clear();
    } finally {
      lock.unlock();
    }
    all.forEach(it -> it.call.completeExceptionally(because));
  }
}
