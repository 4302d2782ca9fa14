package io.jobcleanup.draft;

import io.jobcleanup.draft.HostTable.Column;
import io.jobcleanup.draft.JobTable.Label;
import io.jobcleanup.draft.Words.Meaning;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a status means that is a number: told by which of its rows have begun and ended, else by the
 * order that frameworks number them in (0 waits, 1 is worked on, 2 is done, 3 has failed).
 */
final class Numbers {

  private static final List<Meaning> USUAL =
      List.of(Meaning.WAITING, Meaning.PROCESSING, Meaning.COMPLETED, Meaning.FAILED);

  private Numbers() {}

  static List<Label> meanings(
      Survey survey,
      HostTable table,
      Column status,
      List<Survey.Count> values,
      @Nullable Column begun,
      @Nullable Column finished) {
    @Nullable Column error = table.named(it -> it.text() || it.json(), Words.ERROR).orElse(null);
    Map<String, Survey.Filled> filled =
        survey.filled(table, Names.of("r", status.name()), names(begun, finished, error)).stream()
            .collect(Collectors.toMap(Survey.Filled::status, Function.identity()));
    List<Survey.Count> ordered = new ArrayList<>(values);
    ordered.sort(Comparator.comparingLong(it -> number(it.value())));
    List<Label> labels = new ArrayList<>();
    for (Survey.Count each : ordered) {
      long number = number(each.value());
      Meaning usual =
          number >= 0 && number < USUAL.size() ? USUAL.get((int) number) : Meaning.UNKNOWN;
      Survey.Filled facts = filled.get(each.value());
      boolean failed = facts != null && mostly(facts, error);
      boolean ended = facts != null && mostly(facts, finished);
      boolean started = facts != null && mostly(facts, begun);
      Meaning meaning =
          failed
              ? Meaning.FAILED
              : ended
                  ? Meaning.COMPLETED
                  : started && finished != null ? Meaning.PROCESSING : usual;
      labels.add(new Label(each.value(), meaning, false, each.rows(), each.oldestSeconds()));
    }
    if (labels.stream().noneMatch(it -> it.meaning() == Meaning.FAILED)
        && labels.stream().noneMatch(it -> it.text().equals("3"))
        && labels.stream()
            .anyMatch(it -> it.text().equals("2") && it.meaning() == Meaning.COMPLETED)) {
      labels.add(new Label("3", Meaning.FAILED, false, 0, OptionalDouble.empty()));
    }
    return labels;
  }

  private static List<String> names(@Nullable Column... columns) {
    List<String> names = new ArrayList<>();
    for (Column column : columns) {
      if (column != null) {
        names.add(column.name());
      }
    }
    return names;
  }

  private static boolean mostly(Survey.Filled facts, @Nullable Column column) {
    return column != null
        && facts.rows() > 0
        && facts.filled().getOrDefault(column.name(), 0L) * 10 > facts.rows() * 8;
  }

  private static long number(String value) {
    return value.matches("-?[0-9]{1,9}") ? Long.parseLong(value) : Long.MAX_VALUE;
  }
}
