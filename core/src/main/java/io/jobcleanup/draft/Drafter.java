package io.jobcleanup.draft;

import io.jobcleanup.MappingDraft;
import io.jobcleanup.draft.HostTable.Column;
import io.jobcleanup.draft.Words.Meaning;
import io.jobcleanup.mapping.Suggestion;
import io.jobcleanup.postgres.Database;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Drafts a mapping for a database that nobody has described. Writes nothing. */
public final class Drafter {

  private static final int MOST_SOURCES = 12;
  private static final int MOST_NAMED_IN_PASSING = 12;

  private final Survey survey;
  private final Consumer<String> progress;

  /**
   * For one database.
   *
   * @param progress hears now and then what is being looked at
   */
  public Drafter(Database database, Consumer<String> progress) {
    this.survey = new Survey(database);
    this.progress = progress;
  }

  /**
   * Looks at the database, and drafts.
   *
   * @param only the one job table to look at, with or without its schema; null looks for job tables
   * @throws IllegalArgumentException if there is no such table
   */
  public MappingDraft draft(@Nullable String only) {
    progress.accept("Reading the catalogue");
    List<HostTable> tables = survey.tables(only);
    Moments moments = new Moments(survey);
    List<JobTable> likely =
        only == null ? likely(tables, moments) : List.of(named(tables, moments, only));
    Set<Long> jobIds = new HashSet<>();
    likely.forEach(it -> jobIds.add(it.table().oid()));
    Money money = Money.in(tables, jobIds);
    List<JobTable> kept = only == null ? kept(likely, money) : likely;

    Page page = new Page();
    List<String> sources = new ArrayList<>();
    Map<Long, JobTable> mirrors = new HashMap<>();
    likely.stream()
        .filter(it -> !kept.contains(it))
        .forEach(it -> mirrors.put(it.table().oid(), it));
    heading(page, tables, kept.size());
    if (!kept.isEmpty()) {
      page.open(0, "sources", null);
    }
    for (JobTable job : kept.stream().limit(MOST_SOURCES).toList()) {
      progress.accept("Looking at %s".formatted(job.table().mapped()));
      String name = sourceName(job.table(), sources);
      new SourceDraft(survey, moments, tables, money, job, mirrors, page).write(name);
      sources.add(name);
    }
    if (kept.size() > MOST_SOURCES) {
      page.note(
          0,
          "%d more tables look like job tables; draft each by its name: job-cleanup map --table NAME"
              .formatted(kept.size() - MOST_SOURCES));
    }
    leftOut(page, likely, kept);
    List<String> notes =
        new ArrayList<>(survey.unanswered().stream().map("Not looked at: "::concat).toList());
    List<HostTable> closed =
        tables.stream()
            .filter(it -> !it.readable())
            .filter(it -> it.columns().stream().anyMatch(column -> column.named(Words.STATUS)))
            .filter(it -> !Words.otherThanJobs(it.name()))
            .limit(MOST_NAMED_IN_PASSING)
            .toList();
    if (!closed.isEmpty()) {
      notes.add(
          "Our role may not read tables that could hold jobs. What lets it: grant select on %s to %s"
              .formatted(
                  closed.stream().map(HostTable::written).collect(Collectors.joining(", ")),
                  Names.shown(survey.role())));
    }
    List<String> hidden =
        tables.stream()
            .filter(HostTable::rowSecurity)
            .filter(it -> concerns(it, kept, money))
            .map(HostTable::mapped)
            .toList();
    if (!hidden.isEmpty()) {
      notes.add(
          "Row-level security hides rows of %s from our role, so counts there are too low or 0. Draft as a role that sees all: the tables' owner, or one with BYPASSRLS"
              .formatted(some(hidden)));
    }
    return new MappingDraft(page.toString(), sources, tables.size(), page.questions(), notes);
  }

  private static boolean concerns(HostTable table, List<JobTable> kept, Money money) {
    return kept.stream().anyMatch(it -> it.table().oid() == table.oid())
        || money.records().contains(table)
        || money.balances().stream().anyMatch(it -> it.table().oid() == table.oid());
  }

  private static void heading(Page page, List<HostTable> tables, int found) {
    page.note(
        0,
        "A draft by job-cleanup map, from the names, keys and rows of %s. Nothing was written to the database."
            .formatted(Ages.count(tables.size(), "table")));
    if (found > 0) {
      page.note(
          0,
          "Every line is a guess, with what speaks for it behind the #. A line that begins with \"# ?\" asks something that"
              + " only you know. Save it as mapping.yaml, answer, then see:  job-cleanup doctor  and  job-cleanup run --rehearse");
    }
  }

  private List<JobTable> likely(List<HostTable> tables, Moments moments) {
    List<JobTable> likely = new ArrayList<>();
    List<HostTable> toLookAt =
        tables.stream()
            .filter(it -> it.columns().stream().anyMatch(column -> column.named(Words.STATUS)))
            .toList();
    int done = 0;
    for (HostTable table : toLookAt) {
      if (++done % 25 == 0) {
        progress.accept(
            "Looking for job tables: %d of %d looked at".formatted(done, toLookAt.size()));
      }
      JobTable.judge(survey, moments, table, false).ifPresent(likely::add);
    }
    likely.sort(
        Comparator.comparingInt(JobTable::score).reversed().thenComparing(it -> it.table().name()));
    return likely;
  }

  private JobTable named(List<HostTable> tables, Moments moments, String only) {
    HostTable table =
        tables.stream()
            .filter(it -> it.mapped().equals(only) || (it.schema() + "." + it.name()).equals(only))
            .findFirst()
            .or(() -> tables.stream().filter(it -> it.mapped().equalsIgnoreCase(only)).findFirst())
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "There is no table \"%s\"%s"
                            .formatted(
                                only,
                                Suggestion.nearest(
                                        only, tables.stream().map(HostTable::mapped).toList())
                                    .map(". Did you mean \"%s\"?"::formatted)
                                    .orElse(""))));
    return JobTable.judge(survey, moments, table, true)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Table %s has no column that could be a status: none is named like status, state or phase, and is text, an enum or a number"
                        .formatted(table.mapped())));
  }

  /** Those that enough speaks for, and that aren't a mirror of another or a step within one. */
  private List<JobTable> kept(List<JobTable> likely, Money money) {
    boolean hasMoney = !money.balances().isEmpty() || !money.records().isEmpty();
    List<JobTable> enough =
        likely.stream()
            .filter(it -> it.score() + (hasMoney ? told(it, money) : 0) >= JobTable.ENOUGH)
            .toList();
    List<JobTable> kept = new ArrayList<>();
    for (JobTable job : enough) {
      boolean mirror =
          !paidFor(job, money)
              && enough.stream()
                  .anyMatch(
                      other ->
                          other.table().oid() != job.table().oid()
                              && (refers(other.table(), job.table())
                                  || refers(job.table(), other.table()))
                              && weight(other, money) > weight(job, money));
      if (!mirror) {
        kept.add(job);
      }
    }
    return kept;
  }

  /** Whether its rows cost something of their own. */
  private static boolean paidFor(JobTable job, Money money) {
    return told(job, money) > 0 || Costs.column(job.table()).isPresent();
  }

  /** How much of a job's own a table has, beyond a status. */
  private static int weight(JobTable job, Money money) {
    HostTable table = job.table();
    return job.score()
        + told(job, money) * 2
        + (job.begun() == null ? 0 : 2)
        + (table.named(Column::moment, Words.LEASE, Words.HEARTBEAT).isPresent() ? 3 : 0)
        + (table
                .named(
                    it -> true, "(attempts?|tries|retries|retry_count|attempt_(count|no|number))")
                .isPresent()
            ? 1
            : 0);
  }

  /** Whether a ledger, charge or hold names this table. */
  private static int told(JobTable job, Money money) {
    boolean named =
        Stream.concat(money.records().stream(), money.holds().stream())
            .anyMatch(it -> refers(it, job.table()));
    return named ? 2 : 0;
  }

  private static boolean refers(HostTable from, HostTable to) {
    return from.references().stream().anyMatch(it -> it.table() == to.oid());
  }

  private static String sourceName(HostTable table, List<String> taken) {
    String name = table.name().replaceAll("[^A-Za-z0-9_-]", "_").toLowerCase(Locale.ROOT);
    String candidate = name;
    for (int i = 2; taken.contains(candidate); i++) {
      candidate = name + "_" + i;
    }
    return candidate;
  }

  private static void leftOut(Page page, List<JobTable> likely, List<JobTable> kept) {
    List<String> others =
        likely.stream()
            .filter(it -> !kept.contains(it))
            .filter(it -> !it.of(Meaning.PROCESSING).isEmpty() && it.score() > JobTable.ENOUGH / 2)
            .filter(
                it ->
                    kept.stream()
                        .noneMatch(
                            job ->
                                refers(it.table(), job.table()) || refers(job.table(), it.table())))
            .map(it -> it.table().mapped())
            .toList();
    if (!others.isEmpty()) {
      page.blank();
      page.ask(
          0,
          "Left out, though they have a status: %s. If one of them holds jobs that were paid for, draft it by its name: job-cleanup map --table %s"
              .formatted(some(others), others.getFirst()));
    }
  }

  private static String some(List<String> names) {
    String shown = String.join(", ", names.stream().limit(MOST_NAMED_IN_PASSING).toList());
    return names.size() > MOST_NAMED_IN_PASSING
        ? shown + " and %d more".formatted(names.size() - MOST_NAMED_IN_PASSING)
        : shown;
  }
}
