package io.jobcleanup.draft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.jobcleanup.JobCleanup;
import io.jobcleanup.MappingDraft;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.support.TestDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DrafterTest {

  private static final String HOST =
      """
      create table users (id uuid primary key default gen_random_uuid(), email text not null, credits int not null);
      create table images (
        id uuid primary key default gen_random_uuid(),
        user_id uuid not null references users,
        prompt text not null,
        status text not null check (status in ('queued', 'processing', 'done', 'failed')),
        credits_used int not null,
        error text,
        started_at timestamptz,
        updated_at timestamptz not null default now());
      insert into users (email, credits) values ('ada@example.org', 5);
      insert into images (user_id, prompt, status, credits_used, started_at)
      select id, 'a picture', 'processing', 3, now() - interval '3 days' from users;
      """;

  private final TestDatabase database = TestDatabase.create();

  private MappingDraft draft() {
    return draft(null);
  }

  private MappingDraft draft(String table) {
    return JobCleanup.builder(database).build().draftMapping(table, progress -> {});
  }

  @Test
  void emptyDatabaseGivesNoSource() {
    assertThat(draft().sources()).isEmpty();
    assertThat(draft().tables()).isZero();
  }

  @Test
  void tablesOfSomethingElseGiveNoSource() {
    database.execute(
        """
        create table users (id int primary key, email text, status text default 'active', created_at timestamptz);
        create table orders (id int primary key, user_id int references users, status text, amount int, created_at timestamptz);
        create table webhook_events (id int primary key, status text, error text, created_at timestamptz, processed_at timestamptz);
        create table addresses (id int primary key, user_id int, state text, created_at timestamptz);
        insert into users values (1, 'a', 'active', now());
        insert into orders select i, 1, (array['processing', 'completed', 'failed'])[1 + i % 3], 5, now() from generate_series(1, 30) i;
        insert into webhook_events select i, (array['processing', 'done', 'failed'])[1 + i % 3], null, now() from generate_series(1, 30) i;
        insert into addresses select i, 1, (array['CA', 'NY'])[1 + i % 2], now() from generate_series(1, 30) i;
        """);

    assertThat(draft().sources()).isEmpty();
    assertThat(draft().tables()).isEqualTo(4);
  }

  @Test
  void guessesHaveTheirEvidenceBesideThem() {
    database.execute(HOST);

    assertThat(draft().text())
        .contains("# processing: 1 row, the oldest begun 3 days ago")
        .contains("payer: user_id   # a foreign key to users.id")
        .contains("# ? how long may a job take?");
  }

  @Test
  void draftSettlesTheJobsItWasMadeFrom() {
    database.execute(HOST);
    JobCleanup cleanup =
        JobCleanup.builder(database).mapping(Mapping.parse(draft().text())).build();
    cleanup.migrate();

    assertThat(cleanup.cleanupStuckJobs().tokensRefunded()).isEqualByComparingTo("3");
    assertThat(database.value("select credits from users")).isEqualTo("8");
    assertThat(database.value("select status from images")).isEqualTo("failed");
  }

  @Test
  void whatIsNotKnownIsRefusedByTheReaderAtItsLine() {
    database.execute(HOST).execute("alter table images drop credits_used");

    MappingDraft draft = draft();

    assertThat(draft.text()).contains("# ? what does a job cost?");
    assertThat(Mapping.parse(draft.text()).faults())
        .singleElement()
        .satisfies(
            it -> {
              assertThat(it.toString()).contains("refund.cost");
              assertThat(draft.text().lines().toList().get(line(it.place()) - 1)).contains("cost:");
            });
  }

  private static int line(String place) {
    return Integer.parseInt(place.substring(place.indexOf(':') + 1));
  }

  @Test
  void nothingPersonalAndNothingSecretIsShown() {
    database
        .execute(HOST)
        .execute(
            """
            create table credit_ledger (
              id bigint generated always as identity primary key, user_id uuid not null, image_id uuid, amount int not null,
              reason text not null, type text not null, entry_key text not null, metadata jsonb not null, source text);
            update images set error = 'canary-error', prompt = 'canary-prompt';
            insert into credit_ledger (user_id, image_id, amount, reason, type, entry_key, metadata, source)
            select user_id, id, -3, 'canary for ada@example.org', 'canary of ada', 'sk_canary_123', jsonb_build_object('canary name', 'canary'), 'canary, a source'
            from images;
            insert into credit_ledger (user_id, image_id, amount, reason, type, entry_key, metadata, source)
            select user_id, id, 3, 'canary back', 'a refund to canary', 'sk_canary_' || id, '{"canary": 4}', 'canary, a source' from images;
            """);

    assertThat(draft().text())
        .doesNotContainIgnoringCase("canary")
        .doesNotContain("ada@", "example");
  }

  @Test
  void settingThatPoliciesAskForIsDraftedUnlessItsValueMayBeASecret() {
    database
        .execute(HOST)
        .execute(
            """
            alter table images enable row level security;
            create policy services on images using (current_setting('app.is_service', true) = 'true');
            create policy partners on images using (current_setting('app.partner', true) = 'sk-canary-1');
            """);

    assertThat(draft().text())
        .contains("session: {app.is_service: \"true\"}")
        .doesNotContain("canary");
  }

  @Test
  void statusWithProseInItIsNone() {
    database.execute(
        """
        create table render_tasks (id int primary key, user_id int, status text, state text, started_at timestamptz, finished_at timestamptz, error text);
        insert into render_tasks select i, 1, 'Anna is processing it!', (array['processing', 'done', 'failed'])[1 + i % 3], now(), now(), null
        from generate_series(1, 9) i;
        """);

    MappingDraft draft = draft();

    assertThat(draft.sources()).containsExactly("render_tasks");
    assertThat(draft.text()).contains("status: state").doesNotContain("Anna");
  }

  @Test
  void roleThatMayOnlyReadSuffices() {
    database
        .execute(HOST)
        .execute(
            "create role only_reads login password 'only_reads'; grant select on all tables in schema public to only_reads");

    MappingDraft draft =
        JobCleanup.builder(database.as("only_reads", "only_reads"))
            .build()
            .draftMapping(null, progress -> {});

    assertThat(draft.sources()).containsExactly("images");
    assertThat(draft.notes()).isEmpty();
  }

  @Test
  void tableThatMayNotBeReadIsNamedWithTheGrantThatMendsIt() {
    database.execute(HOST).execute("create role reads_nothing login password 'reads_nothing'");

    MappingDraft draft =
        JobCleanup.builder(database.as("reads_nothing", "reads_nothing"))
            .build()
            .draftMapping(null, progress -> {});

    assertThat(draft.sources()).isEmpty();
    assertThat(draft.notes())
        .singleElement()
        .asString()
        .contains("images")
        .contains("grant select on images to reads_nothing");
  }

  @Test
  void rowLevelSecurityThatHidesRowsIsToldOf() {
    database
        .execute(HOST)
        .execute(
            """
            create role sees_nothing login password 'sees_nothing';
            grant select on all tables in schema public to sees_nothing;
            alter table images enable row level security;
            create policy own on images using (user_id = cast(current_setting('app.user_id') as uuid));
            """);

    MappingDraft draft =
        JobCleanup.builder(database.as("sees_nothing", "sees_nothing"))
            .build()
            .draftMapping(null, progress -> {});

    assertThat(draft.sources()).containsExactly("images");
    assertThat(draft.text()).contains("# processing: no rows");
    assertThat(draft.notes()).anySatisfy(it -> assertThat(it).contains("images", "BYPASSRLS"));
  }

  @Test
  void tableThatIsNamedIsDraftedWhateverItsName() {
    database
        .execute(HOST)
        .execute(
            """
            create schema shop;
            create table shop.orders (id int primary key, user_id uuid references users, status text, updated_at timestamptz);
            insert into shop.orders select 1, id, 'printing', now() from users;
            """);

    assertThat(draft().sources()).containsExactly("images");
    assertThat(draft("shop.orders").sources()).containsExactly("orders");
    assertThat(draft("shop.orders").text()).contains("table: shop.orders").contains("[printing]");
  }

  @Test
  void tableThatIsNotThereIsRefusedWithTheLikelyOne() {
    database.execute(HOST);

    assertThatThrownBy(() -> draft("imagse"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("imagse")
        .hasMessageContaining("\"images\"");
    assertThat(catchThrowableOfType(IllegalArgumentException.class, () -> draft("users")))
        .hasMessageContaining("no column that could be a status");
  }

  @Test
  void namesThatBreakOutOfTheirPlaceAreSpeltSoThatTheyDoNot() {
    database.execute(
        """
        create table "render\n  # job: ""s" (
          "id: #" int primary key, "user_id" text, status text, "error" text, cost int, started_at timestamptz, updated_at timestamptz);
        insert into "render\n  # job: ""s" values (1, 'ada', 'processing', null, 1, now(), now()), (2, 'ada', 'done', null, 1, now(), now());
        """
            .replace("\\n", "\n"));

    Mapping mapping = Mapping.parse(draft().text());

    assertThat(mapping.faults()).isEmpty();
    assertThat(mapping.sources().getFirst().jobs().table()).isEqualTo("render\n  # job: \"s");
    assertThat(mapping.sources().getFirst().jobs().key()).containsExactly("id: #");
  }

  @Test
  @Timeout(60)
  void fiveHundredTablesAreLookedAtWhileSomebodyIsTold() {
    database.execute(HOST);
    database.execute(
        """
        do $$ begin
          for i in 1..500 loop
            execute format('create table t_%s (id int primary key, user_id int, status text, created_at timestamptz)', i);
            execute format('insert into t_%s select g, 1, %L, now() from generate_series(1, 10) g', i, 'open');
          end loop;
        end $$
        """);
    List<String> progress = new ArrayList<>();

    MappingDraft draft = JobCleanup.builder(database).build().draftMapping(null, progress::add);

    assertThat(draft.sources()).containsExactly("images");
    assertThat(progress).anySatisfy(it -> assertThat(it).contains("of 501"));
  }

  @Test
  void largeTableIsJudgedByASampleAndItsNewestRows() {
    database.execute(
        """
        create table users (id bigint primary key, credits int not null);
        create table runs (
          id bigint primary key, user_id bigint not null references users, status text not null, cost int not null,
          error text, filler text not null, started_at timestamptz not null, updated_at timestamptz not null);
        insert into users values (1, 5);
        insert into runs select i, 1, 'succeeded', 1, null, repeat('x', 900), now() - interval '9 days', now() - interval '9 days'
        from generate_series(1, 80000) i;
        insert into runs select 80001, 1, 'processing', 1, null, '', now() - interval '2 hours', now() - interval '2 hours';
        """);

    assertThat(draft().text())
        .contains("counts are of a sample")
        .contains("# processing: 1 row, the oldest begun 2 hours ago");
  }

  @ParameterizedTest
  @CsvSource({
    "processing, PROCESSING",
    "IN_PROGRESS, PROCESSING",
    "In Progress, PROCESSING",
    "inProgress, PROCESSING",
    "transcribing, PROCESSING",
    "cancel_requested, PROCESSING",
    "queued, WAITING",
    "NOT_STARTED, WAITING",
    "pending, WAITING",
    "waiting_for_approval, PERSON",
    "needs_review, PERSON",
    "on_hold, PERSON",
    "succeeded, COMPLETED",
    "completed_with_errors, COMPLETED",
    "timed_out, FAILED",
    "INTERRUPTED, FAILED",
    "canceled, ENDED",
    "blue, UNKNOWN",
  })
  void statusMeansWhatItsWordsSay(String label, String meaning) {
    assertThat(Words.meaning(label))
        .isEqualTo(Words.Meaning.valueOf(meaning.toUpperCase(Locale.ROOT)));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1 second",
    "90, 90 seconds",
    "7199, 119 minutes",
    "7200, 2 hours",
    "172800, 2 days",
  })
  void ageIsToldInItsLargestUnit(long seconds, String words) {
    assertThat(Ages.of(Duration.ofSeconds(seconds).toSeconds())).isEqualTo(words);
  }
}
