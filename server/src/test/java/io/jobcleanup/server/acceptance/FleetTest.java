package io.jobcleanup.server.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.Host;
import io.jobcleanup.server.TestPostgres;
import io.jobcleanup.server.acceptance.Call.Ended;
import io.jobcleanup.server.account.Actor;
import io.jobcleanup.server.account.Role;
import io.jobcleanup.server.account.Tokens;
import io.jobcleanup.server.schedule.Instance;
import io.jobcleanup.server.service.Serving;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Four instances of the service on one database. They are used up one after the other. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Execution(ExecutionMode.CONCURRENT)
class FleetTest {
  private static final int INSTANCES = 4;
  private static final int CALLS = Size.of(500, 2_000);
  private static final Duration FROZEN = Duration.ofSeconds(Size.of(5, 30));
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Duration WORK_EVERY = Duration.ofMillis(200);
  private static final int KILLED = 3;
  private static final int FROZEN_ONE = 2;
  private static final String CRON = "/api/cron/cleanup-jobs";
  private static final String CLEANUP = "/api/admin/jobs/cleanup";

  @TempDir static Path directory;

  private static Host host;
  private static Books books;
  private static List<Instance> instances;
  private static List<Call> calls;

  @BeforeAll
  static void start() throws Exception {
    host = Host.on(TestPostgres.server());
    books = Books.open(host, 20);
    // Each job takes its time, so that runs are long enough to be cut off in.
    host.execute(
        """
        create function take_time() returns trigger language plpgsql as $$
        begin
          if new.status = 'FAILED' then
            perform pg_sleep(case when new.id like 'slow%' then 0.1 else 0.002 end);
          end if;
          return new;
        end $$;
        create trigger take_time before update on image_enhancement_jobs
          for each row execute function take_time();
        """);
    Map<String, String> variables =
        host.variables(
            "JOB_CLEANUP_BATCH_SIZE",
            "20",
            "ADMIN_EMAIL",
            Serving.EMAIL,
            "ADMIN_PASSWORD",
            Serving.PASSWORD,
            "CRON_SECRET",
            Serving.CRON_SECRET);
    instances = new ArrayList<>();
    for (int i = 0; i < INSTANCES; i++) {
      instances.add(Instance.start(directory, variables));
    }
    instances.forEach(Instance::ready);
    String token =
        new Tokens(host.dataSource())
            .create(Actor.atCommandLine(), "fleet", Role.OPERATOR, null)
            .orElseThrow()
            .reveal();
    String cookie = signIn(instances.getFirst());
    calls =
        List.of(
            Call.bearer("GET", CRON, Serving.CRON_SECRET),
            Call.bearer("POST", CLEANUP, token),
            Call.bearer("POST", CRON, Serving.CRON_SECRET),
            Call.cookie("POST", CLEANUP, cookie));
  }

  private static String signIn(Instance instance) throws IOException, InterruptedException {
    return Serving.cookieOf(
        Serving.send(
            instance.port(),
            "POST",
            "/api/auth/login",
            "{\"email\":\"%s\",\"password\":\"%s\"}".formatted(Serving.EMAIL, Serving.PASSWORD),
            "Content-Type",
            "application/json"));
  }

  @AfterAll
  static void stop() throws SQLException {
    instances.forEach(Instance::close);
    host.close();
  }

  @Test
  @Order(1)
  @Execution(ExecutionMode.SAME_THREAD)
  void manyCallsAtOnceWhileOneInstanceIsKilledAndOneFrozenSettleEachJobOnce() throws Exception {
    books.goStuck("before", 200);
    List<Future<Ended>> pending = new ArrayList<>();
    Map<String, Integer> summary = new TreeMap<>();
    List<Ended> ended = new ArrayList<>();
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < CALLS; i++) {
        Call call = calls.get(i / INSTANCES % calls.size());
        int port = instances.get(i % INSTANCES).port();
        pending.add(callers.submit(() -> call.make(port, PATIENCE)));
      }
      books.goStuck("during", 200);
      Instance.await("runs are under way", PATIENCE, () -> settled() > 20);
      instances.get(KILLED).kill();
      instances.get(FROZEN_ONE).freeze();
      workGoesOn(FROZEN);
      instances.get(FROZEN_ONE).thaw();
      for (Future<Ended> each : pending) {
        ended.add(each.get());
      }
    }

    for (Ended each : ended) {
      String instance = "instance " + instanceAt(each.port());
      summary.merge("%s answered %d".formatted(instance, each.status()), 1, Integer::sum);
      summary.merge(instance + " took ms", (int) each.took().toMillis(), Math::max);
    }
    System.out.printf("%d calls, frozen for %s: %s%n", CALLS, FROZEN, summary);
    assertThat(ended)
        .filteredOn(it -> instanceAt(it.port()) != KILLED)
        .as(() -> summary + logs())
        .allMatch(it -> it.status() == 200 || it.status() == 503 && it.port() == port(FROZEN_ONE));
    books.assertThatTheyAddUp();
    Ended last = calls.getFirst().make(port(0), PATIENCE);
    assertThat(last.body()).contains("\"remaining\":false");
    books.assertThatAllIsSettled();
    for (Instance each : instances) {
      assertThat(each.log()).doesNotContain("[ERROR]");
    }
  }

  @Test
  @Order(2)
  @Execution(ExecutionMode.SAME_THREAD)
  void instanceThatIsToldToEndAnswersTheCallInProgressAndLeavesTheRestToAnother() throws Exception {
    int before = settled();
    books.goStuck("slow", 60);
    Ended first;
    int code;
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Ended> call = callers.submit(() -> calls.getFirst().make(port(0), PATIENCE));
      Instance.await("the run is under way", PATIENCE, () -> settled() > before);
      instances.get(0).beginToTerminate();
      first = call.get();
      code = instances.get(0).awaitEnd();
    }

    assertThat(first.status()).as(first.body()).isEqualTo(200);
    assertThat(first.body()).contains("\"remaining\":true").contains("\"failed\":0");
    assertThat(code).isZero();
    assertThat(books.stuck()).isPositive();
    books.assertThatTheyAddUp();
    assertThat(calls.getFirst().make(port(1), PATIENCE).body()).contains("\"remaining\":false");
    books.assertThatAllIsSettled();
  }

  private static int port(int instance) {
    return instances.get(instance).port();
  }

  private static int instanceAt(int port) {
    for (int i = 0; i < INSTANCES; i++) {
      if (port(i) == port) {
        return i;
      }
    }
    throw new IllegalArgumentException("no instance listens on " + port);
  }

  /** More jobs get stuck again and again, until that has gone on for a while. */
  private static void workGoesOn(Duration lasting) throws Exception {
    AtomicLong rounds = new AtomicLong(lasting.dividedBy(WORK_EVERY));
    CompletableFuture<Void> done = new CompletableFuture<>();
    try (ScheduledExecutorService work = Executors.newSingleThreadScheduledExecutor()) {
      work.scheduleAtFixedRate(
          () -> {
            try {
              books.goStuck("meanwhile" + rounds.get(), 20);
              if (rounds.decrementAndGet() == 0) {
                done.complete(null);
              }
            } catch (SQLException e) {
              done.completeExceptionally(e);
            }
          },
          0,
          WORK_EVERY.toMillis(),
          TimeUnit.MILLISECONDS);
      try {
        done.get(lasting.plus(PATIENCE).toMillis(), TimeUnit.MILLISECONDS);
      } finally {
        work.shutdownNow();
      }
    }
  }

  private static int settled() {
    try {
      return Integer.parseInt(host.query("select count(*) from job_cleanup.run_job"));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String logs() {
    return instances.stream().map(Instance::log).collect(Collectors.joining("\n\n"));
  }
}
