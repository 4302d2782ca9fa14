/** The service as a Spring application: how it starts, what it is made of, and how it ends. */
@NullMarked
package io.jobcleanup.server.service;

import org.jspecify.annotations.NullMarked;
