package io.jobcleanup.mapping;

import java.util.List;
import java.util.Map;

/**
 * The rows that took the tokens for a job; each is given back by itself.
 *
 * @param table its name, with or without a schema
 * @param key the columns of a unique key; empty takes the primary key
 * @param match which of its rows belong to a job
 * @param amount what a row took, positive
 * @param required whether a job without such a row gets nothing back; else its cost counts
 * @param mark what is written to such a row when it is given back, by column
 * @param time how its time columns without a zone keep a moment
 */
public record Charge(
    String table,
    List<String> key,
    Expression match,
    Value amount,
    boolean required,
    Map<String, Value> mark,
    Times time) {
  /** Takes copies. */
  public Charge {
    key = List.copyOf(key);
    mark = Source.inOrder(mark);
  }
}
