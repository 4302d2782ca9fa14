package io.jobcleanup.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.UnusableDatabaseException;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.support.TestDatabase;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a role may not do, on a database of each test. */
class PrivilegesTest {

  private static int roles;

  private final String role = "worker_" + ++roles;
  private final TestDatabase owner =
      TestDatabase.create()
          .execute(
              """
              create schema app;
              create table app.users (id int primary key, credits int not null);
              create table app.exempt (user_id int primary key);
              create sequence app.ledger_ids;
              create table app.jobs (id int primary key, user_id int not null, state text not null, error text,
                cost int not null, started_at timestamptz not null);
              create table app.ledger (id serial primary key, number bigint, user_id int not null, job_id int not null,
                amount int not null);
              insert into app.users values (1, 90);
              insert into app.jobs values (1, 1, 'running', null, 10, now() - interval '1 hour');
              create role %1$s login password 'secret';
              """
                  .formatted(role));
  private final JobCleanup asOwner = cleanup(owner, yaml());
  private final JobCleanup asRole = cleanup(owner.as(role, "secret"), yaml());

  @Test
  void eachGrantThatIsMissingIsFoundBeforeTheFirstClaimAndMendedByItsStatement() {
    asOwner.migrate();

    int pasted = 0;
    UnusableDatabaseException lacking = lacking();
    while (lacking != null && pasted < 20) {
      for (String line : lacking.getMessage().lines().toList()) {
        owner.execute(line.substring(line.indexOf("As its owner: ") + "As its owner: ".length()));
        pasted++;
      }
      lacking = lacking();
    }

    assertThat(pasted).isGreaterThanOrEqualTo(8);
    assertThat(owner.value("select state from app.jobs")).isEqualTo("running");
    for (String grant : Schema.grants(role)) {
      owner.execute(grant);
    }
    CleanupResult result = asRole.cleanupStuckJobs();
    assertThat(result.cleanedUp()).isEqualTo(1);
    assertThat(owner.value("select credits from app.users")).isEqualTo("100");
    assertThat(owner.rows("select user_id, job_id, amount from app.ledger"))
        .containsExactly("1|1|10");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "usage on schema app|may not use the schema app.",
        "select on app.jobs|may not read app.jobs (id, user_id, state, error, cost, started_at).",
        "update (error) on app.jobs|may not update app.jobs (error).",
        "update (credits) on app.users|may not update app.users (credits).",
        "insert (amount) on app.ledger|may not insert app.ledger (amount).",
        "select on app.exempt|may not read app.exempt (user_id).",
        "usage on sequence app.ledger_id_seq|may not draw from the sequence app.ledger_id_seq.",
        "usage on sequence app.ledger_ids|may not draw from the sequence app.ledger_ids.",
      })
  void missingPrivilegeIsNamed(String privilege, String problem) {
    asOwner.migrate();
    grantAll();
    assertThat(lacking()).isNull();
    owner.execute("revoke %s from %s".formatted(privilege, role));

    assertThat(lacking())
        .hasMessage(
            "The role %s %s As its owner: grant %s to %s;"
                .formatted(role, problem, quoted(privilege), '"' + role + '"'));
    assertThatThrownBy(asRole::cleanupStuckJobs).isInstanceOf(UnusableDatabaseException.class);
    assertThat(owner.value("select state from app.jobs")).isEqualTo("running");
  }

  @ParameterizedTest
  @CsvSource({"jobs", "users", "ledger", "exempt"})
  void rowLevelSecurityIsRefusedWithTheStatementThatMendsIt(String table) {
    asOwner.migrate();
    grantAll();
    owner.execute("alter table app.%s enable row level security".formatted(table));

    UnusableDatabaseException refused = lacking();
    assertThat(refused)
        .hasMessage(
            "Row-level security is on for app.%s: the role %s may see none of its rows and gets no error. As its owner: alter role \"%s\" bypassrls;"
                .formatted(table, role, role));
    assertThatThrownBy(asRole::cleanupStuckJobs).isInstanceOf(UnusableDatabaseException.class);

    owner.execute("alter role \"%s\" bypassrls".formatted(role));
    assertThat(asRole.cleanupStuckJobs().cleanedUp()).isEqualTo(1);
  }

  @Test
  void roleWithTheGrantsOfTheScriptSuffices() {
    owner.execute(JobCleanup.schemaScript(Mapping.parse(yaml())).replace("job_cleanup_app", role));
    owner.execute(
        """
        grant usage on schema app to %1$s;
        grant select on app.exempt to %1$s;
        grant usage on sequence app.ledger_id_seq, app.ledger_ids to %1$s"""
            .formatted(role));

    assertThat(asRole.migrated()).isTrue();
    assertThat(asRole.cleanupStuckJobs().cleanedUp()).isEqualTo(1);
    assertThat(asRole.cleanupStuckJobs().totalFound()).isZero();
    assertThat(asRole.diagnose().ok()).isTrue();
  }

  @Test
  void schemaMadeByTheScriptIsTakenOverByMigrate() {
    owner.execute(JobCleanup.schemaScript(Mapping.parse(yaml())).replace("job_cleanup_app", role));

    assertThat(asOwner.migrate()).isZero();
    assertThat(asOwner.cleanupStuckJobs().cleanedUp()).isEqualTo(1);
    assertThat(new Schema(new Database(owner, null)).migrate(List.of())).isZero();
  }

  @Test
  void roleThatMayNotUseOurSchemaIsToldSo() {
    asOwner.migrate();
    grantAll();
    owner.execute("revoke usage on schema job_cleanup from " + role);

    assertThatThrownBy(asRole::cleanupStuckJobs)
        .isInstanceOf(UnusableDatabaseException.class)
        .hasMessageContaining("job_cleanup");
    assertThat(asRole.findStuckJobs(CleanupOptions.defaults())).hasSize(1);
  }

  private void grantAll() {
    owner.execute(
        """
        grant usage on schema app to %1$s;
        grant select on app.jobs, app.users, app.ledger, app.exempt to %1$s;
        grant update (state) on app.jobs to %1$s;
        grant update (error) on app.jobs to %1$s;
        grant update (credits) on app.users to %1$s;
        grant insert (number, user_id, job_id, amount) on app.ledger to %1$s;
        grant usage on sequence app.ledger_id_seq, app.ledger_ids to %1$s;
        """
            .formatted(role));
    if (!owner.rows("select 1 from pg_namespace where nspname = 'job_cleanup'").isEmpty()) {
      for (String grant : Schema.grants(role)) {
        owner.execute(grant);
      }
    }
  }

  private UnusableDatabaseException lacking() {
    try {
      asRole.findStuckJobs(CleanupOptions.defaults());
      return null;
    } catch (UnusableDatabaseException e) {
      return e;
    }
  }

  /** A privilege as our statements spell it, identifiers in quotes. */
  private static String quoted(String privilege) {
    return privilege
        .replaceAll("\\((\\w+)\\)", "(\"$1\")")
        .replaceAll("on (app)\\.(\\w+)", "on \"$1\".\"$2\"")
        .replaceAll("schema app", "schema \"app\"");
  }

  private static String yaml() {
    return """
        sources:
          s:
            jobs:
              table: app.jobs
              key: id
              status: state
              processing: [running]
              since: [started_at]
              fail: {state: failed, error: "=:message"}
            refund:
              payer: user_id
              cost: cost
              only-if: "=not exists (select from app.exempt e where e.user_id = job.user_id)"
              balances: {table: app.users, match: {id: "=:payer"}, add: {credits: "=:amount"}}
              ledger:
                table: app.ledger
                values: {number: "=nextval('app.ledger_ids')", user_id: "=:payer", job_id: "=:job", amount: "=:amount"}
        """;
  }

  private static JobCleanup cleanup(TestDatabase on, String yaml) {
    return JobCleanup.builder(on).mapping(Mapping.parse(yaml)).build();
  }
}
