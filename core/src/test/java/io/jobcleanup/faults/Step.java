package io.jobcleanup.faults;

import java.util.Random;

/**
 * Something that the host or a run does. Users and jobs are numbers of any size: a step picks among
 * those that it can be done to, and does nothing where there are none. So a sequence without some
 * of its steps is a sequence still.
 */
sealed interface Step {

  /** The host takes on a job, and takes its tokens, in a ledger row where it is linked. */
  record Order(int user, int tokens, boolean linked) implements Step {}

  /** A worker takes up a job. */
  record Claim(int job) implements Step {}

  /** A job's worker dies, or freezes, and time passes. */
  record Stall(int job) implements Step {}

  /**
   * A worker writes its result; unguarded, it doesn't look at what the job has become meanwhile.
   */
  record Complete(int job, boolean guarded) implements Step {}

  /** The host fails a job that is worked on, and gives its tokens back or forgets it. */
  record Fail(int job, boolean givesBack) implements Step {}

  /** The host runs a failed job again in the same row, for a new charge or for none. */
  record Retry(int job, int tokens, boolean charged) implements Step {}

  /** The host gives something back for a job, whatever it is and was. */
  record GiveBack(int job, int tokens) implements Step {}

  /** A user's balance row is gone, or there again. */
  record MoveBalance(int user) implements Step {}

  /** A run goes to its end. */
  record Clean(int batch) implements Step {}

  /** A run's connection is cut, and it can connect again, or can't. */
  record Cut(Point point, int batch, boolean forGood) implements Step {}

  static Step order(Random random) {
    return new Order(random.nextInt(1000), 1 + random.nextInt(9), random.nextInt(4) > 0);
  }

  static Step any(Random random) {
    int n = random.nextInt(1000);
    int tokens = 1 + random.nextInt(9);
    return switch (random.nextInt(20)) {
      case 0 -> order(random);
      case 1, 2, 3, 4 -> new Claim(n);
      case 5, 6, 7 -> new Stall(n);
      case 8 -> new Complete(n, random.nextBoolean());
      case 9 -> new Fail(n, random.nextBoolean());
      case 10, 11, 12 -> new Retry(n, tokens, random.nextInt(3) > 0);
      case 13, 14 -> new GiveBack(n, tokens);
      case 15 -> new MoveBalance(n);
      case 16, 17 -> new Clean(1 + n % 5);
      default ->
          new Cut(
              Point.OF_A_BATCH.get(random.nextInt(Point.OF_A_BATCH.size())),
              1 + n % 3,
              random.nextBoolean());
    };
  }
}
