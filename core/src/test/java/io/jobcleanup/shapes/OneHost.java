package io.jobcleanup.shapes;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.JobReport;
import io.jobcleanup.Outcome;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.support.TestDatabase;
import java.util.List;

/**
 * A host with a column for each trait of the mapping language, which a test maps as it needs them.
 */
final class OneHost {

  /** The jobs, failed with the message. */
  static final String JOBS =
      "jobs: {table: jobs, key: id, status: state, processing: [running], completed: [done], since: [began],"
          + " fail: {state: failed, error: \"=:message\"}}\n";

  /** A refund of the job's cost into one balance. */
  static final String REFUND =
      "refund: {payer: payer, cost: cost, balances: {table: users, match: {name: \"=:payer\"}, add: {credits: \"=:amount\"}}}\n";

  private static final String TABLES =
      """
      create table jobs (id int primary key, payer text, state text not null default 'running', cost int, error text,
        kind text, attempt int, note text, told text, refunded int, lease timestamptz,
        began timestamptz default now() - interval '1 hour');
      create table users (name text primary key, credits int not null default 0, spare int not null default 0, note text);
      create table charges (id int primary key, job int, pool text, amount int, state text not null default 'taken', note text);
      create table ledger (id bigserial primary key, payer text, job int, amount int, kind text, note text, before int, after int);
      insert into users (name) values ('ada'), ('bob');
      """;

  final TestDatabase database = TestDatabase.create().execute(TABLES);

  OneHost execute(String sql) {
    database.execute(sql);
    return this;
  }

  /** A stuck job. */
  OneHost job(int id, String payer, int cost) {
    database.update("insert into jobs (id, payer, cost) values (?, ?, ?)", id, payer, cost);
    return this;
  }

  /** The keys of one source as a whole file. */
  static String file(String keys) {
    return "sources:\n  s:\n" + keys.indent(4);
  }

  /** A cleanup by the keys of one source, our schema made. */
  JobCleanup cleanup(String keys) {
    return ofFile(file(keys));
  }

  JobCleanup ofFile(String yaml) {
    JobCleanup cleanup = JobCleanup.builder(database).mapping(Mapping.parse(yaml)).build();
    cleanup.migrate();
    return cleanup;
  }

  CleanupResult run(String keys) {
    return cleanup(keys).cleanupStuckJobs();
  }

  /** The states of all jobs, such as {@code 1 failed, 2 running}. */
  String states() {
    return database.value("select string_agg(id || ' ' || state, ', ' order by id) from jobs");
  }

  int credits(String user) {
    return database.number("select credits from users where name = ?", user).intValueExact();
  }

  List<String> rows(String sql) {
    return database.rows(sql);
  }

  /** What became of each job of a run, such as {@code 1 Refunded}, by their keys. */
  static List<String> outcomes(CleanupResult result) {
    return result.jobs().stream()
        .map(it -> it.job().text() + " " + it.outcome().getClass().getSimpleName())
        .sorted()
        .toList();
  }

  /** Why a job isn't settled. */
  static String cause(CleanupResult result, int job) {
    return result.errors().stream()
        .filter(it -> it.job().text().equals(String.valueOf(job)))
        .map(JobReport::outcome)
        .map(Outcome::error)
        .findFirst()
        .orElse("none");
  }

  /** The keys of the jobs that are stuck, in the order found. */
  static List<String> found(JobCleanup cleanup, CleanupOptions options) {
    return cleanup.findStuckJobs(options).stream().map(it -> it.job().text()).toList();
  }

  /** The keys of the jobs that a dry run lists. */
  static List<String> dryRun(JobCleanup cleanup, CleanupOptions options) {
    CleanupResult result = cleanup.cleanupStuckJobs(options.withDryRun(true));
    if (result.totalFound() != result.jobs().size()) {
      throw new AssertionError(
          "a dry run found %d and lists %d".formatted(result.totalFound(), result.jobs().size()));
    }
    return result.jobs().stream().map(it -> it.job().text()).toList();
  }
}
