package io.jobcleanup.draft;

import io.jobcleanup.draft.HostTable.Column;
import io.jobcleanup.draft.Survey.Newest;
import io.jobcleanup.draft.Survey.Zone;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How time columns keep a moment: with a zone, as some wall clock, or as a number. */
final class Moments {

  private static final double EPOCH_SECONDS_FROM = 1e8;
  private static final double EPOCH_MILLIS_FROM = 1e11;
  private static final double TOLERANCE_SECONDS = 600;

  /** A table whose newest moment is older than any zone's distance tells nothing. */
  private static final double RECENT_SECONDS = 13 * 3600;

  /**
   * A form of a time column.
   *
   * @param form as the mapping names it; null for a column with a zone of its own
   * @param sure whether rows or the type say so
   */
  record Form(@Nullable String form, boolean sure, String evidence) {
    /** The column as a timestamptz. */
    String sql(String column) {
      if (form == null) {
        return column;
      }
      return switch (form) {
        case "epoch-seconds" ->
            "to_timestamp(cast(nullif(%s, 0) as double precision))".formatted(column);
        case "epoch-millis" ->
            "to_timestamp(cast(nullif(%s, 0) as double precision) / 1000)".formatted(column);
        default -> "timezone(%s, %s)".formatted(Names.literal(form), column);
      };
    }
  }

  private final Survey survey;
  private final Map<String, Optional<Form>> known = new HashMap<>();
  private final Map<Long, Form> wallClocks = new HashMap<>();
  private @Nullable List<Zone> zones;
  private @Nullable Form told;

  Moments(Survey survey) {
    this.survey = survey;
  }

  /** How a column keeps a moment; empty where it keeps something else. */
  Optional<Form> form(HostTable table, Column column) {
    return known.computeIfAbsent(table.oid() + "." + column.name(), it -> find(table, column));
  }

  /** The column of some row as a timestamptz; empty where it is no moment. */
  Optional<String> sql(HostTable table, Column column, String row) {
    return form(table, column).map(it -> it.sql(Names.of(row, column.name())));
  }

  private Optional<Form> find(HostTable table, Column column) {
    if (column.zoned()) {
      return Optional.of(new Form(null, true, "has a zone"));
    }
    if (column.baseType().equals("timestamp without time zone")) {
      return Optional.of(wallClock(table));
    }
    return column.number() ? epoch(table, column) : Optional.empty();
  }

  private Optional<Form> epoch(HostTable table, Column column) {
    Optional<Double> greatest =
        survey
            .newest(table, column)
            .map(Newest::greatest)
            .filter(it -> it.isPresent())
            .map(it -> it.getAsDouble());
    if (greatest.isEmpty() || greatest.get() == 0) {
      boolean millis = column.baseType().equals("bigint") && !column.words().endsWith("_s");
      return Optional.of(
          new Form(
              millis ? "epoch-millis" : "epoch-seconds", false, "no row tells, so by its type"));
    }
    if (greatest.get() < EPOCH_SECONDS_FROM) {
      return Optional.empty();
    }
    boolean millis = greatest.get() >= EPOCH_MILLIS_FROM;
    return Optional.of(
        new Form(
            millis ? "epoch-millis" : "epoch-seconds",
            true,
            "the greatest value is %.0f".formatted(greatest.get())));
  }

  /**
   * One wall clock for all of a table's columns: the newest moment of all is the nearest to now.
   */
  private Form wallClock(HostTable table) {
    Form before = wallClocks.get(table.oid());
    if (before != null) {
      return before;
    }
    double ahead = Double.NEGATIVE_INFINITY;
    for (Column column : table.columns()) {
      if (column.baseType().equals("timestamp without time zone")
          && column.readable()
          && (column.named(Words.UPDATED)
              || column.named(Words.CREATED)
              || column.named(Words.BEGUN)
              || column.named(Words.SUBMITTED))) {
        ahead =
            Math.max(
                ahead,
                survey
                    .newest(table, column)
                    .map(it -> it.aheadSeconds().orElse(Double.NEGATIVE_INFINITY))
                    .orElse(Double.NEGATIVE_INFINITY));
      }
    }
    boolean recent = ahead > -RECENT_SECONDS;
    Form form = !recent && told != null ? told : judge(ahead);
    if (recent) {
      told = form;
    }
    wallClocks.put(table.oid(), form);
    return form;
  }

  private Form judge(double ahead) {
    if (zones == null) {
      zones = survey.zones();
    }
    if (ahead <= -RECENT_SECONDS) {
      String why = Double.isInfinite(ahead) ? "no row tells" : "no row is recent enough to tell";
      return zones.stream()
          .filter(it -> it.configured() && it.aheadSeconds() != 0)
          .findFirst()
          .map(it -> new Form(it.name(), false, why + "; the database is set to this zone"))
          .orElse(new Form("UTC", false, why));
    }
    String newest =
        "the newest moment is %s %s now in UTC"
            .formatted(Ages.of(Math.abs(ahead)), ahead > 0 ? "ahead of" : "behind");
    if (ahead <= 5 && ahead > -TOLERANCE_SECONDS) {
      return new Form("UTC", true, newest);
    }
    return zones.stream()
        .filter(it -> it.aheadSeconds() != 0 || it.configured())
        .filter(it -> near(ahead - it.aheadSeconds()))
        .min((a, b) -> a.configured() == b.configured() ? 0 : a.configured() ? -1 : 1)
        .map(it -> new Form(it.name(), false, newest + ", as clocks there show it"))
        .orElse(new Form("UTC", false, newest));
  }

  private static boolean near(double difference) {
    return difference <= 5 && difference > -TOLERANCE_SECONDS;
  }
}
