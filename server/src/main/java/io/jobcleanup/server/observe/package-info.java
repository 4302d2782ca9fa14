/** How the service tells that it is well. */
@NullMarked
package io.jobcleanup.server.observe;

import org.jspecify.annotations.NullMarked;
