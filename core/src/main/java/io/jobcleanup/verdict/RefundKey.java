package io.jobcleanup.verdict;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Makes the text that is the same for the same line for ever, and different for any other. */
public final class RefundKey {

  private RefundKey() {}

  /**
   * The key of a charge.
   *
   * @param table the charge table with its schema
   * @param key the charge's key
   */
  public static String ofCharge(String table, List<String> key) {
    return table + "/" + escaped(key);
  }

  /**
   * The key of a job that has no charge row.
   *
   * @param table the job table with its schema
   * @param key the job's key
   * @param attempt what changes with each charge; null where nothing does
   */
  public static String ofJob(String table, List<String> key, @Nullable String attempt) {
    return table + "/" + escaped(key) + (attempt == null ? "" : "#" + escaped(List.of(attempt)));
  }

  private static String escaped(List<String> parts) {
    return parts.stream()
        .map(part -> part.replace("\\", "\\\\").replace("/", "\\/").replace("#", "\\#"))
        .collect(Collectors.joining("/"));
  }
}
