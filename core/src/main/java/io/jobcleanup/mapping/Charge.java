package io.jobcleanup.mapping;

import java.util.List;

/**
 * The rows that took the tokens for a job; each is given back by itself.
 *
 * @param table its name, with or without a schema
 * @param key the columns of a unique key; empty takes the primary key
 * @param match which of its rows belong to a job
 * @param amount what a row took, positive
 * @param required whether a job without such a row gets nothing back; else its cost counts
 */
public record Charge(
    String table, List<String> key, Expression match, Value amount, boolean required) {
  /** Takes a copy. */
  public Charge {
    key = List.copyOf(key);
  }
}
