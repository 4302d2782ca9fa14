package io.jobcleanup.postgres;

import io.jobcleanup.UnusableDatabaseException;
import io.jobcleanup.mapping.Jobs;
import io.jobcleanup.mapping.Value;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The trigger that keeps jobs of one source settled, as SQL.
 *
 * @param source the source's name
 * @param table the job table
 * @param function the name of its function, which is in our schema
 * @param trigger its own name
 * @param body the function's body; it says the trigger's condition too, so it alone tells whether
 *     both are as the mapping wants them
 * @param statements what makes function and trigger, or replaces them, in this order
 */
record GuardSql(
    String source,
    Table table,
    String function,
    String trigger,
    String body,
    List<String> statements) {

  /** PostgreSQL cuts names there, which must not cut the difference off. */
  private static final int LONGEST_NAME = 63;

  /**
   * The trigger of a source.
   *
   * @throws UnusableDatabaseException if the source's tables or mapping can't have one
   */
  static GuardSql of(BoundSource bound) {
    List<String> obstacles = obstacles(bound);
    if (!obstacles.isEmpty()) {
      throw new UnusableDatabaseException(obstacles);
    }
    Jobs jobs = bound.source().jobs();
    Table table = bound.tables().jobs();
    String status = Sql.identifier(statusColumn(jobs));
    String condition =
        "old.%1$s = %2$s and new.%1$s is distinct from old.%1$s"
            .formatted(status, Sql.literal(failed(jobs)));
    List<String> late = new ArrayList<>(jobs.processing());
    late.addAll(jobs.completed());
    String body =
        "\n-- Fires when %s\n%s\n"
            .formatted(
                condition.replaceAll("\\R", " "),
                Sql.of(
                    "guard-body",
                    Map.of(
                        "job_key",
                        Names.keyText("old", bound.tables().jobKey()),
                        "job_table",
                        bound.sql().jobTable(),
                        "status",
                        status,
                        "written",
                        bound.sql().writtenByFail(),
                        "late",
                        "new.%s in (%s)"
                            .formatted(
                                status,
                                late.stream()
                                    .map(Sql::literal)
                                    .collect(Collectors.joining(", "))))));
    String name = bound.source().name();
    String function = name("guard_", name);
    String trigger = name("job_cleanup_guard_", name);
    String qualified = Sql.identifier(Schema.NAME) + "." + Sql.identifier(function);
    return new GuardSql(
        name,
        table,
        function,
        trigger,
        body,
        List.of(
            Sql.of("guard-function", Map.of("function", qualified, "body", dollarQuoted(body))),
            "revoke all on function %s() from public".formatted(qualified),
            Sql.of(
                "guard-trigger",
                Map.of(
                    "trigger",
                    Sql.identifier(trigger),
                    "jobs",
                    table.quoted(),
                    "condition",
                    condition,
                    "function",
                    qualified))));
  }

  /** What keeps a source from having such a trigger; empty where nothing does. */
  static List<String> obstacles(BoundSource bound) {
    Jobs jobs = bound.source().jobs();
    String name = bound.source().name();
    if (bound.tables().jobs().kind().equals("v")) {
      return List.of(
          "%s of source %s is a view, and a guard goes on the table behind it. Write it there by hand, as the page \"Workers beside a cleaner\" shows, or map that table, with a `where`."
              .formatted(bound.tables().jobs().display(), name));
    }
    if (!(jobs.status() instanceof Value.Column)
        || !(jobs.fail().get(statusColumn(jobs)) instanceof Value.Constant constant)
        || constant.text() == null) {
      return List.of(
          "A guard for source %s isn't possible: its `status` has to be a column, and `fail` has to write one state there."
              .formatted(name));
    }
    return List.of();
  }

  private static String statusColumn(Jobs jobs) {
    return jobs.status() instanceof Value.Column column ? column.name() : "";
  }

  private static String failed(Jobs jobs) {
    return jobs.fail().get(statusColumn(jobs)) instanceof Value.Constant constant
        ? String.valueOf(constant.text())
        : "";
  }

  private static String name(String prefix, String source) {
    String whole = prefix + source;
    if (whole.getBytes(StandardCharsets.UTF_8).length <= LONGEST_NAME) {
      return whole;
    }
    String hash = "_%08x".formatted(source.hashCode());
    StringBuilder cut = new StringBuilder(whole);
    while (cut.toString().getBytes(StandardCharsets.UTF_8).length + hash.length() > LONGEST_NAME) {
      cut.setLength(cut.offsetByCodePoints(cut.length(), -1));
    }
    return cut + hash;
  }

  private static String dollarQuoted(String text) {
    String tag = "$guard$";
    for (int i = 1; text.contains(tag); i++) {
      tag = "$guard%d$".formatted(i);
    }
    return tag + text + tag;
  }
}
