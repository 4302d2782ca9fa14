package io.jobcleanup.shapes;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.JobReport;
import io.jobcleanup.Rehearsal;
import io.jobcleanup.Rehearsal.ColumnChange;
import io.jobcleanup.support.TestDatabase;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RehearsalTest {
  private static final CleanupOptions ALL = CleanupOptions.defaults().withBatchSize(1000);

  @ParameterizedTest
  @EnumSource
  void rehearsalLeavesNothingAndShowsWhatARunThenDoes(Shape shape) {
    TestDatabase database = shape.create(50);
    JobCleanup cleanup = shape.cleanup(database);
    // A slow machine would otherwise rehearse fewer jobs at once.
    database.execute(
        "alter database %s set deadlock_timeout = '60s'"
            .formatted(database.value("select current_database()")));
    Map<String, Map<String, String>> before = dump(database);
    Map<String, Map<String, String>> ours = dump(database, "job_cleanup");

    Rehearsal rehearsal = cleanup.rehearse(ALL);

    assertThat(dump(database)).isEqualTo(before);
    assertThat(dump(database, "job_cleanup")).isEqualTo(ours);
    assertThat(rehearsal.jobs().size()).isGreaterThanOrEqualTo(50);
    assertThat(rehearsal.more()).isFalse();
    assertThat(rehearsal.passedOver()).isEmpty();
    assertThat(rehearsal.notShown()).isEmpty();

    CleanupResult result = cleanup.cleanupStuckJobs(ALL);

    assertThat(outcomes(rehearsal.jobs().stream().map(Rehearsal.RehearsedJob::report).toList()))
        .containsExactlyInAnyOrderElementsOf(outcomes(result.jobs()));
    assertThat(shown(rehearsal))
        .containsExactlyInAnyOrderElementsOf(differences(before, dump(database)));
  }

  @Test
  void rehearsalWorksWhereOurSchemaIsNotThereYetAndDoesNotMakeIt() {
    TestDatabase database = Shape.SHAPE_1.create();
    JobCleanup cleanup = JobCleanup.builder(database).mapping(Shape.SHAPE_1.mapping()).build();

    Rehearsal rehearsal = cleanup.rehearse(ALL);

    assertThat(rehearsal.jobs()).hasSize(Shape.SHAPE_1.stuckJobs());
    assertThat(database.rows("select 1 from pg_namespace where nspname = 'job_cleanup'")).isEmpty();
  }

  private static List<String> outcomes(List<JobReport> reports) {
    return reports.stream().map(it -> masked(it.job() + " " + it.outcome())).toList();
  }

  /** What the rehearsal shows, each row from its first content to its last. */
  private static List<String> shown(Rehearsal rehearsal) {
    Map<String, Map<String, ColumnChange>> rows = new LinkedHashMap<>();
    Stream.concat(
            rehearsal.jobs().stream().flatMap(job -> job.rows().stream()),
            rehearsal.besides().stream())
        .forEach(
            row ->
                row.columns()
                    .forEach(
                        change ->
                            rows.computeIfAbsent(
                                    row.table() + " " + row.key(), key -> new LinkedHashMap<>())
                                .merge(change.column(), change, RehearsalTest::joined)));
    List<String> shown = new ArrayList<>();
    rows.forEach(
        (row, changes) ->
            changes
                .values()
                .forEach(
                    it -> add(shown, row.split(" ")[0], it.column(), it.before(), it.after())));
    return shown;
  }

  private static ColumnChange joined(ColumnChange first, ColumnChange second) {
    return new ColumnChange(first.column(), first.before(), second.after());
  }

  private static List<String> differences(
      Map<String, Map<String, String>> before, Map<String, Map<String, String>> after) {
    List<String> differences = new ArrayList<>();
    after.forEach(
        (row, columns) ->
            columns.forEach(
                (column, value) ->
                    add(
                        differences,
                        row.split(" ")[0],
                        column,
                        before.getOrDefault(row, Map.of()).get(column),
                        value)));
    return differences;
  }

  private static void add(
      List<String> lines, String table, String column, String before, String after) {
    if (!Objects.equals(before, after)) {
      lines.add(masked("%s.%s: %s to %s".formatted(table, column, before, after)));
    }
  }

  /** Without what is different each time: ids that are made, times, and how long a job took. */
  private static String masked(String text) {
    return text.replace("\"", "")
        .replaceAll("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<uuid>")
        .replaceAll(
            "\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?([+-]\\d\\d(:\\d\\d)?)?",
            "<time>")
        .replaceAll("\\b1[789]\\d{8}(\\d{3})?\\b", "<epoch>")
        .replaceAll("\\d+ ?s\\b", "<seconds>")
        .replaceAll("(\\.(id|seq|log_id|entry_id|no|event_id): null to )\\d+", "$1<number>");
  }

  private static Map<String, Map<String, String>> dump(TestDatabase database) {
    return dump(database, "public");
  }

  /** Each row of each table of a schema by its key. */
  private static Map<String, Map<String, String>> dump(TestDatabase database, String schema) {
    Map<String, Map<String, String>> rows = new TreeMap<>();
    for (String table :
        database.rows(
            """
            select format('%%I.%%I', n.nspname, c.relname)
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = '%s' and c.relkind = 'r' order by 1"""
                .formatted(schema))) {
      List<String> key =
          database.rows(
              """
              select a.attname from pg_index i, unnest(i.indkey) with ordinality k(num, n), pg_attribute a
              where i.indrelid = '%s'::regclass and i.indisprimary and a.attrelid = i.indrelid and a.attnum = k.num
              order by k.n"""
                  .formatted(table));
      String keyText =
          key.isEmpty()
              ? "t.ctid::text"
              : "concat_ws('/', t.\"" + String.join("\", t.\"", key) + "\")";
      for (String line :
          database.rows(
              "select %s || E'\\t' || e.key || E'\\t' || coalesce(e.value, E'\\\\N') from %s t, jsonb_each_text(to_jsonb(t)) e"
                  .formatted(keyText, table))) {
        String[] parts = line.split("\t", 3);
        rows.computeIfAbsent(table + " " + parts[0], it -> new TreeMap<>())
            .put(parts[1], parts[2].equals("\\N") ? null : parts[2]);
      }
    }
    return rows;
  }
}
