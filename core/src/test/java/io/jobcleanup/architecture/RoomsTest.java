package io.jobcleanup.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.jobcleanup.JobCleanup;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RoomsTest {

  private static final JavaClasses LIBRARY =
      new ClassFileImporter()
          .importUrl(JobCleanup.class.getProtectionDomain().getCodeSource().getLocation());

  private static final JavaClasses BROKEN =
      new ClassFileImporter().importPackages("io.jobcleanup.architecture.broken");

  @Test
  void libraryIsLookedAtAsAWhole() {
    assertThat(LIBRARY.contain("io.jobcleanup.JobCleanup")).isTrue();
    for (String room : new String[] {"mapping", "draft", "verdict", "run", "postgres"}) {
      assertThat(LIBRARY.stream().anyMatch(it -> it.getPackageName().endsWith("." + room)))
          .as(room)
          .isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void libraryKeepsTheBorder(Rooms rule) {
    rule.in("io.jobcleanup").check(LIBRARY);
  }

  @ParameterizedTest
  @CsvSource({
    "VERDICT_IS_PURE, VerdictThatReadsTheClock",
    "ONLY_POSTGRES_SPEAKS_SQL, RunThatSpeaksSql",
    "DRAFT_ONLY_LOOKS, DraftThatWrites",
    "CONNECTIONS_ARE_SEEN_AT_THE_DOOR_ONLY, MappingThatConnects",
    "CORE_KNOWS_NO_FRAMEWORK, RunThatCallsOut",
    "MAPPING_KNOWS_NO_DATABASE, MappingThatKnowsTheRun",
    "POSTGRES_KNOWS_NO_RUN, StatementsThatKnowTheRun",
    "DATABASES_CLOCK_DECIDES, RunThatTrustsTheJvm",
  })
  void ruleBites(Rooms rule, String culprit) {
    assertThat(
            rule.in("io.jobcleanup.architecture.broken")
                .evaluate(BROKEN)
                .getFailureReport()
                .getDetails())
        .isNotEmpty()
        .anySatisfy(it -> assertThat(it).contains(culprit));
  }
}
