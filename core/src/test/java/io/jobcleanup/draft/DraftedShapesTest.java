package io.jobcleanup.draft;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.JobCleanup;
import io.jobcleanup.draft.Comparison.Point;
import io.jobcleanup.support.TestDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How much of a mapping is drafted right, over made-up hosts whose mapping is known. */
class DraftedShapesTest {

  private static final int SHAPES = 12;
  private static final int FLOOR_PERCENT = 88;
  private static final int FLOOR_PERCENT_OF_EACH = 60;

  private record Score(int shape, List<Point> points) {
    long right() {
      return points.stream().filter(Point::right).count();
    }

    String missed() {
      return points.stream()
          .filter(it -> !it.right())
          .map(it -> "`" + it.key() + "`")
          .collect(Collectors.joining(", "));
    }

    String row() {
      return row(String.valueOf(shape), right(), points.size(), missed());
    }

    static String row(String of, long right, long all, String missed) {
      return String.format(
              Locale.ROOT,
              "| %s | %d of %d | %d %% | %s |",
              of,
              right,
              all,
              right * 100 / all,
              missed)
          .replace("|  |", "| |");
    }
  }

  @Test
  void mostOfAMappingIsDraftedRight() throws IOException {
    List<Score> scores = IntStream.rangeClosed(1, SHAPES).mapToObj(this::score).toList();
    long right = scores.stream().mapToLong(Score::right).sum();
    long all = scores.stream().mapToLong(it -> it.points().size()).sum();
    List<String> table =
        IntStream.range(0, SHAPES + 1)
            .mapToObj(i -> i < SHAPES ? scores.get(i).row() : Score.row("all", right, all, ""))
            .toList();
    table.forEach(System.out::println);
    scores.forEach(
        score ->
            score.points().stream()
                .filter(it -> !it.right())
                .forEach(it -> System.out.println("shape " + score.shape() + " " + it)));

    assertThat(right * 100 / all).isGreaterThanOrEqualTo(FLOOR_PERCENT);
    assertThat(scores)
        .allSatisfy(
            it ->
                assertThat(it.right() * 100 / it.points().size())
                    .as(it.missed())
                    .isGreaterThanOrEqualTo(FLOOR_PERCENT_OF_EACH));
    assertThat(Files.readString(Path.of("..", "docs", "explanation", "how-map-guesses.md")))
        .contains(table);
  }

  private Score score(int shape) {
    String path = "/io/jobcleanup/shapes/shape-" + shape + "/";
    TestDatabase database = TestDatabase.create().execute(text(path + "tables.sql"));
    Draft draft = JobCleanup.builder(database).build().draftMapping(null, progress -> {});
    return new Score(shape, Comparison.of(database, text(path + "mapping.yaml"), draft.text()));
  }

  private static String text(String resource) {
    try (InputStream in = DraftedShapesTest.class.getResourceAsStream(resource)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
