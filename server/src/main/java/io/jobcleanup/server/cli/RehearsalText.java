package io.jobcleanup.server.cli;

import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobReport;
import io.jobcleanup.Outcome;
import io.jobcleanup.Rehearsal;
import io.jobcleanup.Rehearsal.ColumnChange;
import io.jobcleanup.Rehearsal.RehearsedJob;
import io.jobcleanup.Rehearsal.RowChange;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help.Ansi;

/** A rehearsal as a person reads it: job by job, row by row, before and after. */
final class RehearsalText {
  private static final int LISTED = 10;
  private static final int NARROWEST = 40;

  private final Surroundings surroundings;
  private final boolean all;
  private final int width;

  /**
   * For one answer.
   *
   * @param all whether all jobs are told, or just the first
   */
  RehearsalText(Surroundings surroundings, boolean all) {
    this.surroundings = surroundings;
    this.all = all;
    this.width = width(surroundings);
  }

  /** On a terminal lines are cut to its width, as far as the shell tells it. */
  private static int width(Surroundings surroundings) {
    String columns = surroundings.variables().getOrDefault("COLUMNS", "");
    if (!surroundings.terminal()) {
      return Integer.MAX_VALUE;
    }
    return columns.matches("\\d{1,4}") ? Math.max(NARROWEST, Integer.parseInt(columns)) : 120;
  }

  void print(Rehearsal rehearsal) {
    if (rehearsal.jobs().isEmpty() && rehearsal.passedOver().isEmpty()) {
      line("No stuck jobs found: there is nothing to rehearse.");
      return;
    }
    line("Rehearsal: nothing below was kept.");
    int shown = all ? rehearsal.jobs().size() : Math.min(LISTED, rehearsal.jobs().size());
    int tableWidth =
        Math.max(
            rehearsal.jobs().stream()
                .limit(shown)
                .flatMap(it -> it.rows().stream())
                .mapToInt(it -> name(it).length())
                .max()
                .orElse(0),
            rehearsal.besides().stream().mapToInt(it -> name(it).length()).max().orElse(0));
    for (RehearsedJob job : rehearsal.jobs().subList(0, shown)) {
      line("");
      line(heading(job.report()));
      job.rows().forEach(row -> print(row, tableWidth));
    }
    if (!rehearsal.besides().isEmpty()) {
      line("");
      line("Besides, by the host's triggers and functions or the mapping's `also`:");
      rehearsal.besides().forEach(row -> print(row, tableWidth));
    }
    printRest(rehearsal, shown);
  }

  private void printRest(Rehearsal rehearsal, int shown) {
    for (String table : rehearsal.notShown()) {
      line("");
      line("Not shown, row by row: %s.".formatted(table));
    }
    line("");
    if (shown < rehearsal.jobs().size()) {
      line(
          "%s: --all lists them, --json too."
              .formatted(Words.count(rehearsal.jobs().size() - shown, "more job")));
    }
    List<RowChange> rows =
        new ArrayList<>(rehearsal.jobs().stream().flatMap(it -> it.rows().stream()).toList());
    rows.addAll(rehearsal.besides());
    line(
        "%s, %s, %s. Locked for %d ms: %s."
            .formatted(
                Words.count(rehearsal.jobs().size(), "job"),
                Words.count(
                        rows.stream()
                            .filter(it -> !it.added())
                            .map(it -> it.table() + it.key())
                            .distinct()
                            .count(),
                        "row")
                    + " changed",
                Words.count(rows.stream().filter(RowChange::added).count(), "row") + " added",
                rehearsal.held().toMillis(),
                rehearsal.locked().isEmpty()
                    ? "these rows"
                    : rehearsal.locked().entrySet().stream()
                        .map(it -> it.getValue() + " of " + it.getKey())
                        .collect(Collectors.joining(", "))));
    if (!rehearsal.sequences().isEmpty()) {
      line(
          "Not undone, as sequences never are: %s."
              .formatted(
                  rehearsal.sequences().entrySet().stream()
                      .map(
                          it ->
                              "%s is ahead by %s"
                                  .formatted(it.getKey(), Words.number(it.getValue())))
                      .collect(Collectors.joining(", "))));
    }
    if (!rehearsal.passedOver().isEmpty()) {
      line(
          "%s held by somebody just now, and left out. By whom:  job-cleanup find %s"
              .formatted(
                  rehearsal.passedOver().size() == 1
                      ? "1 stuck job is"
                      : rehearsal.passedOver().size() + " stuck jobs are",
                  rehearsal.passedOver().getFirst().text()));
    }
    if (rehearsal.more()) {
      line("More is stuck than was rehearsed: --batch-size says how many, oldest first.");
    }
    line("Do it:  job-cleanup run");
  }

  private String heading(JobReport report) {
    String payer = Objects.requireNonNullElse(report.payer(), "nobody");
    String what =
        switch (report.outcome()) {
          case Outcome.Refunded refunded ->
              "%s to %s".formatted(CleanupResult.tokens(refunded.tokens()), payer);
          case Outcome.NothingToRefund nothing -> "nothing to give back";
          case Outcome.AlreadyRefunded already -> "given back before by us";
          case Outcome.PaidByHost byHost -> "given back by the host";
          case Outcome.RefundOwed owed ->
              "OWED, %s to %s: %s"
                  .formatted(
                      owed.owed() == null ? "? tokens" : CleanupResult.tokens(owed.owed()),
                      payer,
                      owed.cause());
          case Outcome.Refused refused -> "REFUSED, stays as it is: " + refused.cause();
          case Outcome.PassedOver passedOver -> "passed over";
        };
    return coloured("bold", Words.printable(report.job().text()) + "   " + Words.printable(what));
  }

  private void print(RowChange row, int tableWidth) {
    String name = name(row);
    String padding = " ".repeat(tableWidth - name.length());
    if (row.added()) {
      String values =
          row.columns().stream()
              .map(it -> it.column() + " " + value(it.after()))
              .collect(Collectors.joining("  "));
      line(coloured("green", cut("  %s%s  + %s".formatted(name, padding, values))));
      return;
    }
    int columnWidth = row.columns().stream().mapToInt(it -> it.column().length()).max().orElse(0);
    int beforeWidth =
        row.columns().stream().mapToInt(it -> value(it.before()).length()).max().orElse(0);
    boolean first = true;
    for (ColumnChange column : row.columns()) {
      String before = value(column.before());
      line(
          cut(
              "  %s%s    %s%s  %s%s  →  %s"
                  .formatted(
                      first ? name : " ".repeat(name.length()),
                      padding,
                      column.column(),
                      " ".repeat(columnWidth - column.column().length()),
                      before,
                      " ".repeat(Math.min(beforeWidth, 40) - Math.min(before.length(), 40)),
                      value(column.after()))));
      first = false;
    }
  }

  private static String name(RowChange row) {
    String table =
        row.table().startsWith("public.") ? row.table().substring("public.".length()) : row.table();
    return Words.printable(table);
  }

  private static String value(@Nullable String text) {
    return text == null ? "null" : Words.printable(text);
  }

  private String cut(String text) {
    return text.length() <= width ? text : text.substring(0, width - 1) + "…";
  }

  private String coloured(String style, String text) {
    return surroundings.colour()
        ? Ansi.ON.string("@|" + style + " " + text.replace("@|", "@ |") + "|@")
        : text;
  }

  private void line(String text) {
    surroundings.out().println(text.stripTrailing());
  }
}
