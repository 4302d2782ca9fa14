package io.jobcleanup.draft;

import io.jobcleanup.draft.HostTable.Column;
import io.jobcleanup.draft.HostTable.Reference;
import io.jobcleanup.draft.Survey.Found;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How a row tells which job it is about: tried on the rows, one column after the other. */
final class Links {

  /** A way from a row to its job. */
  sealed interface Link {
    /** The condition that some row is about some job. */
    String condition(String row, String job);

    /** What to write in a row so that it is about a job, as a mapping spells it. */
    Map<String, String> written();

    int rows();

    String evidence();
  }

  /** A column holds the job's key. */
  record ByColumn(Column column, Column key, int rows, String evidence) implements Link {
    @Override
    public String condition(String row, String job) {
      String left = Names.of(row, column.name());
      String right = Names.of(job, key.name());
      return column.baseType().equals(key.baseType())
              || (column.text() && key.text())
              || (column.whole() && key.whole())
          ? left + " = " + right
          : "%s = cast(%s as text)".formatted(left, right);
    }

    @Override
    public Map<String, String> written() {
      return Map.of(column.name(), "=:job");
    }
  }

  /** A column holds the job's key, another says that it is a job's. */
  record Polymorphic(Column type, String value, ByColumn id) implements Link {
    @Override
    public String condition(String row, String job) {
      return "%s = %s and %s"
          .formatted(Names.of(row, type.name()), Names.literal(value), id.condition(row, job));
    }

    @Override
    public Map<String, String> written() {
      Map<String, String> values = new LinkedHashMap<>();
      values.put(type.name(), value);
      values.putAll(id.written());
      return values;
    }

    @Override
    public int rows() {
      return id.rows();
    }

    @Override
    public String evidence() {
      return id.evidence();
    }
  }

  /** A JSON column has the job's key under a name. */
  record InJson(Column column, String name, Column key, int rows, String evidence) implements Link {
    @Override
    public String condition(String row, String job) {
      String right = Names.of(job, key.name());
      return "%s->>%s = %s"
          .formatted(
              Names.of(row, column.name()),
              Names.literal(name),
              key.text() ? right : "cast(%s as text)".formatted(right));
    }

    @Override
    public Map<String, String> written() {
      return Map.of(
          column.name(),
          "=%s_build_object(%s, :job, 'reason', 'timeout', 'runId', :run)"
              .formatted(column.baseType(), Names.literal(name)));
    }
  }

  /** A text has the job's key within. */
  record ByTemplate(Column column, String template, Column key, int rows, String evidence)
      implements Link {
    @Override
    public String condition(String row, String job) {
      return "%s = %s"
          .formatted(Names.of(row, column.name()), filled(template, Names.of(job, key.name())));
    }

    @Override
    public Map<String, String> written() {
      return Map.of(column.name(), "=" + filled(refundTemplate(), ":job"));
    }

    /** The same text, with the word for a charge become one for a refund. */
    String refundTemplate() {
      String refund =
          template.replaceAll(
              "(?i)(charge|debit|spend|usage|deduct|consume|cost|use|hold|take)", "refund");
      return refund.equals(template) ? template + ":refund" : refund;
    }

    static String filled(String template, String key) {
      int at = template.indexOf("{id}");
      String before = template.substring(0, at);
      String after = template.substring(at + 4);
      return (before.isEmpty() ? "" : Names.literal(before) + " || ")
          + key
          + (after.isEmpty() ? "" : " || " + Names.literal(after));
    }
  }

  private final Survey survey;

  Links(Survey survey) {
    this.survey = survey;
  }

  /** The best link from a table's rows to jobs; empty where nothing speaks for one. */
  Optional<Link> between(HostTable table, HostTable jobs, Column key) {
    List<Link> links = new ArrayList<>();
    List<Link> unsure = new ArrayList<>();
    boolean mayCollide = key.whole();
    for (Column column : table.columns()) {
      if (!column.readable() || (table.key().equals(List.of(column.name())) && column.filled())) {
        continue;
      }
      if (column.json()) {
        survey.jsonLinks(table, column, jobs, key).stream()
            .filter(it -> it.text().matches("[A-Za-z_][A-Za-z0-9_]{0,40}"))
            .filter(it -> !mayCollide || speaks(Words.snake(it.text()), jobs))
            .findFirst()
            .ifPresent(
                it ->
                    links.add(
                        new InJson(
                            column, it.text(), key, rows(it.rows()), rowsOf(it.rows(), jobs))));
        continue;
      }
      boolean comparable =
          column.baseType().equals(key.baseType())
              || column.text()
              || (column.whole() && key.whole());
      boolean refers =
          table.reference(column.name()).filter(it -> it.table() == jobs.oid()).isPresent();
      boolean refersElsewhere =
          table
              .reference(column.name())
              .filter(Reference::declared)
              .filter(it -> it.table() != jobs.oid())
              .isPresent();
      if (!comparable || refersElsewhere) {
        continue;
      }
      boolean named = speaks(column.words(), jobs);
      if (refers
          || named
          || column.named(Words.JOB_REFERENCE)
          || typeBeside(table, column).isPresent()
          || (!mayCollide && (column.uuid() || column.named(".*_(id|ref|key|uuid)|.*id")))) {
        Optional<Column> type = typeBeside(table, column);
        Optional<String> value = type.flatMap(it -> typeValue(table, it, jobs));
        String condition =
            value
                .map(
                    it ->
                        "%s = %s"
                            .formatted(Names.of("r", type.orElseThrow().name()), Names.literal(it)))
                .orElse("true");
        Optional<Survey.Joined> joined = survey.joined(table, column, condition, jobs, key);
        long found = joined.map(Survey.Joined::found).orElse(0L);
        ByColumn link =
            new ByColumn(
                column,
                key,
                rows(found),
                found > 0
                    ? rowsOf(found, jobs)
                    : refers
                        ? "refers to %s, no row tells".formatted(jobs.mapped())
                        : "by its name, no row tells");
        if (type.isPresent() && value.isPresent()) {
          links.add(new Polymorphic(type.get(), value.get(), link));
        } else if (refers || (found > 0 && (!mayCollide || named))) {
          links.add(link);
        } else if (named) {
          unsure.add(link);
        }
        if (found > 0 || refers) {
          continue;
        }
      }
      if (column.text() && !column.named("email|.*token|.*secret|.*password.*")) {
        List<Found> forms = survey.templates(table, column, jobs, key);
        long all = forms.stream().mapToLong(Found::rows).sum();
        forms.stream()
            .filter(it -> it.rows() * 2 >= all)
            .filter(
                it -> it.text().matches("[A-Za-z_.:/|#{}-]{5,80}") && it.text().contains("{id}"))
            .filter(it -> !Words.snake(it.text()).contains("refund"))
            .findFirst()
            .ifPresent(
                it ->
                    links.add(
                        new ByTemplate(
                            column, it.text(), key, rows(it.rows()), rowsOf(it.rows(), jobs))));
      }
    }
    return links.stream()
        .max(Comparator.comparingInt(Links::weight))
        .or(() -> unsure.stream().findFirst());
  }

  private static int weight(Link link) {
    int form =
        switch (link) {
          case ByColumn column -> 3;
          case Polymorphic pair -> 3;
          case InJson json -> 2;
          case ByTemplate template -> 1;
        };
    return link.rows() * 4 + form;
  }

  private static int rows(long found) {
    return (int) Math.min(found, 1_000_000);
  }

  private static String rowsOf(long found, HostTable jobs) {
    return "%s hold keys of %s"
        .formatted(
            Ages.count(found, "row looked at").replace("row looked ats", "rows looked at"),
            jobs.mapped());
  }

  /** Whether a name says that it is about a job of a table. */
  private static boolean speaks(String words, HostTable jobs) {
    String noun = Words.singular(jobs.name());
    String last = noun.substring(noun.lastIndexOf('_') + 1);
    return words.matches(
            "(%s|%s|job|task|run|generation|render|request)(_?(id|uuid|key|ref))?"
                .formatted(noun, last))
        || words.matches(".*_(%s|%s|job|task)_id".formatted(noun, last));
  }

  /** The column that says what a reference is about. */
  private static Optional<Column> typeBeside(HostTable table, Column id) {
    String stem = id.words().replaceAll("_?(id|uuid|key|ref)$", "");
    return stem.isEmpty()
        ? Optional.empty()
        : table.named(
            it -> it.text() || it.category() == 'E', stem + "_?(type|kind|class|model|table)");
  }

  private Optional<String> typeValue(HostTable table, Column type, HostTable jobs) {
    String noun = Words.singular(jobs.name());
    List<String> values = new ArrayList<>(type.labels());
    survey
        .values(table, Names.of("r", type.name()))
        .ifPresent(it -> it.forEach(each -> values.add(each.value())));
    Optional<String> same =
        values.stream()
            .filter(it -> Words.singular(it.replaceAll(".*[\\\\.:/]", "")).equals(noun))
            .findFirst();
    return same.isPresent()
        ? same
        : values.stream()
            .filter(
                it -> {
                  String word = Words.singular(it.replaceAll(".*[\\\\.:/]", ""));
                  return noun.endsWith("_" + word)
                      || word.endsWith("_" + noun)
                      || word.equals("job");
                })
            .findFirst();
  }
}
