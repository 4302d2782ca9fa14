package io.jobcleanup.shapes;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.JobReport;
import io.jobcleanup.Outcome;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.support.TestDatabase;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each page of the cookbook shows one shape as it is, and what a run makes of it. */
class CookbookTest {
  private static final Path COOKBOOK = Path.of("..", "docs", "cookbook");
  private static final Path SHAPES =
      Path.of("src", "test", "resources", "io", "jobcleanup", "shapes");
  private static final Pattern SETTLED =
      Pattern.compile("^\\| ([^|`]+) \\| `(\\w+)` \\| ([^|]*) \\|", Pattern.MULTILINE);

  /** The page of a shape, and what its jobs are called: an expression over the row {@code job}. */
  private enum Page {
    SHAPE_1("credits-on-users", "name"),
    SHAPE_2("workspace-counter", "title"),
    SHAPE_3("supabase", "prompt"),
    SHAPE_4("pools", "scene"),
    SHAPE_5("rails", "title"),
    SHAPE_6("holds", "name"),
    SHAPE_7("epoch-times", "action"),
    SHAPE_8("jpa", "owner || ', ' || job_type"),
    SHAPE_9("two-job-tables", "prompt"),
    SHAPE_10("lease", "(select b.title from books b where b.id = job.book_id)"),
    SHAPE_11("ledger-only", "id"),
    SHAPE_12("own-function", "file_name");

    private final String file;
    private final String name;

    Page(String file, String name) {
      this.file = file;
      this.name = name;
    }

    static Page of(Shape shape) {
      return valueOf(shape.name());
    }

    String text() throws IOException {
      return Files.readString(COOKBOOK.resolve(file + ".md"));
    }

    String code(String language) throws IOException {
      return Pattern.compile(
              "^```" + language + "\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL)
          .matcher(text())
          .results()
          .map(it -> it.group(1))
          .findFirst()
          .orElseThrow();
    }
  }

  @ParameterizedTest
  @EnumSource
  void tablesAreThoseOfTheShape(Shape shape) throws IOException {
    String tables = Files.readString(directory(shape).resolve("tables.sql"));
    String made =
        tables
            .substring(0, tables.indexOf("\ninsert into"))
            .replaceFirst("^(--.*\\n)+", "")
            .replaceFirst("(\\n--.*)+$", "");

    assertThat(Page.of(shape).code("sql").strip()).isEqualTo(made.strip());
  }

  @ParameterizedTest
  @EnumSource(names = {"SHAPE_3", "SHAPE_12"})
  void grantsAreThoseOfTheShape(Shape shape) throws IOException {
    String grants = Files.readString(directory(shape).resolve("grants.sql"));

    assertThat(Page.of(shape).text())
        .contains(
            grants
                .replaceFirst("^(--.*\\n)+", "")
                .replace(":cleaner", "cleaner")
                .replace(":database", "shop"));
  }

  @ParameterizedTest
  @EnumSource
  void mappingSaysTheSame(Shape shape) throws IOException {
    Mapping shown = Mapping.parse(Page.of(shape).code("yaml"));

    assertThat(shown.faults()).isEmpty();
    assertThat(shown.sources()).isEqualTo(shape.mapping().sources());
  }

  @ParameterizedTest
  @EnumSource
  void outcomesAreThoseOfARun(Shape shape) throws IOException {
    TestDatabase database = shape.create();
    Page page = Page.of(shape);

    Stream<JobReport> settled = shape.cleanup(database).cleanupStuckJobs().jobs().stream();

    List<String> shown =
        SETTLED
            .matcher(page.text())
            .results()
            .map(it -> String.join(" | ", it.group(1), it.group(2), it.group(3)))
            .toList();
    assertThat(shown)
        .containsExactlyInAnyOrderElementsOf(
            settled.map(it -> line(shape, page, database, it)).toList());
  }

  private static Path directory(Shape shape) {
    return SHAPES.resolve(shape.name().toLowerCase(Locale.ROOT).replace('_', '-'));
  }

  private static String line(Shape shape, Page page, TestDatabase database, JobReport report) {
    String table =
        shape.mapping().sources().stream()
            .filter(it -> it.name().equals(report.job().source()))
            .map(it -> it.jobs().table())
            .collect(Collectors.joining());
    String name =
        database.value(
            "select %s from \"%s\" job where cast(id as text) = ?".formatted(page.name, table),
            report.job().text());
    boolean several = shape.mapping().sources().size() > 1;
    return "%s%s | %s | %s"
        .formatted(
            several ? report.job().source() + ": " : "",
            name,
            report.outcome().label(),
            given(report.outcome()));
  }

  private static String given(Outcome outcome) {
    return switch (outcome) {
      case Outcome.RefundOwed owed ->
          "%s, owed %s"
              .formatted(plain(owed.paid()), owed.owed() == null ? "?" : plain(owed.owed()));
      default -> plain(outcome.tokensRefunded());
    };
  }

  private static String plain(BigDecimal amount) {
    return amount.signum() == 0 ? "0" : amount.stripTrailingZeros().toPlainString();
  }
}
