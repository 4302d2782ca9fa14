/** What the program was told by files and environment, checked before anything starts. */
@NullMarked
package io.jobcleanup.server.settings;

import org.jspecify.annotations.NullMarked;
