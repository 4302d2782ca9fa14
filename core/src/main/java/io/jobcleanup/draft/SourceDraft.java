package io.jobcleanup.draft;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.draft.HostTable.Column;
import io.jobcleanup.draft.HostTable.Reference;
import io.jobcleanup.draft.HostTable.Trigger;
import io.jobcleanup.draft.JobTable.Label;
import io.jobcleanup.draft.Moments.Form;
import io.jobcleanup.draft.Words.Meaning;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Drafts one source: a job table, and its refund. */
final class SourceDraft {

  /**
   * What stands where only the owner can say something; the mapping's reader refuses it by name.
   */
  static final String UNKNOWN = "\"=:unknown\"";

  private static final double DEFAULT_TIMEOUT_SECONDS = CleanupOptions.DEFAULT_TIMEOUT.toSeconds();

  private final Survey survey;
  private final Moments moments;
  private final List<HostTable> tables;
  private final Money money;
  private final JobTable job;
  private final HostTable table;
  private final Map<Long, JobTable> mirrors;
  private final Page page;

  SourceDraft(
      Survey survey,
      Moments moments,
      List<HostTable> tables,
      Money money,
      JobTable job,
      Map<Long, JobTable> mirrors,
      Page page) {
    this.survey = survey;
    this.moments = moments;
    this.tables = tables;
    this.money = money;
    this.job = job;
    this.table = job.table();
    this.mirrors = mirrors;
    this.page = page;
  }

  void write(String name) {
    page.open(1, name, null);
    jobs();
    Optional<Column> key = job.key();
    Refunds refunds = new Refunds(survey, moments, tables, money, job, key.orElse(null), page);
    refunds.write();
    List<String> also = new ArrayList<>(refunds.releases());
    also.addAll(mirrored());
    if (!also.isEmpty()) {
      page.open(2, "also", null);
      also.forEach(it -> page.put(3, "- " + Names.yaml(it), null));
    }
    session(refunds);
  }

  // jobs

  private void jobs() {
    page.open(2, "jobs", null);
    page.put(
        3,
        "table",
        Names.yaml(table.mapped()),
        (Survey.sampled(table) ? "counts are of a sample; " : "")
            + "statuses that speak of work"
            + table
                .named(it -> true, Words.OWNER)
                .map(it -> ", an owner (%s)".formatted(it.name()))
                .orElse(""));
    if (table.key().isEmpty()) {
      page.ask(3, "no unique index: which column names a job?");
      page.put(3, "key", "[]", null);
    } else {
      page.put(
          3,
          "key",
          table.key().size() == 1 ? Names.yaml(table.key().getFirst()) : Page.list(table.key()),
          table.hasPrimaryKey() ? "the primary key" : "a unique index");
    }
    table
        .named(it -> it.moment() || it.bool(), Words.DELETED)
        .ifPresent(
            it ->
                page.put(
                    3,
                    "where",
                    Names.yaml(
                        it.bool()
                            ? "=not " + Names.of("job", it.name())
                            : "=%s is null".formatted(Names.of("job", it.name()))),
                    "rows that were deleted are no jobs any more"));
    page.put(3, "status", Names.yaml(job.status().name()), null);
    statuses();
    since();
    timeout();
    times();
    table
        .named(
            Column::whole,
            "(charge|charges|billing|payment)_?(no|nr|number|count|seq|attempt|round)")
        .ifPresent(
            it -> {
              page.ask(
                  3,
                  "does %s change with each charge of the same row, and with nothing else?"
                      .formatted(it.name()));
              page.put(3, "attempt", Names.yaml(it.name()), null);
            });
    fail();
  }

  private void statuses() {
    List<Label> processing = job.of(Meaning.PROCESSING);
    if (processing.isEmpty()) {
      page.ask(
          3, "which of these mean that a job is being worked on? %s".formatted(all(job.labels())));
    } else {
      processing.forEach(it -> page.note(3, it.evidence()));
      if (processing.stream().anyMatch(it -> !it.known())) {
        page.ask(
            3,
            "the status is a number, so its meaning was told by which rows have begun and ended, and by the usual order: %s. Right?"
                .formatted(
                    job.labels().stream()
                        .map(it -> it.text() + " " + it.meaning().name().toLowerCase(Locale.ROOT))
                        .collect(Collectors.joining(", "))));
      }
    }
    page.put(3, "processing", Page.list(job.texts(Meaning.PROCESSING)), null);
    List<Label> waiting = job.of(Meaning.WAITING);
    if (!waiting.isEmpty()) {
      page.note(
          3, "left out, as such jobs wait in a queue that is yours: %s".formatted(all(waiting)));
    }
    List<Label> persons = job.of(Meaning.PERSON);
    if (!persons.isEmpty()) {
      page.note(3, "left out, as such jobs wait for a person: %s".formatted(all(persons)));
    }
    List<Label> unknown = job.of(Meaning.UNKNOWN);
    if (!unknown.isEmpty()) {
      page.ask(
          3,
          "left out, as its meaning isn't clear: %s. Is it being worked on?"
              .formatted(all(unknown)));
    }
    List<String> completed = job.texts(Meaning.COMPLETED);
    if (completed.isEmpty()) {
      page.ask(
          3, "no status that means success was found; if there is one, add it: completed: [...]");
    } else {
      page.put(
          3,
          "completed",
          Page.list(completed),
          job.of(Meaning.COMPLETED).stream()
              .map(Label::rows)
              .reduce(Long::sum)
              .map(it -> Ages.count(it, "row"))
              .orElse(null));
    }
  }

  private static String all(List<Label> labels) {
    return labels.stream().map(Label::evidence).collect(Collectors.joining("; "));
  }

  private void since() {
    if (job.since().isEmpty()) {
      page.ask(3, "no column tells when work began: what is it?");
      page.put(3, "since", "[]", null);
      return;
    }
    boolean byCreation = job.created() != null && job.since().equals(List.of(job.created()));
    boolean byChange = job.updated() != null && job.since().equals(List.of(job.updated()));
    if (byCreation) {
      page.ask(
          3,
          "there is only the moment of creation: time spent in your queue counts, so the timeout has to be longer than that");
    } else if (byChange) {
      page.note(
          3,
          "no column tells when work began, so the last change of the row counts: a job that reports progress lives longer");
    }
    page.put(
        3,
        "since",
        Page.list(job.since().stream().map(Column::name).toList()),
        "stuck when the first that isn't null is older than the timeout");
    List<Column> leases = new ArrayList<>();
    for (Column column : table.allNamed(Column::moment, Words.LEASE)) {
      if (moments.form(table, column).isPresent() && !job.since().contains(column)) {
        leases.add(column);
      }
    }
    if (!leases.isEmpty()) {
      page.put(
          3,
          "expires",
          Names.yaml(leases.getFirst().name()),
          "where it isn't null it alone decides: stuck once it is past");
    }
  }

  private void timeout() {
    OptionalDouble took = OptionalDouble.empty();
    if (job.begun() != null && job.finished() != null) {
      Optional<String> from = moments.sql(table, job.begun(), "r");
      Optional<String> to = moments.sql(table, job.finished(), "r");
      if (from.isPresent() && to.isPresent()) {
        took =
            survey.durations(
                table, from.get(), to.get(), job.statusIs("r", job.texts(Meaning.COMPLETED)));
      }
    }
    if (took.isPresent() && took.getAsDouble() * 2 > CleanupOptions.MAX_TIMEOUT.toSeconds()) {
      page.ask(
          3,
          "how long may a job take? %s to %s tell nothing: completed jobs took up to %s"
              .formatted(
                  job.begun() == null ? "" : job.begun().name(),
                  job.finished() == null ? "" : job.finished().name(),
                  Ages.of(took.getAsDouble())));
    } else if (took.isPresent() && took.getAsDouble() * 2 > DEFAULT_TIMEOUT_SECONDS) {
      long minutes = (long) Math.ceil(took.getAsDouble() * 2 / 60);
      page.ask(
          3,
          "99 of 100 completed jobs took less than %s; is twice that long enough?"
              .formatted(Ages.of(took.getAsDouble())));
      page.put(3, "timeout", minutes > 120 ? (minutes + 59) / 60 + "h" : minutes + "m", null);
    } else if (took.isPresent()) {
      page.note(
          3,
          "timeout: 5m is the default; 99 of 100 completed jobs took less than %s"
              .formatted(Ages.of(took.getAsDouble())));
    } else {
      page.ask(3, "how long may a job take? Without a line \"timeout: 20m\" it is 5 minutes");
    }
  }

  private void times() {
    Map<String, Form> forms = new LinkedHashMap<>();
    Set<Column> used = new LinkedHashSet<>(job.since());
    table.allNamed(Column::moment, Words.LEASE).forEach(used::add);
    Stream.of(job.finished(), job.updated(), job.created(), job.begun())
        .filter(it -> it != null)
        .forEach(used::add);
    for (Column column : used) {
      moments
          .form(table, column)
          .filter(it -> it.form() != null)
          .ifPresent(it -> forms.put(column.name(), it));
    }
    Map<String, Form> distinct = new LinkedHashMap<>();
    forms.values().forEach(it -> distinct.putIfAbsent(String.valueOf(it.form()), it));
    for (Form form : distinct.values()) {
      if (!form.sure()) {
        page.ask(
            3,
            "do the time columns without a zone hold %s? %s"
                .formatted(form.form(), capital(form.evidence())));
      }
    }
    if (distinct.size() == 1) {
      Form form = distinct.values().iterator().next();
      page.put(3, "time", String.valueOf(form.form()), form.evidence());
    } else if (distinct.size() > 1) {
      Map<String, String> block = new LinkedHashMap<>();
      String standard = distinct.keySet().iterator().next();
      block.put("default", standard);
      forms.forEach(
          (column, form) -> {
            if (!standard.equals(form.form())) {
              block.put(column, String.valueOf(form.form()));
            }
          });
      page.put(3, "time", Page.flow(block), "by the size of the numbers");
    }
  }

  static String capital(String text) {
    return text.isEmpty()
        ? text
        : text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
  }

  private void fail() {
    page.open(3, "fail", null);
    Optional<Label> failed = job.failed();
    Optional<String> spelt = job.failedSpelt();
    if (spelt.isPresent()) {
      page.ask(
          4,
          "no job has failed yet, so the word is a guess in the spelling of the others: what does your code call it?");
    } else if (failed.isEmpty()) {
      page.ask(
          4,
          "which status has a job that failed? None of these is like it: %s"
              .formatted(all(job.labels())));
    } else if (!failed.get().known()) {
      page.ask(4, "is this the number of a job that failed?");
    } else if (failed.get().meaning() != Meaning.FAILED) {
      page.ask(4, "no status means failure; is this the one to write?");
    }
    page.put(
        4,
        job.status().name(),
        failed.map(Label::text).or(() -> spelt).map(Names::yaml).orElse(UNKNOWN),
        failed.map(Label::evidence).orElse(null));
    Failing failing = new Failing(survey, moments, job, failed.map(Label::text).orElse(null));
    failing.write(page);
  }

  // what else moves with a job

  /** Rows of other tables whose status goes along with the job's. */
  private List<String> mirrored() {
    List<String> statements = new ArrayList<>();
    for (JobTable mirror : mirrors.values()) {
      HostTable other = mirror.table();
      Optional<Reference> up =
          table.references().stream().filter(it -> it.table() == other.oid()).findFirst();
      Optional<Reference> down =
          other.references().stream().filter(it -> it.table() == table.oid()).findFirst();
      Optional<Label> failed = mirror.failed();
      if (failed.isEmpty() || (up.isEmpty() && down.isEmpty()) || job.key().isEmpty()) {
        continue;
      }
      String set =
          "%s = %s"
              .formatted(Names.shown(mirror.status().name()), Names.literal(failed.get().text()));
      if (mirror.updated() != null
          && mirror.updated().zoned()
          && !other.keptByTrigger(mirror.updated().name())) {
        set += ", %s = s.now".formatted(Names.shown(mirror.updated().name()));
      }
      String guard =
          "%s in (%s)"
              .formatted(
                  Names.of("m", mirror.status().name()),
                  mirror.texts(Meaning.PROCESSING).stream()
                      .map(Names::literal)
                      .collect(Collectors.joining(", ")));
      page.ask(
          2,
          "the status of %s seems to go along with the job's; should it be set as well?"
              .formatted(other.mapped()));
      statements.add(
          down.isPresent()
              ? "update %s m set %s from settled s where %s = s.job and %s"
                  .formatted(other.written(), set, Names.of("m", down.get().column()), guard)
              : "update %s m set %s from settled s join %s j on %s = s.job where %s = %s and %s"
                  .formatted(
                      other.written(),
                      set,
                      table.written(),
                      Names.of("j", job.key().get().name()),
                      Names.of("m", up.orElseThrow().referenced()),
                      Names.of("j", up.orElseThrow().column()),
                      guard));
    }
    return statements;
  }

  private void session(Refunds refunds) {
    Map<String, String> settings = new LinkedHashMap<>();
    Stream.concat(Stream.of(table), refunds.written().stream())
        .flatMap(it -> it.policies().stream())
        .forEach(it -> Policies.settings(it).forEach(settings::putIfAbsent));
    refunds.calledSource().ifPresent(it -> Policies.settings(it).forEach(settings::putIfAbsent));
    Set<String> unknown = new LinkedHashSet<>();
    settings.forEach(
        (key, value) -> {
          if (value.isEmpty()) {
            unknown.add(key);
          }
        });
    settings.keySet().removeAll(unknown);
    if (!settings.isEmpty()) {
      page.ask(
          2, "row-level security asks for this setting; is it the one for a program like this?");
      Map<String, String> quoted = new LinkedHashMap<>();
      settings.forEach((key, value) -> quoted.put(key, "\"" + value + "\""));
      page.put(2, "session", Page.flow(quoted), null);
    } else if (!unknown.isEmpty()) {
      page.note(
          2,
          "row-level security asks for the setting %s, which names a person: run as a role that isn't under it (BYPASSRLS, or the tables' owner)"
              .formatted(String.join(", ", unknown)));
    }
    for (Trigger trigger : table.triggers()) {
      if (trigger.onUpdate()
          && trigger
              .source()
              .toLowerCase(Locale.ROOT)
              .matches("(?s).*(refund|credit|balance|token).*")
          && !trigger.beforeUpdate()) {
        page.ask(
            2,
            "your trigger %s on %s runs %s, which speaks of tokens: does it give back by itself when a job fails? Then write refund: none"
                .formatted(trigger.name(), table.mapped(), trigger.function()));
      }
    }
  }
}
