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
import io.jobcleanup.postgres.Deadline;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.postgres.SqlFault;
import io.jobcleanup.run.Detection.Candidate;
import io.jobcleanup.run.Settlement.Left;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;
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

  /** With how many sessions a run settles while nobody else is at work. */
  private static final int HANDS = 2;

  /** The more, the less one session waits for the other at the end of a page. */
  private static final int TRANSACTIONS_PER_PAGE = 4;

  /** Fewer jobs are settled sooner by one session. */
  private static final int WORTH_DIVIDING = HANDS * Settlement.FIRST_CHUNK;

  private final Database database;
  private final Books books = new Books();
  private final List<SourceStatements> sources;
  private final CleanupOptions options;
  private final Duration defaultTimeout;
  private final @Nullable Duration keepHistory;
  private final @Nullable TokenRefunder refunder;
  private final CleanupListener listener;
  private final Pace pace;

  /**
   * A run to be started.
   *
   * @param defaultTimeout the timeout where neither options nor mapping give one
   * @param keepHistory for how long runs are remembered; null for ever
   * @param refunder the host's own code, null where the mapping says what to write
   * @param stopped asked before each transaction: whether the run is to end with what it has
   */
  public Run(
      Database database,
      List<SourceStatements> sources,
      CleanupOptions options,
      Duration defaultTimeout,
      @Nullable Duration keepHistory,
      @Nullable TokenRefunder refunder,
      CleanupListener listener,
      BooleanSupplier stopped) {
    this.database = database;
    this.sources = sources;
    this.options = options;
    this.defaultTimeout = defaultTimeout;
    this.keepHistory = keepHistory;
    this.refunder = refunder;
    this.listener = listener;
    this.pace = new Pace(stopped, options.maxDuration());
  }

  /**
   * By what a source's jobs are called stuck: the run's timeout, else the mapping's, else the
   * default.
   */
  static Deadline deadline(
      SourceStatements source, Instant now, CleanupOptions options, Duration defaultTimeout) {
    return Deadline.of(source.source().jobs(), now, options.timeout(), defaultTimeout);
  }

  /** Per source by what its jobs are called stuck. */
  static Map<SourceStatements, Deadline> deadlines(
      List<SourceStatements> sources,
      Instant now,
      CleanupOptions options,
      Duration defaultTimeout) {
    Map<SourceStatements, Deadline> deadlines = new LinkedHashMap<>();
    for (SourceStatements source : sources) {
      deadlines.put(source, deadline(source, now, options, defaultTimeout));
    }
    return deadlines;
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
    Instant clock = database.read(pace::look);
    String run = Uuid7.of(clock, 0).toString();
    Instant start = start(run, trigger, actor);
    Tally tally = new Tally(run);
    try {
      CleanupResult result = execute(run, trigger, start, budget, tally);
      database.write(
          tx -> {
            books.finishRun(tx, result, null);
            if (keepHistory != null) {
              books.forgetOldRuns(tx, keepHistory);
            }
            return result;
          });
      if (pace.mayGoOn()) {
        new LateSearch(database, sources, listener).look(run, start);
      }
      listener.completed(result, Duration.ofNanos(System.nanoTime() - began));
      return result;
    } catch (RuntimeException e) {
      CleanupResult committed = tally.result(OwedTotals.NONE, 0, true);
      RuntimeException understood = understood(e, committed);
      listener.failed(committed, Duration.ofNanos(System.nanoTime() - began));
      throw understood;
    }
  }

  /** Records that the run begins, and tells the database's time. */
  private Instant start(String run, Trigger trigger, @Nullable String actor) {
    try {
      return database.write(tx -> books.startRun(tx, run, trigger, actor, options));
    } catch (RuntimeException e) {
      SqlFault fault = SqlFault.of(e);
      if (fault == null || !fault.connectionLost() || e instanceof UnreachableDatabaseException) {
        throw e;
      }
      throw new UnreachableDatabaseException(
          "the database was lost before anything was settled: " + fault.message(), e);
    }
  }

  private CleanupResult execute(
      String run, Trigger trigger, Instant start, Duration budget, Tally tally) {
    listener.started(run, trigger, options);
    Map<SourceStatements, Deadline> deadlines = deadlines(sources, start, options, defaultTimeout);
    List<Map<SourceStatements, Settlement>> hands = new ArrayList<>();
    for (int hand = 0; hand < HANDS; hand++) {
      hands.add(settlements(run, deadlines, budget));
    }
    Detection detection = new Detection(database, deadlines, true);
    listener.found(run, detection.count(options.drain() ? Long.MAX_VALUE : options.batchSize()));
    List<Candidate> passedOver = new ArrayList<>();
    Allowance refusals = new Allowance(MOST_REFUSED);
    Predicate<List<Candidate>> settle =
        candidates -> settle(candidates, hands, tally, passedOver, refusals, run);

    boolean all = true;
    List<Candidate> page = detection.next(room(tally));
    while (!page.isEmpty()) {
      all = settle.test(page);
      page = all && room(tally) > 0 ? detection.next(room(tally)) : List.of();
    }
    refusedBefore(deadlines.keySet(), tally, refusals, settle);
    long settledBefore;
    do {
      settledBefore = tally.settled();
      Deque<Candidate> again = new ArrayDeque<>(passedOver);
      passedOver.clear();
      while (!again.isEmpty() && room(tally) > 0 && pace.mayGoOn()) {
        List<Candidate> some = new ArrayList<>();
        while (!again.isEmpty() && some.size() < room(tally)) {
          some.add(again.removeFirst());
        }
        all = settle.test(some) && all;
      }
      passedOver.addAll(again);
    } while (options.drain() && !passedOver.isEmpty() && tally.settled() > settledBefore);
    OwedTotals owed = owed(run, start, budget);
    boolean more = (!all && !pace.mayGoOn()) || !detection.next(1).isEmpty();
    long held = 0;
    for (Map.Entry<SourceStatements, Settlement> each : hands.getFirst().entrySet()) {
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

  private Map<SourceStatements, Settlement> settlements(
      String run, Map<SourceStatements, Deadline> deadlines, Duration budget) {
    Map<SourceStatements, Settlement> settlements = new HashMap<>();
    deadlines.forEach(
        (source, deadline) ->
            settlements.put(
                source,
                new Settlement(
                    database,
                    books,
                    source,
                    refunder,
                    run,
                    deadline,
                    budget,
                    pace,
                    Math.min(CHUNK, options.batchSize()))));
    return settlements;
  }

  /**
   * How many jobs may be settled next: somewhat less than the sessions may take on, since they are
   * not divided evenly, and a few left over would be a transaction of their own.
   */
  private int room(Tally tally) {
    int most = HANDS * TRANSACTIONS_PER_PAGE * CHUNK * 9 / 10;
    return options.drain()
        ? Math.min(HANDS * TRANSACTIONS_PER_PAGE * options.batchSize(), most)
        : (int) Math.min(most, Math.max(0, options.batchSize() - tally.settled()));
  }

  /**
   * Settles jobs, with several sessions where that helps; tells whether all were tried, so that
   * more may be.
   */
  private boolean settle(
      List<Candidate> candidates,
      List<Map<SourceStatements, Settlement>> hands,
      Tally tally,
      List<Candidate> passedOver,
      Allowance refusals,
      String run) {
    AtomicInteger untried = new AtomicInteger();
    List<Candidate> left = candidates;
    while (!left.isEmpty() && pace.mayGoOn()) {
      List<Candidate> notReached = Collections.synchronizedList(new ArrayList<>());
      List<Runnable> work = new ArrayList<>();
      boolean alone = pace.alone();
      boolean many = left.size() >= WORTH_DIVIDING;
      List<List<Candidate>> shares = alone && many ? shares(left) : List.of(left);
      for (int i = 0; i < shares.size(); i++) {
        List<Candidate> share = shares.get(i);
        Map<SourceStatements, Settlement> hand = hands.get(i);
        // As soon as somebody else is at work, one session is enough; as soon as nobody is, two are
        // better.
        boolean first = i == 0;
        BooleanSupplier goOn =
            () -> pace.mayGoOn() && (first ? alone || !many || !pace.alone() : pace.alone());
        work.add(
            () ->
                bySource(share)
                    .forEach(
                        (source, keys) -> {
                          Left some =
                              settlement(hand, source)
                                  .settle(
                                      List.copyOf(keys.keySet()),
                                      goOn,
                                      refusals,
                                      report -> {
                                        synchronized (tally) {
                                          tally.add(report);
                                          listener.settled(run, report);
                                        }
                                      });
                          untried.addAndGet(some.untried());
                          some.notReached().forEach(key -> notReached.add(keys.get(key)));
                          passOver(some.passedOver(), keys, passedOver);
                        }));
      }
      Hands.together(work);
      left = List.copyOf(notReached);
    }
    return untried.get() == 0 && left.isEmpty();
  }

  private static Settlement settlement(
      Map<SourceStatements, Settlement> hand, SourceStatements source) {
    return Objects.requireNonNull(hand.get(source), "every source has a settlement");
  }

  private static void passOver(
      List<List<String>> keys,
      Map<List<String>, Candidate> candidates,
      List<Candidate> passedOver) {
    synchronized (passedOver) {
      for (List<String> key : keys) {
        Candidate candidate = candidates.get(key);
        if (candidate != null && passedOver.size() < MOST_PASSED_OVER) {
          passedOver.add(candidate);
        }
      }
    }
  }

  private static Map<SourceStatements, Map<List<String>, Candidate>> bySource(
      List<Candidate> candidates) {
    Map<SourceStatements, Map<List<String>, Candidate>> bySource = new LinkedHashMap<>();
    for (Candidate each : candidates) {
      bySource
          .computeIfAbsent(each.source(), source -> new LinkedHashMap<>())
          .put(each.key(), each);
    }
    return bySource;
  }

  /**
   * Divides jobs among sessions, those of one payer to the same, so that none has to pass over what
   * another holds.
   */
  private static List<List<Candidate>> shares(List<Candidate> candidates) {
    Map<Integer, List<Candidate>> shares =
        candidates.stream()
            .collect(
                Collectors.groupingBy(it -> Math.floorMod(Objects.hashCode(it.payer()), HANDS)));
    return List.copyOf(shares.values());
  }

  private void refusedBefore(
      Collection<SourceStatements> settled,
      Tally tally,
      Allowance refusals,
      Predicate<List<Candidate>> settle) {
    List<Candidate> due = new ArrayList<>();
    for (SourceStatements source : settled) {
      int most = refusals.left();
      List<DueRefusal> refused =
          most == 0 ? List.of() : database.read(tx -> books.dueRefusals(tx, source, most));
      for (DueRefusal refusal : refused) {
        List<String> key = JobId.parseKey(refusal.jobKey(), source.keyColumns());
        due.add(new Candidate(source, key, refusal.stuckSince(), null));
      }
    }
    for (int from = 0; from < due.size() && room(tally) > 0 && refusals.left() > 0; ) {
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
