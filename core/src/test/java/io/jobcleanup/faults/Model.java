package io.jobcleanup.faults;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/** What the books should be: the contract, without a database, a crash or a second session. */
final class Model {

  enum Status {
    PENDING,
    PROCESSING,
    COMPLETED,
    FAILED
  }

  /** What we have recorded of a charge. */
  enum State {
    NOTHING,
    PAID,
    OWED,
    WAIVED
  }

  /** Something that a job took from its user: one per charge, or its cost where it has none. */
  static final class Line {
    final int tokens;
    State state = State.NOTHING;
    int recorded;

    Line(int tokens) {
      this.tokens = tokens;
    }

    private Line copy() {
      Line copy = new Line(tokens);
      copy.state = state;
      copy.recorded = recorded;
      return copy;
    }

    /** What others may have given back of it. */
    private int leftByUs() {
      return switch (state) {
        case PAID -> tokens - recorded;
        case NOTHING, OWED, WAIVED -> tokens;
      };
    }

    private boolean isClosed() {
      return switch (state) {
        case PAID, WAIVED -> true;
        case NOTHING, OWED -> false;
      };
    }
  }

  static final class Job {
    final String id;
    final String user;
    final boolean linked;
    final List<Line> lines = new ArrayList<>();
    Status status = Status.PENDING;

    /** Since when it is stuck; 0 while a worker is at it. */
    int stuckSince;

    int givenBackByHost;

    Job(String id, String user, boolean linked) {
      this.id = id;
      this.user = user;
      this.linked = linked;
    }

    private Job copy() {
      Job copy = new Job(id, user, linked);
      lines.forEach(line -> copy.lines.add(line.copy()));
      copy.status = status;
      copy.stuckSince = stuckSince;
      copy.givenBackByHost = givenBackByHost;
      return copy;
    }

    boolean is(Status asked) {
      return status == asked;
    }

    boolean stuck() {
      return status == Status.PROCESSING && stuckSince > 0;
    }

    int charged() {
      return lines.stream().mapToInt(it -> it.tokens).sum();
    }

    int paidByUs() {
      return lines.stream().filter(it -> it.state == State.PAID).mapToInt(it -> it.recorded).sum();
    }

    /** What is left of each line that isn't closed: the host's refunds cover the oldest first. */
    private Map<Line, Integer> due() {
      Map<Line, Integer> due = new LinkedHashMap<>();
      int byHost = givenBackByHost;
      for (Line line : lines) {
        int covered = Math.min(byHost, line.leftByUs());
        byHost -= covered;
        int left = line.tokens - covered;
        if (!line.isClosed() && left > 0) {
          due.put(line, line.state == State.OWED ? Math.min(left, line.recorded) : left);
        }
      }
      return due;
    }
  }

  final Map<String, Integer> balances = new TreeMap<>();

  /** Whose balance row is gone. */
  final List<String> away = new ArrayList<>();

  final Map<String, Job> jobs = new TreeMap<>();
  private int clock;

  Model copy() {
    Model copy = new Model();
    copy.balances.putAll(balances);
    copy.away.addAll(away);
    jobs.forEach((id, job) -> copy.jobs.put(id, job.copy()));
    copy.clock = clock;
    return copy;
  }

  /** One of some jobs; empty where there are none. */
  Optional<Job> pick(int number, Predicate<Job> which) {
    List<Job> some = jobs.values().stream().filter(which).toList();
    return some.isEmpty() ? Optional.empty() : Optional.of(some.get(number % some.size()));
  }

  boolean canMove(String user, int tokens) {
    return !away.contains(user) && balance(user) + tokens >= 0;
  }

  int balance(String user) {
    return balances.getOrDefault(user, 0);
  }

  void move(String user, int tokens) {
    balances.merge(user, tokens, Integer::sum);
  }

  Job order(String user, int tokens, boolean linked) {
    Job job = new Job("j%03d".formatted(jobs.size()), user, linked);
    job.lines.add(new Line(tokens));
    jobs.put(job.id, job);
    move(user, -tokens);
    return job;
  }

  /** A charge that isn't linked to its job is nothing that anybody could know of it. */
  void chargeAgain(Job job, int tokens) {
    move(job.user, -tokens);
    if (job.linked) {
      job.lines.add(new Line(tokens));
    }
  }

  void giveBack(Job job, int tokens) {
    move(job.user, tokens);
    job.givenBackByHost += tokens;
  }

  /** Tells since when. */
  int stall(Job job) {
    job.stuckSince = ++clock;
    return job.stuckSince;
  }

  /** The jobs that a run settles. */
  List<Job> stuck(int batch) {
    return jobs.values().stream()
        .filter(Job::stuck)
        .sorted(Comparator.comparingInt(it -> it.stuckSince))
        .limit(batch)
        .toList();
  }

  /** The lines that are owed, each with its job. */
  Map<Line, Job> owed() {
    Map<Line, Job> owed = new LinkedHashMap<>();
    for (Job job : jobs.values()) {
      for (Line line : job.lines) {
        if (line.state == State.OWED) {
          owed.put(line, job);
        }
      }
    }
    return owed;
  }

  /** What becomes of stuck jobs, or owed lines. */
  record Settled(int jobs, int tokens, int owed) {}

  /** The first half of a run: stuck jobs are failed. Tells which lines it has tried. */
  Settled settle(int batch, List<Line> tried) {
    List<Job> some = stuck(batch);
    int tokens = 0;
    int owed = 0;
    for (Job job : some) {
      Map<Line, Integer> due = job.due();
      tried.addAll(due.keySet());
      for (Map.Entry<Line, Integer> each : due.entrySet()) {
        each.getKey().recorded = each.getValue();
        if (away.contains(job.user)) {
          each.getKey().state = State.OWED;
          owed++;
        } else {
          pay(job, each.getKey());
          tokens += each.getValue();
        }
      }
      job.status = Status.FAILED;
      job.stuckSince = 0;
    }
    return new Settled(some.size(), tokens, owed);
  }

  /** The second half: what was owed before is paid, as far as it can be. */
  int payOwed(List<Line> triedAlready) {
    int tokens = 0;
    for (Map.Entry<Line, Job> each : owed().entrySet()) {
      Line line = each.getKey();
      Job job = each.getValue();
      boolean last = line == job.lines.getLast();
      if (triedAlready.contains(line) || (job.is(Status.COMPLETED) && last)) {
        continue;
      }
      Integer due = job.due().get(line);
      if (due == null) {
        line.state = State.WAIVED;
      } else if (!away.contains(job.user)) {
        line.recorded = due;
        pay(job, line);
        tokens += due;
      }
    }
    return tokens;
  }

  private void pay(Job job, Line line) {
    line.state = State.PAID;
    move(job.user, line.recorded);
    if (job.paidByUs() + job.givenBackByHost > job.charged()) {
      throw new IllegalStateException("the model itself gives too much back for " + job.id);
    }
  }

  /** What an audit has to find. */
  List<String> findings() {
    List<String> findings = new ArrayList<>();
    for (Job job : jobs.values()) {
      if (job.paidByUs() > 0 && job.paidByUs() + job.givenBackByHost > job.charged()) {
        findings.add("given-back-too-much " + job.id);
      }
      // Charges may have no order: one that we know nothing of may be the latest.
      boolean allKnown = job.lines.stream().noneMatch(it -> it.state == State.NOTHING);
      if (job.is(Status.COMPLETED) && allKnown && job.lines.getLast().state == State.PAID) {
        findings.add("late-completion " + job.id);
      }
    }
    return findings.stream().sorted().toList();
  }

  /** All that the tables should hold, row by row. */
  List<String> rows() {
    List<String> rows = new ArrayList<>();
    balances.forEach(
        (user, balance) ->
            rows.add(
                "%s has %s, by its ledger %d"
                    .formatted(user, away.contains(user) ? "none" : balance, balance)));
    for (Job job : jobs.values()) {
      StringBuilder records = new StringBuilder();
      int paid = 0;
      for (Line line : job.lines) {
        if (line.state != State.NOTHING) {
          records.append(" %s %d".formatted(line.state, line.recorded));
          paid += line.state == State.PAID ? 1 : 0;
        }
      }
      rows.add(
          "%s of %s is %s: %d by us in %d rows, %d by the host;%s"
              .formatted(
                  job.id,
                  job.user,
                  job.status,
                  job.paidByUs(),
                  paid,
                  job.givenBackByHost,
                  records));
    }
    return rows;
  }
}
