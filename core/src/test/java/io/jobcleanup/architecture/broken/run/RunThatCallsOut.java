package io.jobcleanup.architecture.broken.run;

import java.net.URI;

/** Breaks {@code CORE_KNOWS_NO_FRAMEWORK}. */
record RunThatCallsOut(URI uri) {}
