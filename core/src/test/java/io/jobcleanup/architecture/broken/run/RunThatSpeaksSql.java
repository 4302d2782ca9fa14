package io.jobcleanup.architecture.broken.run;

import java.sql.Statement;

/** Breaks {@code ONLY_POSTGRES_SPEAKS_SQL}. */
public record RunThatSpeaksSql(Statement statement) {}
