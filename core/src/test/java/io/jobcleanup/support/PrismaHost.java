package io.jobcleanup.support;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The specification's own database, as Prisma makes it, and what its application does. */
public final class PrismaHost {

  /** How the time columns are made. */
  public enum Times {
    ZONELESS("timestamp(3)", "timestamp(3)"),
    ZONED("timestamptz(3)", "timestamptz(3)"),
    MIXED("timestamptz", "timestamp(3)");

    private final String started;
    private final String updated;

    Times(String started, String updated) {
      this.started = started;
      this.updated = updated;
    }
  }

  private static final Map<Times, TestDatabase> TEMPLATES = new ConcurrentHashMap<>();

  private final TestDatabase database;
  private final Times times;

  private PrismaHost(TestDatabase database, Times times) {
    this.database = database;
    this.times = times;
  }

  /** A new database with the tables. */
  public static PrismaHost create() {
    return create(Times.ZONELESS);
  }

  /** A new database with the tables, times kept as asked. */
  public static PrismaHost create(Times times) {
    return over(TEMPLATES.computeIfAbsent(times, PrismaHost::template).copy(), times);
  }

  /** Makes the tables in an empty database, times kept as asked. */
  public static PrismaHost in(TestDatabase database, Times times) {
    return over(make(database, times), times);
  }

  /** A new host like this one, to whose database nobody may be connected just then. */
  public PrismaHost copy() {
    return over(database.copy(), times);
  }

  private static PrismaHost over(TestDatabase database, Times times) {
    database.execute("alter database %s set timezone to 'UTC'".formatted(database.name()));
    return new PrismaHost(database, times);
  }

  private static TestDatabase template(Times times) {
    return make(TestDatabase.create(), times);
  }

  private static TestDatabase make(TestDatabase database, Times times) {
    return database.execute(
        """
            create type "JobStatus" as enum ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'REFUNDED', 'CANCELLED');
            create type "EnhancementTier" as enum ('FREE', 'TIER_1K', 'TIER_2K', 'TIER_4K');
            create type "EnhancementType" as enum ('STANDARD', 'BLEND', 'PIPELINE', 'AUTO_CROP');
            create type "TokenTransactionType" as enum
              ('EARN_REGENERATION', 'EARN_PURCHASE', 'EARN_BONUS', 'SPEND_ENHANCEMENT', 'REFUND');
            create table users (id text primary key, email text not null unique, name text);
            create table image_enhancement_jobs (
              id text primary key,
              "userId" text not null references users on delete cascade on update cascade,
              "imageId" text not null default 'image',
              tier "EnhancementTier" not null default 'TIER_1K',
              "enhancementType" "EnhancementType" not null default 'STANDARD',
              "tokensCost" integer,
              status "JobStatus" not null default 'PENDING',
              "errorMessage" text,
              "retryCount" integer not null default 0,
              "processingStartedAt" %1$s,
              "processingCompletedAt" %1$s,
              "createdAt" %2$s not null default current_timestamp,
              "updatedAt" %2$s not null);
            create table user_token_balances (
              id text primary key default gen_random_uuid(),
              "userId" text not null unique references users on delete cascade on update cascade,
              balance integer not null default 0,
              "lastRegeneration" %2$s not null default current_timestamp,
              "updatedAt" %2$s not null);
            create table token_transactions (
              id text primary key,
              "userId" text not null references users on delete cascade on update cascade,
              amount integer not null,
              type "TokenTransactionType" not null,
              source text,
              "sourceId" text,
              "balanceAfter" integer not null,
              metadata jsonb,
              "createdAt" %2$s not null default current_timestamp);
            create index on token_transactions ("sourceId");
            create index on token_transactions ("userId", "createdAt");
            create index image_enhancement_jobs_stuck on image_enhancement_jobs ("processingStartedAt")
              where status = 'PROCESSING';
            """
            .formatted(times.started, times.updated));
  }

  /** The database. */
  public TestDatabase database() {
    return database;
  }

  /** A user with tokens bought. */
  public PrismaHost user(String id, int balance) {
    database.update(
        """
        with made as (insert into users (id, email) values (?, ?) returning id),
        balance as (
          insert into user_token_balances ("userId", balance, "updatedAt")
          select id, ?, now() at time zone 'UTC' from made
          returning "userId", balance)
        insert into token_transactions (id, "userId", amount, type, "balanceAfter")
        select ?, "userId", balance, 'EARN_PURCHASE', balance from balance where balance > 0""",
        id,
        id + "@example.org",
        balance,
        "earn-" + id);
    return this;
  }

  /** A stuck job to be described. */
  public StuckJob aStuckJob(String id) {
    return new StuckJob(id);
  }

  /** A job that has been processed for ten minutes, unless told otherwise. */
  public final class StuckJob {
    private final String id;
    private String user = "u1";
    private Integer cost = 10;
    private String since = "10 minutes";
    private boolean started = true;
    private boolean charged;

    private StuckJob(String id) {
      this.id = id;
    }

    public StuckJob of(String who) {
      this.user = who;
      return this;
    }

    public StuckJob costing(Integer tokens) {
      this.cost = tokens;
      return this;
    }

    public StuckJob since(String interval) {
      this.since = interval;
      return this;
    }

    public StuckJob neverStarted() {
      this.started = false;
      return this;
    }

    /** With a ledger row that took the tokens. */
    public StuckJob charged() {
      this.charged = true;
      return this;
    }

    public PrismaHost insert() {
      String time = "now() - interval '" + since + "'";
      database.update(
          ("insert into image_enhancement_jobs (id, \"userId\", \"tokensCost\", status, \"processingStartedAt\","
                  + " \"updatedAt\") values (?, ?, ?, 'PROCESSING', %s, %s)")
              .formatted(started ? kept(time, times.started) : "null", kept(time, times.updated)),
          id,
          user,
          cost);
      if (charged) {
        charge(id, user, cost);
      }
      return PrismaHost.this;
    }

    private static String kept(String time, String type) {
      return type.startsWith("timestamptz") ? time : "(" + time + ") at time zone 'UTC'";
    }
  }

  /** Takes tokens for a job, as the application does. */
  public PrismaHost charge(String job, String user, int tokens) {
    move(job, user, -tokens, "SPEND_ENHANCEMENT", "image_enhancement");
    return this;
  }

  /** Gives tokens back for a job by the application itself. */
  public PrismaHost refund(String job, String user, int tokens) {
    move(job, user, tokens, "REFUND", "support");
    return this;
  }

  private void move(String job, String user, int amount, String type, String source) {
    database.update(
        """
        with moved as (
          update user_token_balances set balance = balance + ? where "userId" = ? returning "userId", balance)
        insert into token_transactions (id, "userId", amount, type, source, "sourceId", "balanceAfter")
        select gen_random_uuid(), "userId", ?, cast(? as "TokenTransactionType"), ?, ?, balance from moved""",
        amount,
        user,
        amount,
        type,
        source,
        job);
  }

  /** Runs a job again in the same row. */
  public PrismaHost again(String job) {
    database.update(
        "update image_enhancement_jobs set status = 'PROCESSING', \"errorMessage\" = null,"
            + " \"processingStartedAt\" = now() at time zone 'UTC' - interval '10 minutes' where id = ?",
        job);
    return this;
  }

  /** A cleanup over this database, its schema made. */
  public JobCleanup cleanup() {
    JobCleanup cleanup = JobCleanup.builder(database).build();
    cleanup.migrate();
    return cleanup;
  }

  /** Runs one cleanup with the defaults. */
  public CleanupResult run() {
    return cleanup().cleanupStuckJobs();
  }

  /** Runs one cleanup. */
  public CleanupResult run(CleanupOptions options) {
    return cleanup().cleanupStuckJobs(options);
  }

  public String status(String job) {
    return database.value("select status from image_enhancement_jobs where id = ?", job);
  }

  public String message(String job) {
    return database.value(
        "select coalesce(\"errorMessage\", '') from image_enhancement_jobs where id = ?", job);
  }

  public BigDecimal balance(String user) {
    return database.number("select balance from user_token_balances where \"userId\" = ?", user);
  }

  /** Amounts and balances of a job's refunds, in the order of their ids. */
  public List<String> refunds(String job) {
    return database.rows(
        "select amount, \"balanceAfter\" from token_transactions where \"sourceId\" = ? and type = 'REFUND' order by id",
        job);
  }
}
