/** The tables that the service keeps besides the library's own, in the same schema. */
@NullMarked
package io.jobcleanup.server.schema;

import org.jspecify.annotations.NullMarked;
