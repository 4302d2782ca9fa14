package io.jobcleanup.server.schedule;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerName;
import com.github.kagkarlsson.scheduler.jdbc.PostgreSqlJdbcCustomization;
import com.github.kagkarlsson.scheduler.task.ExecutionComplete;
import com.github.kagkarlsson.scheduler.task.helper.RecurringTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import io.jobcleanup.CleanupOptions;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.server.database.Outage;
import io.jobcleanup.server.database.SqlText;
import io.jobcleanup.server.settings.Settings;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The service's own schedule: a cleanup at each tick of the crontab, once over all instances, by
 * the database's clock. A tick that comes while the run of the one before is still under way is
 * left out; one that came while no instance was there is made good once. Safe for use by several
 * threads.
 */
public final class CleanupSchedule implements SmartLifecycle {
  private static final Logger log = LoggerFactory.getLogger(CleanupSchedule.class);

  /** How long one run drains, so that the history is told of progress. */
  static final Duration LONGEST_RUN = Duration.ofMinutes(10);

  private static final Duration HEARTBEAT = Duration.ofSeconds(5);
  private static final int MISSED_HEARTBEATS = 4;
  private static final Duration POLLED_EVERY = Duration.ofSeconds(5);
  private static final Duration RETRIED_AFTER = Duration.ofMinutes(1);

  /** Less than the 30 s that a phase of the application's end may take. */
  private static final Duration LONGEST_STOP = Duration.ofSeconds(25);

  private static final String TABLE = "job_cleanup.scheduled_task";
  private static final String TASK = "cleanup";
  private static final String NEXT_TICK = SqlText.of(CleanupSchedule.class, "next-tick");

  private record NextTick(Instant at, boolean underWay, Instant now) {}

  /**
   * How the schedule stands.
   *
   * @param mode what it does at a tick
   * @param nextTick when the next one is due; a moment that has passed is that of a run under way.
   *     Null where it is off
   * @param underWay whether a run is under way, on whatever instance
   * @param overdue whether two ticks have passed since the last good run, and none is under way
   */
  public record Standing(
      Mode mode, @Nullable Instant nextTick, boolean underWay, boolean overdue) {}

  private final Settings.Schedule settings;
  private final boolean embedded;
  private final JobCleanup cleanup;
  private final DataSource dataSource;
  private final JdbcClient jdbc;
  private final CrontabSchedule schedule;
  private final Tick tick;
  private final String instance = UUID.randomUUID().toString();

  private @Nullable Scheduler scheduler;
  private @Nullable Watch watch;
  private volatile @Nullable Instant startedAt;
  private volatile boolean stopping;

  CleanupSchedule(Settings settings, JobCleanup cleanup, DataSource dataSource, JdbcClient jdbc) {
    this.settings = settings.schedule();
    this.embedded = settings.databaseUrl() == null;
    this.cleanup = cleanup;
    this.dataSource = dataSource;
    this.jdbc = jdbc;
    this.schedule = new CrontabSchedule(Crontab.parse(this.settings.cron()), this.settings.zone());
    this.tick =
        new Tick(
            cleanup,
            CleanupOptions.defaults()
                .withBatchSize(settings.batchSize())
                .withDrain(true)
                .withMaxDuration(LONGEST_RUN),
            this::mode);
  }

  private Mode mode() {
    return Mode.of(settings.enabled(), embedded, cleanup::everAskedFor);
  }

  /**
   * How it stands now.
   *
   * @param sinceGoodRun how long ago the last good run ended; empty where there was none
   * @throws org.springframework.dao.DataAccessException if the database doesn't answer
   */
  public Standing standing(Optional<Duration> sinceGoodRun) {
    Mode mode = mode();
    Instant since = startedAt;
    NextTick next = mode == Mode.OFF ? null : nextTick().orElse(null);
    if (next == null || since == null) {
      return new Standing(mode, null, false, false);
    }
    boolean overdue =
        mode == Mode.RUNS
            && !next.underWay()
            && schedule.isOverdue(
                sinceGoodRun.map(next.now()::minus).orElse(null), since, next.now());
    return new Standing(mode, next.at(), next.underWay(), overdue);
  }

  private ZoneId zone() {
    return schedule.zone();
  }

  private Optional<NextTick> nextTick() {
    return jdbc.sql(NEXT_TICK)
        .param("task", TASK)
        .param("instance", RecurringTask.INSTANCE)
        .param("dead_ms", HEARTBEAT.multipliedBy(MISSED_HEARTBEATS).toMillis())
        .query(
            (row, number) ->
                new NextTick(
                    row.getObject("next_at", OffsetDateTime.class).toInstant(),
                    row.getBoolean("under_way"),
                    row.getObject("now", OffsetDateTime.class).toInstant()))
        .optional();
  }

  @Override
  public synchronized void start() {
    Mode mode = mode();
    if (scheduler != null || mode == Mode.OFF) {
      return;
    }
    DatabaseClock clock = new DatabaseClock(jdbc);
    RecurringTask<Void> task =
        Tasks.recurring(TASK, schedule)
            .onFailure(
                (complete, operations) -> operations.reschedule(complete, afterFailure(complete)))
            // The one that comes with it revives by the machine's clock.
            .onDeadExecution(
                (complete, operations) -> operations.reschedule(complete, complete.getTimeDone()))
            .execute((taskInstance, context) -> come());
    Watch watching = new Watch(this::nextTick, () -> ensureTask(task));
    Scheduler started =
        Scheduler.create(dataSource)
            .startTasks(task)
            .tableName(TABLE)
            .jdbcCustomization(new PostgreSqlJdbcCustomization(false, true))
            .clock(clock)
            .schedulerName(new SchedulerName.Fixed(instance))
            .threads(1)
            .pollUsingLockAndFetch(0.5, 1)
            .pollingInterval(POLLED_EVERY)
            .heartbeatInterval(HEARTBEAT)
            .missedHeartbeatsLimit(MISSED_HEARTBEATS)
            .shutdownMaxWait(LONGEST_STOP)
            .addSchedulerListener(watching)
            .build();
    started.start();
    scheduler = started;
    watch = watching;
    startedAt = clock.now();
    log.atInfo()
        .addKeyValue("cron", schedule.crontab())
        .addKeyValue("zone", zone())
        .addKeyValue("next", schedule.crontab().next(clock.now(), zone()))
        .addKeyValue("instance", instance)
        .log("Schedule started");
    if (mode == Mode.REPORTS) {
      Thread.ofVirtual().name("first report").start(tick::report);
    }
  }

  /** What is done at a tick. */
  void come() {
    boolean unfinished = stopping || tick.come();
    if (unfinished && stopping) {
      throw new CancellationException("the service is stopped before all is done");
    }
  }

  /** Plans the next tick where nothing is planned, as the database was lost when it would be. */
  private void ensureTask(RecurringTask<Void> task) {
    Scheduler current = scheduler;
    if (current != null) {
      current.scheduleIfNotExists(task.schedulableInstance(RecurringTask.INSTANCE));
    }
  }

  /**
   * What a service that is stopped leaves undone is due at once, for another instance or its own
   * next life; a run that the database was lost to is tried again soon, any other at the next tick.
   */
  private Instant afterFailure(ExecutionComplete complete) {
    if (complete.getCause().filter(CancellationException.class::isInstance).isPresent()) {
      return complete.getTimeDone();
    }
    Instant next = schedule.getNextExecutionTime(complete);
    Instant soon = complete.getTimeDone().plus(RETRIED_AFTER);
    boolean lost = complete.getCause().filter(Outage::isBehind).isPresent();
    return lost && soon.isBefore(next) ? soon : next;
  }

  /**
   * Ends it, and with it a run in progress after its current batch; its heartbeat is kept up until
   * then, so that no other instance takes it for dead.
   */
  @Override
  public void stop() {
    Scheduler running;
    synchronized (this) {
      running = scheduler;
      scheduler = null;
      stopping = true;
      if (watch != null) {
        watch.stopping();
      }
    }
    if (running != null) {
      running.pause();
      cleanup.stop();
      running.stop();
    }
  }

  @Override
  public void stop(Runnable callback) {
    Thread.ofPlatform()
        .name("schedule-stop")
        .start(
            () -> {
              try {
                stop();
              } finally {
                callback.run();
              }
            });
  }

  @Override
  public synchronized boolean isRunning() {
    return scheduler != null;
  }

  /** With the web server's own graceful end, neither before nor after it. */
  @Override
  public int getPhase() {
    return WebServerApplicationContext.GRACEFUL_SHUTDOWN_PHASE;
  }
}
