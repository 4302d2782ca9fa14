/** The HTTP interface: what is asked, judged by hand, and what is answered. */
@NullMarked
package io.jobcleanup.server.web;

import org.jspecify.annotations.NullMarked;
