package io.jobcleanup.run;

import io.jobcleanup.postgres.Books;
import io.jobcleanup.postgres.Budget;
import io.jobcleanup.postgres.Deadline;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.postgres.SourceStatements.Claimed;
import io.jobcleanup.postgres.SourceStatements.Looked;
import io.jobcleanup.postgres.Tx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Everything up to the first write of a settling transaction: claim, hold, look, decide. See the
 * design, section 4.
 *
 * @param source the source
 * @param jobs the jobs that are held with all they need, in the order asked for
 * @param passedOver the keys of those that aren't
 * @param locked how many rows of which table are held
 */
record Preparation(
    SourceStatements source,
    List<Job> jobs,
    List<List<String>> passedOver,
    Map<String, Integer> locked) {

  /** Which jobs may be claimed. */
  enum Claim {
    /** Those still stuck. */
    STUCK,
    /** Any. */
    ANY
  }

  /** Starts the clock of a transaction that is about to take its first lock. */
  static void startBudget(Tx tx, Duration budget) {
    tx.holdWithin(new Budget(budget, System::nanoTime));
  }

  /**
   * Whether a transaction that began then has had its time, so that the server may have ended its
   * session.
   */
  static boolean outlasted(long beganNanos, Duration budget) {
    return System.nanoTime() - beganNanos >= budget.toNanos() * 9 / 10;
  }

  /** Prepares jobs for settlement. */
  static Preparation of(
      Tx tx,
      Books books,
      SourceStatements source,
      List<List<String>> keys,
      Deadline deadline,
      Claim claim) {
    Claimed claimed =
        claim == Claim.STUCK ? source.claim(tx, keys, deadline) : source.claimInAnyState(tx, keys);
    if (claimed.keys().isEmpty()) {
      return new Preparation(source, List.of(), keys, Map.of());
    }
    Holds holds = Holds.take(tx, source, claimed.holdings());
    List<Looked> rows = source.look(tx, claimed.keys(), deadline);
    List<Job> jobs = new Assessment(books, source, true).assess(tx, rows);
    List<Job> ready = new ArrayList<>();
    for (Job job : jobs) {
      boolean still = claim == Claim.ANY || job.row().stuck();
      if (still && holds.cover(job.row().n(), job)) {
        ready.add(job);
      }
    }
    Map<String, Integer> locked = new LinkedHashMap<>();
    locked.put(source.jobTable(), claimed.keys().size());
    holds.locked().forEach((table, count) -> locked.merge(table, count, Integer::sum));
    return of(source, keys, ready, locked);
  }

  /** Prepares jobs whose refunds can't be worked out: they are looked at alone. */
  static Preparation withoutRefunds(
      Tx tx, Books books, SourceStatements source, List<List<String>> keys, Deadline deadline) {
    List<List<String>> claimed = source.claimAlone(tx, keys, deadline);
    if (claimed.isEmpty()) {
      return new Preparation(source, List.of(), keys, Map.of());
    }
    List<Looked> rows =
        source.lookAtJobs(tx, claimed, deadline).stream().filter(Looked::stuck).toList();
    return of(
        source,
        keys,
        new Assessment(books, source, true).assessWithoutRefunds(tx, rows),
        Map.of(source.jobTable(), claimed.size()));
  }

  private static Preparation of(
      SourceStatements source,
      List<List<String>> keys,
      List<Job> ready,
      Map<String, Integer> locked) {
    List<List<String>> passedOver = new ArrayList<>(keys);
    passedOver.removeAll(ready.stream().map(Job::key).collect(Collectors.toSet()));
    return new Preparation(source, ready, passedOver, locked);
  }
}
