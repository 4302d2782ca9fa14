package io.jobcleanup.architecture.broken.postgres;

import io.jobcleanup.architecture.broken.run.RunThatSpeaksSql;

/** Breaks {@code POSTGRES_KNOWS_NO_RUN}. */
record StatementsThatKnowTheRun(RunThatSpeaksSql run) {}
