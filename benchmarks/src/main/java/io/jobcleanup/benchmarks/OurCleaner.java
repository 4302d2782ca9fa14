package io.jobcleanup.benchmarks;

import io.jobcleanup.CleanupOptions;
import java.util.Locale;

/**
 * The library, draining.
 *
 * @param batchSize jobs per batch
 */
record OurCleaner(int batchSize) implements Cleaner {

  @Override
  public String label() {
    return String.format(Locale.ROOT, "ours, batch %,d", batchSize);
  }

  @Override
  public boolean records() {
    return true;
  }

  @Override
  public long clean(HostDatabase database) {
    return database
        .cleanup()
        .cleanupStuckJobs(CleanupOptions.defaults().withBatchSize(batchSize).withDrain(true))
        .cleanedUp();
  }
}
