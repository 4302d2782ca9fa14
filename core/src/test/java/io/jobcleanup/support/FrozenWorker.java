package io.jobcleanup.support;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A worker of the host that has taken a job and hangs, its connection open; once it is woken, it
 * writes what it wanted to write, knowing of nothing that happened meanwhile.
 */
public final class FrozenWorker {

  private final CountDownLatch woken = new CountDownLatch(1);
  private final CompletableFuture<Integer> hit = new CompletableFuture<>();

  private FrozenWorker() {}

  /**
   * One that will run an update.
   *
   * @param key the job's, the update's one parameter
   */
  public static FrozenWorker of(TestDatabase database, String update, String key) {
    FrozenWorker worker = new FrozenWorker();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try (Connection connection = database.getConnection();
                  PreparedStatement statement = connection.prepareStatement(update)) {
                statement.setString(1, key);
                worker.woken.await();
                worker.hit.complete(statement.executeUpdate());
              } catch (Exception e) {
                worker.hit.completeExceptionally(e);
              }
            });
    return worker;
  }

  /** Wakes it; says how many rows its update hit. */
  public int wake() throws Exception {
    woken.countDown();
    return hit.get(30, TimeUnit.SECONDS);
  }
}
