package io.jobcleanup.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobcleanup.Diagnosis.Finding;
import io.jobcleanup.Diagnosis.Level;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.LateCompletion;
import io.jobcleanup.UnusableDatabaseException;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.support.PrismaHost;
import io.jobcleanup.support.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The trigger that keeps settled jobs settled. */
class GuardTest {

  private static int roles;

  private final PrismaHost host = PrismaHost.create().user("u1", 100);
  private final TestDatabase database = host.database();
  private final JobCleanup cleanup = host.cleanup();

  private void failed(String job) {
    host.aStuckJob(job).charged().insert();
    cleanup.cleanupStuckJobs();
    assertThat(host.status(job)).isEqualTo("FAILED");
  }

  private int update(String job, String assignments) {
    return database.update(
        "update image_enhancement_jobs set " + assignments + " where id = ?", job);
  }

  private List<String> prevented() {
    return database.rows(
        "select job_key, status, delivered from job_cleanup.late_completion where prevented order"
            + " by id");
  }

  @ParameterizedTest
  @ValueSource(strings = {"COMPLETED", "PROCESSING"})
  void lateUpdateHitsNothingAndIsRecordedOnce(String status) {
    cleanup.guard(null);
    failed("j1");

    String assignments =
        "status = '%s', \"imageId\" = repeat('x', 300), \"processingCompletedAt\" = now()"
            .formatted(status);
    assertThat(update("j1", assignments)).isZero();
    assertThat(update("j1", assignments)).isZero();

    assertThat(host.status("j1")).isEqualTo("FAILED");
    assertThat(prevented())
        .containsExactly("j1|%s|{\"imageId\": \"%s\"}".formatted(status, "x".repeat(200)));
    assertThat(host.balance("u1")).isEqualByComparingTo("100");
  }

  @Test
  void whateverElseIsWrittenPasses() {
    cleanup.guard("images");
    failed("j1");
    host.aStuckJob("j2").insert();

    assertThat(update("j1", "\"errorMessage\" = 'seen'")).isEqualTo(1);
    assertThat(update("j1", "status = 'FAILED', \"retryCount\" = 1")).isEqualTo(1);
    assertThat(update("j2", "status = 'COMPLETED'")).isEqualTo(1);
    assertThat(database.update("delete from image_enhancement_jobs where id = 'j1'")).isEqualTo(1);
    assertThat(prevented()).isEmpty();
  }

  @Test
  void jobThatTheHostFailedItselfIsTheHosts() {
    cleanup.guard(null);
    host.aStuckJob("j1").insert();
    update("j1", "status = 'FAILED'");

    assertThat(update("j1", "status = 'PROCESSING'")).isEqualTo(1);
  }

  @Test
  void retryPassesAndFromThenOnNothingIsDroppedUntilARunFailsItAgain() {
    cleanup.guard(null);
    failed("j1");

    assertThat(update("j1", "status = 'PENDING'")).isEqualTo(1);
    assertThat(update("j1", "status = 'PROCESSING'")).isEqualTo(1);
    assertThat(update("j1", "status = 'FAILED'")).isEqualTo(1);
    assertThat(update("j1", "status = 'PROCESSING'")).isEqualTo(1);
    assertThat(prevented()).isEmpty();

    host.charge("j1", "u1", 10).again("j1");
    cleanup.cleanupStuckJobs();
    assertThat(update("j1", "status = 'COMPLETED'")).isZero();
    assertThat(prevented()).hasSize(1);
  }

  @Test
  void jobIsKeptSettledThoughTheHistoryIsDeleted() {
    cleanup.guard(null);
    failed("j1");
    database.execute("delete from job_cleanup.run");

    assertThat(update("j1", "status = 'COMPLETED'")).isZero();
    LateCompletion late = cleanup.lateCompletions(null, 10).items().getFirst();
    assertThat(late.payer()).isEqualTo("u1");
    assertThat(late.tokensRefunded()).isEqualByComparingTo("10");
    assertThat(late.failedAt()).isNotNull();
  }

  @Test
  void guardThatCannotLookLetsTheUpdatePass() {
    cleanup.guard(null);
    failed("j1");
    database.execute("alter table job_cleanup.late_completion rename to away");

    assertThat(update("j1", "status = 'COMPLETED'")).isEqualTo(1);
  }

  @Test
  void hostsRoleNeedsNoGrantOnOurTables() {
    cleanup.guard(null);
    failed("j1");
    String role = "host_of_guard_" + ++roles;
    database.execute(
        "create role %1$s login password 'secret'; grant select, update on image_enhancement_jobs to %1$s"
            .formatted(role));

    int hit =
        database
            .as(role, "secret")
            .update("update image_enhancement_jobs set status = 'COMPLETED' where id = 'j1'");

    assertThat(hit).isZero();
    assertThat(prevented()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void itIsGoneWithOurSchemaOrWhenTakenOff(boolean schema) {
    cleanup.guard(null);
    failed("j1");

    if (schema) {
      cleanup.dropSchema();
    } else {
      assertThat(cleanup.dropGuard("images")).containsExactly("public.image_enhancement_jobs");
      assertThat(cleanup.dropGuard(null)).isEmpty();
    }

    assertThat(update("j1", "status = 'COMPLETED'")).isEqualTo(1);
    assertThat(database.rows("select tgname from pg_trigger where not tgisinternal")).isEmpty();
    assertThat(database.rows("select proname from pg_proc where proname like 'guard%'")).isEmpty();
  }

  @Test
  void whatIsPrintedMakesTheSameAndInstallingAgainChangesNothing() {
    database.execute(cleanup.guardScript("images"));

    assertThat(cleanup.guard(null)).isEmpty();
    failed("j1");
    assertThat(update("j1", "status = 'COMPLETED'")).isZero();
  }

  @Test
  void doctorTellsOfAGuardThatDoesNotFitAndItIsInstalledAnew() {
    assertThat(late(cleanup)).extracting(Finding::level).containsExactly(Level.OK);
    cleanup.guard(null);
    assertThat(late(cleanup))
        .singleElement()
        .satisfies(it -> assertThat(it.message()).endsWith("the guard keeps them settled"));
    JobCleanup other =
        JobCleanup.builder(database)
            .mapping(
                Mapping.parse(
                    Mapping.builtInText()
                        .replace("completed: [COMPLETED]", "completed: [COMPLETED, REFUNDED]")))
            .build();

    assertThat(late(other)).extracting(Finding::level).containsExactly(Level.WARNING);
    assertThat(other.guard(null)).hasSize(1);
    assertThat(late(other)).extracting(Finding::level).containsExactly(Level.OK);
    failed("j1");
    assertThat(update("j1", "status = 'REFUNDED'")).isZero();

    database.execute("alter table image_enhancement_jobs disable trigger job_cleanup_guard_images");
    assertThat(late(other)).extracting(Finding::level).containsExactly(Level.WARNING);
    database.execute("alter table image_enhancement_jobs enable trigger job_cleanup_guard_images");
    database.execute("alter table image_enhancement_jobs rename to old");
    database.execute("create table image_enhancement_jobs (like old including all)");
    assertThat(late(other)).extracting(Finding::level).contains(Level.WARNING);
  }

  private static List<Finding> late(JobCleanup cleanup) {
    return cleanup.diagnose().findings().stream().filter(it -> it.about().equals("late")).toList();
  }

  @Test
  void roleThatMayNotIsTold() {
    String role = "guardian_" + ++roles;
    database.execute(
        """
        create role %1$s login password 'secret';
        grant usage, create on schema job_cleanup to %1$s;
        grant all on all tables in schema job_cleanup, public to %1$s;
        revoke trigger on image_enhancement_jobs from %1$s
        """
            .formatted(role));
    JobCleanup asRole = JobCleanup.builder(database.as(role, "secret")).build();

    assertThatThrownBy(() -> asRole.guard(null))
        .isInstanceOf(UnusableDatabaseException.class)
        .hasMessage(
            "Our role may not do that: permission denied for table image_enhancement_jobs. Let"
                + " whoever may run what this prints:  job-cleanup late guard --print");
    assertThat(database.rows("select proname from pg_proc where proname like 'guard%'")).isEmpty();
  }

  @Test
  void tableThatIsInUseIsNotWaitedForLong() throws SQLException {
    try (Connection worker = database.getConnection();
        Statement statement = worker.createStatement()) {
      worker.setAutoCommit(false);
      statement.execute("update image_enhancement_jobs set \"retryCount\" = 0");

      assertThatThrownBy(() -> cleanup.guard(null))
          .isInstanceOf(UnusableDatabaseException.class)
          .hasMessageContaining("in use for longer than 1 s");
    }
    assertThat(cleanup.guard(null)).hasSize(1);
  }

  @Test
  void sourceThatIsNotThereIsNamed() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> cleanup.guard("videos"))
        .withMessage("there is no source \"videos\", the mapping has images");
  }

  @Test
  void viewIsRefusedWithWhereItGoes() {
    database.execute("create view public.live as select * from image_enhancement_jobs");
    JobCleanup onView =
        JobCleanup.builder(database)
            .mapping(
                Mapping.parse(
                    Mapping.builtInText().replace("table: image_enhancement_jobs", "table: live")))
            .build();

    assertThatThrownBy(() -> onView.guard(null))
        .isInstanceOf(UnusableDatabaseException.class)
        .hasMessageStartingWith("public.live of source images is a view")
        .hasMessageContaining("the table behind it");
    assertThat(onView.diagnose().ok()).isTrue();
  }

  /** Tables of other kinds: each with one stuck job, and its key as our records spell it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "int primary key|id|smallint|1|2|3|42|42",
        "uuid primary"
            + " key|id|text|on|done|off|6f1b3f0a-8d3c-4c1d-9b7e-0a1b2c3d4e5f|6f1b3f0a-8d3c-4c1d-9b7e-0a1b2c3d4e5f",
        "timestamptz primary key|id|text|on|done|off|2026-01-02 03:04:05.6+05|2026-01-01"
            + " 22:04:05.6+00",
        "text|id, day|text|on|done|it's off|a/b\\c|a\\/b\\\\c/2026-05-05",
      })
  void keysAndStatusesOfEveryKindAreServed(
      String keyType,
      String key,
      String statusType,
      String processing,
      String completed,
      String failed,
      String id,
      String keyText)
      throws SQLException {
    boolean partitioned = key.contains("day");
    TestDatabase other =
        TestDatabase.create()
            .execute(
                """
                create table "The Jobs" (id %s not null, day date not null default '2026-05-05', "select" %s not null, began timestamptz,
                  "re'sult" text%s;
                """
                    .formatted(
                        keyType,
                        statusType,
                        partitioned ? ", primary key (id, day)) partition by range (day)" : ")"));
    if (partitioned) {
      other.execute(
          """
          create table parts_2026 partition of "The Jobs" for values from ('2026-01-01') to ('2027-01-01')
          """);
    }
    other.execute(
        "insert into \"The Jobs\" values ('%s', default, '%s', now() - interval '1 hour')"
            .formatted(id, processing));
    JobCleanup its =
        JobCleanup.builder(other)
            .mapping(
                Mapping.parse(
                    """
                    sources:
                      "a source with 'quotes' and a name that is longer than PostgreSQL lets names be":
                        jobs: {table: The Jobs, key: [%s], status: select, processing: ["%s"], completed: ["%s"], since: [began], fail: {select: "%s"}}
                        refund: none
                    """
                        .formatted(key, processing, completed, failed)))
            .build();
    its.migrate();
    its.guard(null);
    assertThat(its.guard(null)).isEmpty();
    its.cleanupStuckJobs();
    assertThat(other.value("select job_key from job_cleanup.run_job")).isEqualTo(keyText);

    try (Connection worker = other.getConnection();
        Statement statement = worker.createStatement()) {
      statement.execute("set timezone to 'Asia/Kathmandu'");
      int hit =
          statement.executeUpdate(
              "update \"The Jobs\" set \"select\" = '%s', \"re'sult\" = 'it'".formatted(completed));
      assertThat(hit).isZero();
    }

    assertThat(other.rows("select job_key, status, delivered from job_cleanup.late_completion"))
        .containsExactly("%s|%s|{\"re'sult\": \"it\"}".formatted(keyText, completed));
    assertThat(its.diagnose().of(Level.WARNING)).noneMatch(it -> it.about().equals("late"));
    assertThat(its.dropGuard(null)).hasSize(1);
  }

  @Test
  void otherUpdatesCostNextToNothing() {
    database.execute(
        """
        insert into image_enhancement_jobs (id, "userId", status, "updatedAt")
        select 'job' || n, 'u1', 'PENDING', now() from generate_series(1, 20000) n
        """);
    String update = "update image_enhancement_jobs set \"retryCount\" = \"retryCount\" + 1";
    String status = "update image_enhancement_jobs set status = ";
    long without = Long.MAX_VALUE;
    long with = Long.MAX_VALUE;
    for (int round = 0; round < 3; round++) {
      cleanup.dropGuard(null);
      without = Math.min(without, took(update, status + "'PROCESSING'", status + "'PENDING'"));
      cleanup.guard(null);
      with = Math.min(with, took(update, status + "'PROCESSING'", status + "'PENDING'"));
    }

    System.out.printf(
        "60,000 updates without the guard %d ms, with it %d ms: %.2f times%n",
        without / 1_000_000, with / 1_000_000, (double) with / without);
    assertThat(prevented()).isEmpty();
  }

  private long took(String... updates) {
    database.execute("vacuum image_enhancement_jobs");
    long began = System.nanoTime();
    for (String each : updates) {
      assertThat(database.update(each)).isEqualTo(20_000);
    }
    return System.nanoTime() - began;
  }
}
