package io.jobcleanup.postgres;

import io.jobcleanup.mapping.SqlLexer;
import org.jdbi.v3.core.statement.ParsedSql;
import org.jdbi.v3.core.statement.SqlParser;
import org.jdbi.v3.core.statement.StatementContext;

/**
 * Finds {@code :name} parameters with PostgreSQL's own rules for quotes, so that a host's
 * expression may hold any operator or string, a question mark too.
 */
final class PostgresSqlParser implements SqlParser {

  @Override
  public ParsedSql parse(String sql, StatementContext context) {
    ParsedSql.Builder parsed = ParsedSql.builder();
    for (SqlLexer.Token token : SqlLexer.tokens(sql)) {
      if (token.kind() == SqlLexer.Kind.PARAMETER) {
        parsed.appendNamedParameter(token.text().substring(1));
      } else if (token.kind() == SqlLexer.Kind.OTHER && token.text().equals("?")) {
        parsed.append("??");
      } else {
        parsed.append(token.text());
      }
    }
    return parsed.build();
  }

  @Override
  public String nameParameter(String rawName, StatementContext context) {
    return ":" + rawName;
  }
}
