/** What the program answers in JSON, on the command line and over HTTP alike. */
@NullMarked
package io.jobcleanup.server.answer;

import org.jspecify.annotations.NullMarked;
