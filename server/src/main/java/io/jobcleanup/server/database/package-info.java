/** Which database the program works on: the one that DATABASE_URL names, or an embedded one. */
@NullMarked
package io.jobcleanup.server.database;

import org.jspecify.annotations.NullMarked;
