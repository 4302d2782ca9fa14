/**
 * The audit: holds the host's tables and our own against each other, and says what isn't as it
 * should be. It only looks.
 */
@NullMarked
package io.jobcleanup.audit;

import org.jspecify.annotations.NullMarked;
