package io.jobcleanup.architecture.broken.mapping;

import java.sql.Connection;

/** Breaks {@code CONNECTIONS_ARE_SEEN_AT_THE_DOOR_ONLY}. */
record MappingThatConnects(Connection connection) {}
