package io.jobcleanup.shapes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.StuckJob;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.postgres.Database;
import io.jobcleanup.postgres.Deadline;
import io.jobcleanup.postgres.Host;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.support.PrismaHost;
import io.jobcleanup.support.TestDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.TimeZone;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Verdicts are the same whatever the zone of JVM (which is the session's too), database and role.
 */
@Isolated("changes the time zone of the JVM")
class ZonesTest {

  private static final List<String> ZONES = List.of("UTC", "America/New_York", "Asia/Kolkata");

  private final TimeZone before = TimeZone.getDefault();

  static Stream<Arguments> shapesInZones() {
    return inZones(Stream.of(Shape.SHAPE_1, Shape.SHAPE_5, Shape.SHAPE_8));
  }

  static Stream<Arguments> timesInZones() {
    return inZones(Stream.of(PrismaHost.Times.values()));
  }

  private static Stream<Arguments> inZones(Stream<?> subjects) {
    return subjects.flatMap(
        subject ->
            ZONES.stream()
                .flatMap(jvm -> ZONES.stream().map(server -> arguments(subject, jvm, server))));
  }

  @AfterEach
  void putZoneBack() {
    TimeZone.setDefault(before);
  }

  @ParameterizedTest
  @MethodSource("shapesInZones")
  void shapeIsSettledTheSame(Shape shape, String jvm, String server) {
    TestDatabase database = shape.create();
    use(database, jvm, server);

    shape.cleanup(database).cleanupStuckJobs();

    assertThat(shape.rows(database)).containsExactlyInAnyOrderElementsOf(shape.expected());
  }

  @ParameterizedTest
  @MethodSource("timesInZones")
  void databaseOfTheSpecificationIsSettledTheSame(
      PrismaHost.Times times, String jvm, String server) {
    PrismaHost host = PrismaHost.create(times).user("u1", 100);
    host.aStuckJob("started").since("6 minutes").charged().insert();
    host.aStuckJob("never-started").since("6 minutes").neverStarted().charged().insert();
    host.aStuckJob("fresh").since("4 minutes").insert();
    host.aStuckJob("fresh-never-started").since("4 minutes").neverStarted().insert();
    use(host.database(), jvm, server);

    List<StuckJob> found =
        JobCleanup.builder(host.database()).build().findStuckJobs(CleanupOptions.defaults());
    CleanupResult result = host.run();

    assertThat(found).extracting(it -> it.job().toString()).allMatch(it -> it.contains("started"));
    assertThat(found).allSatisfy(it -> assertThat(it.stuckFor().toMinutes()).isEqualTo(6));
    assertThat(result.cleanedUp()).isEqualTo(2);
    assertThat(result.jobs())
        .allSatisfy(it -> assertThat(it.processingDuration().toMinutes()).isEqualTo(6));
    assertThat(host.status("fresh")).isEqualTo("PROCESSING");
    assertThat(host.status("fresh-never-started")).isEqualTo("PROCESSING");
    assertThat(host.balance("u1")).isEqualByComparingTo("100");
    String nowAsKept = times == PrismaHost.Times.ZONELESS ? "timezone('UTC', now())" : "now()";
    assertThat(
            host.database()
                .value(
                    "select \"processingCompletedAt\" between (%1$s - interval '1 minute') and %1$s from image_enhancement_jobs where id = 'started'"
                        .formatted(nowAsKept)))
        .isEqualTo("t");
    assertThat(
            host.database()
                .value(
                    "select \"updatedAt\" between (%1$s - interval '1 minute') and %1$s from image_enhancement_jobs where id = 'started'"
                        .formatted(
                            times == PrismaHost.Times.ZONED ? "now()" : "timezone('UTC', now())")))
        .isEqualTo("t");
  }

  @Test
  void expressionOfAMappingThatRestsOnTheSessionsZoneFindsUtc() {
    TestDatabase database = PrismaHost.create().user("u1", 10).aStuckJob("j1").insert().database();
    use(database, "Asia/Kolkata", "America/New_York");
    JobCleanup cleanup =
        JobCleanup.builder(database)
            .mapping(
                Mapping.parse(
                    Mapping.builtInText()
                        .replace(
                            "source: enhancement_failed",
                            "source: \"=current_setting('TimeZone')\"")))
            .build();
    cleanup.migrate();

    assertThat(cleanup.cleanupStuckJobs().cleanedUp()).isEqualTo(1);
    assertThat(database.value("select source from token_transactions where type = 'REFUND'"))
        .isEqualTo("UTC");
  }

  /**
   * New York's clocks show the hour from 1 to 2 twice on 2026-11-01, from 05:00Z and from 06:00Z
   * on; the hour from 2 to 3 is left out on 2027-03-14, at 07:00Z.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2026-11-01 00:50|2026-11-01T04:49:59Z|false",
        "2026-11-01 00:50|2026-11-01T04:50:00Z|true",
        "2026-11-01 01:30|2026-11-01T05:30:00Z|false",
        "2026-11-01 01:30|2026-11-01T05:59:59Z|false",
        "2026-11-01 01:30|2026-11-01T06:29:59Z|false",
        "2026-11-01 01:30|2026-11-01T06:30:00Z|true",
        "2026-11-01 02:10|2026-11-01T07:09:59Z|false",
        "2026-11-01 02:10|2026-11-01T07:10:00Z|true",
        "2026-10-31 12:00|2026-11-01T12:00:00Z|true",
        "2027-03-14 01:59|2027-03-14T06:58:59Z|false",
        "2027-03-14 01:59|2027-03-14T06:59:00Z|true",
        "2027-03-14 03:00|2027-03-14T06:59:59Z|false",
        "2027-03-14 03:00|2027-03-14T07:00:00Z|true",
      })
  void wallClockIsReadOverADaylightSavingChange(String wallClock, Instant cut, boolean stuck) {
    TestDatabase database = DAYLIGHT.database();
    database.update(
        "update renders set started_at = cast(? as timestamp), updated_at = '2001-01-01' where id = 1",
        wallClock);

    Deadline deadline = new Deadline(cut, Duration.ZERO, false);
    boolean[] found =
        new Database(database, null)
            .read(
                tx -> {
                  SourceStatements source = Host.bind(tx, Shape.SHAPE_5.mapping()).getFirst();
                  return new boolean[] {
                    !source.detect(tx, 0, deadline, null, 9, false, true).isEmpty(),
                    source.count(tx, deadline, 9, false, true) == 1,
                    source.look(tx, List.of(List.of("1")), deadline).getFirst().stuck()
                  };
                });

    assertThat(found).containsExactly(stuck, stuck, stuck);
  }

  /** One database for all wall clocks. */
  private enum DAYLIGHT {
    ONE;

    private final TestDatabase database = Shape.SHAPE_5.create();

    static TestDatabase database() {
      ONE.database.execute("delete from credit_entries; delete from renders where id > 1");
      return ONE.database;
    }
  }

  private static void use(TestDatabase database, String jvm, String server) {
    TimeZone.setDefault(TimeZone.getTimeZone(jvm));
    database.execute(
        """
        do $$ begin
          execute format('alter database %%I set timezone to %%L', current_database(), '%1$s');
          execute format('alter role current_user in database %%I set timezone to %%L', current_database(), '%1$s');
        end $$
        """
            .formatted(server));
  }
}
