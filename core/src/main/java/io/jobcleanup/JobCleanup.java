package io.jobcleanup;

import io.jobcleanup.audit.Auditor;
import io.jobcleanup.draft.Drafter;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.postgres.AuditTrail;
import io.jobcleanup.postgres.Database;
import io.jobcleanup.postgres.Doctor;
import io.jobcleanup.postgres.Guard;
import io.jobcleanup.postgres.History;
import io.jobcleanup.postgres.Host;
import io.jobcleanup.postgres.JobName;
import io.jobcleanup.postgres.LateBooks;
import io.jobcleanup.postgres.Refunds;
import io.jobcleanup.postgres.Schema;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.postgres.Tx;
import io.jobcleanup.run.Explanation;
import io.jobcleanup.run.Finder;
import io.jobcleanup.run.Listeners;
import io.jobcleanup.run.LogListener;
import io.jobcleanup.run.Rehearser;
import io.jobcleanup.run.Run;
import io.jobcleanup.run.Survey;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Finds stuck jobs in a host's PostgreSQL tables, fails them, and gives their tokens back exactly
 * once. Safe for use by several threads, and by any number of processes at once: they share the
 * work.
 *
 * <pre>{@code
 * JobCleanup cleanup = JobCleanup.builder(dataSource).build();
 * cleanup.migrate();
 * CleanupResult result = cleanup.cleanupStuckJobs();
 * }</pre>
 *
 * <p>Every method that asks the database throws {@link UnreachableDatabaseException} if it doesn't
 * answer, {@link InvalidMappingException} if the mapping is wrong for it, and {@link
 * UnusableDatabaseException} if a privilege is missing.
 */
public final class JobCleanup {

  /** For how long runs stay in our history unless something else is said. */
  public static final Duration DEFAULT_HISTORY = Duration.ofDays(400);

  /** The shortest time for which runs stay in our history. */
  public static final Duration MIN_HISTORY = Duration.ofDays(1);

  private final Database database;
  private final Schema schema;
  private final History history = new History();
  private final Refunds refunds = new Refunds();
  private final Mapping mapping;
  private final Duration timeout;
  private final @Nullable Duration keepHistory;
  private final @Nullable TokenRefunder refunder;
  private final CleanupListener listener;
  private volatile boolean stopped;

  private JobCleanup(Builder builder) {
    this.database = new Database(builder.dataSource, builder.schema);
    this.schema = new Schema(database);
    this.mapping = builder.refunder == null ? builder.mapping.givingBackItself() : builder.mapping;
    this.timeout = builder.timeout;
    this.keepHistory = builder.keepHistory;
    this.refunder = builder.refunder;
    List<CleanupListener> listeners = new ArrayList<>();
    listeners.add(new LogListener(builder.logPerJob));
    listeners.addAll(builder.listeners);
    this.listener = new Listeners(listeners);
  }

  /** A cleanup over a data source, with the specification's own tables until told otherwise. */
  public static Builder builder(DataSource dataSource) {
    return new Builder(dataSource);
  }

  /** Puts a {@link JobCleanup} together. Used by one thread. */
  public static final class Builder {
    private final DataSource dataSource;
    private final List<CleanupListener> listeners = new ArrayList<>();
    private Mapping mapping = Mapping.builtIn();
    private @Nullable String schema;
    private Duration timeout = CleanupOptions.DEFAULT_TIMEOUT;
    private @Nullable Duration keepHistory = DEFAULT_HISTORY;
    private @Nullable TokenRefunder refunder;
    private boolean logPerJob = true;

    private Builder(DataSource dataSource) {
      this.dataSource = dataSource;
    }

    /** What the host's tables are; by default the specification's own. */
    public Builder mapping(Mapping mapping) {
      this.mapping = mapping;
      return this;
    }

    /**
     * Where table names without a schema are looked up; by default as the role's search path says.
     */
    public Builder schema(@Nullable String schema) {
      this.schema = schema;
      return this;
    }

    /**
     * The timeout where neither a run nor the mapping gives one; by default {@link
     * CleanupOptions#DEFAULT_TIMEOUT}.
     *
     * @throws IllegalArgumentException if it is out of range
     */
    public Builder timeout(Duration timeout) {
      this.timeout = CleanupOptions.checkTimeout(timeout);
      return this;
    }

    /**
     * For how long runs stay in our history; null for ever; by default {@link #DEFAULT_HISTORY}.
     * What was given back is remembered for ever, whatever is said here.
     *
     * @throws IllegalArgumentException if it is shorter than {@link #MIN_HISTORY}
     */
    public Builder keepHistory(@Nullable Duration keep) {
      if (keep != null && keep.compareTo(MIN_HISTORY) < 0) {
        throw new IllegalArgumentException(
            "the history is to be kept for %s, at least %s are needed"
                .formatted(keep, MIN_HISTORY));
      }
      this.keepHistory = keep;
      return this;
    }

    /** Gives tokens back by code of the host, in the place of the mapping's balances and ledger. */
    public Builder refunder(TokenRefunder refunder) {
      this.refunder = refunder;
      return this;
    }

    /** Hears what runs do; may be called several times. */
    public Builder listener(CleanupListener listener) {
      listeners.add(listener);
      return this;
    }

    /**
     * Whether each settled job has log lines of its own; by default it has. Warnings and errors
     * always have.
     */
    public Builder logPerJob(boolean logPerJob) {
      this.logPerJob = logPerJob;
      return this;
    }

    /** Puts it together; the database is not asked yet. */
    public JobCleanup build() {
      return new JobCleanup(this);
    }
  }

  /** The host's tables as bound to the mapping, and how our own schema stands. */
  private record Bound(List<SourceStatements> sources, Schema.State state) {}

  private Bound bound() {
    return database.read(tx -> new Bound(Host.bind(tx, mapping), schema.state(tx)));
  }

  /**
   * Lists stuck jobs, the oldest first, up to the batch size, and what a run would do about each.
   * Writes nothing.
   */
  public List<StuckJob> findStuckJobs(CleanupOptions options) {
    return finder(bound()).find(options, options.batchSize());
  }

  /**
   * Explains one job, by its key or by source:key. Several where several sources have a job of that
   * key. Writes nothing.
   */
  public List<JobExplanation> explain(String job, CleanupOptions options) {
    Bound bound = bound();
    return new Explanation(
            database, bound.sources(), options, timeout, bound.state() == Schema.State.CURRENT)
        .of(job);
  }

  /**
   * Counts what waits for a run now: stuck jobs by source, and refunds owed. Cheap: it reads what
   * the indexes tell, and counts so far only. Writes nothing.
   */
  public Backlog backlog() {
    Bound bound = bound();
    return new Survey(database, bound.sources(), timeout, bound.state() == Schema.State.CURRENT)
        .backlog();
  }

  /**
   * Lists the runs in our history, the newest first; none where our schema isn't there.
   *
   * @param after {@link Page#next()} of the page before; null for the first page
   * @param most how many, 1 to {@link Page#MAX_ITEMS}
   * @throws IllegalArgumentException if {@code most} is out of range, or {@code after} isn't from a
   *     page before
   */
  public Page<RunRecord> runs(@Nullable String after, int most) {
    checkMost(most);
    if (after != null && uuid(after).isEmpty()) {
      throw new IllegalArgumentException(
          "after is \"%s\", allowed is what the page before gave as next".formatted(after));
    }
    return remembered(tx -> history.runs(tx, after, most), Page.empty());
  }

  /** One run in our history; empty where there is none of that id. */
  public Optional<RunRecord> run(String id) {
    return uuid(id)
        .flatMap(it -> remembered(tx -> history.run(tx, it.toString()), Optional.empty()));
  }

  /**
   * Lists what a run did to jobs, by their tables and keys; none where our history has no such run.
   *
   * @param run the run's id
   * @param after {@link Page#next()} of the page before; null for the first page
   * @param most how many, 1 to {@link Page#MAX_ITEMS}
   * @throws IllegalArgumentException if {@code most} is out of range, or {@code after} isn't from a
   *     page before
   */
  public Page<RunJob> jobsOfRun(String run, @Nullable String after, int most) {
    checkMost(most);
    return uuid(run)
        .map(
            it ->
                remembered(
                    tx -> history.jobs(tx, it.toString(), after, most), Page.<RunJob>empty()))
        .orElse(Page.empty());
  }

  /**
   * Lists what runs did to one job, the newest first; none where our history has nothing of it.
   *
   * @param job the job's key, or source:key
   * @param most how many, 1 to {@link Page#MAX_ITEMS}
   * @throws IllegalArgumentException if {@code most} is out of range
   */
  public List<RunJob> runsOfJob(String job, int most) {
    checkMost(most);
    return job.indexOf('\0') >= 0
        ? List.of()
        : remembered(tx -> history.ofJob(tx, new JobName(job, mapping), most), List.of());
  }

  /**
   * Lists refunds in our records, the newest first; none where our schema isn't there. What the
   * host gave back without us isn't in them.
   *
   * @param after {@link Page#next()} of the page before; null for the first page
   * @param most how many, 1 to {@link Page#MAX_ITEMS}
   * @throws IllegalArgumentException if {@code most} is out of range, or {@code after} isn't from a
   *     page before
   */
  public Page<RefundRecord> refunds(RefundQuery query, @Nullable String after, int most) {
    checkMost(most);
    return query.impossible()
        ? Page.empty()
        : remembered(tx -> refunds.list(tx, which(query), after, most), Page.empty());
  }

  /** What refunds in our records add up to. */
  public RefundTotals refundTotals(RefundQuery query) {
    return query.impossible()
        ? RefundTotals.NONE
        : remembered(tx -> refunds.totals(tx, which(query)), RefundTotals.NONE);
  }

  private Refunds.Which which(RefundQuery query) {
    return new Refunds.Which(
        query.payer(),
        query.job() == null ? null : new JobName(query.job(), mapping),
        query.owed());
  }

  /**
   * Writes off all that is owed for a job: no run gives it back any more. A run that is giving it
   * back just now is waited for, and comes first.
   *
   * @param job the job's key, or source:key
   * @param reason why, 1 to {@link Waiver#LONGEST_REASON} characters
   * @param by who says so
   * @throws IllegalArgumentException if the reason is blank or too long
   */
  public Waiver waive(String job, String reason, String by) {
    String why = Waiver.checkReason(reason);
    List<RefundRecord> owed =
        refunds(RefundQuery.all().withJob(job).withOwed(true), null, Page.MAX_ITEMS).items();
    List<String> jobs = owed.stream().map(it -> it.source() + ":" + it.job()).distinct().toList();
    long rows = owed.stream().map(it -> it.jobTable() + "/" + it.job()).distinct().count();
    if (rows > 1) {
      return new Waiver.Ambiguous(jobs);
    }
    Waiver waiver = waive(owed.stream().map(RefundRecord::key).toList(), why, by, Waiver.Note.NONE);
    return waiver instanceof Waiver.NothingOwed
        ? new Waiver.NothingOwed(
            refunds(RefundQuery.all().withJob(job), null, Page.MAX_ITEMS).items())
        : waiver;
  }

  /**
   * Writes off one refund that is owed, as {@link #waive} does.
   *
   * @param id the refund's {@link RefundRecord#id()}
   * @param note what is written with it, in the same transaction
   * @throws IllegalArgumentException if the reason is blank or too long
   */
  public Waiver waiveRefund(String id, String reason, String by, Waiver.Note note) {
    String why = Waiver.checkReason(reason);
    return waive(RefundRecord.keyOf(id).stream().toList(), why, by, note);
  }

  private Waiver waive(List<String> keys, String reason, String by, Waiver.Note note) {
    if (keys.isEmpty() || database.read(schema::state) == Schema.State.ABSENT) {
      return new Waiver.NothingOwed(List.of());
    }
    requireCurrent(database.read(schema::state));
    return database.write(
        tx -> {
          List<RefundRecord> owed = refunds.hold(tx, keys);
          if (owed.isEmpty()) {
            return new Waiver.NothingOwed(refunds.byKey(tx, keys));
          }
          try {
            for (RefundRecord each : owed) {
              note.write(tx.connection(), each);
            }
          } catch (SQLException e) {
            throw new UnusableDatabaseException("what goes with a waiver can't be written", e);
          }
          return new Waiver.Waived(
              refunds.waive(tx, owed.stream().map(RefundRecord::key).toList(), reason, by));
        });
  }

  /**
   * How long ago the last run that went to its end ended, by the database's clock; empty where our
   * history has none.
   */
  public Optional<Duration> sinceGoodRun() {
    return remembered(history::sinceGoodRun, Optional.empty());
  }

  /**
   * Whether anybody ever started a run that wasn't a dry one, by whatever trigger but {@link
   * Trigger#SCHEDULE}; remembered though the history be deleted. False where our schema isn't
   * there.
   */
  public boolean everAskedFor() {
    return remembered(history::everAskedFor, false);
  }

  /**
   * Audits the books: holds the host's tables and our own against each other, as they are at one
   * moment. Writes nothing; where our schema isn't there, nothing is a finding.
   *
   * @param progress hears now and then what is being looked at
   */
  public Verification verify(Consumer<String> progress) {
    Bound bound = bound();
    if (bound.state() != Schema.State.ABSENT) {
      requireCurrent(bound.state());
    }
    return new Auditor(
            database, bound.sources(), bound.state() == Schema.State.CURRENT, keepHistory, progress)
        .verify();
  }

  /**
   * Records that somebody takes responsibility for a finding: as long as its rows and amounts stay
   * as they are, {@link #verify} tells it as a notice. The books are audited anew for it.
   *
   * @param finding its id
   * @param reason why, 1 to {@link Waiver#LONGEST_REASON} characters
   * @param by who accepts it; null where nobody is known
   * @param progress hears now and then what is being looked at
   * @return what was accepted; empty where there is no such finding now
   * @throws IllegalArgumentException if the reason is blank or too long
   */
  public Optional<Finding> acceptFinding(
      String finding, String reason, @Nullable String by, Consumer<String> progress) {
    String why = Waiver.checkReason(reason);
    Optional<Finding> found =
        verify(progress).findings().stream().filter(it -> it.id().equals(finding)).findFirst();
    found.ifPresent(
        it ->
            database.write(
                tx -> {
                  new AuditTrail().accept(tx, it, why, by);
                  return it;
                }));
    return found.map(it -> it.accepted(why));
  }

  /**
   * Lists jobs that workers completed after a run had failed them, and attempts that our trigger
   * prevented, as far as they are recorded, the newest first; none where our schema isn't there.
   *
   * @param after {@link Page#next()} of the page before; null for the first page
   * @param most how many, 1 to {@link Page#MAX_ITEMS}
   * @throws IllegalArgumentException if {@code most} is out of range, or {@code after} isn't from a
   *     page before
   */
  public Page<LateCompletion> lateCompletions(@Nullable String after, int most) {
    checkMost(most);
    if (after != null && !after.matches("[0-9]{1,18}")) {
      throw new IllegalArgumentException(
          "after is \"%s\", allowed is what the page before gave as next".formatted(after));
    }
    return remembered(tx -> new LateBooks().list(tx, after, most), Page.empty());
  }

  /** How many of them are recorded; none where our schema isn't there. */
  public LateTotals lateTotals() {
    return remembered(new LateBooks()::totals, LateTotals.NONE);
  }

  /**
   * Has a trigger on job tables keep settled jobs settled: a worker's late update of a job that a
   * run failed hits no row, and is recorded as a late completion that was prevented. Where the
   * trigger is there and fits the mapping, nothing changes. Needs to own the tables and our schema.
   *
   * @param source the source whose jobs are to be kept; null for those of all sources
   * @return the tables whose trigger was made or replaced
   * @throws IllegalArgumentException if there is no such source
   * @throws UnusableDatabaseException if a job table is a view, our role may not, or the table is
   *     in use for longer than 1 s
   */
  public List<String> guard(@Nullable String source) {
    Bound bound = bound();
    requireCurrent(bound.state());
    return new Guard(database).install(named(source, bound.sources()));
  }

  /**
   * Takes the trigger of {@link #guard} off again.
   *
   * @param source the source whose trigger; null for all of ours, of whatever mapping
   * @return the tables that one was taken off
   * @throws IllegalArgumentException if there is no such source
   * @throws UnusableDatabaseException as {@link #guard} does
   */
  public List<String> dropGuard(@Nullable String source) {
    return new Guard(database)
        .drop(
            source == null
                ? Optional.empty()
                : Optional.of(named(source, bound().sources()).getFirst()));
  }

  /**
   * The SQL of {@link #guard}, for whoever owns the tables.
   *
   * @param source the source; null for all
   * @throws IllegalArgumentException if there is no such source
   */
  public String guardScript(@Nullable String source) {
    return Guard.script(named(source, bound().sources()));
  }

  private static List<SourceStatements> named(@Nullable String source, List<SourceStatements> all) {
    List<SourceStatements> named =
        all.stream().filter(it -> source == null || source.equals(it.source().name())).toList();
    if (named.isEmpty()) {
      throw new IllegalArgumentException(
          "there is no source \"%s\", the mapping has %s"
              .formatted(
                  source,
                  all.stream().map(it -> it.source().name()).collect(Collectors.joining(", "))));
    }
    return named;
  }

  private <T> T remembered(Function<Tx, T> question, T whereAbsent) {
    return database.read(
        tx -> {
          Schema.State state = schema.state(tx);
          if (state == Schema.State.ABSENT) {
            return whereAbsent;
          }
          requireCurrent(state);
          return question.apply(tx);
        });
  }

  private static void checkMost(int most) {
    if (most < 1 || most > Page.MAX_ITEMS) {
      throw new IllegalArgumentException(
          "most is %d, allowed are 1 to %d".formatted(most, Page.MAX_ITEMS));
    }
  }

  private static Optional<UUID> uuid(String text) {
    try {
      UUID uuid = UUID.fromString(text);
      return uuid.toString().equalsIgnoreCase(text) ? Optional.of(uuid) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Runs one cleanup with the defaults. */
  public CleanupResult cleanupStuckJobs() {
    return cleanupStuckJobs(CleanupOptions.defaults());
  }

  /** Runs one cleanup. */
  public CleanupResult cleanupStuckJobs(CleanupOptions options) {
    return cleanupStuckJobs(options, Trigger.CODE, null);
  }

  /**
   * Runs one cleanup, and records who asked for it.
   *
   * @param actor who started it; null where nobody did
   * @throws IllegalStateException after {@link #stop()}
   * @throws UnusableDatabaseException if our schema is not there or not up to date, and this is no
   *     dry run
   */
  public CleanupResult cleanupStuckJobs(
      CleanupOptions options, Trigger trigger, @Nullable String actor) {
    Bound bound = bound();
    if (options.dryRun()) {
      return finder(bound).dryRun(options);
    }
    requireCurrent(bound.state());
    if (stopped) {
      throw new IllegalStateException("stopped: no further run begins");
    }
    return new Run(
            database,
            bound.sources(),
            options,
            timeout,
            keepHistory,
            refunder,
            listener,
            () -> stopped)
        .execute(trigger, actor);
  }

  /**
   * Settles stuck jobs, the oldest first, up to the batch size, in one transaction that is rolled
   * back, and tells each row that changed. Holds the rows meanwhile as a run does, for half of the
   * server's {@code deadlock_timeout} at most: fewer jobs are rehearsed where that isn't enough. A
   * {@link TokenRefunder} is called as in a run, so what it does outside the transaction is done.
   *
   * @throws UnusableDatabaseException if our schema is not there and can't be made for a moment, or
   *     isn't up to date
   */
  public Rehearsal rehearse(CleanupOptions options) {
    Bound bound = bound();
    if (bound.state() != Schema.State.ABSENT) {
      requireCurrent(bound.state());
    }
    return new Rehearser(
            database, schema, bound.sources(), options, timeout, refunder, bound.state())
        .rehearse();
  }

  /**
   * Has runs in progress end with the transactions that they are in: they answer as usual, and say
   * that something remains. No further run begins; looking is still possible. Returns at once.
   */
  public void stop() {
    stopped = true;
  }

  private Finder finder(Bound bound) {
    return new Finder(database, bound.sources(), timeout, bound.state() == Schema.State.CURRENT);
  }

  private static void requireCurrent(Schema.State state) {
    switch (state) {
      case CURRENT -> {}
      case ABSENT ->
          throw new UnusableDatabaseException(
              List.of(
                  "Our schema %s is not there. Make it: job-cleanup migrate"
                      .formatted(Schema.NAME)));
      case BEHIND ->
          throw new UnusableDatabaseException(
              List.of(
                  "Our schema %s is older than this version. Bring it up to date: job-cleanup migrate"
                      .formatted(Schema.NAME)));
      case UNUSABLE ->
          throw new UnusableDatabaseException(
              List.of(
                  "Our role may not use all of the schema %s. The grants that suffice: job-cleanup migrate --print"
                      .formatted(Schema.NAME)));
    }
  }

  /**
   * Makes our schema, or brings it up to date, under a lock; quick where it is. Gives the number of
   * migrations applied.
   */
  public int migrate() {
    Bound bound = bound();
    return switch (bound.state()) {
      case ABSENT, BEHIND -> schema.migrate(bound.sources());
      case CURRENT -> {
        schema.recordMissingBaseline(bound.sources());
        yield 0;
      }
      case UNUSABLE -> 0;
    };
  }

  /** Whether our schema is there and as this version needs it. */
  public boolean migrated() {
    return database.read(schema::state) == Schema.State.CURRENT;
  }

  /**
   * Removes our schema with all that it remembers: afterwards nobody knows any more what was given
   * back.
   */
  public void dropSchema() {
    schema.drop();
  }

  /**
   * The SQL that makes our schema, with the grants that suffice for a role to run cleanups by a
   * mapping. Asks no database: tables stand in it as the mapping names them.
   */
  public static String schemaScript(Mapping mapping) {
    return Schema.script(mapping);
  }

  /**
   * Drafts a mapping for this database, whatever mapping is set, from its catalogue and its rows.
   * Writes nothing.
   *
   * @param table the one job table to draft for, with or without its schema; null looks for them
   * @param progress hears now and then what is being looked at
   * @throws IllegalArgumentException if there is no such table, or it has no status
   */
  public MappingDraft draftMapping(@Nullable String table, Consumer<String> progress) {
    return new Drafter(database, progress).draft(table);
  }

  /** Looks at database and mapping, and says what is wrong and how to mend it. Writes nothing. */
  public Diagnosis diagnose() {
    return new Doctor(database, schema, mapping, timeout).examine();
  }
}
