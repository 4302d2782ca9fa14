package io.jobcleanup.draft;

import io.jobcleanup.draft.HostTable.Column;
import io.jobcleanup.draft.Links.Link;
import io.jobcleanup.draft.Money.Balance;
import io.jobcleanup.draft.Payers.Way;
import io.jobcleanup.draft.Survey.Function;
import io.jobcleanup.draft.Survey.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Drafts how a source's tokens are given back. */
final class Refunds {

  private static final int MOST_RECORDS_LOOKED_AT = 10;

  /** A table whose rows are about jobs, and how they are. */
  private record Linked(HostTable table, Link link) {}

  /** A balance, and the way from a job to its owner. */
  private record Paid(Balance balance, Way way) {}

  private final Survey survey;
  private final Moments moments;
  private final Money money;
  private final JobTable job;
  private final HostTable table;
  private final @Nullable Column key;
  private final Page page;
  private final Payers payers;
  private final List<String> releases = new ArrayList<>();
  private final List<HostTable> written = new ArrayList<>();
  private @Nullable Function called;

  Refunds(
      Survey survey,
      Moments moments,
      List<HostTable> tables,
      Money money,
      JobTable job,
      @Nullable Column key,
      Page page) {
    this.survey = survey;
    this.moments = moments;
    this.money = money;
    this.job = job;
    this.table = job.table();
    this.key = key;
    this.page = page;
    this.payers = new Payers(survey, tables);
  }

  /** Statements that free what jobs hold. */
  List<String> releases() {
    return releases;
  }

  /** The tables that a refund writes to. */
  List<HostTable> written() {
    return written;
  }

  /** The source of the host's function that is called, where one is. */
  Optional<String> calledSource() {
    return Optional.ofNullable(called).map(Function::source);
  }

  void write() {
    List<Linked> records = linked(money.records());
    Optional<Release> release = release();
    Optional<Paid> paid = paid();
    Optional<Linked> charges = charges(records, paid.orElse(null));
    release.ifPresent(it -> releases.add(it.statement()));
    if (release.isPresent() && charges.isEmpty()) {
      page.ask(
          2,
          "jobs hold tokens in %s, and no row was found that takes any: what a stuck job holds is freed, nothing is given back. Right?"
              .formatted(release.get().hold().mapped()));
      page.put(2, "refund", "none", null);
      return;
    }
    release.ifPresent(
        it ->
            page.ask(
                2,
                "is what a failed job holds in %s to be freed besides? See below"
                    .formatted(it.hold().mapped())));
    Optional<HostTable> ledger = ledger(records, charges, paid);
    if (paid.isEmpty() && ledger.isEmpty()) {
      page.ask(
          2,
          "no balance was found that belongs to a job's owner: nothing is given back. If tokens are taken for jobs, where do they stand?");
      page.put(2, "refund", "none", null);
      return;
    }
    page.open(2, "refund", null);
    Optional<Way> way = paid.map(Paid::way).or(() -> ledger.flatMap(this::wayOfLedger));
    if (way.isPresent()) {
      if (way.get().doubt() != null) {
        page.ask(3, way.get().doubt());
      }
      page.put(3, "payer", Names.yaml(way.get().value()), way.get().evidence());
    } else {
      page.ask(3, "who pays for a job?");
      page.put(3, "payer", SourceDraft.UNKNOWN, null);
    }
    Charged charged = charges.map(this::charged).orElse(null);
    cost(charges.isPresent());
    onlyIf(charges.isPresent());
    charges.ifPresent(it -> charge(it, charged));
    Optional<Linked> ledgerLink =
        ledger.flatMap(it -> records.stream().filter(l -> l.table().oid() == it.oid()).findFirst());
    Entry entry =
        ledger
            .map(it -> entry(it, ledgerLink.orElse(null), charges.orElse(null), charged))
            .orElse(null);
    already(charges.orElse(null), ledgerLink.orElse(null), entry);
    mark();
    Optional<Function> function =
        way.isPresent() ? new HostFunctions(survey, page).write() : Optional.empty();
    if (function.isPresent()) {
      called = function.get();
      return;
    }
    List<Purse> purses = paid.isPresent() ? purses(records, charges, ledger) : List.of();
    if (paid.isPresent()) {
      BalanceRow rows = new BalanceRow(moments, page);
      page.open(3, "balances", null);
      rows.write(paid.get().balance(), charges.map(Linked::table).orElse(null));
      purses.forEach(it -> rows.writeBesides(it.balance(), it.column(), it.record().table()));
      written.add(paid.get().balance().table());
      purses.forEach(it -> written.add(it.balance().table()));
    }
    if ((ledger.isPresent() && entry != null) || !purses.isEmpty()) {
      page.open(3, "ledger", null);
    }
    if (ledger.isPresent() && entry != null) {
      written.add(ledger.get());
      new LedgerRow(survey, moments, job, page)
          .write(
              ledger.get(),
              ledgerLink.map(Linked::link).orElse(null),
              charges.map(Linked::table).orElse(null),
              paid.map(Paid::balance).orElse(null),
              way.orElse(null),
              entry.kindColumn(),
              entry.kindValue(),
              entry.kindDoubt());
    }
    purses.forEach(this::recordOf);
  }

  /** The row that takes back what a purse besides was charged. */
  private void recordOf(Purse purse) {
    HostTable records = purse.record().table();
    written.add(records);
    page.put(4, "- table: " + Names.yaml(records.mapped()), null);
    purse.when().ifPresent(it -> page.put(5, "when", Names.yaml("=" + it), null));
    Map<String, String> values = new LinkedHashMap<>();
    values.put(purse.owner().name(), Names.yaml("=" + Names.of("job", purse.column().name())));
    purse.record().link().written().forEach((name, value) -> values.put(name, Names.yaml(value)));
    Money.amount(records)
        .ifPresent(it -> values.put(it.name(), purse.signed() ? "\"=:amount\"" : "\"=-:amount\""));
    for (Column column : records.columns()) {
      if (column.demanded() && !values.containsKey(column.name())) {
        boolean moment = column.moment() && !column.number();
        if (!moment) {
          page.ask(5, "%s must be filled; with what?".formatted(column.name()));
        }
        values.put(column.name(), moment ? "\"=:now\"" : SourceDraft.UNKNOWN);
      }
    }
    page.put(5, "values", Page.flow(values), null);
  }

  /**
   * A balance of somebody else that was charged for the same jobs besides.
   *
   * @param column the job's column that says whose
   * @param owner the same in the record
   * @param signed whether what was taken is negative there
   */
  private record Purse(
      Balance balance, Column column, Linked record, Column owner, boolean signed) {
    Optional<String> when() {
      return column.notNull()
          ? Optional.empty()
          : Optional.of(Names.of("job", column.name()) + " is not null");
    }
  }

  private List<Purse> purses(
      List<Linked> records, Optional<Linked> charges, Optional<HostTable> ledger) {
    List<Purse> purses = new ArrayList<>();
    for (Linked record : records) {
      boolean known =
          ledger.filter(it -> it.oid() == record.table().oid()).isPresent()
              || charges.filter(it -> it.table().oid() == record.table().oid()).isPresent();
      if (known || record.link().rows() == 0) {
        continue;
      }
      for (Balance balance : money.balances()) {
        String whose = Payers.entity(balance.table(), balance.owner().name());
        Optional<Column> owner =
            record.table().columns().stream()
                .filter(it -> Payers.entity(record.table(), it.name()).equals(whose))
                .findFirst();
        Optional<Column> ofJob =
            table.columns().stream()
                .filter(it -> Payers.entity(table, it.name()).equals(whose))
                .findFirst();
        if (owner.isPresent() && ofJob.isPresent() && balance.pool() == null) {
          Column amount = Money.amount(record.table()).orElseThrow();
          boolean signed =
              key != null
                  && survey
                      .kinds(
                          record.table(),
                          "null",
                          Names.of("t", amount.name()),
                          table,
                          key.name(),
                          record.link().condition("t", "job"),
                          "false")
                      .stream()
                      .anyMatch(it -> it.sign() < 0 && it.linked() > 0);
          purses.add(new Purse(balance, ofJob.get(), record, owner.get(), signed));
          break;
        }
      }
    }
    return purses;
  }

  /** What frees the rows of a table that hold tokens. */
  private record Release(HostTable hold, String statement) {}

  private Optional<Release> release() {
    Holds holds = new Holds(survey, key);
    for (Linked each : linked(money.holds())) {
      Optional<String> statement = holds.release(each.table(), each.link());
      if (statement.isPresent()) {
        return Optional.of(new Release(each.table(), statement.get()));
      }
    }
    return Optional.empty();
  }

  private List<Linked> linked(List<HostTable> candidates) {
    if (key == null) {
      return List.of();
    }
    Column jobKey = key;
    Links links = new Links(survey);
    List<Linked> found = new ArrayList<>();
    candidates.stream()
        .sorted(Comparator.comparingInt(this::nearness).reversed())
        .limit(MOST_RECORDS_LOOKED_AT)
        .forEach(
            it ->
                links
                    .between(it, table, jobKey)
                    .ifPresent(link -> found.add(new Linked(it, link))));
    return found;
  }

  private int nearness(HostTable candidate) {
    boolean refers = candidate.references().stream().anyMatch(it -> it.table() == table.oid());
    return (refers ? 10 : 0)
        + (Words.snake(candidate.name()).matches(Words.COIN_TABLE) ? 2 : 0)
        + (candidate.schema().equals(table.schema()) ? 1 : 0)
        + (candidate.named(Column::number, Words.BALANCE_AFTER).isPresent() ? 2 : 0);
  }

  private Optional<Paid> paid() {
    List<Paid> all = new ArrayList<>();
    for (Balance balance : money.balances()) {
      payers
          .way(table, balance.table(), balance.owner())
          .ifPresent(it -> all.add(new Paid(balance, it)));
    }
    return all.stream()
        .max(Comparator.comparingInt(it -> it.balance().score() * 2 + it.way().weight()));
  }

  private Optional<Way> wayOfLedger(HostTable ledger) {
    for (Column column : ledger.allNamed(it -> true, Words.OWNER)) {
      Optional<Way> way = payers.way(table, ledger, column);
      if (way.isPresent()) {
        return way;
      }
    }
    return table
        .named(it -> true, Words.OWNER)
        .map(it -> new Way(it.name(), it, 1, "by its name", "is this who pays?"));
  }

  /** The table whose rows took tokens for jobs. */
  private Optional<Linked> charges(List<Linked> records, @Nullable Paid paid) {
    boolean known = costColumn().isPresent();
    return records.stream()
        .filter(
            it -> it.link().rows() > 0 || (!known && table.bytes() == 0 && it.table().bytes() == 0))
        .filter(it -> paid == null || !ownedByAnother(it.table(), paid))
        .filter(it -> !Words.snake(it.table().name()).matches(".*refund.*"))
        .max(
            Comparator.comparingInt(
                it ->
                    Math.min(it.link().rows(), 1000) * 2
                        + (Words.snake(it.table().name()).matches(Words.CHARGE_TABLE) ? 1 : 0)));
  }

  private Optional<HostTable> ledger(
      List<Linked> records, Optional<Linked> charges, Optional<Paid> paid) {
    return money.records().stream()
        .filter(
            it ->
                records.stream().anyMatch(l -> l.table().oid() == it.oid())
                    || refersTo(it, charges.map(Linked::table).orElse(null))
                    || (paid.isPresent() && ownedBy(it, paid.get()))
                    || (paid.isEmpty() && wayOfLedger(it).filter(w -> w.weight() > 5).isPresent()))
        .max(
            Comparator.comparingInt(
                it -> {
                  String words = Words.snake(it.name());
                  return (it.named(Column::number, Words.BALANCE_AFTER).isPresent() ? 3 : 0)
                      + (words.matches(Words.LEDGER_TABLE) ? 2 : 0)
                      + (words.matches(Words.COIN_TABLE) ? 2 : 0)
                      + (records.stream().anyMatch(l -> l.table().oid() == it.oid()) ? 3 : 0)
                      + (paid.isPresent() && ownedBy(it, paid.get()) ? 3 : 0)
                      + (Money.kind(it).isPresent() ? 1 : 0)
                      + (words.matches(".*refund.*")
                          ? refersTo(it, charges.map(Linked::table).orElse(null)) ? 8 : 2
                          : 0)
                      - (words.matches(Words.CHARGE_TABLE) && !words.matches(Words.LEDGER_TABLE)
                          ? 4
                          : 0);
                }))
        .filter(
            it ->
                !(Words.snake(it.name()).matches(Words.CHARGE_TABLE)
                    && !Words.snake(it.name()).matches(Words.LEDGER_TABLE)
                    && Money.kind(it).isEmpty()));
  }

  /** Whether rows belong to somebody else than who pays: another purse, charged besides. */
  private static boolean ownedByAnother(HostTable record, Paid paid) {
    return record.columns().stream().anyMatch(it -> it.named(Words.OWNER))
        && !ownedBy(record, paid);
  }

  private static boolean refersTo(HostTable from, @Nullable HostTable to) {
    return to != null && from.references().stream().anyMatch(it -> it.table() == to.oid());
  }

  private static boolean ownedBy(HostTable record, Paid paid) {
    Balance balance = paid.balance();
    String owner = Payers.entity(balance.table(), balance.owner().name());
    return record.columns().stream()
        .anyMatch(
            it ->
                Payers.entity(record, it.name()).equals(owner)
                    || record
                        .reference(it.name())
                        .filter(r -> r.table() == balance.table().oid())
                        .isPresent()
                    || (it.words().equals(balance.owner().words())
                        && it.named(Words.OWNER)
                        && it.baseType().equals(balance.owner().baseType())));
  }

  // what was taken

  /** What the rows of a charge table tell. */
  private record Charged(
      Column amount,
      boolean signed,
      @Nullable Column kind,
      List<Kind> kinds,
      @Nullable String chargeKind) {}

  private Charged charged(Linked charges) {
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
      kinds = List.of();
    }
    boolean signed = kinds.stream().anyMatch(it -> it.sign() < 0 && it.linked() > 0);
    boolean noRows = kinds.isEmpty();
    if (noRows) {
      signed =
          !Words.snake(records.name()).matches(Words.CHARGE_TABLE)
              && !Words.snake(records.name()).matches(".*refund.*");
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

  private static boolean linkUses(Link link, Column column) {
    return link.written().containsKey(column.name());
  }

  private void charge(Linked charges, @Nullable Charged charged) {
    if (charged == null) {
      return;
    }
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
          .append(constant(charged.kind(), charged.chargeKind()));
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
    Optional<Column> cost = costColumn();
    if (cost.isPresent()) {
      page.ask(
          4,
          "is a job charged without such a row? Then write required: false here, and cost: %s above"
              .formatted(cost.get().name()));
    }
    chargeMark(records)
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

  private record Sign(Column column, String value, String condition) {}

  /** The sign on a charge row that it was given back. */
  private static Optional<Sign> chargeMark(HostTable records) {
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

  // what it cost

  private Optional<Column> costColumn() {
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

  private void cost(boolean hasCharges) {
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
    Optional<Column> column = costColumn();
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

  private void onlyIf(boolean hasCharges) {
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

  // what was given back

  /** How a refund's ledger row is told from others. */
  private record Entry(
      @Nullable Column kindColumn,
      @Nullable String kindValue,
      @Nullable String kindDoubt,
      Column amount,
      boolean signed) {}

  private Entry entry(
      HostTable ledger,
      @Nullable Linked link,
      @Nullable Linked charges,
      @Nullable Charged charged) {
    Column amount = Money.amount(ledger).orElseThrow();
    boolean same = charges != null && charges.table().oid() == ledger.oid() && charged != null;
    @Nullable Column kind =
        same && charged != null
            ? charged.kind()
            : Money.kind(ledger)
                .filter(it -> link == null || !linkUses(link.link(), it))
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

  private void already(@Nullable Linked charges, @Nullable Linked ledger, @Nullable Entry entry) {
    if (charges != null) {
      Optional<Sign> sign = chargeMark(charges.table());
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
          && (Words.refund(entry.kindValue()) >= 3 || entry.kindColumn().whole())) {
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

  private void mark() {
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
