package io.jobcleanup.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.JobCleanup;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.postgres.Refunds.Which;
import io.jobcleanup.support.PrismaHost;
import io.jobcleanup.support.TestDatabase;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Questions about single users and jobs are answered by indexes, however many rows there are. */
class RefundPlansTest {

  private static final int ROWS = 200_000;

  private static TestDatabase database;

  @BeforeAll
  static void fill() {
    PrismaHost host = PrismaHost.create();
    database = host.database();
    JobCleanup.builder(database).build().migrate();
    database.execute(
        """
        insert into job_cleanup.run (id, trigger, dry_run, batch_size, drain, state)
        values ('00000000-0000-7000-8000-000000000001', 'CRON', false, 1, true, 'COMPLETED');
        insert into job_cleanup.run_job (run_id, job_table, job_key, source, outcome, tokens_refunded, duration_ms, settled_at)
        select '00000000-0000-7000-8000-000000000001', 'public.image_enhancement_jobs', 'j' || n, 'images', 'Refunded', 10, 0, now()
        from generate_series(1, %1$d) n;
        insert into job_cleanup.refund (refund_key, source, job_table, job_key, payer, amount, state, run_id, seconds, failed_at, last_tried_at, paid_at, next_try_at)
        select 'public.image_enhancement_jobs/j' || n, 'images', 'public.image_enhancement_jobs', 'j' || n, 'u' || n %% 50000, 10,
               case when n %% 10000 = 0 then 'OWED' else 'PAID' end, '00000000-0000-7000-8000-000000000001', 600,
               now() - n / 100 * interval '1 minute', now(), now(), now()
        from generate_series(1, %1$d) n;
        analyze job_cleanup.run_job;
        analyze job_cleanup.refund;
        """
            .formatted(ROWS));
  }

  private static Which which(@Nullable String payer, @Nullable String job, boolean owed) {
    return new Which(payer, job == null ? null : new JobName(job, Mapping.builtIn()), owed);
  }

  private static String plan(String sql, Map<String, @Nullable Object> parameters) {
    return new Database(database, null)
        .read(
            tx -> {
              List<String> lines = tx.list("explain " + sql, parameters, row -> row.getString(1));
              return String.join("\n", lines);
            });
  }

  private static Map<String, @Nullable Object> page(Which which, String at) {
    Map<String, @Nullable Object> parameters = new HashMap<>(which.parameters());
    parameters.put("at", at);
    parameters.put("after", "x");
    parameters.put("limit", 21);
    return parameters;
  }

  @ParameterizedTest
  @ValueSource(strings = {"j4711", "images:j4711"})
  void userAndJobAreLookedUp(String job) {
    for (Which which :
        List.of(which("u7", job, false), which(null, job, false), which("u7", null, false))) {
      assertThat(plan(Refunds.listing(which), page(which, "infinity")))
          .contains("Index")
          .doesNotContain("Seq Scan");
      assertThat(plan(Refunds.summing(which), which.parameters())).doesNotContain("Seq Scan");
    }
    Map<String, @Nullable Object> parameters =
        new HashMap<>(new JobName(job, Mapping.builtIn()).parameters());
    parameters.put("limit", 20);
    assertThat(plan(Sql.of("runs-of-job", Map.of("job", JobName.CONDITION)), parameters))
        .contains("run_job_job_key")
        .doesNotContain("Seq Scan");
  }

  @Test
  void whatIsOwedAndEachPageOfAllAreLookedUp() {
    Which owed = which(null, null, true);
    assertThat(plan(Refunds.listing(owed), page(owed, "infinity"))).doesNotContain("Seq Scan");
    assertThat(plan(Refunds.summing(owed), owed.parameters())).doesNotContain("Seq Scan");
    Which all = which(null, null, false);
    for (String at : List.of("infinity", "now", "2001-01-01T00:00:00Z")) {
      assertThat(plan(Refunds.listing(all), page(all, at)))
          .contains("refund_newest")
          .doesNotContain("Seq Scan");
    }
  }
}
