/**
 * Finds stuck jobs in PostgreSQL tables of any shape, fails them, and gives their tokens back
 * exactly once.
 *
 * <p>{@link io.jobcleanup.JobCleanup} is the way in; everything an embedder needs stands in this
 * package and in {@link io.jobcleanup.mapping}.
 */
@NullMarked
package io.jobcleanup;

import org.jspecify.annotations.NullMarked;
