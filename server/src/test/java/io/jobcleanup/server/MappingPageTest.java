package io.jobcleanup.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.mapping.Expression;
import io.jobcleanup.mapping.Mapping;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The names that the mapping's page allows in each place are those that the reader allows. */
class MappingPageTest {
  private static final Path PAGE = Path.of("..", "docs", "reference", "mapping.md");
  private static final Pattern ROW =
      Pattern.compile("^\\| ([^|]+) \\| [^|]+ \\| ([^|]+) \\|$", Pattern.MULTILINE);
  private static final Pattern NAME = Pattern.compile("`:(\\w+)`");

  /** What the page calls places, and each as a file that says nothing else. */
  private static final Map<String, List<String>> PLACES =
      Map.ofEntries(
          Map.entry(
              "`status`, `since`, `expires`, `timeout`, `attempt`",
              List.of(
                  jobs("status: %s"),
                  jobs("since: %s"),
                  jobs("expires: %s"),
                  jobs("timeout: %s"),
                  jobs("attempt: %s"))),
          Map.entry("`where`", List.of(jobs("where: %s"))),
          Map.entry("`fail`", List.of(jobs("fail: {x: %s}"))),
          Map.entry("`payer`, `cost`", List.of(refund("payer: %s"), refund("cost: %s"))),
          Map.entry("`mark` of the job", List.of(refund("mark: {x: %s}"))),
          Map.entry("`charge.amount`", List.of(refund("charge: {amount: %s}"))),
          Map.entry("`charge.match`", List.of(refund("charge: {match: %s}"))),
          Map.entry("`charge.mark`", List.of(refund("charge: {mark: {x: %s}}"))),
          Map.entry(
              "`only-if`, `already`, both `when`",
              List.of(
                  refund("only-if: %s"),
                  refund("already: %s"),
                  refund("balances: {when: %s}"),
                  refund("ledger: {when: %s}"))),
          Map.entry("`balances.match`", List.of(refund("balances: {match: {x: %s}}"))),
          Map.entry("`balances.add`", List.of(refund("balances: {add: {x: %s}}"))),
          Map.entry("`balances.set`", List.of(refund("balances: {set: {x: %s}}"))),
          Map.entry("`balances.values`", List.of(refund("balances: {values: {x: %s}}"))),
          Map.entry("`ledger.values`", List.of(refund("ledger: {values: {x: %s}}"))),
          Map.entry("`statement`", List.of(refund("statement: %s"))),
          Map.entry("`also`", List.of("sources: {s: {also: [%s]}}")));

  private static String jobs(String key) {
    return "sources: {s: {jobs: {" + key + "}}}";
  }

  private static String refund(String key) {
    return "sources: {s: {refund: {" + key + "}}}";
  }

  @Test
  void namesOfEachPlaceAreThoseThatTheReaderKnowsThere() throws IOException {
    String table = Files.readString(PAGE).split("\\| in \\| rows \\| values \\|\n")[1];
    Map<String, Set<String>> shown =
        ROW.matcher(table.substring(0, table.indexOf("\n\n") + 1))
            .results()
            .filter(it -> !it.group(1).startsWith("-"))
            .collect(Collectors.toMap(it -> it.group(1), MappingPageTest::names));

    assertThat(shown).hasSameSizeAs(PLACES);
    shown.forEach(
        (place, names) ->
            assertThat(PLACES.get(place))
                .as(place)
                .isNotNull()
                .allSatisfy(file -> assertThat(known(file)).isEqualTo(names)));
  }

  private static Set<String> names(MatchResult row) {
    Set<String> listed =
        NAME.matcher(row.group(2)).results().map(it -> it.group(1)).collect(Collectors.toSet());
    Set<String> names = new TreeSet<>(Expression.NAMES);
    if (row.group(2).startsWith("all but ")) {
      names.removeAll(listed);
    } else if (!row.group(2).equals("all of them")) {
      names.retainAll(listed);
    }
    return names;
  }

  private static Set<String> known(String file) {
    Set<String> known = new TreeSet<>(Expression.NAMES);
    String text = file.contains("also") ? "'update x set y = :%s'" : "'=:%s'";
    known.removeIf(
        name ->
            Mapping.parse(file.formatted(text.formatted(name))).faults().stream()
                .map(it -> it.problem())
                .anyMatch(
                    it ->
                        it.startsWith(":" + name + " isn't known here")
                            || it.startsWith(":" + name + " has no value here")));
    return known;
  }
}
