package io.jobcleanup.architecture.broken.draft;

import io.jobcleanup.postgres.Database;

/** Breaks {@code DRAFT_ONLY_LOOKS}. */
final class DraftThatWrites {
  int changed(Database database) {
    return database.write(tx -> 1);
  }
}
