package io.jobcleanup.draft;

import io.jobcleanup.draft.HostTable.Column;
import io.jobcleanup.draft.Links.Link;
import io.jobcleanup.draft.Survey.Kind;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Drafts what took tokens for a job. */
final class Charges {

  private final Survey survey;
  private final JobTable job;
  private final HostTable table;
  private final @Nullable Column key;
  private final Page page;

  Charges(Survey survey, JobTable job, Page page) {
    this.survey = survey;
    this.job = job;
    this.table = job.table();
    this.key = job.key().orElse(null);
    this.page = page;
  }

  /** What the rows of a charge table tell. */
  record Charged(
      Column amount,
      boolean signed,
      @Nullable Column kind,
      List<Kind> kinds,
      @Nullable String chargeKind) {}

  /** Reads what the rows of a charge table tell. */
  Charged read(Linked charges) {
    HostTable records = charges.table();
    Column amount = Money.amount(records).orElseThrow();
    @Nullable Column kind =
        Money.kind(records).filter(it -> !linkUses(charges.link(), it)).orElse(null);
    String failed = job.failed().map(JobTable.Label::text).orElse("");
    List<Kind> kinds =
        key == null
            ? List.of()
            : survey.kinds(
                records,
                kind == null ? "null" : Names.of("t", kind.name()),
                Names.of("t", amount.name()),
                table,
                key.name(),
                charges.link().condition("t", "job"),
                job.statusIs("job", List.of(failed)));
    if (kind != null
        && (kinds.size() > 40
            || kinds.stream()
                .anyMatch(it -> it.kind() != null && !Words.label(it.kind(), false)))) {
      kind = null;
    }
    boolean signed =
        kinds.isEmpty()
            ? !Words.snake(records.name()).matches(Words.CHARGE_TABLE)
            : kinds.stream().anyMatch(it -> it.sign() < 0 && it.linked() > 0);
    if (kind == null) {
      kinds = List.of();
    }
    @Nullable String chargeKind = null;
    if (kind != null) {
      boolean negative = signed;
      chargeKind =
          kinds.stream()
              .filter(it -> it.kind() != null && it.linked() > 0 && (!negative || it.sign() < 0))
              .max(
                  Comparator.comparingLong(
                      it ->
                          it.linked()
                              + (Words.charge(String.valueOf(it.kind())) ? 1_000_000 : 0)
                              - (Words.refund(String.valueOf(it.kind())) > 2 ? 2_000_000 : 0)))
              .map(Kind::kind)
              .or(() -> labels(kindColumn(records)).filter(Words::charge).findFirst())
              .orElse(null);
    }
    return new Charged(amount, signed, kind, kinds, chargeKind);
  }

  private static Stream<String> labels(@Nullable Column column) {
    return column == null ? Stream.empty() : column.labels().stream();
  }

  private static @Nullable Column kindColumn(HostTable records) {
    return Money.kind(records).orElse(null);
  }

  static boolean linkUses(Link link, Column column) {
    return link.written().containsKey(column.name());
  }

  /** Writes the block. */
  void write(Linked charges, Charged charged) {
    HostTable records = charges.table();
    page.open(3, "charge", charges.link().evidence());
    page.put(4, "table", Names.yaml(records.mapped()), kindsEvidence(charged));
    if (records.key().isEmpty()) {
      page.ask(4, "which column names a row? There is no unique index");
      page.put(4, "key", "[]", null);
    }
    StringBuilder match = new StringBuilder(charges.link().condition("charge", "job"));
    String amount = Names.of("charge", charged.amount().name());
    boolean severalKinds =
        charged.kinds().stream()
                .filter(it -> it.linked() > 0 && (!charged.signed() || it.sign() < 0))
                .count()
            > 1;
    boolean byKey = charges.link() instanceof Links.ByTemplate;
    if (charged.signed() && !byKey) {
      match.append(" and ").append(amount).append(" < 0");
    }
    if (charged.kind() != null
        && charged.chargeKind() != null
        && (!charged.signed()
            || ((charged.kind().whole() && !severalKinds)
                || (severalKinds && Words.charge(charged.chargeKind()))))) {
      match
          .append(" and ")
          .append(Names.of("charge", charged.kind().name()))
          .append(" = ")
          .append(GivenBack.constant(charged.kind(), charged.chargeKind()));
    } else if (charged.kind() != null && !charged.signed() && charged.chargeKind() == null) {
      page.ask(
          4,
          "amounts have no sign: which %s means that tokens were taken?"
              .formatted(charged.kind().name()));
    }
    page.put(4, "match", Names.yaml("=" + match), null);
    page.put(
        4,
        "amount",
        charged.signed() ? Names.yaml("=-" + amount) : Names.yaml(charged.amount().name()),
        charged.signed() ? "what took tokens is negative" : null);
    Optional<Column> cost = Costs.column(table);
    if (cost.isPresent()) {
      page.ask(
          4,
          "is a job charged without such a row? Then write required: false here, and cost: %s above"
              .formatted(cost.get().name()));
    }
    mark(records)
        .ifPresent(
            it ->
                page.put(
                    4,
                    "mark",
                    Page.flow(Map.of(it.column().name(), Names.yaml(it.value()))),
                    "so that your own code sees it"));
  }

  private static @Nullable String kindsEvidence(Charged charged) {
    String text =
        charged.kinds().stream()
            .filter(it -> it.linked() > 0)
            .limit(5)
            .map(
                it ->
                    "%s%s: %s of jobs"
                        .formatted(
                            it.kind() == null ? "" : it.kind() + " ",
                            it.sign() < 0 ? "negative" : "positive",
                            Ages.count(it.linked(), "row")))
            .collect(Collectors.joining(", "));
    return text.isEmpty() ? null : text;
  }

  record Sign(Column column, String value, String condition) {}

  /** The sign on a charge row that it was given back. */
  static Optional<Sign> mark(HostTable records) {
    for (Column column : records.columns()) {
      if (column.named(Words.STATUS)) {
        Optional<String> label =
            column.labels().stream().filter(it -> Words.refund(it) >= 3).findFirst();
        if (label.isPresent()) {
          return Optional.of(
              new Sign(
                  column,
                  label.get(),
                  "%s = %s"
                      .formatted(Names.of("charge", column.name()), Names.literal(label.get()))));
        }
      }
      if (column.named(Words.MARK) && (column.moment() || column.bool())) {
        return Optional.of(
            column.bool()
                ? new Sign(column, "true", Names.of("charge", column.name()))
                : new Sign(column, "=:now", Names.of("charge", column.name()) + " is not null"));
      }
    }
    return Optional.empty();
  }
}
