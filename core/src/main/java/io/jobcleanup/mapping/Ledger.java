package io.jobcleanup.mapping;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A row that records a refund.
 *
 * @param table its name, with or without a schema
 * @param when which lines are recorded here; null means all
 * @param values what is inserted, by column
 * @param time how its time columns without a zone keep a moment
 */
public record Ledger(
    String table, @Nullable Expression when, Map<String, Value> values, Times time) {
  /**
   * Checks that there is something to insert, and takes a copy.
   *
   * @throws IllegalArgumentException if values are empty
   */
  public Ledger {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("the ledger row in " + table + " needs values");
    }
    values = Source.inOrder(values);
  }
}
