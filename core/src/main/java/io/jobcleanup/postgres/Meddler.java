package io.jobcleanup.postgres;

import java.util.List;
import java.util.Map;

/** Names what may have dropped or changed a write to a table without an error. */
public final class Meddler {

  private static final String MEDDLERS = Sql.of("meddlers");

  private Meddler() {}

  /**
   * The triggers, rules and policies of a table.
   *
   * @param table its name with its schema
   */
  public static String of(Tx tx, String table) {
    List<String> found = tx.list(MEDDLERS, Map.of("table", table), row -> row.getString("meddler"));
    return found.isEmpty() ? "a trigger or policy" : String.join(" or ", found);
  }
}
