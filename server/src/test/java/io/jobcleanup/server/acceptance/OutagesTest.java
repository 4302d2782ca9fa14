package io.jobcleanup.server.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.embedded.EmbeddedPostgres;
import io.jobcleanup.server.Host;
import io.jobcleanup.server.acceptance.Call.Ended;
import io.jobcleanup.server.account.Actor;
import io.jobcleanup.server.account.Role;
import io.jobcleanup.server.account.Tokens;
import io.jobcleanup.server.schedule.Instance;
import io.jobcleanup.server.service.Serving;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The database goes away and comes back while callers of all kinds go on asking. */
class OutagesTest {
  private static final int OUTAGES = Size.of(3, 20);

  /** How often each kind of call is answered while the database is away. */
  private static final int ANSWERS = Size.of(2, 4);

  private static final Duration BACK_WITHIN = Duration.ofSeconds(10);

  /** How long an answer may take at most, and what a busy machine adds. */
  private static final Duration AT_MOST = Duration.ofMillis(5_000 + 500);

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration PAUSE = Duration.ofMillis(20);
  private static final int JOBS = 30;

  /** As many of four connections as are for finding out who calls. */
  private static final int FOR_CALLERS = 2;

  private static EmbeddedPostgres postgres;
  private static Host host;
  private static Books books;
  private static Serving serving;
  private static List<Call> known;
  private static List<Call> unknown;
  private static Call alive;

  private final Queue<Ended> ended = new ConcurrentLinkedQueue<>();
  private volatile boolean asking = true;

  @BeforeAll
  static void start() throws Exception {
    postgres = EmbeddedPostgres.temporary();
    host = Host.on(postgres);
    serving = Serving.on(host);
    books = Books.open(host, 10);
    String token =
        new Tokens(host.dataSource())
            .create(Actor.atCommandLine(), "outage", Role.OPERATOR, null)
            .orElseThrow()
            .reveal();
    String cookie = serving.cookie(Serving.EMAIL, Serving.PASSWORD);
    known =
        List.of(
            Call.bearer("GET", "/api/cron/cleanup-jobs", Serving.CRON_SECRET),
            Call.bearer("POST", "/api/admin/jobs/cleanup", token),
            Call.cookie("POST", "/api/admin/jobs/cleanup", cookie),
            Call.cookie("GET", "/api/admin/runs", cookie),
            Call.bearer("GET", "/api/admin/jobs/stuck", token),
            Call.cookie("GET", "/api/auth/me", cookie),
            new Call("GET", "/actuator/health"));
    unknown =
        List.of(
            new Call("POST", "/api/admin/jobs/cleanup"),
            Call.bearer("GET", "/api/cron/cleanup-jobs", "not the secret"));
    alive = new Call("GET", "/actuator/health/liveness");
  }

  @AfterAll
  static void stop() throws SQLException {
    serving.close();
    host.close();
    postgres.close();
  }

  /** When the database was surely away. */
  private record Outage(long from, long to) {
    boolean holds(Ended call) {
      return call.at() > from && call.at() + call.took().toNanos() < to;
    }
  }

  @Test
  void whileTheDatabaseIsStoppedAgainAndAgainEachCallIsAnsweredAndAllGoesOnByItself()
      throws Exception {
    List<Outage> outages = new ArrayList<>();
    whileAsking(
        () -> {
          for (int i = 0; i < OUTAGES; i++) {
            books.goStuck("before" + i, JOBS);
            host.close();
            postgres.stopImmediately();
            long from = System.nanoTime();
            awaitAnswersSince(from);
            long to = System.nanoTime();
            postgres.start();
            outages.add(new Outage(from, to));
            host = host.again();
            books.goOn(host);
            awaitAllWell();
          }
        });

    List<Ended> away =
        ended.stream().filter(it -> outages.stream().anyMatch(each -> each.holds(it))).toList();
    say("stopped and started %d times".formatted(OUTAGES), away.size());
    assertAnswered();
    assertThat(away).as("calls while it was away").hasSizeGreaterThan(OUTAGES * known.size());
    assertThat(away)
        .filteredOn(it -> known.contains(it.call()))
        .allMatch(it -> it.status() == 503)
        .filteredOn(it -> !it.call().path().startsWith("/actuator/"))
        .allMatch(it -> it.body().contains("\"error\":\""))
        .noneMatch(it -> it.body().contains("127.0.0.1") || it.body().contains("Exception"));
    assertThatAllIsSettled();
  }

  @Test
  void whileTheDatabaseIsFrozenNoCallHangs() throws Exception {
    whileAsking(
        () -> {
          books.goStuck("frozen", JOBS);
          signal("STOP");
          awaitAnswersSince(System.nanoTime());
          signal("CONT");
          awaitAllWell();
        });

    say("frozen", 0);
    assertAnswered();
    assertThatAllIsSettled();
  }

  @Test
  void connectionsThatWereLostWithoutAWordAreReplaced() throws Exception {
    Call me =
        known.stream().filter(it -> it.path().equals("/api/auth/me")).findFirst().orElseThrow();
    try (SilentNetwork network = new SilentNetwork(postgres.port());
        Serving beyond =
            Serving.on(
                host,
                "DATABASE_URL",
                host.url().replace(":" + postgres.port(), ":" + network.port()));
        ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Ended>> waiting = new ArrayList<>();
      long lostAt;
      try (Connection other = host.dataSource().getConnection();
          Statement statement = other.createStatement()) {
        other.setAutoCommit(false);
        statement.execute("lock table job_cleanup.session in access exclusive mode");
        for (int i = 0; i < 2 * FOR_CALLERS; i++) {
          waiting.add(callers.submit(() -> me.make(beyond.port(), PATIENCE)));
        }
        Instance.await("connections are in use", BACK_WITHIN, () -> waiters() == FOR_CALLERS);
        network.lose();
        lostAt = System.nanoTime();
      }

      for (Future<Ended> each : waiting) {
        assertThat(each.get().status()).isEqualTo(503);
      }
      assertThat(Duration.ofNanos(System.nanoTime() - lostAt)).isLessThan(AT_MOST);
      network.find();
      Instance.await("it works again", BACK_WITHIN, () -> make(me, beyond.port()).status() == 200);
    }
  }

  private int waiters() {
    try {
      return Integer.parseInt(
          host.query("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private void assertAnswered() {
    assertThat(ended).filteredOn(it -> it.took().compareTo(AT_MOST) > 0).as("too slow").isEmpty();
    assertThat(ended)
        .filteredOn(it -> known.contains(it.call()))
        .allMatch(it -> it.status() == 200 || it.status() == 503);
    assertThat(ended)
        .filteredOn(it -> unknown.contains(it.call()))
        .allMatch(it -> it.status() == 401);
    assertThat(ended).filteredOn(it -> it.call() == alive).allMatch(it -> it.status() == 200);
  }

  private void assertThatAllIsSettled() throws Exception {
    Ended last = known.getFirst().make(serving.port(), PATIENCE);
    assertThat(last.body()).contains("\"remaining\":false");
    books.assertThatAllIsSettled();
  }

  private void awaitAnswersSince(long from) {
    for (Call each : known) {
      Instance.await(
          each.path() + " is answered while the database is away",
          AT_MOST.multipliedBy(ANSWERS + 1),
          () ->
              ended.stream().filter(it -> it.call() == each && it.at() > from).count() >= ANSWERS);
    }
  }

  /** The session and the token live on, too. */
  private void awaitAllWell() {
    for (Call each : known) {
      Instance.await(each.path() + " works again", BACK_WITHIN, () -> make(each).status() == 200);
    }
  }

  private interface Work {
    void run() throws Exception;
  }

  private void whileAsking(Work work) throws Exception {
    List<Future<?>> callers = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Stream.of(known, unknown, List.of(alive))
          .flatMap(List::stream)
          .forEach(call -> callers.add(threads.submit(() -> askOn(call))));
      try {
        work.run();
      } finally {
        asking = false;
      }
    }
    for (Future<?> each : callers) {
      each.get();
    }
  }

  private void askOn(Call call) {
    while (asking) {
      Ended each = make(call);
      ended.add(each);
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  private Ended make(Call call) {
    return make(call, serving.port());
  }

  private static Ended make(Call call, int port) {
    try {
      return call.make(port, PATIENCE);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void signal(String name) throws IOException, InterruptedException {
    ProcessHandle server = ProcessHandle.of(postgres.pid()).orElseThrow();
    List<String> command = new ArrayList<>(List.of("kill", "-" + name));
    Stream.concat(Stream.of(server), server.descendants())
        .forEach(it -> command.add(String.valueOf(it.pid())));
    new ProcessBuilder(command).start().waitFor();
  }

  private void say(String what, int away) {
    Map<String, Integer> statuses = new TreeMap<>();
    ended.forEach(it -> statuses.merge(it.call().path() + " " + it.status(), 1, Integer::sum));
    System.out.printf(
        "%s: %d calls, %d while it was away, longest %s ms, %s%n",
        what,
        ended.size(),
        away,
        ended.stream().mapToLong(it -> it.took().toMillis()).max().orElse(0),
        statuses);
  }
}
