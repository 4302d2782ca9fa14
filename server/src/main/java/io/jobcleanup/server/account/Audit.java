package io.jobcleanup.server.account;

import io.jobcleanup.server.answer.Json;
import io.jobcleanup.server.database.SqlText;
import java.util.Map;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Writes audit entries. Safe for use by several threads. */
final class Audit {
  private static final String ENTRY = SqlText.of(Audit.class, "audit-entry");
  private static final String REFUSAL = SqlText.of(Audit.class, "audit-refusal");

  private final JdbcClient jdbc;

  Audit(DataSource dataSource) {
    this.jdbc = JdbcClient.create(dataSource);
  }

  /**
   * Records an act, in the transaction of the act.
   *
   * @param act what was done, such as {@code user.role}
   * @param target to whom or what
   * @param before what held before; null where nothing did
   * @param after what holds now; null where nothing does
   */
  void record(
      Actor actor,
      String act,
      String target,
      @Nullable Map<String, String> before,
      @Nullable Map<String, String> after) {
    jdbc.sql(ENTRY)
        .param("actor", actor.name())
        .param("origin", actor.origin())
        .param("act", act)
        .param("target", target)
        .param("before", before == null ? null : Json.write(before))
        .param("after", after == null ? null : Json.write(after))
        .update();
  }

  /**
   * Records that something was refused; the same from the same once a minute, so that nobody fills
   * the table.
   *
   * @return whether it was recorded
   */
  boolean recordRefusal(Actor actor, String target, String reason) {
    return jdbc.sql(REFUSAL)
            .param("actor", actor.name())
            .param("origin", actor.origin())
            .param("target", target)
            .param("reason", reason)
            .update()
        == 1;
  }
}
