/**
 * The mapping language: what a host's tables are and what to write in them, read and checked
 * without a database.
 */
@NullMarked
package io.jobcleanup.mapping;

import org.jspecify.annotations.NullMarked;
