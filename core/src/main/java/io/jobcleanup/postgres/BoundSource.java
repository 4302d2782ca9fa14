package io.jobcleanup.postgres;

import io.jobcleanup.mapping.Source;

/**
 * A source whose tables were found to be as the mapping says, with its statements.
 *
 * @param source the source
 * @param tables what the catalogue says of its tables
 * @param sql what finds, locks and reads its rows
 * @param writes what writes to them
 */
record BoundSource(Source source, SourceTables tables, SourceSql sql, WriteSql writes) {}
