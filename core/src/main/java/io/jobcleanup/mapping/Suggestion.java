package io.jobcleanup.mapping;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Finds the likely meaning of a mistyped word. */
public final class Suggestion {

  private Suggestion() {}

  /**
   * A sentence to append to an error, such as {@code . Did you mean "credits"?}; empty where
   * nothing is near.
   *
   * @param word what was written
   * @param known what could have been written
   * @param shown how the likely one is shown
   */
  public static String of(String word, Collection<String> known, UnaryOperator<String> shown) {
    return nearest(word, known)
        .map(likely -> ". Did you mean %s?".formatted(shown.apply(likely)))
        .orElse("");
  }

  /** The nearest known word, if one is near enough to be meant. */
  public static Optional<String> nearest(String word, Collection<String> known) {
    String folded = fold(word);
    return known.stream()
        .filter(
            candidate ->
                distance(folded, fold(candidate)) <= Math.max(1, Math.min(3, folded.length() / 3)))
        .min(
            Comparator.comparingInt((String candidate) -> distance(folded, fold(candidate)))
                .thenComparing(c -> c));
  }

  private static String fold(String word) {
    return word.toLowerCase(Locale.ROOT).replaceAll("[_\\-\\s]", "");
  }

  private static int distance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] current = new int[b.length() + 1];
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(change, Math.min(previous[j], current[j - 1]) + 1);
      }
      previous = current;
    }
    return previous[b.length()];
  }
}
