package io.jobcleanup.benchmarks;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.benchmarks.BarChart.Bar;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * What the host feels of a drain: the latency of its own charge-and-complete transaction, begun at
 * a fixed rate and measured from the moment when it was due, so that a stall isn't measured once
 * but by all who would have waited in it.
 */
final class HostPart implements Part {

  private static final int PER_SECOND = 200;
  private static final int WORKERS = 8;
  private static final int LIVE = 40_000;

  /**
   * What goes on beside the host.
   *
   * @param batchSize jobs per batch; 0 for no drain
   * @param share the part of all stuck jobs that is drained: one that is slow needn't drain all
   * @param sameUsers whether the stuck jobs are of the users whom the host charges
   */
  private record Situation(String label, int batchSize, double share, boolean sameUsers) {
    boolean idle() {
      return batchSize == 0;
    }
  }

  private static final Situation IDLE = new Situation("idle", 0, 0, true);
  private static final List<Situation> SITUATIONS =
      List.of(
          IDLE,
          new Situation("drain, batch 100", 100, 1, true),
          new Situation("drain, batch 1,000", 1_000, 0.3, true),
          new Situation("drain, batch 100, of other users", 100, 0.3, false));

  @Override
  public String name() {
    return "host";
  }

  @Override
  public Finding measure(Lab lab) throws Exception {
    String template = lab.template();
    Map<Situation, Histogram> whole = new LinkedHashMap<>();
    Map<Situation, List<Double>> ratios = new LinkedHashMap<>();
    Map<Situation, List<Double>> p99s = new LinkedHashMap<>();
    for (int round = 0; round <= lab.scale().slowRounds(); round++) {
      double idle = 0;
      for (Situation situation : SITUATIONS) {
        Histogram histogram = latencies(lab, template, situation);
        double p99 = millis(histogram, 99);
        lab.progress(
            "round %d of %d: %s p99 %.2f ms of %d transactions",
            round, lab.scale().slowRounds(), situation.label(), p99, histogram.getTotalCount());
        if (situation.equals(IDLE)) {
          idle = p99;
        }
        if (round > 0) {
          whole.computeIfAbsent(situation, it -> new Histogram(3)).add(histogram);
          p99s.computeIfAbsent(situation, it -> new ArrayList<>()).add(p99);
          ratios.computeIfAbsent(situation, it -> new ArrayList<>()).add(p99 / idle);
        }
      }
    }
    return finding(whole, p99s, ratios);
  }

  private static Histogram latencies(Lab lab, String template, Situation situation)
      throws Exception {
    int half = lab.scale().users() / 2;
    int stuck = (int) Math.max(1_000, situation.share() * lab.scale().drained());
    try (HostDatabase host = lab.hostWithStuckJobs(template, stuck, half)) {
      host.addJobs("live", LIVE, lab.scale().users(), "PROCESSING", "now() at time zone 'UTC'");
      host.settle();
      HostLoad load = new HostLoad(host, situation.sameUsers() ? 1 : half + 1, half);
      try (ExecutorService threads = Executors.newFixedThreadPool(WORKERS)) {
        List<Future<?>> workers = new ArrayList<>();
        for (int i = 0; i < WORKERS; i++) {
          workers.add(
              threads.submit(
                  () -> {
                    load.work();
                    return null;
                  }));
        }
        TimeUnit.SECONDS.sleep(2);
        load.record();
        if (situation.idle()) {
          TimeUnit.MILLISECONDS.sleep(lab.scale().idle().toMillis());
        } else {
          drain(host, situation);
        }
        load.stop();
        for (Future<?> worker : workers) {
          worker.get();
        }
      }
      return load.histogram();
    }
  }

  private static void drain(HostDatabase host, Situation situation) {
    host.cleanup()
        .cleanupStuckJobs(
            CleanupOptions.defaults().withBatchSize(situation.batchSize()).withDrain(true));
  }

  /** The host at work. Safe for use by several threads. */
  private static final class HostLoad {
    private final HostDatabase host;
    private final int firstUser;
    private final int users;
    private final Histogram histogram = new ConcurrentHistogram(3);
    private final AtomicInteger next = new AtomicInteger();
    private final long began = System.nanoTime();
    private volatile long recordedFrom = Long.MAX_VALUE;
    private volatile boolean stopped;

    HostLoad(HostDatabase host, int firstUser, int users) {
      this.host = host;
      this.firstUser = firstUser;
      this.users = users;
    }

    void record() {
      recordedFrom = System.nanoTime() - began;
    }

    void stop() {
      stopped = true;
    }

    Histogram histogram() {
      return histogram;
    }

    void work() throws SQLException {
      try (Connection connection = host.connect()) {
        connection.setAutoCommit(false);
        while (!stopped) {
          int number = next.getAndIncrement();
          if (number >= LIVE) {
            throw new IllegalStateException("the host ran out of jobs");
          }
          long due = number * (1_000_000_000L / PER_SECOND);
          while (System.nanoTime() - began < due) {
            LockSupport.parkNanos(due - (System.nanoTime() - began));
          }
          chargeAndComplete(connection, number + 1);
          if (due >= recordedFrom) {
            histogram.recordValue(System.nanoTime() - began - due);
          }
        }
      }
    }

    /** Takes a random user's tokens, writes the ledger row, and completes a job of its own. */
    private void chargeAndComplete(Connection connection, int number) throws SQLException {
      String user = "user" + (firstUser + ThreadLocalRandom.current().nextInt(users));
      String job = "live%018d".formatted(number);
      int balance;
      try (PreparedStatement charge =
          connection.prepareStatement(
              """
              update user_token_balances set balance = balance - 5, "updatedAt" = now() at time zone 'UTC'
              where "userId" = ? and balance >= 5 returning balance
              """)) {
        charge.setString(1, user);
        try (ResultSet row = charge.executeQuery()) {
          row.next();
          balance = row.getInt(1);
        }
      }
      try (PreparedStatement ledger =
          connection.prepareStatement(
              """
              insert into token_transactions (id, "userId", amount, type, source, "sourceId", "balanceAfter")
              values ('host-' || ?, ?, -5, 'SPEND_ENHANCEMENT', 'image_enhancement', ?, ?)
              """)) {
        ledger.setString(1, job);
        ledger.setString(2, user);
        ledger.setString(3, job);
        ledger.setInt(4, balance);
        ledger.executeUpdate();
      }
      try (PreparedStatement complete =
          connection.prepareStatement(
              """
              update image_enhancement_jobs
              set status = 'COMPLETED', "processingCompletedAt" = now() at time zone 'UTC',
                  "updatedAt" = now() at time zone 'UTC'
              where id = ? and status = 'PROCESSING'
              """)) {
        complete.setString(1, job);
        if (complete.executeUpdate() != 1) {
          throw new IllegalStateException("job " + job + " isn't in process");
        }
      }
      connection.commit();
    }
  }

  private static double millis(Histogram histogram, double percentile) {
    return histogram.getValueAtPercentile(percentile) / 1e6;
  }

  private static Finding finding(
      Map<Situation, Histogram> whole,
      Map<Situation, List<Double>> p99s,
      Map<Situation, List<Double>> ratios) {
    List<List<String>> rows = new ArrayList<>();
    List<Bar> bars = new ArrayList<>();
    Map<String, Object> data = new LinkedHashMap<>();
    whole.forEach(
        (situation, histogram) -> {
          Samples p99 = Samples.of(p99s.getOrDefault(situation, List.of()));
          Samples ratio = Samples.of(ratios.getOrDefault(situation, List.of()));
          rows.add(
              List.of(
                  situation.label(),
                  Samples.number(histogram.getTotalCount()),
                  Samples.number(millis(histogram, 50), 2),
                  Samples.number(millis(histogram, 99), 2),
                  Samples.number(millis(histogram, 99.9), 2),
                  Samples.number(histogram.getMaxValue() / 1e6, 1),
                  p99.text(2),
                  ratio.text(2)));
          bars.add(new Bar(situation.label() + ", p99", p99));
          data.put(
              situation.label(),
              Map.of(
                  "transactions", histogram.getTotalCount(),
                  "p50Millis", millis(histogram, 50),
                  "p99Millis", millis(histogram, 99),
                  "p999Millis", millis(histogram, 99.9),
                  "maxMillis", histogram.getMaxValue() / 1e6,
                  "p99PerRound", p99,
                  "p99AgainstIdle", ratio));
        });
    return new Finding(
        "Host: latency of its own charge-and-complete at %d per second, in ms"
            .formatted(PER_SECOND),
        List.of(
            new Finding.Table(
                List.of(
                    "beside",
                    "transactions",
                    "p50",
                    "p99",
                    "p99.9",
                    "max",
                    "p99 per round",
                    "p99 against idle of the same round"),
                rows)),
        new BarChart("The host's charge-and-complete, p99", "ms", true, bars),
        data);
  }
}
