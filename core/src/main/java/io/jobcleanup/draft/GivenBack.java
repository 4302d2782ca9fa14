package io.jobcleanup.draft;

import io.jobcleanup.draft.HostTable.Column;
import io.jobcleanup.draft.Links.Link;
import io.jobcleanup.draft.Survey.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Drafts how it shows that a job's tokens were given back, by the host or by us. */
final class GivenBack {

  private final Survey survey;
  private final HostTable table;
  private final Page page;

  GivenBack(Survey survey, HostTable table, Page page) {
    this.survey = survey;
    this.table = table;
    this.page = page;
  }

  /** How a refund's ledger row is told from others. */
  record Entry(
      @Nullable Column kindColumn,
      @Nullable String kindValue,
      @Nullable String kindDoubt,
      Column amount,
      boolean signed) {}

  /** Judges how a refund's row in a ledger is to look. */
  Entry entry(
      HostTable ledger,
      @Nullable Linked link,
      @Nullable Linked charges,
      Charges.@Nullable Charged charged) {
    Column amount = Money.amount(ledger).orElseThrow();
    boolean same = charges != null && charges.table().oid() == ledger.oid() && charged != null;
    @Nullable Column kind =
        same && charged != null
            ? charged.kind()
            : Money.kind(ledger)
                .filter(it -> link == null || !Charges.linkUses(link.link(), it))
                .orElse(null);
    if (kind == null) {
      return new Entry(null, null, null, amount, charged == null || charged.signed());
    }
    List<Kind> kinds = same && charged != null ? charged.kinds() : List.of();
    Optional<Kind> seen =
        kinds.stream()
            .filter(it -> it.kind() != null && it.sign() > 0 && it.linked() > 0)
            .filter(
                it -> charged == null || !String.valueOf(it.kind()).equals(charged.chargeKind()))
            .max(
                Comparator.comparingLong(
                    it -> Words.refund(String.valueOf(it.kind())) * 1_000_000L + it.linked()));
    if (seen.isPresent()
        && (kind.whole() || Words.refund(String.valueOf(seen.get().kind())) >= 2)) {
      return new Entry(
          kind,
          seen.get().kind(),
          kind.whole()
              ? "is %s the number of a refund? %s of jobs have it, with a positive amount"
                  .formatted(seen.get().kind(), Ages.count(seen.get().linked(), "row"))
              : null,
          amount,
          charged == null || charged.signed());
    }
    List<String> known = new ArrayList<>(kind.labels());
    if (known.isEmpty()) {
      survey
          .values(ledger, Names.of("r", kind.name()))
          .ifPresent(it -> it.forEach(each -> known.add(each.value())));
    }
    Optional<String> best =
        known.stream()
            .filter(it -> !kind.whole() && Words.refund(it) > 0)
            .max(Comparator.comparingInt(Words::refund));
    boolean signed = charged == null || !same || charged.signed();
    if (best.isPresent() && Words.refund(best.get()) >= 3) {
      return new Entry(kind, best.get(), null, amount, signed);
    }
    boolean free = kind.labels().isEmpty() && kind.text() && !kind.whole();
    if (best.isPresent() && !free) {
      return new Entry(
          kind,
          best.get(),
          "no %s means a refund; is this the one? There are %s"
              .formatted(kind.name(), String.join(", ", known)),
          amount,
          signed);
    }
    return new Entry(
        kind,
        free ? refundSpelt(known) : null,
        free
            ? "no row has a %s that means a refund; which will your code understand? There are %s"
                .formatted(kind.name(), known.isEmpty() ? "none" : String.join(", ", known))
            : "which %s means a refund? There are %s"
                .formatted(kind.name(), String.join(", ", known)),
        amount,
        signed);
  }

  /** The word in the spelling of its neighbours. */
  private static String refundSpelt(List<String> known) {
    return !known.isEmpty() && known.stream().allMatch(it -> it.equals(it.toUpperCase(Locale.ROOT)))
        ? "REFUND"
        : "refund";
  }

  /** Writes what shows that the host gave back itself. */
  void already(@Nullable Linked charges, @Nullable Linked ledger, @Nullable Entry entry) {
    if (charges != null) {
      Optional<Charges.Sign> sign = Charges.mark(charges.table());
      if (sign.isPresent()) {
        page.put(3, "already", Names.yaml("=" + sign.get().condition()), "judged row by row");
        return;
      }
    }
    if (ledger != null && entry != null && (ledger.link().rows() > 0 || jobMark().isEmpty())) {
      String refundOnly;
      Link link = ledger.link();
      String about =
          link instanceof Links.ByTemplate template
              ? "%s = %s"
                  .formatted(
                      Names.of("t", template.column().name()),
                      Links.ByTemplate.filled(
                          template.refundTemplate(), Names.of("job", template.key().name())))
              : link.condition("t", "job");
      if (entry.kindColumn() != null
          && entry.kindValue() != null
          && (entry.kindColumn().whole()
              || (Words.refund(entry.kindValue()) >= 3
                  && (entry.kindDoubt() == null || !entry.signed())))) {
        refundOnly =
            " and %s = %s"
                .formatted(
                    Names.of("t", entry.kindColumn().name()),
                    constant(entry.kindColumn(), entry.kindValue()));
      } else if (entry.signed()) {
        refundOnly = " and %s > 0".formatted(Names.of("t", entry.amount().name()));
      } else if (link instanceof Links.ByTemplate) {
        refundOnly = "";
      } else {
        page.ask(
            3,
            "how does a row of %s show that tokens were given back? Without already: a refund of your own isn't seen"
                .formatted(ledger.table().mapped()));
        return;
      }
      page.put(
          3,
          "already",
          Names.yaml(
              "=(select coalesce(sum(%s), 0) from %s t where %s%s)"
                  .formatted(
                      Names.of("t", entry.amount().name()),
                      ledger.table().written(),
                      about,
                      refundOnly)),
          "what your own code has given back");
      return;
    }
    jobMark()
        .ifPresentOrElse(
            it ->
                page.put(
                    3,
                    "already",
                    Names.yaml(
                        "="
                            + Names.of("job", it.name())
                            + (it.bool() ? "" : it.number() ? " > 0" : " is not null")),
                    "what your own code has given back"),
            () ->
                page.note(
                    3,
                    "nothing was found that shows what your own code has given back, so no already: two refunds are possible if it gives back too"));
  }

  private Optional<Column> jobMark() {
    return table.named(it -> it.bool() || it.moment() || it.number(), Words.MARK);
  }

  /** Writes the sign on the job. */
  void mark() {
    Map<String, String> marks = new LinkedHashMap<>();
    for (Column column :
        table.allNamed(it -> it.bool() || it.moment() || it.number(), Words.MARK)) {
      boolean moment = column.moment() && (!column.number() || column.named(".*_(at|time|ts|on)"));
      marks.put(column.name(), column.bool() ? "true" : moment ? "\"=:now\"" : "\"=:amount\"");
    }
    if (!marks.isEmpty()) {
      page.put(3, "mark", Page.flow(marks), "so that your own code sees that it was given back");
    }
  }

  static String constant(Column column, String value) {
    return column.whole() && value.matches("-?[0-9]+") ? value : Names.literal(value);
  }
}
