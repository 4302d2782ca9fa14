package io.jobcleanup.postgres;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What happens in the database besides our own work, at one moment. Sessions whose application name
 * is {@code job-cleanup} are ours, too.
 *
 * @param now the database's time
 * @param session the process id of the session that looked
 * @param othersAtWork whether other sessions of the same database have done anything of late; true
 *     where our role may not see that
 */
public record Activity(Instant now, int session, boolean othersAtWork) {

  private static final String OTHERS_AT_WORK = Sql.of("others-at-work");

  /**
   * Looks around.
   *
   * @param since what happened earlier doesn't count; null for the last second
   * @param ours process ids of sessions that are ours
   */
  public static Activity look(Tx tx, @Nullable Instant since, Set<Integer> ours) {
    Map<String, @Nullable Object> parameters = new HashMap<>();
    parameters.put("since", since == null ? null : since.toString());
    parameters.put("ours", ours.stream().map(String::valueOf).toArray(String[]::new));
    return tx.one(
        OTHERS_AT_WORK,
        parameters,
        row ->
            new Activity(
                row.getObject("now", OffsetDateTime.class).toInstant(),
                row.getInt("session"),
                row.getBoolean("others")));
  }
}
