package io.jobcleanup.server.web;

import io.jobcleanup.UnreachableDatabaseException;
import io.jobcleanup.server.database.Outage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Lets as many requests work on the database at once as its pool has connections to spare; the
 * others wait in line. Where one finds the database away, all that wait hear of it at once, instead
 * of finding out one after the other. Safe for use by several threads.
 */
final class Turnstile {
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<CompletableFuture<Void>> line = new ArrayDeque<>();
  private int free;

  /**
   * Opens it.
   *
   * @param places how many may be inside at once, at least 1
   */
  Turnstile(int places) {
    if (places < 1) {
      throw new IllegalArgumentException("places is %d, at least 1 is needed".formatted(places));
    }
    this.free = places;
  }

  /**
   * Waits in line, then works.
   *
   * @throws UnreachableDatabaseException if another found the database away meanwhile
   */
  <T> T pass(Supplier<T> work) {
    enter();
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

  private void enter() {
    CompletableFuture<Void> turn = new CompletableFuture<>();
    lock.lock();
    try {
      if (free > 0) {
        free--;
        return;
      }
      line.add(turn);
    } finally {
      lock.unlock();
    }
    try {
      turn.join();
    } catch (CompletionException e) {
      throw new UnreachableDatabaseException("the database can't be reached", e);
    }
  }

  private void leave() {
    CompletableFuture<Void> next;
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
    next.complete(null);
  }

  private void sendAway(RuntimeException because) {
    List<CompletableFuture<Void>> all;
    lock.lock();
    try {
      all = new ArrayList<>(line);
      line.clear();
    } finally {
      lock.unlock();
    }
    all.forEach(it -> it.completeExceptionally(because));
  }
}
