package io.jobcleanup.mapping;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A job table: which rows are jobs, when one is stuck, and what failing it writes.
 *
 * @param table its name, with or without a schema
 * @param key the columns of a unique key
 * @param where which rows are jobs at all; null means all
 * @param status the column that tells the state
 * @param processing the states that mean "being worked on", at least one
 * @param completed the states that mean success
 * @param since when processing began: the first of these that isn't null; may be empty where there
 *     is {@code expires}
 * @param expires when processing has to have ended: where it isn't null, it alone decides; null
 *     where there is no such column
 * @param timeout how long a job may be processed; null takes the default
 * @param time how its time columns without a zone keep a moment
 * @param attempt what changes with each charge, where the same row can be charged again; null where
 *     nothing does
 * @param fail what is written to a job that is failed, by column
 */
public record Jobs(
    String table,
    List<String> key,
    @Nullable Expression where,
    Value status,
    List<String> processing,
    List<String> completed,
    List<Value> since,
    @Nullable Value expires,
    @Nullable Timeout timeout,
    Times time,
    @Nullable Value attempt,
    Map<String, Value> fail) {

  /**
   * Checks that nothing needed is empty, and takes copies.
   *
   * @throws IllegalArgumentException if key, processing or fail are empty, or since without expires
   */
  public Jobs {
    boolean noTime = since.isEmpty() && expires == null;
    if (key.isEmpty() || processing.isEmpty() || noTime || fail.isEmpty()) {
      throw new IllegalArgumentException(
          "jobs of %s need at least one each of key %s, processing %s, since %s and fail %s"
              .formatted(table, key, processing, since, fail.keySet()));
    }
    key = List.copyOf(key);
    processing = List.copyOf(processing);
    completed = List.copyOf(completed);
    since = List.copyOf(since);
    fail = Source.inOrder(fail);
  }
}
