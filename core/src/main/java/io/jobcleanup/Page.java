package io.jobcleanup;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a list that is read piece by piece.
 *
 * @param items what is on it, in the list's order
 * @param next where the next page begins, to be handed back as it is; null where there is none
 */
public record Page<T>(List<T> items, @Nullable String next) {

  /** The most that one page holds. */
  public static final int MAX_ITEMS = 1000;

  /** Takes a copy. */
  public Page {
    items = List.copyOf(items);
  }

  /** A page without anything on it, the last. */
  public static <T> Page<T> empty() {
    return new Page<>(List.of(), null);
  }
}
