package io.jobcleanup.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.Diagnosis;
import io.jobcleanup.Diagnosis.Finding;
import io.jobcleanup.Diagnosis.Level;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.support.PrismaHost;
import io.jobcleanup.support.TestDatabase;
import java.io.IOException;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

class DoctorTest {

  @Test
  void databaseThatIsAsItShouldBeHasNothingToMend() {
    PrismaHost host = PrismaHost.create();
    host.cleanup();

    Diagnosis diagnosis = diagnose(host.database());

    assertThat(diagnosis.ok()).isTrue();
    assertThat(diagnosis.findings()).allMatch(it -> it.level() == Level.OK);
    assertThat(diagnosis.findings())
        .extracting(Finding::about)
        .contains(
            "database", "mapping", "privileges", "row security", "our schema", "index", "clock");
  }

  @ParameterizedTest
  @CsvSource({
    "integer, integer, 0",
    "integer, bigint, 0",
    "numeric, numeric, 0",
    "'numeric(10,2)', real, 0",
    "bigint, integer, 1",
    "numeric, integer, 1",
    "integer, smallint, 1"
  })
  void balanceThatIsNarrowerThanAmountsIsToldOf(String cost, String balance, int warnings) {
    TestDatabase database =
        TestDatabase.create()
            .execute(
                "create table jobs (id int primary key, state text, at timestamptz, owner int, cost "
                    + cost
                    + ")")
            .execute("create index on jobs (at)")
            .execute("create table purses (owner int primary key, tokens " + balance + ")");
    Mapping mapping =
        Mapping.parse(
            """
            sources:
              s:
                jobs: {table: jobs, key: id, status: state, processing: [p], since: [at], fail: {state: f}}
                refund:
                  payer: owner
                  cost: cost
                  balances: {table: purses, match: {owner: "=:payer"}, add: {tokens: "=:amount"}}
            """);
    JobCleanup cleanup = JobCleanup.builder(database).mapping(mapping).build();
    cleanup.migrate();

    Diagnosis diagnosis = cleanup.diagnose();

    assertThat(diagnosis.of(Level.WARNING))
        .hasSize(warnings)
        .allMatch(it -> it.about().equals("amounts"));
    assertThat(diagnosis.findings()).extracting(Finding::about).contains("refunds");
  }

  @Test
  void ourSchemaThatIsNotThereYetIsNoFault() {
    Diagnosis diagnosis = diagnose(PrismaHost.create().database());

    assertThat(diagnosis.ok()).isTrue();
    assertThat(diagnosis.of(Level.WARNING))
        .singleElement()
        .satisfies(it -> assertThat(it.remedy()).containsExactly("job-cleanup migrate"));
  }

  @Test
  void indexThatIsMissingIsOfferedAndItsStatementMakesTheFindingGo() {
    TestDatabase database = PrismaHost.create().database();
    database.execute("drop index image_enhancement_jobs_stuck");
    database.execute("drop index \"token_transactions_sourceId_idx\"");
    JobCleanup.builder(database).build().migrate();

    List<Finding> missing = diagnose(database).of(Level.WARNING);
    assertThat(missing).extracting(Finding::about).containsExactly("index", "index");
    assertThat(missing.getFirst().remedy())
        .containsExactly(
            "create index concurrently \"image_enhancement_jobs_stuck\" on \"public\".\"image_enhancement_jobs\" (\"processingStartedAt\") where \"status\" in ('PROCESSING');");
    paste(database, missing);

    assertThat(diagnose(database).of(Level.WARNING)).isEmpty();
    assertThat(
            database.rows(
                "select indexdef from pg_indexes where indexname = 'image_enhancement_jobs_stuck'"))
        .singleElement()
        .asString()
        .contains("WHERE (status = 'PROCESSING'::\"JobStatus\")");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(\"processingStartedAt\")",
        "(status, \"processingStartedAt\")",
        "(\"processingStartedAt\", id) where status in ('PROCESSING', 'PENDING')",
      })
  void indexThatServesAsWellIsEnough(String index) {
    TestDatabase database = PrismaHost.create().database();
    database.execute("drop index image_enhancement_jobs_stuck");
    database.execute("create index on image_enhancement_jobs " + index);
    JobCleanup.builder(database).build().migrate();

    assertThat(diagnose(database).of(Level.WARNING)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(id, \"processingStartedAt\")",
        "(\"processingStartedAt\") where status = 'COMPLETED'",
        "(status)",
      })
  void indexThatDoesNotServeIsNotTakenForOne(String index) {
    TestDatabase database = PrismaHost.create().database();
    database.execute("drop index image_enhancement_jobs_stuck");
    database.execute("create index on image_enhancement_jobs " + index);
    JobCleanup.builder(database).build().migrate();

    assertThat(diagnose(database).of(Level.WARNING)).extracting(Finding::about).contains("index");
  }

  @Test
  void partitionedTablesIndexIsBuiltPartByPart() {
    TestDatabase database =
        TestDatabase.create()
            .execute(
                """
                create table "Jobs" (id bigint, state text, started timestamptz, primary key (id, started))
                  partition by range (started);
                create table "Jobs old" partition of "Jobs" for values from (minvalue) to ('2020-01-01');
                create table "Jobs new" partition of "Jobs" for values from ('2020-01-01') to (maxvalue)
                  partition by range (id);
                create table "Jobs new 1" partition of "Jobs new" default;
                """);
    Mapping mapping =
        Mapping.parse(
            """
            sources:
              s:
                jobs: {table: Jobs, key: [id, started], status: state, processing: [running], since: [started], fail: {state: failed}}
                refund: none
            """);
    JobCleanup cleanup = JobCleanup.builder(database).mapping(mapping).build();
    cleanup.migrate();

    List<Finding> missing = cleanup.diagnose().of(Level.WARNING);
    assertThat(missing).singleElement().satisfies(it -> assertThat(it.remedy()).hasSize(7));
    paste(database, missing);

    assertThat(cleanup.diagnose().of(Level.WARNING)).isEmpty();
    assertThat(database.rows("select 1 from pg_index where not indisvalid")).isEmpty();
  }

  @Test
  void missingPrivilegeIsAFaultWithTheGrantThatMendsIt() {
    PrismaHost host = PrismaHost.create();
    host.cleanup();
    TestDatabase owner = host.database();
    String role = newRole(owner);
    TestDatabase asRole = owner.as(role, "secret");

    int rounds = 0;
    while (!diagnose(asRole).ok() && rounds++ < 5) {
      List<Finding> faults = diagnose(asRole).of(Level.FAULT);
      assertThat(faults).allSatisfy(it -> assertThat(it.remedy()).isNotEmpty());
      paste(owner, faults);
    }

    assertThat(rounds).isPositive();
    assertThat(diagnose(asRole).ok()).isTrue();
    host.user("u1", 100).aStuckJob("j1").charged().insert();
    assertThat(JobCleanup.builder(asRole).build().cleanupStuckJobs().cleanedUp()).isEqualTo(1);
  }

  @Test
  void roleThatCannotMakeOurSchemaIsToldWhatItNeeds() {
    TestDatabase owner = PrismaHost.create().database();
    String role = newRole(owner);
    owner.execute("grant select, insert, update on all tables in schema public to " + role);
    TestDatabase asRole = owner.as(role, "secret");

    List<Finding> faults = diagnose(asRole).of(Level.FAULT);
    assertThat(faults).extracting(Finding::about).containsExactly("our schema");
    paste(owner, faults);

    assertThat(diagnose(asRole).ok()).isTrue();
    JobCleanup.builder(asRole).build().migrate();
    assertThat(JobCleanup.builder(asRole).build().migrated()).isTrue();
  }

  @Test
  void rowLevelSecurityIsAFaultWithTheStatementThatMendsIt() {
    PrismaHost host = PrismaHost.create();
    host.cleanup();
    TestDatabase owner = host.database();
    String role = newRole(owner);
    owner.execute("grant select, insert, update on all tables in schema public to " + role);
    for (String grant : Schema.grants(role)) {
      owner.execute(grant);
    }
    owner.execute("alter table token_transactions enable row level security");
    TestDatabase asRole = owner.as(role, "secret");

    List<Finding> faults = diagnose(asRole).of(Level.FAULT);
    assertThat(faults)
        .singleElement()
        .satisfies(
            it -> {
              assertThat(it.about()).isEqualTo("row security");
              assertThat(it.remedy())
                  .containsExactly("alter role \"%s\" bypassrls;".formatted(role));
            });
    paste(owner, faults);

    assertThat(diagnose(asRole).ok()).isTrue();
  }

  @Test
  void wrongMappingIsAFaultLineByLine() {
    TestDatabase database = PrismaHost.create().database();
    Mapping wrong =
        Mapping.parse(
            Mapping.builtInText()
                .replace("add: {balance", "add: {balanc")
                .replace("payer: userId", "payer: user_id"));

    Diagnosis diagnosis = JobCleanup.builder(database).mapping(wrong).build().diagnose();

    assertThat(diagnosis.ok()).isFalse();
    assertThat(diagnosis.of(Level.FAULT))
        .extracting(Finding::message)
        .anySatisfy(it -> assertThat(it).contains("Did you mean \"balance\"?"))
        .anySatisfy(it -> assertThat(it).contains("Did you mean \"userId\"?"));
  }

  @Test
  void databaseThatIsAwayIsAFaultAndNoException() throws IOException {
    PGSimpleDataSource nowhere = new PGSimpleDataSource();
    try (ServerSocket free = new ServerSocket(0)) {
      nowhere.setUrl("jdbc:postgresql://127.0.0.1:%d/none".formatted(free.getLocalPort()));
    }

    Diagnosis diagnosis = JobCleanup.builder(nowhere).build().diagnose();

    assertThat(diagnosis.ok()).isFalse();
    assertThat(diagnosis.findings())
        .singleElement()
        .satisfies(it -> assertThat(it.about()).isEqualTo("database"));
  }

  @Test
  void jobThatBeganInTheFutureIsAWarning() {
    PrismaHost host = PrismaHost.create().user("u1", 10);
    host.cleanup();
    host.aStuckJob("j1").since("-1 hour").insert();

    assertThat(diagnose(host.database()).of(Level.WARNING))
        .singleElement()
        .satisfies(
            it -> {
              assertThat(it.about()).isEqualTo("clock");
              assertThat(it.message())
                  .startsWith("1 job of public.image_enhancement_jobs began in the future (j1 at ");
            });
  }

  @Test
  void sessionThatHoldsAStuckJobIsNamedAndTheStatementThatEndsItDoes() throws SQLException {
    PrismaHost host = PrismaHost.create().user("u1", 10).aStuckJob("j1").insert();
    JobCleanup cleanup = host.cleanup();
    try (Connection connection = host.database().getConnection();
        Statement forgotten = connection.createStatement()) {
      connection.setAutoCommit(false);
      forgotten.execute("update image_enhancement_jobs set tier = tier where id = 'j1'");

      List<Finding> held =
          cleanup.diagnose().of(Level.WARNING).stream()
              .filter(it -> it.about().equals("held"))
              .toList();

      assertThat(held).hasSize(1);
      assertThat(held.getFirst().message())
          .startsWith(
              "stuck jobs of source images are held, so a run passes them over: by session ")
          .contains("idle in transaction");
      host.database().rows(held.getFirst().remedy().getFirst());
    }
    assertThat(cleanup.cleanupStuckJobs().cleanedUp()).isEqualTo(1);
    assertThat(cleanup.diagnose().findings()).noneMatch(it -> it.about().equals("held"));
  }

  @Test
  void rowThatBreaksAnExpressionIsAFindingAndNoException() {
    TestDatabase database =
        TestDatabase.create()
            .execute(
                """
                create table jobs (id int primary key, state text, began text);
                insert into jobs values (1, 'running', 'yesterday evening');
                """);
    Mapping mapping =
        Mapping.parse(
            """
            sources:
              s:
                jobs: {table: jobs, key: id, status: state, processing: [running], since: ["=cast(job.began as timestamptz)"], fail: {state: failed}}
                refund: none
            """);

    Diagnosis diagnosis = JobCleanup.builder(database).mapping(mapping).build().diagnose();

    assertThat(diagnosis.findings())
        .anySatisfy(
            it ->
                assertThat(it.message())
                    .contains("invalid input syntax for type timestamp with time zone"));
  }

  private static Diagnosis diagnose(TestDatabase database) {
    return JobCleanup.builder(database).build().diagnose();
  }

  private static void paste(TestDatabase database, List<Finding> findings) {
    findings.forEach(finding -> finding.remedy().forEach(database::execute));
  }

  private static String newRole(TestDatabase owner) {
    String role = "doctors_" + owner.value("select current_database()");
    owner.execute("create role %s login password 'secret'".formatted(role));
    return role;
  }
}
