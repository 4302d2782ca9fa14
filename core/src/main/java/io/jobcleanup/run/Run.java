package io.jobcleanup.run;

import io.jobcleanup.CleanupListener;
import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobId;
import io.jobcleanup.OwedTotals;
import io.jobcleanup.RefundOrder;
import io.jobcleanup.TokenRefunder;
import io.jobcleanup.Trigger;
import io.jobcleanup.UnreachableDatabaseException;
import io.jobcleanup.UnusableDatabaseException;
import io.jobcleanup.postgres.Books;
import io.jobcleanup.postgres.Books.DueRefusal;
import io.jobcleanup.postgres.Database;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.postgres.SqlFault;
import io.jobcleanup.run.Detection.Candidate;
import io.jobcleanup.run.Settlement.Left;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One cleanup: stuck jobs, oldest first; then those that were refused before; then, once more,
 * those that somebody held; then refunds owed from earlier runs. Used by one thread.
 */
public final class Run {

  /** How many jobs are settled in one transaction at most: about a tenth of a second. */
  static final int CHUNK = 1000;

  /** How many jobs that the host refuses one run tries. */
  static final int MOST_REFUSED = 10_000;

  private static final int MOST_PASSED_OVER = 10_000;

  private final Database database;
  private final Books books = new Books();
  private final List<SourceStatements> sources;
  private final CleanupOptions options;
  private final Duration defaultTimeout;
  private final @Nullable TokenRefunder refunder;
  private final CleanupListener listener;

  /**
   * A run to be started.
   *
   * @param defaultTimeout the timeout where neither options nor mapping give one
   * @param refunder the host's own code, null where the mapping says what to write
   */
  public Run(
      Database database,
      List<SourceStatements> sources,
      CleanupOptions options,
      Duration defaultTimeout,
      @Nullable TokenRefunder refunder,
      CleanupListener listener) {
    this.database = database;
    this.sources = sources;
    this.options = options;
    this.defaultTimeout = defaultTimeout;
    this.refunder = refunder;
    this.listener = listener;
  }

  /**
   * The timeout that a source's jobs are judged by: the run's, else the mapping's, else the
   * default.
   */
  static Duration timeout(
      SourceStatements source, CleanupOptions options, Duration defaultTimeout) {
    Duration ofRun = options.timeout();
    Duration ofSource = source.source().jobs().timeout();
    return ofRun != null ? ofRun : ofSource != null ? ofSource : defaultTimeout;
  }

  /** Per source the moment: what began then or earlier is stuck. */
  static Map<SourceStatements, Instant> cuts(
      List<SourceStatements> sources,
      Instant now,
      CleanupOptions options,
      Duration defaultTimeout) {
    Map<SourceStatements, Instant> cuts = new LinkedHashMap<>();
    for (SourceStatements source : sources) {
      cuts.put(source, Detection.cut(now, timeout(source, options, defaultTimeout)));
    }
    return cuts;
  }

  /**
   * Runs.
   *
   * @throws UnreachableDatabaseException if the database is lost; it carries what was committed
   *     until then
   */
  public CleanupResult execute(Trigger trigger, @Nullable String actor) {
    long began = System.nanoTime();
    Duration budget = database.budget();
    Instant clock = database.read(books::now);
    String run = Uuid7.of(clock, 0).toString();
    Instant start = database.write(tx -> books.startRun(tx, run, trigger, actor, options));
    Tally tally = new Tally(run);
    try {
      CleanupResult result = execute(run, trigger, start, budget, tally);
      database.write(
          tx -> {
            books.finishRun(tx, result, null);
            return result;
          });
      listener.completed(result, Duration.ofNanos(System.nanoTime() - began));
      return result;
    } catch (RuntimeException e) {
      CleanupResult committed = tally.result(OwedTotals.NONE, 0, true);
      RuntimeException understood = understood(e, committed);
      listener.failed(committed, Duration.ofNanos(System.nanoTime() - began));
      throw understood;
    }
  }

  private CleanupResult execute(
      String run, Trigger trigger, Instant start, Duration budget, Tally tally) {
    listener.started(run, trigger, options);
    Map<SourceStatements, Instant> cuts = cuts(sources, start, options, defaultTimeout);
    Map<SourceStatements, Settlement> settlements = new HashMap<>();
    cuts.forEach(
        (source, cut) ->
            settlements.put(
                source,
                new Settlement(
                    database,
                    books,
                    source,
                    refunder,
                    run,
                    cut,
                    timeout(source, options, defaultTimeout),
                    budget)));
    Detection detection = new Detection(database, cuts, true);
    listener.found(run, detection.count(options.drain() ? Long.MAX_VALUE : options.batchSize()));
    List<Candidate> passedOver = new ArrayList<>();
    Predicate<List<Candidate>> settle =
        candidates -> settle(candidates, settlements, tally, passedOver, run);

    List<Candidate> page = detection.next(room(tally));
    while (!page.isEmpty()) {
      boolean goOn = settle.test(page) && room(tally) > 0;
      page = goOn ? detection.next(room(tally)) : List.of();
    }
    refusedBefore(cuts, tally, settle);
    long settledBefore;
    do {
      settledBefore = tally.settled();
      List<Candidate> again = List.copyOf(passedOver);
      passedOver.clear();
      for (int from = 0; from < again.size(); ) {
        int to = Math.min(again.size(), from + Math.max(1, room(tally)));
        boolean goOn = room(tally) > 0 && settle.test(again.subList(from, to));
        if (!goOn) {
          passedOver.addAll(again.subList(from, again.size()));
        }
        from = goOn ? to : again.size();
      }
    } while (options.drain() && !passedOver.isEmpty() && tally.settled() > settledBefore);
    OwedTotals owed = owed(run, start, budget);
    boolean more = !detection.next(1).isEmpty();
    long held = 0;
    for (Map.Entry<SourceStatements, Settlement> each : settlements.entrySet()) {
      List<List<String>> keys =
          passedOver.stream()
              .filter(it -> it.source() == each.getKey())
              .map(Candidate::key)
              .toList();
      for (int from = 0; from < keys.size(); from += CHUNK) {
        List<List<String>> some = keys.subList(from, Math.min(keys.size(), from + CHUNK));
        held += each.getValue().stillStuck(some);
        more = more || each.getValue().couldSettle(some);
      }
    }
    return tally.result(owed, held, more);
  }

  /** How many jobs may be settled next. */
  private int room(Tally tally) {
    return options.drain()
        ? Math.min(options.batchSize(), CHUNK)
        : (int) Math.min(CHUNK, Math.max(0, options.batchSize() - tally.settled()));
  }

  /** Settles jobs; tells whether more may be tried, or enough were refused. */
  private boolean settle(
      List<Candidate> candidates,
      Map<SourceStatements, Settlement> settlements,
      Tally tally,
      List<Candidate> passedOver,
      String run) {
    Map<SourceStatements, Map<List<String>, Candidate>> bySource = new LinkedHashMap<>();
    for (Candidate each : candidates) {
      bySource
          .computeIfAbsent(each.source(), source -> new LinkedHashMap<>())
          .put(each.key(), each);
    }
    int untried = 0;
    for (Map.Entry<SourceStatements, Map<List<String>, Candidate>> each : bySource.entrySet()) {
      Map<List<String>, Candidate> keys = each.getValue();
      Settlement settlement =
          Objects.requireNonNull(settlements.get(each.getKey()), "every source has a settlement");
      Left left =
          settlement.settle(
              List.copyOf(keys.keySet()),
              (int) Math.max(0, MOST_REFUSED - tally.refused()),
              report -> {
                tally.add(report);
                listener.settled(run, report);
              });
      for (List<String> key : left.passedOver()) {
        Candidate candidate = keys.get(key);
        if (candidate != null && passedOver.size() < MOST_PASSED_OVER) {
          passedOver.add(candidate);
        }
      }
      untried += left.untried();
    }
    return untried == 0;
  }

  private void refusedBefore(
      Map<SourceStatements, Instant> cuts, Tally tally, Predicate<List<Candidate>> settle) {
    List<Candidate> due = new ArrayList<>();
    int most = (int) Math.max(0, MOST_REFUSED - tally.refused());
    for (SourceStatements source : cuts.keySet()) {
      List<DueRefusal> refusals =
          most == 0 ? List.of() : database.read(tx -> books.dueRefusals(tx, source, most));
      for (DueRefusal refusal : refusals) {
        List<String> key = JobId.parseKey(refusal.jobKey(), source.keyColumns());
        due.add(new Candidate(source, key, refusal.stuckSince()));
      }
    }
    for (int from = 0; from < due.size() && room(tally) > 0 && tally.refused() < MOST_REFUSED; ) {
      int to = Math.min(due.size(), from + room(tally));
      from = settle.test(due.subList(from, to)) ? to : due.size();
    }
  }

  private OwedTotals owed(String run, Instant start, Duration budget) {
    List<RefundOrder> paid =
        new OwedRefunds(database, books, refunder, run, budget)
            .pay(sources, start, options.batchSize());
    paid.forEach(order -> listener.owedPaid(run, order));
    Map.Entry<Long, BigDecimal> still = database.read(tx -> books.owedTotals(tx, start));
    BigDecimal tokens =
        paid.stream().map(RefundOrder::amount).reduce(BigDecimal.ZERO, BigDecimal::add);
    return new OwedTotals(paid.size(), tokens, still.getKey(), still.getValue());
  }

  /**
   * Records that the run failed, if that can be done, and says what happened in words for a person.
   */
  private RuntimeException understood(RuntimeException e, CleanupResult committed) {
    SqlFault fault = SqlFault.of(e);
    try {
      database.write(
          tx -> {
            books.finishRun(
                tx, committed, fault == null ? String.valueOf(e.getMessage()) : fault.toString());
            return committed;
          });
    } catch (RuntimeException alsoFailed) {
      e.addSuppressed(alsoFailed);
    }
    if (e instanceof UnreachableDatabaseException || (fault != null && fault.connectionLost())) {
      return new UnreachableDatabaseException(
          "the database was lost in mid-run; %d jobs had been settled, and the others will be found again: %s"
              .formatted(committed.totalFound(), fault == null ? e.getMessage() : fault.message()),
          e,
          committed);
    }
    return fault == null ? e : new UnusableDatabaseException("the run can't go on: " + fault, e);
  }
}
