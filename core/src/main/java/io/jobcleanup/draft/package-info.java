/**
 * Drafts {@code mapping.yaml} for an unknown database. What is asked of it is asked by {@link
 * io.jobcleanup.draft.Survey} alone, in read-only transactions; everything else is a guess by names
 * and counts, written down with its evidence.
 */
@NullMarked
package io.jobcleanup.draft;

import org.jspecify.annotations.NullMarked;
