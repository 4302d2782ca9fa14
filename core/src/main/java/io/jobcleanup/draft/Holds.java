package io.jobcleanup.draft;

import io.jobcleanup.draft.HostTable.Column;
import io.jobcleanup.draft.Links.Link;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Rows that hold tokens for a job without taking them yet. */
final class Holds {

  private final Survey survey;
  private final @Nullable Column key;

  Holds(Survey survey, @Nullable Column key) {
    this.survey = survey;
    this.key = key;
  }

  /**
   * The statement that frees what settled jobs hold in a table; empty where its statuses don't say
   * how.
   */
  Optional<String> release(HostTable hold, Link link) {
    for (Column column : hold.columns()) {
      if (!column.named(Words.STATUS) || !column.readable()) {
        continue;
      }
      List<String> labels = new ArrayList<>(column.labels());
      if (labels.isEmpty()) {
        survey
            .values(hold, Names.of("r", column.name()))
            .ifPresent(it -> it.forEach(each -> labels.add(each.value())));
      }
      Optional<String> held =
          labels.stream()
              .filter(
                  it ->
                      Words.snake(it)
                          .matches(
                              "held|hold|active|reserved|pending|open|authorized|locked|created"))
              .findFirst();
      Optional<String> released =
          labels.stream()
              .filter(
                  it ->
                      Words.snake(it)
                          .matches(
                              ".*(released|cancell?ed|voided|void|freed|expired|returned|refunded|reversed).*"))
              .min(Comparator.comparingInt(it -> Words.snake(it).matches(".*releas.*") ? 0 : 1));
      if (held.isPresent() && released.isPresent()) {
        StringBuilder set =
            new StringBuilder(
                "%s = %s".formatted(Names.shown(column.name()), Names.literal(released.get())));
        for (Column each : hold.columns()) {
          boolean ends =
              each.named(
                  "(closed|released|settled|resolved|ended|finished|updated|modified)_(at|on)");
          if (ends && each.zoned() && !hold.keptByTrigger(each.name())) {
            set.append(", %s = s.now".formatted(Names.shown(each.name())));
          }
        }
        return Optional.of(
            "update %s h set %s from settled s where %s and %s = %s"
                .formatted(
                    hold.written(),
                    set,
                    aboutSettled(link),
                    Names.of("h", column.name()),
                    Names.literal(held.get())));
      }
    }
    return Optional.empty();
  }

  private String aboutSettled(Link link) {
    String condition = link.condition("h", "s");
    String keyName = key == null ? "job" : Names.of("s", key.name());
    return condition.replace(keyName, "s.job");
  }
}
