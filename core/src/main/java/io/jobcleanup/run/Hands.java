package io.jobcleanup.run;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Does several things at once, each with a session of its own. */
final class Hands {

  private Hands() {}

  /**
   * Does all of some work at once, the first of it in the calling thread; returns when all of it
   * has ended.
   *
   * @throws RuntimeException what the first that failed threw, with those of the others suppressed
   */
  static void together(List<Runnable> work) {
    List<FutureTask<Void>> tasks = new ArrayList<>();
    for (Runnable each : work) {
      FutureTask<Void> task = new FutureTask<>(each, null);
      if (!tasks.isEmpty()) {
        Thread.ofPlatform().daemon().name("job-cleanup-", tasks.size()).start(task);
      }
      tasks.add(task);
    }
    tasks.getFirst().run();
    RuntimeException failure = null;
    for (FutureTask<Void> task : tasks) {
      try {
        ended(task);
      } catch (RuntimeException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private static void ended(FutureTask<Void> task) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          task.get();
          return;
        } catch (InterruptedException e) {
          // What the other session commits has to be told.
          interrupted = true;
        } catch (ExecutionException e) {
          switch (e.getCause()) {
            case RuntimeException cause -> throw cause;
            case Error cause -> throw cause;
            case null, default -> throw new IllegalStateException(e);
          }
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
