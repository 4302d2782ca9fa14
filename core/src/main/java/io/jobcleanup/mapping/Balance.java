package io.jobcleanup.mapping;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A balance that a refund moves.
 *
 * @param table its name, with or without a schema
 * @param match the columns that find a payer's row, and their values
 * @param when which lines go here; null means all
 * @param add what is added to which columns
 * @param floor where an {@code add} that lowers a column stops; null where nothing stops it
 * @param set what else is written, by column
 * @param missing what to do where there is no such row
 * @param values what a row that is made has besides {@code match}, by column
 * @param time how its time columns without a zone keep a moment
 */
public record Balance(
    String table,
    Map<String, Value> match,
    @Nullable Expression when,
    Map<String, Value> add,
    @Nullable BigDecimal floor,
    Map<String, Value> set,
    Missing missing,
    Map<String, Value> values,
    Times time) {

  /** What to do about a payer without a balance row. */
  public enum Missing {
    /** The refund is owed until there is one. */
    OWED,
    /** The row is made. */
    CREATE,
    /** This balance is left out. */
    SKIP
  }

  /**
   * Checks that nothing needed is empty, and takes copies.
   *
   * @throws IllegalArgumentException if match or add are empty, or there are values though no row
   *     is made
   */
  public Balance {
    if (match.isEmpty() || add.isEmpty()) {
      throw new IllegalArgumentException(
          "the balance in %s needs at least one each of match %s and add %s"
              .formatted(table, match.keySet(), add.keySet()));
    }
    if (!values.isEmpty() && missing != Missing.CREATE) {
      throw new IllegalArgumentException(
          "values are for a row that is made, and missing is "
              + missing.name().toLowerCase(Locale.ROOT));
    }
    // Sorted, so that entries which find a row by the same columns are known to mean the same.
    match = Source.inOrder(new TreeMap<>(match));
    add = Source.inOrder(add);
    set = Source.inOrder(set);
    values = Source.inOrder(values);
  }

  /** What a row that is made has, by column. */
  public Map<String, Value> created() {
    Map<String, Value> created = new LinkedHashMap<>(match);
    created.putAll(values);
    return created;
  }
}
