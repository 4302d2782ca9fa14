/** The main job before one's eyes, with real workers, on a database of its own. */
@NullMarked
package io.jobcleanup.server.demo;

import org.jspecify.annotations.NullMarked;
