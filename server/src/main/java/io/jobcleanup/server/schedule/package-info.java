/** When the service runs by itself. */
@NullMarked
package io.jobcleanup.server.schedule;

import org.jspecify.annotations.NullMarked;
