package io.jobcleanup.architecture;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.Date;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * The borders between the rooms of the library.
 *
 * <p>A rule is made for a root package, so that it can be tried on fixtures that break it.
 */
enum Rooms {
  VERDICT_IS_PURE(
      root ->
          noClasses()
              .that()
              .resideInAPackage(root + ".verdict..")
              .should()
              .dependOnClassesThat(
                  resideInAnyPackage(
                          root + ".postgres..",
                          root + ".run..",
                          root + ".mapping..",
                          "java.sql..",
                          "javax.sql..",
                          "org.jdbi..",
                          "org.slf4j..")
                      .or(nameMatching("java\\.time\\.(Instant|Clock|.*DateTime|LocalDate)"))
                      .or(
                          resideInAPackage(root)
                              .and(
                                  new DescribedPredicate<JavaClass>("more than values") {
                                    @Override
                                    public boolean test(JavaClass type) {
                                      return !isValue(type);
                                    }
                                  })))
              .because("a verdict knows neither clock nor database, of the root only its values")),

  ONLY_POSTGRES_SPEAKS_SQL(
      root ->
          noClasses()
              .that()
              .resideOutsideOfPackage(root + ".postgres..")
              .and()
              .resideInAPackage(root + "..")
              .and()
              .haveNameNotMatching(Pattern.quote(root + ".draft.Survey") + "(\\$.*)?")
              .should()
              .dependOnClassesThat(
                  resideInAnyPackage(
                          "java.sql..",
                          "javax.sql..",
                          "org.jdbi..",
                          "org.postgresql..",
                          "org.flywaydb..")
                      .and(
                          DescribedPredicate.not(
                              nameMatching(
                                  "(javax\\.sql\\.DataSource|java\\.sql\\.(Connection|SQLException))"))))
              .because(
                  "SQL is spoken in one room, and by the one class that asks an unknown database")),

  DRAFT_ONLY_LOOKS(
      root ->
          noClasses()
              .that()
              .resideInAPackage(root + ".draft..")
              .should()
              .callMethodWhere(
                  target(nameMatching("write"))
                      .and(target(owner(nameMatching(".*\\.postgres\\.Database")))))
              .orShould()
              .dependOnClassesThat(resideInAnyPackage(root + ".run..", root + ".verdict.."))
              .because("a draft is made before anything may be written")),

  CONNECTIONS_ARE_SEEN_AT_THE_DOOR_ONLY(
      root ->
          noClasses()
              .that()
              .resideInAnyPackage(root + ".mapping..", root + ".verdict..")
              .should()
              .dependOnClassesThat(resideInAnyPackage("java.sql..", "javax.sql.."))
              .because(
                  "connections pass from the root through the run to the room that speaks SQL")),

  CORE_KNOWS_NO_FRAMEWORK(
      root ->
          noClasses()
              .that()
              .resideInAPackage(root + "..")
              .should()
              .dependOnClassesThat(
                  resideInAnyPackage(
                      "org.springframework..",
                      "jakarta..",
                      "java.net.http..",
                      "com.sun.net..",
                      "io.micrometer..",
                      "io.prometheus..",
                      "io.opentelemetry..",
                      "java.net.."))
              .because(
                  "others must not inherit Spring, HTTP or a metrics library from the library")),

  MAPPING_KNOWS_NO_DATABASE(
      root ->
          noClasses()
              .that()
              .resideInAPackage(root + ".mapping..")
              .should()
              .dependOnClassesThat(
                  resideInAnyPackage(root + ".postgres..", root + ".run..", root + ".verdict.."))
              .because("the language is read without a database")),

  POSTGRES_KNOWS_NO_RUN(
      root ->
          noClasses()
              .that()
              .resideInAPackage(root + ".postgres..")
              .should()
              .dependOnClassesThat(resideInAPackage(root + ".run.."))
              .because("a run uses the statements, never the other way round")),

  DATABASES_CLOCK_DECIDES(
      root ->
          noClasses()
              .that()
              .resideInAPackage(root + "..")
              .should()
              .callMethod(Instant.class, "now")
              .orShould()
              .callMethod(LocalDate.class, "now")
              .orShould()
              .callMethod(LocalDateTime.class, "now")
              .orShould()
              .callMethod(OffsetDateTime.class, "now")
              .orShould()
              .callMethod(ZonedDateTime.class, "now")
              .orShould()
              .callMethod(System.class, "currentTimeMillis")
              .orShould()
              .callConstructor(Date.class)
              .orShould()
              .dependOnClassesThat(nameMatching("java\\.time\\.Clock"))
              .because("the JVM's clock may be wrong"));

  private final Function<String, ArchRule> rule;

  Rooms(Function<String, ArchRule> rule) {
    this.rule = rule;
  }

  ArchRule in(String root) {
    return rule.apply(root);
  }

  private static boolean isValue(JavaClass type) {
    return type.isRecord() || type.isEnum() || type.isInterface();
  }
}
