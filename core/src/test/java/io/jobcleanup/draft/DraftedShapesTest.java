package io.jobcleanup.draft;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.Diagnosis;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.MappingDraft;
import io.jobcleanup.draft.Comparison.Point;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.support.TestDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How much of a mapping is drafted right, over made-up hosts whose mapping is known. */
class DraftedShapesTest {

  private static final int FLOOR_PERCENT = 93;
  private static final int FLOOR_PERCENT_OF_EACH = 85;

  private record Score(String host, List<Point> points) {
    long right() {
      return points.stream().filter(Point::right).count();
    }

    long percent() {
      return right() * 100 / points.size();
    }

    String missed() {
      return points.stream()
          .filter(it -> !it.right())
          .map(it -> "`" + it.key() + "`")
          .distinct()
          .collect(Collectors.joining(", "));
    }

    String row() {
      return String.format(
              Locale.ROOT,
              "| %s | %d of %d | %d %% | %s |",
              host,
              right(),
              points.size(),
              percent(),
              missed())
          .replace("|  |", "| |");
    }
  }

  @Test
  void mostOfTheTwelveShapesIsDraftedRight() throws IOException {
    isDraftedRight(
        IntStream.rangeClosed(1, 12)
            .mapToObj(it -> score("shape " + it, "/io/jobcleanup/shapes/shape-" + it + "/"))
            .toList());
  }

  @Test
  void mostOfWhatFrameworksMakeIsDraftedRight() throws IOException {
    isDraftedRight(
        Stream.of("laravel", "django", "typeorm", "gorm", "prisma")
            .map(it -> score(it, "/io/jobcleanup/draft/" + it + "/"))
            .toList());
  }

  private static void isDraftedRight(List<Score> scores) throws IOException {
    Score all = new Score("all", scores.stream().flatMap(it -> it.points().stream()).toList());
    List<String> table = new ArrayList<>(scores.stream().map(Score::row).toList());
    table.add(
        "| all | %d of %d | %d %% | |".formatted(all.right(), all.points().size(), all.percent()));
    table.forEach(System.out::println);

    assertThat(all.percent()).as(all.missed()).isGreaterThanOrEqualTo(FLOOR_PERCENT);
    assertThat(scores)
        .allSatisfy(
            it ->
                assertThat(it.percent())
                    .as("%s: %s", it.host(), it.points())
                    .isGreaterThanOrEqualTo(FLOOR_PERCENT_OF_EACH));
    assertThat(Files.readString(Path.of("..", "docs", "explanation", "how-map-guesses.md")))
        .contains(table);
  }

  private static Score score(String host, String path) {
    TestDatabase database = TestDatabase.create().execute(text(path + "tables.sql"));
    MappingDraft draft = JobCleanup.builder(database).build().draftMapping(null, progress -> {});
    assertThat(
            JobCleanup.builder(database)
                .mapping(Mapping.parse(draft.text()))
                .build()
                .diagnose()
                .of(Diagnosis.Level.FAULT))
        .as("what keeps the draft of %s from serving, but for what it says it doesn't know", host)
        .filteredOn(it -> !it.message().contains(":unknown"))
        .isEmpty();
    String wanted =
        DraftedShapesTest.class.getResource(path + "mapping.yaml") == null
            ? Mapping.builtInText()
            : text(path + "mapping.yaml");
    return new Score(host, Comparison.of(database, wanted, draft.text()));
  }

  private static String text(String resource) {
    try (InputStream in = DraftedShapesTest.class.getResourceAsStream(resource)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
