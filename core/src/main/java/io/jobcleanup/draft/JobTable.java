package io.jobcleanup.draft;

import io.jobcleanup.draft.HostTable.Column;
import io.jobcleanup.draft.Words.Meaning;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * A table that may hold jobs, and what its statuses mean.
 *
 * @param score how much speaks for it
 * @param since the columns that tell when work began, the first that is filled counts
 */
record JobTable(
    HostTable table,
    Column status,
    List<Label> labels,
    int score,
    List<Column> since,
    @Nullable Column begun,
    @Nullable Column updated,
    @Nullable Column created,
    @Nullable Column finished) {

  /** From here on a table is taken for a job table. */
  static final int ENOUGH = 7;

  /**
   * A value of the status.
   *
   * @param known whether its meaning stands in its name; else it was told from rows
   */
  record Label(String text, Meaning meaning, boolean known, long rows, OptionalDouble oldest) {
    String evidence() {
      return rows == 0
          ? text + ": no rows"
          : "%s: %s%s"
              .formatted(
                  text,
                  Ages.count(rows, "row"),
                  oldest.isPresent() && oldest.getAsDouble() >= 0
                      ? ", the oldest begun %s ago".formatted(Ages.of(oldest.getAsDouble()))
                      : "");
    }
  }

  JobTable {
    labels = List.copyOf(labels);
    since = List.copyOf(since);
  }

  List<Label> of(Meaning meaning) {
    return labels.stream().filter(it -> it.meaning() == meaning).toList();
  }

  List<String> texts(Meaning meaning) {
    return of(meaning).stream().map(Label::text).toList();
  }

  /** The status of a job that failed; empty where none is like it. */
  Optional<Label> failed() {
    return labels.stream()
        .filter(it -> it.meaning() == Meaning.FAILED)
        .min(Comparator.comparingInt(it -> Words.failedRank(it.text())))
        .or(
            () ->
                of(Meaning.ENDED).stream()
                    .filter(it -> Words.failedRank(it.text()) < 100)
                    .min(Comparator.comparingInt(it -> Words.failedRank(it.text()))));
  }

  /** A condition over a row: its status is one of some. */
  String statusIs(String row, List<String> values) {
    return values.isEmpty()
        ? "false"
        : "cast(%s as text) in (%s)"
            .formatted(
                Names.of(row, status.name()),
                String.join(", ", values.stream().map(Names::literal).toList()));
  }

  /** The column that is the job's key, where it is one. */
  Optional<Column> key() {
    return table.key().isEmpty() ? Optional.empty() : table.column(table.key().getFirst());
  }

  /**
   * Judges a table.
   *
   * @param named whether a person named it, so that it is one whatever speaks against it
   * @return empty where it has no status, or nothing in it is being worked on
   */
  static Optional<JobTable> judge(Survey survey, Moments moments, HostTable table, boolean named) {
    if (!named
        && (Words.otherThanJobs(table.name())
            || table
                .name()
                .matches(
                    "(?i).*(prisma_migrations|schema_migrations|django_|flyway_|ar_internal|oban_|good_job|solid_queue|delayed_job|que_|pgboss|river_|celery|failed_jobs|telescope).*"))) {
      return Optional.empty();
    }
    JobTable best = null;
    for (Column column : table.columns()) {
      if (!column.readable()
          || !column.named(Words.STATUS)
          || !(column.text() || column.category() == 'E' || column.whole())) {
        continue;
      }
      Optional<JobTable> judged = judge(survey, moments, table, column, named);
      if (judged.isPresent() && (best == null || judged.get().score() > best.score())) {
        best = judged.get();
      }
    }
    return Optional.ofNullable(best);
  }

  private static Optional<JobTable> judge(
      Survey survey, Moments moments, HostTable table, Column status, boolean named) {
    Column begun = moment(moments, table, Words.BEGUN, Words.CLAIMED);
    Column heartbeat = moment(moments, table, Words.HEARTBEAT);
    Column updated = moment(moments, table, Words.UPDATED);
    Column created = moment(moments, table, Words.CREATED, Words.SUBMITTED);
    Column finished = moment(moments, table, Words.FINISHED, Words.FAILED_AT);
    List<Column> since = new ArrayList<>();
    if (heartbeat != null) {
      since.add(heartbeat);
    }
    if (begun != null) {
      since.add(begun);
    }
    if (updated != null) {
      since.add(updated);
    } else if (created != null) {
      since.add(created);
    }
    String sinceSql =
        since.isEmpty()
            ? null
            : "coalesce(%s)"
                .formatted(
                    String.join(
                        ", ",
                        since.stream()
                            .map(it -> moments.sql(table, it, "r").orElse("null"))
                            .toList()));
    Optional<List<Survey.Count>> counts =
        survey.statuses(table, Names.of("r", status.name()), sinceSql);
    if (counts.isEmpty() && status.labels().isEmpty()) {
      return Optional.empty();
    }
    Map<String, Survey.Count> byValue = new LinkedHashMap<>();
    status.labels().forEach(it -> byValue.put(it, new Survey.Count(it, 0, OptionalDouble.empty())));
    counts.orElse(List.of()).forEach(it -> byValue.put(it.value(), it));
    if (status.labels().isEmpty() && !status.standard().isEmpty()) {
      String standard = status.standard().replaceAll("::.*", "").replaceAll("^'|'$", "");
      byValue.putIfAbsent(standard, new Survey.Count(standard, 0, OptionalDouble.empty()));
    }
    List<Label> labels =
        status.whole()
            ? Numbers.meanings(
                survey, table, status, List.copyOf(byValue.values()), begun, finished)
            : byValue.values().stream()
                .map(
                    it ->
                        new Label(
                            it.value(),
                            Words.meaning(it.value()),
                            true,
                            it.rows(),
                            it.oldestSeconds()))
                .toList();
    labels = readyOrWaiting(labels);
    JobTable unscored =
        new JobTable(table, status, labels, 0, since, begun, updated, created, finished);
    if (!named && unscored.of(Meaning.PROCESSING).isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new JobTable(
            table,
            status,
            labels,
            unscored.scored(status),
            since,
            begun,
            updated,
            created,
            finished));
  }

  /** "ready" is success where other jobs wait and none is called done; else it waits. */
  private static List<Label> readyOrWaiting(List<Label> labels) {
    boolean done = labels.stream().anyMatch(it -> it.meaning() == Meaning.COMPLETED);
    if (done) {
      return labels;
    }
    return labels.stream()
        .map(
            it ->
                Words.snake(it.text()).equals("ready")
                    ? new Label(it.text(), Meaning.COMPLETED, true, it.rows(), it.oldest())
                    : it)
        .toList();
  }

  /**
   * How a failed job's status would be spelt, where any text is allowed and none has failed yet.
   */
  Optional<String> failedSpelt() {
    if (!status.text() || !status.labels().isEmpty() || failed().isPresent()) {
      return Optional.empty();
    }
    List<String> known = labels.stream().map(Label::text).toList();
    boolean upper = known.stream().allMatch(it -> it.equals(it.toUpperCase(Locale.ROOT)));
    boolean capital = known.stream().allMatch(it -> Character.isUpperCase(it.charAt(0)));
    return known.isEmpty()
        ? Optional.empty()
        : Optional.of(upper ? "FAILED" : capital ? "Failed" : "failed");
  }

  private int scored(Column status) {
    int points = 0;
    points += of(Meaning.PROCESSING).isEmpty() ? 0 : status.whole() ? 1 : 3;
    points += of(Meaning.COMPLETED).isEmpty() ? 0 : 2;
    points += of(Meaning.FAILED).isEmpty() ? 0 : 2;
    points += of(Meaning.WAITING).isEmpty() ? 0 : 1;
    points += Words.jobs(table.name()) ? 2 : 0;
    points += table.named(it -> true, Words.OWNER).isPresent() ? 1 : 0;
    points += begun == null ? 0 : 1;
    points += finished == null ? 0 : 1;
    points += table.named(it -> it.text() || it.json(), Words.ERROR).isPresent() ? 1 : 0;
    points += table.named(Column::number, Words.COST).isPresent() ? 1 : 0;
    points += since.isEmpty() || table.uniques().isEmpty() ? -3 : 0;
    return points;
  }

  private static @Nullable Column moment(Moments moments, HostTable table, String... patterns) {
    for (String pattern : patterns) {
      for (Column column : table.allNamed(Column::moment, pattern)) {
        if (moments.form(table, column).isPresent()) {
          return column;
        }
      }
    }
    return null;
  }
}
