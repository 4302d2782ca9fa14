package io.jobcleanup.mapping;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A balance that a refund moves.
 *
 * @param table its name, with or without a schema
 * @param match the columns that find a payer's row, and their values
 * @param when which lines go here; null means all
 * @param add what is added to which columns
 * @param set what else is written, by column
 * @param missing what to do where there is no such row
 * @param time how its time columns without a zone keep a moment
 */
public record Balance(
    String table,
    Map<String, Value> match,
    @Nullable Expression when,
    Map<String, Value> add,
    Map<String, Value> set,
    Missing missing,
    Times time) {

  /** What to do about a payer without a balance row. */
  public enum Missing {
    /** The refund is owed until there is one. */
    OWED,
    /** This balance is left out. */
    SKIP
  }

  /**
   * Checks that nothing needed is empty, and takes copies.
   *
   * @throws IllegalArgumentException if match or add are empty
   */
  public Balance {
    if (match.isEmpty() || add.isEmpty()) {
      throw new IllegalArgumentException(
          "the balance in %s needs at least one each of match %s and add %s"
              .formatted(table, match.keySet(), add.keySet()));
    }
    match = Source.inOrder(match);
    add = Source.inOrder(add);
    set = Source.inOrder(set);
  }
}
