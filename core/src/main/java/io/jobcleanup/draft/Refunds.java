package io.jobcleanup.draft;

import io.jobcleanup.draft.HostTable.Column;
import io.jobcleanup.draft.Money.Balance;
import io.jobcleanup.draft.Payers.Way;
import io.jobcleanup.draft.Survey.Function;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Drafts how a source's tokens are given back. */
final class Refunds {

  private static final int MOST_RECORDS_LOOKED_AT = 10;

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
    Charges chargeRows = new Charges(survey, job, page);
    Charges.@Nullable Charged charged = charges.map(chargeRows::read).orElse(null);
    Costs costs = new Costs(survey, table, page);
    costs.write(charges.isPresent());
    costs.onlyIf(charges.isPresent());
    if (charges.isPresent() && charged != null) {
      chargeRows.write(charges.get(), charged);
    }
    GivenBack givenBack = new GivenBack(survey, table, page);
    Optional<Linked> ledgerLink =
        ledger.flatMap(it -> records.stream().filter(l -> l.table().oid() == it.oid()).findFirst());
    GivenBack.@Nullable Entry entry =
        ledger
            .map(it -> givenBack.entry(it, ledgerLink.orElse(null), charges.orElse(null), charged))
            .orElse(null);
    givenBack.already(charges.orElse(null), ledgerLink.orElse(null), entry);
    givenBack.mark();
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
    boolean known = Costs.column(table).isPresent();
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
}
