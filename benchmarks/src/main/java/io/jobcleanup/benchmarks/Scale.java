package io.jobcleanup.benchmarks;

import java.time.Duration;
import java.util.List;

/**
 * How much is measured.
 *
 * @param rounds how often throughput is measured, a first round to warm up not counted
 * @param background jobs done long ago, with their charges, beside the stuck ones
 * @param users among whom jobs are spread
 * @param jobs stuck jobs of one drain at batch 100 and above
 * @param slowJobs stuck jobs of one drain that takes them one or ten at a time
 * @param tableRows sizes of the job table for detection
 * @param stuck numbers of stuck jobs for detection
 * @param live jobs in process that aren't stuck, for detection
 * @param churn updates under an old snapshot, for detection
 * @param drained stuck jobs drained beside a working host
 * @param slowRounds how often contention and the host's latency are measured, likewise
 * @param idle how long the host is watched without a drain
 * @param heapJobs stuck jobs drained in a small heap
 * @param ledgerRows ledger rows that an audit adds up
 */
record Scale(
    int rounds,
    int background,
    int users,
    int jobs,
    int slowJobs,
    List<Integer> tableRows,
    List<Integer> stuck,
    int live,
    int churn,
    int drained,
    int slowRounds,
    Duration idle,
    int heapJobs,
    int ledgerRows) {

  /** What docs/performance.md shows. */
  static final Scale FULL =
      new Scale(
          5,
          200_000,
          10_000,
          50_000,
          2_000,
          List.of(100_000, 1_000_000, 10_000_000),
          List.of(0, 100, 100_000),
          20_000,
          200_000,
          100_000,
          3,
          Duration.ofSeconds(15),
          1_000_000,
          10_000_000);

  /** A couple of minutes: to see that nothing went badly wrong. */
  static final Scale QUICK =
      new Scale(
          3,
          20_000,
          10_000,
          20_000,
          500,
          List.of(100_000, 1_000_000),
          List.of(0, 100, 100_000),
          20_000,
          100_000,
          20_000,
          2,
          Duration.ofSeconds(5),
          100_000,
          1_000_000);
}
