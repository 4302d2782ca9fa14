/** Measurements of the library on a real PostgreSQL. */
@NullMarked
package io.jobcleanup.benchmarks;

import org.jspecify.annotations.NullMarked;
