package io.jobcleanup.benchmarks;

import java.util.Collection;
import java.util.Locale;

/**
 * What was measured in the rounds of one comparison.
 *
 * @param median the middle one, or the mean of the two in the middle
 * @param min the least
 * @param max the greatest
 * @param count how many rounds
 */
record Samples(double median, double min, double max, int count) {

  /**
   * Sums up.
   *
   * @throws IllegalArgumentException if there are none
   */
  static Samples of(Collection<Double> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("no samples, at least one is needed");
    }
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Samples(median, sorted[0], sorted[sorted.length - 1], sorted.length);
  }

  /** Median with the spread in brackets. */
  String text(int decimals) {
    return "%s (%s – %s)"
        .formatted(number(median, decimals), number(min, decimals), number(max, decimals));
  }

  /** A whole number with separators of thousands. */
  static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** A number with separators of thousands. */
  static String number(double value, int decimals) {
    return String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }
}
