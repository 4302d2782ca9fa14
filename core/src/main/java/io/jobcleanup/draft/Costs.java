package io.jobcleanup.draft;

import io.jobcleanup.draft.HostTable.Column;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Drafts what a job cost, where no rows tell of it. */
final class Costs {

  private final Survey survey;
  private final HostTable table;
  private final Page page;

  Costs(Survey survey, HostTable table, Page page) {
    this.survey = survey;
    this.table = table;
    this.page = page;
  }

  /** The column of a job table that says what the user paid. */
  static Optional<Column> column(HostTable table) {
    return table
        .allNamed(
            it ->
                it.number()
                    && !it.named(Words.VENDOR)
                    && table.reference(it.name()).isEmpty()
                    && !it.named(Words.MARK)
                    && !table.key().contains(it.name()),
            Words.COST)
        .stream()
        .min(
            Comparator.comparingInt(
                it ->
                    it.named(".*(charged|used|spent|deducted|consumed).*")
                        ? 0
                        : it.named(
                                ".*(credit|token|coin|point).*cost.*|.*cost.*(credit|token|coin|point).*")
                            ? 1
                            : it.named(".*estimated.*|amount|fee|.*count|units?.*")
                                ? 4
                                : it.named("cost|costs|price") ? 2 : 3));
  }

  /** Writes the cost; where rows tell of it, only what isn't one. */
  void write(boolean hasCharges) {
    List<Column> vendors =
        table.columns().stream()
            .filter(
                it ->
                    it.number()
                        && it.named(Words.VENDOR)
                        && it.named(".*(cost|price|usd|eur|cents|amount|fee).*"))
            .toList();
    if (!vendors.isEmpty()) {
      page.note(
          3,
          "%s looks like what you pay a vendor, not what your user paid"
              .formatted(vendors.stream().map(Column::name).collect(Collectors.joining(", "))));
    }
    if (hasCharges) {
      return;
    }
    Optional<Column> column = column(table);
    if (column.isPresent()) {
      List<String> others =
          table
              .allNamed(
                  it ->
                      it.number()
                          && !it.named(Words.VENDOR)
                          && table.reference(it.name()).isEmpty()
                          && !it.named(Words.MARK),
                  Words.COST)
              .stream()
              .map(Column::name)
              .filter(it -> !it.equals(column.get().name()))
              .toList();
      if (!others.isEmpty()) {
        page.ask(3, "or is it %s?".formatted(String.join(", ", others)));
      }
      page.put(
          3,
          "cost",
          Names.yaml(column.get().name()),
          "no rows were found that took tokens for a job");
      return;
    }
    for (Column json : table.columns()) {
      if (!json.json() || !json.readable()) {
        continue;
      }
      Optional<Survey.Found> name =
          survey.jsonNumbers(table, json).stream()
              .filter(
                  it ->
                      Words.snake(it.text()).matches(Words.COST)
                          && !Words.snake(it.text()).matches(Words.VENDOR))
              .findFirst();
      if (name.isPresent()) {
        page.put(
            3,
            "cost",
            Names.yaml(
                "=cast(%s->>%s as numeric)"
                    .formatted(Names.of("job", json.name()), Names.literal(name.get().text()))),
            "%s looked at have it".formatted(Ages.count(name.get().rows(), "row")));
        return;
      }
    }
    Optional<Column> kind =
        table.named(
            it -> it.text() || it.category() == 'E',
            "((job|task|generation|render|image|media)_)?(type|kind|tier|size|plan|quality)",
            "model");
    Optional<String> cases =
        kind.flatMap(
                it ->
                    it.labels().isEmpty()
                        ? survey
                            .values(table, Names.of("r", it.name()))
                            .filter(values -> values.size() <= 12)
                            .map(
                                values ->
                                    values.stream().map(Survey.Count::value).sorted().toList())
                        : Optional.of(it.labels()))
            .filter(it -> !it.isEmpty())
            .map(
                it ->
                    it.stream()
                        .map(value -> "when %s then ..".formatted(Names.literal(value)))
                        .collect(Collectors.joining(" ")));
    page.ask(
        3,
        "what does a job cost? No column and no row was found that tells%s"
            .formatted(
                cases
                    .map(
                        it ->
                            ". If it depends on %s: \"=case %s %s end\""
                                .formatted(
                                    kind.orElseThrow().name(),
                                    Names.of("job", kind.orElseThrow().name()),
                                    it))
                    .orElse("")));
    page.put(3, "cost", SourceDraft.UNKNOWN, null);
  }

  /** Writes which jobs took anything at all. */
  void onlyIf(boolean hasCharges) {
    if (hasCharges) {
      return;
    }
    table
        .named(
            it -> it.bool() || (it.moment() && !it.number()),
            "(is_|was_)?(charged|billed|paid|deducted)(_at|_on)?|(credits?|tokens?|points?|cost)_(charged|deducted|billed|taken)(_at)?")
        .ifPresent(
            it ->
                page.put(
                    3,
                    "only-if",
                    Names.yaml(
                        "=%s%s"
                            .formatted(
                                Names.of("job", it.name()), it.bool() ? "" : " is not null")),
                    "else nothing was taken"));
    table
        .named(
            Column::bool,
            "(is_|was_)?(free|trial|exempt|complimentary|internal|demo|free_tier|free_trial)(_use|_tier)?")
        .ifPresent(
            it ->
                page.put(
                    3,
                    "only-if",
                    Names.yaml("=not " + Names.of("job", it.name())),
                    "such jobs took nothing"));
  }
}
