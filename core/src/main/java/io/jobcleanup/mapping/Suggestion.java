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

  /** How many letters have to be put in, left out, changed, or swapped with their neighbour. */
  private static int distance(String a, String b) {
    int[][] cost = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          cost[i][j] = i + j;
          continue;
        }
        int change = cost[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        cost[i][j] = Math.min(change, Math.min(cost[i - 1][j], cost[i][j - 1]) + 1);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
      }
    }
    return cost[a.length()][b.length()];
  }
}
