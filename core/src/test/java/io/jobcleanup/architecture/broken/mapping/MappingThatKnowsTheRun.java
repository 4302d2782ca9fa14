package io.jobcleanup.architecture.broken.mapping;

import io.jobcleanup.architecture.broken.run.RunThatSpeaksSql;

/** Breaks {@code MAPPING_KNOWS_NO_DATABASE}. */
record MappingThatKnowsTheRun(RunThatSpeaksSql run) {}
