package io.jobcleanup.architecture.broken.verdict;

import java.time.Instant;

/** Breaks {@code VERDICT_IS_PURE}. */
record VerdictThatReadsTheClock(Instant since) {}
