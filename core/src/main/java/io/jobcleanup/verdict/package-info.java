/** Decides what becomes of a stuck job: pure functions that know neither clock nor database. */
@NullMarked
package io.jobcleanup.verdict;

import org.jspecify.annotations.NullMarked;
