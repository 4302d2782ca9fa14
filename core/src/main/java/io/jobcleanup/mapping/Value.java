package io.jobcleanup.mapping;

import org.jspecify.annotations.Nullable;

/** What a mapping puts in a place: a column's content, a constant, or an expression. */
public sealed interface Value {

  /**
   * The content of a column of the row that the place is about.
   *
   * @param name the column, just as the catalogue spells it
   */
  record Column(String name) implements Value {}

  /**
   * The same for every row.
   *
   * @param text the value as it was spelt, to be read by the column's type; null for SQL's NULL
   */
  record Constant(@Nullable String text) implements Value {}

  /**
   * Worked out by the database.
   *
   * @param expression the SQL
   */
  record Computed(Expression expression) implements Value {}
}
