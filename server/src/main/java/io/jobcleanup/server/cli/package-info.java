/** The commands: each asks the library, and says what came of it to a person or a program. */
@NullMarked
package io.jobcleanup.server.cli;

import org.jspecify.annotations.NullMarked;
