package io.jobcleanup.draft;

import io.jobcleanup.draft.HostTable.Column;
import io.jobcleanup.draft.Words.Meaning;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is written to a job beside its status, told by names and by the rows of jobs that failed.
 */
final class Failing {

  private static final String ENDING =
      "progress|percent(age)?|progress_(percent|text|pct)|stage|step|current_step";

  private final Moments moments;
  private final JobTable job;
  private final HostTable table;
  private final Map<String, Survey.Filled> filled;
  private final Survey.@Nullable Filled ofFailed;
  private final Survey.@Nullable Filled ofProcessing;

  Failing(Survey survey, Moments moments, JobTable job, @Nullable String failed) {
    this.moments = moments;
    this.job = job;
    this.table = job.table();
    List<String> asked =
        table.columns().stream()
            .filter(
                it ->
                    it.readable()
                        && it.named(
                            String.join(
                                "|",
                                Words.ERROR,
                                Words.ERROR_CODE,
                                Words.FINISHED,
                                Words.FAILED_AT,
                                Words.CLAIM_HOLDER,
                                Words.CLAIMED,
                                Words.LEASE,
                                ENDING)))
            .map(Column::name)
            .toList();
    this.filled =
        survey.filled(table, Names.of("r", job.status().name()), asked).stream()
            .collect(Collectors.toMap(Survey.Filled::status, Function.identity()));
    this.ofFailed = failed == null ? null : filled.get(failed);
    this.ofProcessing =
        job.texts(Meaning.PROCESSING).stream()
            .map(filled::get)
            .filter(it -> it != null)
            .findFirst()
            .orElse(null);
  }

  void write(Page page) {
    Set<String> written = new LinkedHashSet<>();
    written.add(job.status().name());
    error(page, written);
    code(page, written);
    for (Column column : table.columns()) {
      if (column.generated() || !column.readable() || written.contains(column.name())) {
        continue;
      }
      boolean ended = column.named(Words.FINISHED) || column.named(Words.FAILED_AT);
      if (ended && moment(column)) {
        finished(page, column);
      } else if (column.equals(job.updated())) {
        if (table.keptByTrigger(column.name())) {
          page.note(4, "%s is kept by a trigger of yours".formatted(column.name()));
        } else {
          page.put(4, column.name(), "\"=:now\"", "no trigger sets it");
        }
      } else if (column.whole() && column.named(Words.VERSION)) {
        page.put(
            4,
            column.name(),
            Names.yaml("=%s + 1".formatted(Names.of("job", column.name()))),
            "a version that your code compares");
      } else if (column.whole() && column.named(Words.FENCE)) {
        page.put(
            4,
            column.name(),
            Names.yaml("=%s + 1".formatted(Names.of("job", column.name()))),
            "raised, so that a late worker is turned away");
      } else if (column.text() && column.named(ENDING)) {
        ending(page, column);
      } else if (claim(column)) {
        page.put(4, column.name(), "null", "nobody works on it any more");
      }
    }
  }

  private boolean moment(Column column) {
    return column.moment() && moments.form(table, column).isPresent();
  }

  private void error(Page page, Set<String> written) {
    List<Column> errors = new ArrayList<>();
    for (Column column : table.columns()) {
      if (column.readable()
          && !column.generated()
          && (column.text() || column.json())
          && column.named(Words.ERROR)
          && !column.named(Words.ERROR_CODE)
          && !column.named(".*_at")) {
        errors.add(column);
      }
    }
    if (errors.isEmpty()) {
      table
          .named(it -> it.text() && !it.notNull(), "message|reason|detail|details|status_text|info")
          .ifPresent(errors::add);
    }
    if (errors.isEmpty()) {
      page.note(4, "no column for an error was found");
      return;
    }
    Column best = errors.stream().max(Comparator.comparingInt(it -> weight(it))).orElseThrow();
    written.add(best.name());
    if (best.json()) {
      page.ask(4, "what does your code expect in this JSON?");
      page.put(
          4,
          best.name(),
          Names.yaml(
              "=%s_build_object('code', 'timeout', 'message', :message)"
                  .formatted(best.baseType())),
          null);
    } else {
      page.put(4, best.name(), "\"=:message\"", null);
    }
  }

  private int weight(Column column) {
    int points = column.named(".*(message|msg|reason|text|detail|details|description)") ? 2 : 1;
    return points * 10
        + (ofFailed != null && ofFailed.filled().getOrDefault(column.name(), 0L) > 0 ? 100 : 0)
        + (column.text() ? 1 : 0);
  }

  private void code(Page page, Set<String> written) {
    table
        .named(
            it -> (it.text() || it.category() == 'E') && !it.generated() && !it.named(Words.STATUS),
            Words.ERROR_CODE)
        .filter(it -> !written.contains(it.name()))
        .ifPresent(
            it -> {
              written.add(it.name());
              String value =
                  it.labels().stream()
                      .filter(label -> Words.snake(label).matches(".*time.*out.*|.*stuck.*"))
                      .findFirst()
                      .or(
                          () ->
                              it.labels().stream()
                                  .filter(
                                      label ->
                                          Words.snake(label)
                                              .matches(".*(internal|unknown|other|system).*"))
                                  .findFirst())
                      .orElse(null);
              if (value == null && !it.labels().isEmpty()) {
                page.ask(4, "which of these is it? %s".formatted(String.join(", ", it.labels())));
                page.put(4, it.name(), SourceDraft.UNKNOWN, null);
              } else {
                page.ask(4, "which code does your code know for a job that timed out?");
                page.put(4, it.name(), Names.yaml(value == null ? "timeout" : value), null);
              }
            });
  }

  private void finished(Page page, Column column) {
    if (ofFailed == null || ofFailed.rows() == 0) {
      if (column.named(".*(complet).*")) {
        page.ask(
            4,
            "no job failed yet: does a failed one have this moment too, or only one that succeeded?");
      }
      page.put(4, column.name(), "\"=:now\"", null);
      return;
    }
    long has = ofFailed.filled().getOrDefault(column.name(), 0L);
    if (has * 2 >= ofFailed.rows()) {
      page.put(
          4,
          column.name(),
          "\"=:now\"",
          "%d of %s that failed have it".formatted(has, Ages.count(ofFailed.rows(), "job")));
    } else {
      page.note(
          4,
          "%s isn't written: %s of %s that failed have it"
              .formatted(
                  column.name(),
                  has == 0 ? "none" : String.valueOf(has),
                  Ages.count(ofFailed.rows(), "job")));
    }
  }

  private void ending(Page page, Column column) {
    String same = ofFailed == null ? null : ofFailed.same().get(column.name());
    String ended =
        job.texts(Meaning.COMPLETED).stream()
            .map(filled::get)
            .filter(it -> it != null && it.same().containsKey(column.name()))
            .map(it -> it.same().get(column.name()))
            .findFirst()
            .orElse(null);
    if (same == null && ofFailed != null && ofFailed.rows() == 1 && ended == null) {
      return;
    }
    String value = same != null ? same : ended;
    if (value != null && value.matches("[0-9]{1,3} ?%|100|done|failed|error|finished|completed")) {
      page.put(
          4,
          column.name(),
          Names.yaml(value),
          same != null ? "as all jobs that failed have it" : "as jobs that ended have it");
    } else if (column.named("progress|percent.*")) {
      List<String> all =
          filled.values().stream()
              .map(it -> it.same().get(column.name()))
              .filter(it -> it != null && it.matches("100 ?%"))
              .toList();
      if (!all.isEmpty()) {
        page.put(4, column.name(), Names.yaml(all.getFirst()), "as jobs that ended have it");
      }
    }
  }

  /** Whether a column says who works on a job, and may be emptied. */
  private boolean claim(Column column) {
    if (column.notNull()
        || !(column.named(Words.CLAIM_HOLDER) || column.named(Words.LEASE))
        || job.since().contains(column)) {
      return false;
    }
    if (column.named("deadline.*|times?_?out_at")) {
      return false;
    }
    return ofFailed == null
        || ofFailed.rows() == 0
        || (ofFailed.filled().getOrDefault(column.name(), 0L) == 0
            && (ofProcessing == null || ofProcessing.filled().getOrDefault(column.name(), 0L) > 0));
  }
}
