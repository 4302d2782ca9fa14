package io.jobcleanup.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.Finding;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.UnreachableDatabaseException;
import io.jobcleanup.Verification;
import io.jobcleanup.support.Size;
import io.jobcleanup.support.TestPostgres;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Random sequences of what a host, its workers and our runs do, crashes among it: after each step
 * the tables hold what the {@link Model} says, and an audit finds what it says. A failing sequence
 * is made shorter, and printed with its seed; {@code -Dmodel.seed=…} plays it again.
 */
class ModelTest {
  private static final Long SEED = Long.getLong("model.seed");
  private static final int SEQUENCES = SEED == null ? Size.of(60, 600) : 1;
  private static final int STEPS = 24;

  /** Without jobs there is little to do. */
  private static final int ORDERS = 3;

  private static final int USERS = 2;
  private static final int TOKENS = 40;
  private static final Duration SHORTENING = Duration.ofSeconds(30);

  private final List<String> story = new ArrayList<>();
  private ModelHost host;
  private FaultProxy proxy;
  private JobCleanup cut;
  private Model model;
  private int taken;

  @Test
  void booksAreAsTheModelSaysWhateverHappens() throws Exception {
    long first = SEED == null ? System.nanoTime() : SEED;
    try (ModelHost real = new ModelHost();
        FaultProxy way = new FaultProxy(TestPostgres.server()::port)) {
      host = real;
      proxy = way;
      cut = JobCleanup.builder(real.database().through(way.port())).build();
      for (long seed = first; seed < first + SEQUENCES; seed++) {
        Random random = new Random(seed);
        List<Step> steps =
            Stream.concat(
                    Stream.generate(() -> Step.order(random)).limit(ORDERS),
                    Stream.generate(() -> Step.any(random)).limit(STEPS - ORDERS))
                .toList();
        if (failure(steps).isPresent()) {
          List<Step> shorter = shorten(steps);
          Throwable failure = failure(shorter).orElseThrow();
          throw new AssertionError(
              "-Dmodel.seed=%d fails, and so do %d of its %d steps:%n%s"
                  .formatted(
                      seed, shorter.size(), STEPS, String.join(System.lineSeparator(), story)),
              failure);
        }
      }
    }
  }

  /** Leaves out as much as can be left out of a sequence that fails. */
  private List<Step> shorten(List<Step> steps) {
    long began = System.nanoTime();
    List<Step> shortest = steps.subList(0, Math.min(taken + 1, steps.size()));
    for (int piece = steps.size() / 2; piece > 0; piece /= 2) {
      for (int from = 0; from + piece <= shortest.size(); ) {
        if (System.nanoTime() - began > SHORTENING.toNanos()) {
          return shortest;
        }
        List<Step> without = new ArrayList<>(shortest);
        without.subList(from, from + piece).clear();
        if (failure(without).isPresent()) {
          shortest = without;
        } else {
          from += piece;
        }
      }
    }
    return shortest;
  }

  private Optional<Throwable> failure(List<Step> steps) {
    story.clear();
    model = new Model();
    IntStream.range(0, USERS).forEach(i -> model.balances.put("u" + i, TOKENS));
    try {
      host.beginAnew(model);
      for (taken = 0; taken < steps.size(); taken++) {
        take(steps.get(taken));
      }
      List.copyOf(model.away).forEach(this::bringBack);
      // What was owed is paid by the first, as the next run after the cause is gone.
      take(new Step.Clean(Integer.MAX_VALUE));
      take(new Step.Clean(Integer.MAX_VALUE));
      assertThat(model.stuck(Integer.MAX_VALUE)).isEmpty();
      return Optional.empty();
    } catch (AssertionError | RuntimeException e) {
      story.add("and then: " + e.getMessage());
      return Optional.of(e);
    }
  }

  private void take(Step step) {
    String what =
        switch (step) {
          case Step.Order it -> order("u" + it.user() % USERS, it.tokens(), it.linked());
          case Step.Claim it ->
              model.pick(it.job(), job -> job.is(Model.Status.PENDING)).map(this::claim).orElse("");
          case Step.Stall it ->
              model
                  .pick(it.job(), job -> job.is(Model.Status.PROCESSING) && !job.stuck())
                  .map(this::stall)
                  .orElse("");
          case Step.Complete it -> complete(it);
          case Step.Fail it -> fail(it);
          case Step.Retry it -> retry(it);
          case Step.GiveBack it ->
              model
                  .pick(it.job(), job -> model.canMove(job.user, it.tokens()))
                  .map(job -> giveBack(job, it.tokens()))
                  .orElse("");
          case Step.MoveBalance it -> moveBalance("u" + it.user() % USERS);
          case Step.Clean it -> clean(it.batch());
          case Step.Cut it -> cut(it);
        };
    if (!what.isEmpty()) {
      story.add(what);
      verify();
    }
  }

  private String order(String user, int tokens, boolean linked) {
    if (!model.canMove(user, -tokens)) {
      return "";
    }
    Model.Job job = model.order(user, tokens, linked);
    host.order(job);
    return "%s orders %s for %d, %s"
        .formatted(user, job.id, tokens, linked ? "linked" : "not linked");
  }

  private String claim(Model.Job job) {
    job.status = Model.Status.PROCESSING;
    host.is(job);
    return "a worker claims " + job.id;
  }

  private String stall(Model.Job job) {
    int since = model.stall(job);
    host.is(job);
    return "%s is stuck, as number %d".formatted(job.id, since);
  }

  private String complete(Step.Complete step) {
    return model
        .pick(
            step.job(),
            job ->
                job.is(Model.Status.PROCESSING) || (!step.guarded() && job.is(Model.Status.FAILED)))
        .map(
            job -> {
              Model.Status before = job.status;
              job.status = Model.Status.COMPLETED;
              job.stuckSince = 0;
              host.is(job);
              return "a worker completes %s, which was %s".formatted(job.id, before);
            })
        .orElse("");
  }

  private String fail(Step.Fail step) {
    return model
        .pick(step.job(), job -> job.is(Model.Status.PROCESSING))
        .map(
            job -> {
              job.status = Model.Status.FAILED;
              job.stuckSince = 0;
              host.is(job);
              int tokens = job.lines.getLast().tokens;
              return "the host fails "
                  + job.id
                  + (step.givesBack() && model.canMove(job.user, tokens)
                      ? ", and " + giveBack(job, tokens)
                      : "");
            })
        .orElse("");
  }

  private String retry(Step.Retry step) {
    return model
        .pick(
            step.job(),
            job ->
                job.is(Model.Status.FAILED)
                    && (!step.charged() || model.canMove(job.user, -step.tokens())))
        .map(
            job -> {
              if (step.charged()) {
                model.chargeAgain(job, step.tokens());
                host.charge(job, step.tokens());
              }
              job.status = Model.Status.PENDING;
              host.is(job);
              return "%s is run again %s"
                  .formatted(
                      job.id, step.charged() ? "for " + step.tokens() : "without a new charge");
            })
        .orElse("");
  }

  private String giveBack(Model.Job job, int tokens) {
    model.giveBack(job, tokens);
    host.giveBack(job, tokens);
    return "the host gives %d back for %s".formatted(tokens, job.id);
  }

  private String moveBalance(String user) {
    if (model.away.contains(user)) {
      return bringBack(user);
    }
    model.away.add(user);
    host.balanceIsGone(user);
    return "the balance of %s is gone".formatted(user);
  }

  private String bringBack(String user) {
    model.away.remove(user);
    host.balanceIs(user, model.balance(user));
    return "the balance of %s is back".formatted(user);
  }

  /** A run tries as many owed refunds as jobs: here always all. */
  private CleanupOptions options(int batch) {
    int most = Math.max(batch, model.owed().size());
    return CleanupOptions.defaults().withBatchSize(Math.min(most, CleanupOptions.MAX_BATCH_SIZE));
  }

  private String clean(int batch) {
    CleanupOptions options = options(batch);
    host.waitForOwedRefunds();
    List<Model.Line> tried = new ArrayList<>();
    Model.Settled settled = model.settle(options.batchSize(), tried);
    int paid = model.payOwed(tried);

    CleanupResult result = host.cleanup().cleanupStuckJobs(options);

    String what =
        "a run of %d at most settles %d, gives %d back, owes %d, and pays %d owed before"
            .formatted(options.batchSize(), settled.jobs(), settled.tokens(), settled.owed(), paid);
    assertThat(result.totalFound()).as(what).isEqualTo(settled.jobs());
    assertThat(result.tokensRefunded()).as(what).isEqualByComparingTo(settled.tokens() + "");
    assertThat(result.owed().tokensPaid()).as(what).isEqualByComparingTo(paid + "");
    return what;
  }

  private String cut(Step.Cut step) {
    CleanupOptions options = options(step.batch());
    host.waitForOwedRefunds();
    Model before = model.copy();
    List<Model.Line> tried = new ArrayList<>();
    boolean noneOwed = model.owed().isEmpty();
    Model.Settled settled = model.settle(options.batchSize(), tried);
    Model halfway = model.copy();
    model.payOwed(tried);
    proxy.at(step.point(), 1, step.forGood() ? link -> proxy.cutAll() : FaultProxy.Link::cut);
    boolean ended = false;
    try {
      cut.cleanupStuckJobs(options);
      ended = true;
    } catch (UnreachableDatabaseException e) {
      // The rest is the next run's.
    }
    String what =
        "a run of %d at most, with %d stuck, is cut %s at %s"
            .formatted(
                options.batchSize(),
                settled.jobs(),
                step.forGood() ? "for good" : "once",
                proxy.struck() ? step.point() : "no point");
    if (ended) {
      assertThat(step.forGood() && proxy.struck()).as(what).isFalse();
      return what;
    }
    assertThat(noneOwed && !step.forGood()).as(what + ", and ends").isFalse();
    // A transaction is there or isn't, and the point tells which; what is owed may be in several.
    List<String> rows = host.rows();
    if (noneOwed) {
      model = step.point().isCommitted() ? halfway : before;
    } else if (rows.equals(halfway.rows())) {
      model = halfway;
    } else if (rows.equals(before.rows())) {
      model = before;
    }
    return what;
  }

  private void verify() {
    assertThat(host.rows()).as(story.getLast()).isEqualTo(model.rows());
    Verification verification = host.verify();
    // A late completion is a notice once a run has recorded it.
    Stream<Finding> recorded =
        verification.notices().stream().filter(it -> it.check().equals("late-completion"));
    assertThat(
            Stream.concat(verification.findings().stream(), recorded).map(ModelTest::name).sorted())
        .as(story.getLast())
        .isEqualTo(model.findings());
    assertThat(verification.notices())
        .as(story.getLast())
        .extracting(Finding::check)
        .isSubsetOf("failed-without-refund", "payer-gone", "late-completion");
  }

  private static String name(Finding finding) {
    return finding.check() + " " + String.valueOf(finding.job()).replace("images:", "");
  }
}
