/**
 * A real PostgreSQL that runs beside the program: durable for a first start, thrown away after
 * tests.
 */
@NullMarked
package io.jobcleanup.embedded;

import org.jspecify.annotations.NullMarked;
