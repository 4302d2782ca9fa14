package io.jobcleanup.draft;

import io.jobcleanup.draft.HostTable.Column;
import io.jobcleanup.draft.HostTable.Reference;
import io.jobcleanup.draft.Links.Link;
import io.jobcleanup.draft.Money.Balance;
import io.jobcleanup.draft.Payers.Way;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Drafts the row that a refund adds to the ledger: every column that an INSERT must fill, and those
 * that tell of the job.
 */
final class LedgerRow {

  private static final String WORD_OF_THE_CODE =
      "source|reason|cause|category|action|operation|origin|event|status";

  private final Survey survey;
  private final Moments moments;
  private final JobTable job;
  private final Page page;

  LedgerRow(Survey survey, Moments moments, JobTable job, Page page) {
    this.survey = survey;
    this.moments = moments;
    this.job = job;
    this.page = page;
  }

  void write(
      HostTable ledger,
      @Nullable Link link,
      @Nullable HostTable charges,
      @Nullable Balance balance,
      @Nullable Way way,
      @Nullable Column kind,
      @Nullable String kindValue,
      @Nullable String kindDoubt) {
    page.put(4, "- table: " + Names.yaml(ledger.mapped()), null);
    page.open(5, "values", null);
    Map<String, String> linkValues = link == null ? Map.of() : link.written();
    boolean overCharge =
        charges != null && ledger.references().stream().anyMatch(it -> it.table() == charges.oid());
    if (link == null && !overCharge) {
      page.ask(6, "how does a row tell which job it is about? No column was found that does");
    }
    Column amount = Money.amount(ledger).orElseThrow();
    Map<String, String> usual = usual(ledger, kind, kindValue);
    Map<String, Form> forms = new LinkedHashMap<>();
    for (Column column : ledger.columns()) {
      if (usual.containsKey(column.name()) && !linkValues.containsKey(column.name())) {
        forms.put(
            column.name(),
            new Form(
                Names.yaml(usual.get(column.name())), "as all your own refunds have it", null));
        continue;
      }
      if (column.generated() || !column.readable()) {
        continue;
      }
      forms.put(
          column.name(),
          value(
              ledger,
              column,
              linkValues,
              charges,
              balance,
              way,
              amount,
              kind,
              kindValue,
              kindDoubt));
    }
    forms.forEach(
        (column, form) -> {
          if (form.doubt() != null) {
            page.ask(6, form.doubt());
          }
          if (form.value() != null) {
            page.put(6, column, form.value(), form.evidence());
          }
        });
    time(ledger, forms);
  }

  /** The words that all refunds of the host have in common: names in its code, no prose. */
  private Map<String, String> usual(
      HostTable ledger, @Nullable Column kind, @Nullable String kindValue) {
    List<String> words =
        ledger.columns().stream()
            .filter(
                it -> it.text() && it.readable() && !it.equals(kind) && it.named(WORD_OF_THE_CODE))
            .map(Column::name)
            .toList();
    if (kind == null || kindValue == null || words.isEmpty()) {
      return Map.of();
    }
    return survey.filled(ledger, Names.of("r", kind.name()), words).stream()
        .filter(it -> it.status().equals(kindValue) && it.rows() > 1)
        .flatMap(it -> it.same().entrySet().stream())
        .filter(it -> it.getValue().matches("[A-Za-z][A-Za-z0-9]*([_.:-][A-Za-z0-9]+)*"))
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  /** A column's value as YAML spells it; null leaves it out. */
  private record Form(@Nullable String value, @Nullable String evidence, @Nullable String doubt) {}

  private static final Form LEFT_OUT = new Form(null, null, null);

  private static Form of(String expression) {
    return new Form(Names.yaml("=" + expression), null, null);
  }

  private Form value(
      HostTable ledger,
      Column column,
      Map<String, String> link,
      @Nullable HostTable charges,
      @Nullable Balance balance,
      @Nullable Way way,
      Column amount,
      @Nullable Column kind,
      @Nullable String kindValue,
      @Nullable String kindDoubt) {
    String linked = link.get(column.name());
    if (linked != null) {
      return new Form(Names.yaml(linked), null, null);
    }
    if (column.equals(amount)) {
      return of(":amount");
    }
    if (column.equals(kind)) {
      return kindValue == null
          ? new Form(column.demanded() ? SourceDraft.UNKNOWN : null, null, kindDoubt)
          : new Form(Names.yaml(kindValue), null, kindDoubt);
    }
    if (ledger.key().equals(List.of(column.name()))) {
      return column.filled() ? LEFT_OUT : key(ledger, column);
    }
    Optional<Form> owner = owner(ledger, column, balance, way);
    if (owner.isPresent()) {
      return owner.get();
    }
    if (charges != null && charges.oid() != ledger.oid()) {
      Optional<Reference> reference =
          ledger.reference(column.name()).filter(it -> it.table() == charges.oid());
      if (reference.isPresent()) {
        return of(Names.of("charge", reference.get().referenced()));
      }
    }
    if (column.number() && column.named(Words.BALANCE_BEFORE)) {
      return of(":balance_before");
    }
    if (column.number() && column.named(Words.BALANCE_AFTER)) {
      return of(":balance_after");
    }
    if (charges != null
        && column.named(Words.POOL)
        && charges
            .column(column.name())
            .filter(it -> it.baseType().equals(column.baseType()))
            .isPresent()
        && balance != null
        && balance.pool() != null) {
      return of(Names.of("charge", column.name()));
    }
    if (column.moment()
        && (column.named(Words.CREATED) || column.named(Words.UPDATED))
        && !column.named(Words.AMOUNT)
        && moments.form(ledger, column).isPresent()) {
      return column.filled() ? LEFT_OUT : of(":now");
    }
    boolean unique = ledger.uniques().stream().anyMatch(it -> it.equals(List.of(column.name())));
    if (column.text() && (column.named(Words.IDEMPOTENCY) || unique) && !column.filled()) {
      return new Form("\"=:key\"", "the same for the same refund, for ever", null);
    }
    if (column.json() && column.named(Words.JSON_NOTE) && (!column.filled() || column.demanded())) {
      return of(column.baseType() + "_build_object('reason', 'timeout', 'runId', :run)");
    }
    if (column.text()
        && column.labels().isEmpty()
        && column.named(Words.NOTE)
        && !column.filled()) {
      return note(column);
    }
    return column.demanded() ? demanded(ledger, column) : LEFT_OUT;
  }

  private static Form note(Column column) {
    if (column.named("source|reason|cause")) {
      return new Form(
          "timeout", null, column.demanded() ? "which words does your code know here?" : null);
    }
    return of("'Refund: no result after ' || :seconds || ' s'");
  }

  private Form key(HostTable ledger, Column column) {
    if (column.uuid() || column.text()) {
      return of(":uuid");
    }
    String noun = Words.singular(ledger.name());
    Optional<Survey.Sequence> sequence =
        survey.sequences().stream()
            .filter(it -> it.schema().equals(ledger.schema()))
            .filter(
                it ->
                    Words.snake(it.name())
                        .matches(
                            "(%s|%s)(_%s)?_?(seq|sequence|id_seq)"
                                .formatted(
                                    noun, Words.snake(ledger.name()), Words.snake(column.name()))))
            .findFirst()
            .or(
                () ->
                    survey.sequences().stream()
                        .filter(it -> it.name().equals("hibernate_sequence"))
                        .findFirst());
    return sequence
        .map(
            it ->
                new Form(
                    Names.yaml(
                        "=nextval('%s')"
                            .formatted(
                                it.mapped().matches("[a-z0-9_.]+")
                                    ? it.mapped()
                                    : Names.quoted(it.name()))),
                    "the sequence of that name",
                    null))
        .orElse(
            new Form(
                SourceDraft.UNKNOWN,
                null,
                "where does your code take %s from?".formatted(column.name())));
  }

  /** A column that says whose row it is, or that repeats what the job has. */
  private Optional<Form> owner(
      HostTable ledger, Column column, @Nullable Balance balance, @Nullable Way way) {
    boolean demandedOrNamed = column.demanded() || column.named(Words.OWNER);
    if (balance != null && way != null) {
      String payer = Payers.entity(balance.table(), balance.owner().name());
      if (Payers.entity(ledger, column.name()).equals(payer)
          || (column.named(Words.OWNER)
              && ledger.reference(column.name()).isEmpty()
              && column.words().equals(balance.owner().words())
              && column.baseType().equals(balance.owner().baseType()))) {
        return Optional.of(of(":payer"));
      }
      Optional<Reference> toBalance =
          ledger.reference(column.name()).filter(it -> it.table() == balance.table().oid());
      if (toBalance.isPresent()) {
        return Optional.of(
            toBalance.get().referenced().equals(balance.owner().name())
                ? of(":payer")
                : of(Names.of("balance", toBalance.get().referenced())));
      }
      if (way.direct()
          && column.words().equals(way.column().words())
          && column.baseType().equals(way.column().baseType())
          && column.named(Words.OWNER)) {
        return Optional.of(of(":payer"));
      }
    } else if (way != null && way.direct() && column.words().equals(way.column().words())) {
      return Optional.of(of(":payer"));
    }
    if (!demandedOrNamed) {
      return Optional.empty();
    }
    Optional<Column> repeated =
        job.table().columns().stream()
            .filter(
                it -> it.words().equals(column.words()) && it.baseType().equals(column.baseType()))
            .filter(it -> it.named(Words.OWNER) || ledger.reference(column.name()).isPresent())
            .filter(
                it ->
                    ledger.reference(column.name()).isEmpty()
                        || Payers.entity(ledger, column.name())
                            .equals(Payers.entity(job.table(), it.name())))
            .findFirst();
    return repeated.map(it -> of(Names.of("job", it.name())));
  }

  /** A column that has no role here, and yet must be filled. */
  private Form demanded(HostTable ledger, Column column) {
    Optional<Column> repeated =
        job.table().columns().stream()
            .filter(
                it -> it.name().equals(column.name()) && it.baseType().equals(column.baseType()))
            .findFirst();
    if (repeated.isPresent() && !column.named(Words.STATUS)) {
      return new Form(Names.yaml("=" + Names.of("job", column.name())), "as the job has it", null);
    }
    if (!column.labels().isEmpty()) {
      Optional<String> settled =
          column.labels().stream()
              .filter(
                  it ->
                      Words.snake(it)
                          .matches(
                              "completed|complete|succeeded|success|posted|settled|done|confirmed|applied|credit|in|plus"))
              .findFirst();
      return settled.isPresent()
          ? new Form(Names.yaml(settled.get()), null, null)
          : new Form(
              SourceDraft.UNKNOWN,
              null,
              "%s must be filled; with which of %s?"
                  .formatted(column.name(), String.join(", ", column.labels())));
    }
    if (column.named(Words.STATUS) && column.text()) {
      Optional<String> usual =
          survey
              .values(ledger, Names.of("r", column.name()))
              .flatMap(it -> it.stream().findFirst())
              .map(Survey.Count::value);
      return usual.isPresent()
          ? new Form(Names.yaml(usual.get()), "as most rows have it", null)
          : new Form(
              SourceDraft.UNKNOWN, null, "%s must be filled; with what?".formatted(column.name()));
    }
    if (column.bool()) {
      return new Form("false", null, "%s must be filled; is false right?".formatted(column.name()));
    }
    if (column.whole() && column.named(Words.VERSION)) {
      return new Form("0", null, null);
    }
    if (column.moment() && !column.number()) {
      return of(":now");
    }
    if (column.json()) {
      return new Form("\"{}\"", null, null);
    }
    if ((column.text() && column.named(".*(currency|unit|asset).*"))
        || (column.text() && column.named(Words.KIND))) {
      Optional<List<Survey.Count>> values =
          survey.values(ledger, Names.of("r", column.name())).filter(it -> !it.isEmpty());
      if (values.isPresent()) {
        List<String> known = values.get().stream().map(Survey.Count::value).toList();
        return new Form(
            Names.yaml(known.getFirst()),
            known.size() == 1 ? "as all rows have it" : null,
            known.size() == 1
                ? null
                : "which one? There are %s"
                    .formatted(String.join(", ", known).toLowerCase(Locale.ROOT)));
      }
    }
    return new Form(
        SourceDraft.UNKNOWN, null, "%s must be filled; with what?".formatted(column.name()));
  }

  /** The ledger's own way of keeping moments, where it isn't the job table's. */
  private void time(HostTable ledger, Map<String, Form> forms) {
    for (Column column : ledger.columns()) {
      Form form = forms.get(column.name());
      if (form == null || form.value() == null || !form.value().equals("\"=:now\"")) {
        continue;
      }
      Optional<String> here = moments.form(ledger, column).map(Moments.Form::form);
      Optional<String> there =
          Stream.of(job.begun(), job.updated(), job.created())
              .filter(it -> it != null)
              .flatMap(it -> moments.form(job.table(), it).map(Moments.Form::form).stream())
              .findFirst();
      if (here.isPresent()
          && !here.equals(there)
          && !(here.get().equals("UTC") && there.isEmpty())) {
        page.put(5, "time", here.get(), null);
        return;
      }
    }
  }
}
