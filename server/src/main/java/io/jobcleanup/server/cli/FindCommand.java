package io.jobcleanup.server.cli;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.JobExplanation;
import io.jobcleanup.StuckJob;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.answer.JobAnswer;
import io.jobcleanup.server.answer.Json;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Lists what is stuck, or explains jobs one by one. Never writes. */
@Command(
    name = "find",
    header = "List what is stuck, or explain jobs by name.",
    description = {
      "",
      "Without a JOB, lists stuck jobs and what each would give back. With one, says "
          + "whether it is stuck, since when and why, who holds it, and what would be given "
          + "back to whom. Changes nothing."
    })
final class FindCommand implements Callable<Integer> {
  private static final int LISTED = 20;

  @Parameters(
      paramLabel = "JOB",
      description = "A job's key, or source:key where several sources have it.")
  List<String> jobs = new ArrayList<>();

  @Mixin Options.Timeout timeout = new Options.Timeout();
  @Mixin Options.MappingFile mapping = new Options.MappingFile();
  @Mixin Options.AsJson json = new Options.AsJson();

  private final Surroundings surroundings;

  FindCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    try (Session session = Session.open(surroundings)) {
      JobCleanup cleanup = session.cleanup(mapping.file);
      CleanupOptions options =
          new CleanupOptions(timeout.duration, true, CleanupOptions.MAX_BATCH_SIZE, false, null);
      if (jobs.isEmpty()) {
        List<StuckJob> stuck = cleanup.findStuckJobs(options);
        if (json.wanted) {
          surroundings.out().println(Json.write(JobAnswer.found(stuck)));
        } else {
          print(stuck, session.settings().timeout());
        }
      } else {
        List<JobExplanation> explained =
            jobs.stream().map(job -> explain(cleanup, job, options)).toList();
        if (json.wanted) {
          surroundings.out().println(Json.write(JobAnswer.explained(explained)));
        } else {
          explained.forEach(this::print);
        }
      }
      return ExitCode.FINE.number();
    }
  }

  private static JobExplanation explain(JobCleanup cleanup, String job, CleanupOptions options) {
    List<JobExplanation> found = cleanup.explain(job, options);
    if (found.size() == 1) {
      return found.getFirst();
    }
    throw new ProgramException(
        ExitCode.MISCONFIGURED,
        found.isEmpty()
            ? "There is no job \"%s\".".formatted(Words.printable(job))
            : "\"%s\" is several jobs: name one of %s."
                .formatted(
                    Words.printable(job),
                    found.stream()
                        .map(it -> it.job().toString())
                        .collect(Collectors.joining(", "))));
  }

  private void print(List<StuckJob> stuck, Duration configured) {
    PrintStream out = surroundings.out();
    String longer = longerThan(stuck, configured);
    if (stuck.isEmpty()) {
      out.printf("No jobs are stuck for longer than %s.%n", longer);
      return;
    }
    Instant now = stuck.getFirst().since().plus(stuck.getFirst().stuckFor());
    out.printf(
        "%s%s stuck for longer than %s (database clock %s)%n%n",
        stuck.size() == CleanupOptions.MAX_BATCH_SIZE ? "At least " : "",
        Words.count(stuck.size(), "job"),
        longer,
        Words.moment(now, now));
    boolean oneSource = stuck.stream().map(it -> it.job().source()).distinct().count() == 1;
    TextTable table =
        new TextTable(List.of("JOB", "PAYER", "STUCK FOR", "WOULD GIVE BACK", "WHY"), Set.of(2, 3));
    stuck.stream()
        .limit(LISTED)
        .forEach(
            job ->
                table.add(
                    List.of(
                        oneSource ? job.job().text() : job.job().toString(),
                        Objects.requireNonNullElse(job.payer(), "-"),
                        Words.lasting(job.stuckFor()),
                        job.wouldGiveBack().signum() == 0
                            ? "-"
                            : CleanupResult.tokens(job.wouldGiveBack()),
                        job.why().isEmpty()
                            ? "%s since %s".formatted(job.status(), Words.moment(job.since(), now))
                            : job.why())));
    table.lines("  ").forEach(out::println);
    if (stuck.size() > LISTED) {
      out.printf("  … and %s: --json lists them%n", Words.count(stuck.size() - LISTED, "more job"));
    }
    BigDecimal tokens =
        stuck.stream().map(StuckJob::wouldGiveBack).reduce(BigDecimal.ZERO, BigDecimal::add);
    long payers =
        stuck.stream()
            .filter(it -> it.wouldGiveBack().signum() > 0)
            .map(StuckJob::payer)
            .distinct()
            .count();
    out.printf(
        "%n%s to %s.   Settle them:  job-cleanup run       Look first:  job-cleanup run --rehearse%nExplain one:  job-cleanup find %s%n",
        CleanupResult.tokens(tokens),
        Words.count(payers, "payer"),
        Words.printable(stuck.getFirst().job().text()));
  }

  private String longerThan(List<StuckJob> stuck, Duration configured) {
    List<@Nullable Duration> timeouts =
        stuck.stream().<@Nullable Duration>map(StuckJob::timeout).distinct().toList();
    if (timeouts.size() > 1 || timeouts.contains(null)) {
      return "they may be";
    }
    Duration standard = timeout.duration == null ? configured : timeout.duration;
    Duration ofAll = timeouts.isEmpty() ? null : timeouts.getFirst();
    return Words.setting(ofAll == null ? standard : ofAll);
  }

  private void print(JobExplanation job) {
    PrintStream out = surroundings.out();
    out.printf(
        "%s  %s%n%n", Words.printable(job.job().text()), job.stuck() ? "stuck" : "not stuck");
    line("status", status(job));
    line(job.stuck() ? "why" : "why not", job.reason());
    line("held by", job.heldBy().isEmpty() ? "nobody" : String.join("; ", job.heldBy()));
    line("payer", payer(job));
    lines("charged", job.charges(), cost(job));
    lines("given back", job.givenBack(), "nothing so far");
    line("a run would", job.would());
    out.println();
  }

  private static String status(JobExplanation job) {
    if (job.since() == null) {
      return job.status();
    }
    Duration lasting = Duration.between(job.since(), job.now());
    Duration timeout = job.timeout();
    return "%s, started %s (%s; %s)"
        .formatted(
            job.status(),
            Words.fullMoment(job.since()),
            lasting.isNegative()
                ? Words.lasting(lasting.negated()) + " ahead of the database's clock"
                : Words.lasting(lasting) + " ago",
            timeout != null
                ? "timeout " + Words.setting(timeout)
                : job.expires() == null
                    ? "no timeout"
                    : "has until " + Words.fullMoment(job.expires()));
  }

  private static String payer(JobExplanation job) {
    if (job.payer() == null) {
      return "nobody";
    }
    return job.balance() == null
        ? job.payer()
        : "%s, balance %s".formatted(job.payer(), CleanupResult.plain(job.balance()));
  }

  private static String cost(JobExplanation job) {
    return job.cost() == null
        ? "nothing known"
        : "no charge row; it cost " + CleanupResult.tokens(job.cost());
  }

  private void lines(String label, List<String> values, String none) {
    if (values.isEmpty()) {
      line(label, none);
    }
    for (int i = 0; i < values.size(); i++) {
      line(i == 0 ? label : "", values.get(i));
    }
  }

  private void line(String label, String value) {
    surroundings
        .out()
        .println("  %-12s %s".formatted(label, Words.printable(value)).stripTrailing());
  }
}
