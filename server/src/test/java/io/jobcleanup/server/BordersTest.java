package io.jobcleanup.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import io.jobcleanup.server.fixture.ReachesIntoTheLibrary;
import org.junit.jupiter.api.Test;

class BordersTest {
  private static final ArchRule PUBLIC_FACE_ONLY =
      noClasses()
          .that()
          .resideInAPackage("io.jobcleanup.server..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.jobcleanup.postgres..", "io.jobcleanup.run..", "io.jobcleanup.verdict..")
          .because("the program uses the library as anybody else would");

  private static final ArchRule NOTHING_BUT_COMMANDS_PRINTS =
      noClasses()
          .that()
          .resideInAnyPackage("io.jobcleanup.server.database..", "io.jobcleanup.server.settings..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.jobcleanup.server.cli..", "io.jobcleanup.server.demo..")
          .because("the service will stand on database and settings without any command");

  @Test
  void programUsesTheLibrarysPublicFaceOnly() {
    JavaClasses program =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.jobcleanup.server");

    PUBLIC_FACE_ONLY.check(program);
    NOTHING_BUT_COMMANDS_PRINTS.check(program);
  }

  @Test
  void ruleBites() {
    JavaClasses offender = new ClassFileImporter().importClasses(ReachesIntoTheLibrary.class);

    assertThat(PUBLIC_FACE_ONLY.evaluate(offender).hasViolation()).isTrue();
  }
}
