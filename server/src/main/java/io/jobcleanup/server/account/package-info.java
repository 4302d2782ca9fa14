/** Who may use the service. */
@NullMarked
package io.jobcleanup.server.account;

import org.jspecify.annotations.NullMarked;
