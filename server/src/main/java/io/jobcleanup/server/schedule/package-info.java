/**
 * The service's own schedule: cleanups once per tick over all instances, by the database's clock.
 */
@NullMarked
package io.jobcleanup.server.schedule;

import org.jspecify.annotations.NullMarked;
