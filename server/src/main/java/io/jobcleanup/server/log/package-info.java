/** Log lines on standard error: logfmt for people, ECS JSON for collectors. */
@NullMarked
package io.jobcleanup.server.log;

import org.jspecify.annotations.NullMarked;
