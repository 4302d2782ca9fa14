/** The program: service and command line over the library. */
@NullMarked
package io.jobcleanup.server;

import org.jspecify.annotations.NullMarked;
