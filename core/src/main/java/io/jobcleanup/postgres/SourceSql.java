package io.jobcleanup.postgres;

import io.jobcleanup.mapping.Balance;
import io.jobcleanup.mapping.Charge;
import io.jobcleanup.mapping.Expression;
import io.jobcleanup.mapping.Jobs;
import io.jobcleanup.mapping.Refund;
import io.jobcleanup.mapping.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The statements that find, lock and read rows of one source, filled from its mapping once. Keys
 * come as arrays of text.
 *
 * @see WriteSql
 */
final class SourceSql {

  /** The names of the mapping language whose values the tables alone give. */
  private static final Set<String> ROW_NAMES = Set.of("now", "job", "attempt", "source", "payer");

  /** A row elsewhere that a foreign key makes us touch, and how its key is found and held. */
  record Reference(String table, List<String> columns, LineSql hold, LineSql there) {}

  private final SourceTables tables;
  private final Jobs jobs;
  private final @Nullable Refund refund;
  private final RowSql rows;
  private final StuckSql stuck;
  private final boolean alreadyIsBoolean;

  private final String keyedJobs;
  private final String statusIsProcessing;
  private final String where;

  SourceSql(SourceTables tables, StuckSql stuck, boolean alreadyIsBoolean) {
    this.tables = tables;
    this.jobs = tables.source().jobs();
    this.refund = tables.source().refund();
    this.rows = new RowSql(tables);
    this.stuck = stuck;
    this.alreadyIsBoolean = alreadyIsBoolean;
    this.keyedJobs = keyed("wanted", "k", "job", tables.jobKey());
    this.statusIsProcessing = rows.statusIsOneOf(jobs.processing());
    this.where = jobs.where() == null ? "true" : "(" + rows.expression(jobs.where()) + ")";
  }

  // Detection

  int ranges() {
    return stuck.ranges();
  }

  /**
   * Finds stuck jobs of one range, oldest first.
   *
   * @param further whether to begin behind a position instead of at the oldest
   * @param refusals whether our record of refused jobs is there to be left out
   * @param filtered whether the mapping's {@code where} and {@code timeout} are judged already here
   * @param byJob whether the mapping's expression gives the timeout
   */
  String detect(int range, boolean further, boolean refusals, boolean filtered, boolean byJob) {
    SinceSql by = stuck.of(range);
    List<Table.Column> key = tables.jobKey();
    String order =
        by.sql() + key.stream().map(it -> ", job." + it.quoted()).collect(Collectors.joining());
    String after =
        "(%s) > (cast(:position as %s)%s)"
            .formatted(
                order,
                by.type(),
                IntStream.range(0, key.size())
                    .mapToObj(i -> ", cast(:k%d as %s)".formatted(i, key.get(i).type()))
                    .collect(Collectors.joining()));
    return Sql.of(
        "detect",
        Map.of(
            "columns",
            String.join(
                ", ",
                keyColumns(),
                by.instant() + " as since",
                Sql.cast(by.sql(), "text") + " as position",
                likelyPayer() + " as payer"),
            "jobs",
            tables.jobs().quoted(),
            "status",
            statusIsProcessing,
            "range",
            range(range, filtered, byJob),
            "where",
            filtered ? where : "true",
            "not_refused",
            refusals ? notRefused() : "true",
            "after",
            further ? after : "true",
            "order",
            order));
  }

  /** An expression may fail for some row, or be slow; a column won't. */
  private String likelyPayer() {
    return refund != null && refund.payer() instanceof Value.Column
        ? Sql.cast(rows.payer(), "text")
        : "cast(null as text)";
  }

  /** Counts the stuck jobs of one range, up to a limit. */
  String count(int range, boolean refusals, boolean filtered, boolean byJob) {
    return Sql.of(
        "count-stuck",
        Map.of(
            "jobs",
            tables.jobs().quoted(),
            "status",
            statusIsProcessing,
            "range",
            range(range, filtered, byJob),
            "where",
            filtered ? where : "true",
            "not_refused",
            refusals ? notRefused() : "true"));
  }

  /** The condition that a job is in a processing state, for an index on the job table. */
  String processing() {
    return statusIsProcessing.replace("job.", "");
  }

  /** Counts jobs in a processing state that began in the future. */
  String inFuture() {
    return Sql.of(
        "in-future",
        Map.of(
            "job_key", Names.keyText("job", tables.jobKey()),
            "since", stuck.began(),
            "jobs", tables.jobs().quoted(),
            "status", statusIsProcessing));
  }

  /** The sessions that hold wanted jobs, or the balances that they need. */
  String holders() {
    List<String> held = new ArrayList<>();
    held.add("select cast(null as text) as in_table, cast(job.xmax as text) as locker");
    if (holdingsDependOnJobsAlone()) {
      for (SourceTables.Moved balance : tables.balances()) {
        if (!balance.table().kind().equals("v")) {
          held.add(lockerOf(balance.table(), balance.matchColumns(), match(balance)));
        }
      }
    }
    return Sql.of(
        "holders",
        Map.of(
            "wanted",
            wanted(),
            "jobs",
            tables.jobs().quoted(),
            "keyed",
            keyedJobs,
            "rows",
            String.join(" union all ", held)));
  }

  private static String lockerOf(Table table, List<Table.Column> columns, List<String> values) {
    return "select %s, cast(needed.xmax as text) from %s needed where %s"
        .formatted(
            Sql.literal(table.display()),
            table.quoted(),
            IntStream.range(0, columns.size())
                .mapToObj(i -> "needed.%s = %s".formatted(columns.get(i).quoted(), values.get(i)))
                .collect(Collectors.joining(" and ")));
  }

  private String notRefused() {
    return Sql.of(
        "not-refused",
        Map.of(
            "job_table", Sql.literal(tables.jobs().display()),
            "job_key", Names.keyText("job", tables.jobKey())));
  }

  private String range(int range, boolean filtered, boolean byJob) {
    return filtered ? stuck.in(range, byJob) : stuck.roughlyIn(range, byJob);
  }

  // Holding

  /**
   * Locks those of the wanted jobs that are still stuck and that nobody holds.
   *
   * @param holdings whether to tell, too, which rows elsewhere have to be held
   * @param byJob whether the mapping's expression gives the timeout
   */
  String claim(boolean holdings, boolean byJob) {
    return claim(
        "%s and %s and %s".formatted(statusIsProcessing, stuck.anyhow(byJob), where),
        holdings ? holdingColumns() : "");
  }

  /** Locks those of the wanted jobs that nobody holds, whatever their state. */
  String claimInAnyState() {
    return claim("true", "");
  }

  private String claim(String condition, String columns) {
    return Sql.of(
        "claim",
        Map.of(
            "columns",
            columns,
            "wanted",
            wanted(),
            "jobs",
            tables.jobs().quoted(),
            "keyed",
            keyedJobs,
            "condition",
            // A condition may fail for some row: it must be worked out for wanted rows alone.
            "case when %s then %s else false end".formatted(keyedJobs, condition)));
  }

  /** Reads, per claimed job and charge, which rows elsewhere have to be held. */
  String holdings() {
    return Sql.of(
        "holdings",
        Map.of(
            "columns", holdingColumns(),
            "wanted", wanted(),
            "jobs", tables.jobs().quoted(),
            "keyed", keyedJobs,
            "charges", holdingsDependOnJobsAlone() ? "" : chargesOfJob()));
  }

  private String holdingColumns() {
    StringBuilder columns = new StringBuilder();
    columns
        .append(", ")
        .append(refund == null ? "cast(null as text)" : Sql.cast(rows.payer(), "text"))
        .append(" as payer");
    for (SourceTables.Moved balance : tables.balances()) {
      matchAs(balance).forEach(it -> columns.append(", ").append(it));
    }
    if (tables.marksCharges()) {
      chargeKeyColumns().forEach(it -> columns.append(", ").append(it));
    }
    List<ForeignKeyUse> uses = foreignKeyUses();
    for (int use = 0; use < uses.size(); use++) {
      List<String> values = uses.get(use).values();
      for (int i = 0; i < values.size(); i++) {
        columns
            .append(", ")
            .append(Sql.cast(values.get(i), "text"))
            .append(" as r%d_%d".formatted(use, i));
      }
    }
    return columns.toString();
  }

  /** Whether the job's own columns tell which rows have to be held besides. */
  boolean holdingsDependOnJobsAlone() {
    if (refund == null) {
      return true;
    }
    if (tables.marksCharges()) {
      return false;
    }
    List<Value> values = new ArrayList<>(jobs.fail().values());
    values.addAll(refund.mark().values());
    values.add(refund.payer());
    for (Balance balance : refund.balances()) {
      values.addAll(balance.match().values());
      values.addAll(balance.values().values());
    }
    refund.ledger().forEach(ledger -> values.addAll(ledger.values().values()));
    return values.stream()
        .allMatch(
            value ->
                !(value instanceof Value.Computed computed)
                    || computed.expression().isOfValuesAlone());
  }

  /** Locks the rows of a balance of given match values. */
  LineSql holdBalances(SourceTables.Moved balance) {
    return hold(
        "hold-rows", balance.table(), "held", balance.matchColumns(), balance.matchPrefix(), true);
  }

  /** Locks charge rows of given keys; null where none is written to. */
  @Nullable LineSql holdCharges() {
    Table charges = tables.charges();
    return charges == null || !tables.marksCharges()
        ? null
        : hold("hold-rows", charges, "held", tables.chargeKey(), "c", true);
  }

  /** The rows that foreign keys of columns we write refer to. */
  List<Reference> references() {
    List<Reference> references = new ArrayList<>();
    for (ForeignKeyUse use : foreignKeyUses()) {
      references.add(
          new Reference(
              use.table().display(),
              use.columns().stream().map(Table.Column::name).toList(),
              hold("hold-references", use.table(), "referenced", use.columns(), "r", false),
              hold("references-there", use.table(), "referenced", use.columns(), "r", false)));
    }
    return references;
  }

  /**
   * Finds rows by what lines bring along.
   *
   * @param asKept whether to give the values as the rows have them, which are the same however a
   *     line spells them; else as the lines do
   */
  private static LineSql hold(
      String template,
      Table table,
      String alias,
      List<Table.Column> columns,
      String prefix,
      boolean asKept) {
    LineSql.Columns line = new LineSql.Columns();
    String matching =
        IntStream.range(0, columns.size())
            .mapToObj(
                i ->
                    "%s.%s = cast(%s as %s)"
                        .formatted(
                            alias,
                            columns.get(i).quoted(),
                            line.use(prefix + i),
                            columns.get(i).comparedAs()))
            .collect(Collectors.joining(" and "));
    return line.statement(
        Sql.of(
            template,
            Map.of(
                "columns",
                    IntStream.range(0, columns.size())
                        .mapToObj(
                            i ->
                                asKept
                                    ? asText(alias, columns.get(i)) + " as " + prefix + i
                                    : "line." + prefix + i)
                        .collect(Collectors.joining(", ")),
                "line", line.from(),
                "table", table.quoted(),
                "matching", matching)));
  }

  /** A foreign key of ours to be, with the values that it will refer by. */
  private record ForeignKeyUse(Table table, List<Table.Column> columns, List<String> values) {}

  private List<ForeignKeyUse> foreignKeyUses() {
    List<ForeignKeyUse> uses = new ArrayList<>();
    uses(tables.jobs(), jobs.fail(), uses);
    if (refund != null) {
      uses(tables.jobs(), refund.mark(), uses);
    }
    for (SourceTables.Moved moved : tables.balances()) {
      if (moved.balance().missing() == Balance.Missing.CREATE) {
        uses(moved.table(), moved.balance().created(), uses);
      }
    }
    for (SourceTables.Recorded ledger : tables.ledgers()) {
      uses(ledger.table(), ledger.row().values(), uses);
    }
    return uses;
  }

  private void uses(Table writing, Map<String, Value> written, List<ForeignKeyUse> into) {
    for (Table.ForeignKey key : writing.foreignKeys()) {
      Table referenced = tables.referenced().get(key.referenced());
      if (referenced == null
          || !holdable(referenced)
          || !written.keySet().containsAll(key.columns())) {
        continue;
      }
      List<String> values = new ArrayList<>();
      for (String column : key.columns()) {
        String type = SourceTables.column(writing, column).type();
        switch (written.get(column)) {
          case Value.Constant constant when constant.text() != null ->
              values.add(Sql.cast(Sql.literal(constant.text()), type));
          case Value.Computed computed when ROW_NAMES.containsAll(computed.expression().names()) ->
              values.add(Sql.cast("(" + rows.expression(computed.expression()) + ")", type));
          case null, default -> {}
        }
      }
      if (values.size() == key.columns().size()) {
        into.add(
            new ForeignKeyUse(
                referenced,
                key.referencedColumns().stream()
                    .map(it -> SourceTables.column(referenced, it))
                    .toList(),
                values));
      }
    }
  }

  /**
   * A row can be held only with UPDATE on one of its table's columns; row security could hide it
   * without a word.
   */
  private static boolean holdable(Table table) {
    return !table.rowSecurity()
        && table.columns().values().stream().anyMatch(Table.Column::canUpdate)
        && table.columns().values().stream().allMatch(Table.Column::canSelect);
  }

  // Looking

  /**
   * Reads all that a verdict needs about some jobs, one row per job and charge, in the order
   * wanted.
   */
  String look(boolean byJob) {
    return look(refund, byJob);
  }

  /**
   * Reads the jobs alone, without a thought of refunds: for a job whose refund's expressions fail.
   */
  String lookAtJobs(boolean byJob) {
    return look(null, byJob);
  }

  private String look(@Nullable Refund refund, boolean byJob) {
    List<String> columns = new ArrayList<>();
    columns.add(keyColumns());
    columns.add(
        "(%s and %s and %s) as stuck".formatted(statusIsProcessing, stuck.anyhow(byJob), where));
    columns.add(statusIsProcessing + " as processing");
    columns.add(rows.statusIsOneOf(jobs.completed()) + " as completed");
    columns.add(Sql.cast(rows.status(), "text") + " as status");
    columns.add(stuck.began() + " as since");
    columns.add(stuck.ends() + " as expires");
    columns.add(stuck.timeoutMs(byJob) + " as timeout_ms");
    columns.add(
        (jobs.attempt() == null
                ? "cast(null as text)"
                : Sql.cast(rows.value(jobs.attempt(), "job"), "text"))
            + " as attempt");
    if (refund == null) {
      columns.add(
          "cast(null as text) as payer, cast(null as numeric) as cost, false as given_back");
      columns.add("cast(null as boolean) as already_all, cast(null as numeric) as already_amount");
    } else {
      columns.add(Sql.cast(rows.payer(), "text") + " as payer");
      columns.add(
          (refund.cost() == null
                  ? "cast(null as numeric)"
                  : Sql.cast(rows.value(refund.cost(), "job"), "numeric"))
              + " as cost");
      columns.add(
          (refund.onlyIf() == null
                  ? "true"
                  : "coalesce((" + ofFirstBalance(refund.onlyIf()) + "), false)")
              + " as given_back");
      String already =
          refund.already() == null ? null : "(" + ofFirstBalance(refund.already()) + ")";
      columns.add(
          (already != null && alreadyIsBoolean ? already : "cast(null as boolean)")
              + " as already_all");
      columns.add(
          (already != null && !alreadyIsBoolean
                  ? Sql.cast(already, "numeric")
                  : "cast(null as numeric)")
              + " as already_amount");
    }
    List<Table.Column> chargeKey = refund == null ? List.of() : tables.chargeKey();
    String order =
        "wanted.n"
            + chargeKey.stream().map(it -> ", charge." + it.quoted()).collect(Collectors.joining());
    if (refund != null && refund.charge() != null) {
      columns.addAll(chargeKeyColumns());
      columns.add(
          Sql.cast(rows.value(refund.charge().amount(), "charge"), "numeric")
              + " as charge_amount");
    }
    StringBuilder balances = new StringBuilder();
    if (refund != null) {
      for (SourceTables.Moved moved : tables.balances()) {
        look(moved, columns, balances);
      }
      for (SourceTables.Recorded ledger : tables.ledgers()) {
        Expression when = ledger.row().when();
        columns.add(
            (when == null ? "true" : "coalesce((" + ofFirstBalance(when) + "), false)")
                + " as recorded"
                + ledger.number());
      }
    }
    return Sql.of(
        "look",
        Map.of(
            "columns",
            String.join(",\n       ", columns),
            "wanted",
            wanted(),
            "jobs",
            tables.jobs().quoted(),
            "keyed",
            keyedJobs,
            "charges",
            refund == null ? "" : chargesOfJob(),
            "balances",
            balances.toString(),
            "order",
            order));
  }

  private void look(SourceTables.Moved moved, List<String> columns, StringBuilder joins) {
    Balance balance = moved.balance();
    String alias = rows.alias(moved);
    List<Table.Column> matchColumns = moved.matchColumns();
    List<String> match = match(moved);
    for (int m = 0; m < match.size(); m++) {
      columns.add(
          "coalesce(%s, %s) as %s%d"
              .formatted(
                  asText(alias, matchColumns.get(m)),
                  Sql.cast(match.get(m), "text"),
                  moved.matchPrefix(),
                  m));
    }
    columns.add(
        "%s.%s is not null as there%d"
            .formatted(alias, matchColumns.getFirst().quoted(), moved.number()));
    int i = 0;
    for (Table.Column column : moved.addColumns()) {
      columns.add(
          "cast(%s.%s as numeric) as b%d_%d"
              .formatted(alias, column.quoted(), moved.number(), i++));
    }
    columns.add(
        (balance.when() == null
                ? "true"
                : "coalesce((" + rows.expression(balance.when(), moved) + "), false)")
            + " as moves"
            + moved.number());
    joins.append(
        "left join %s %s on %s\n"
            .formatted(
                moved.table().quoted(),
                alias,
                IntStream.range(0, match.size())
                    .mapToObj(
                        m ->
                            "%s.%s = %s"
                                .formatted(alias, matchColumns.get(m).quoted(), match.get(m)))
                    .collect(Collectors.joining(" and "))));
  }

  private String ofFirstBalance(Expression expression) {
    return tables.balances().isEmpty()
        ? rows.expression(expression)
        : rows.expression(expression, tables.balances().getFirst());
  }

  /** Finds a job by its key. */
  String find() {
    return Sql.of(
        "find-job",
        Map.of(
            "key", keyColumns(),
            "jobs", tables.jobs().quoted(),
            "keyed",
                IntStream.range(0, tables.jobKey().size())
                    .mapToObj(
                        i ->
                            "job.%s = cast(:k%d as %s)"
                                .formatted(
                                    tables.jobKey().get(i).quoted(),
                                    i,
                                    tables.jobKey().get(i).comparedAs()))
                    .collect(Collectors.joining(" and "))));
  }

  // Late completions

  /**
   * Tells which of some jobs that were failed were completed afterwards without being charged anew,
   * and what each row holds besides what failing it writes.
   */
  LineSql completedLate() {
    LineSql.Columns line = new LineSql.Columns();
    IntStream.range(0, tables.jobKey().size()).forEach(i -> line.use("k" + i));
    String n = line.use("n");
    String run = line.use("run");
    return line.statement(
        Sql.of(
            "completed-late",
            Map.ofEntries(
                Map.entry("n", n),
                Map.entry("run", run),
                Map.entry("status", Sql.cast(rows.status(), "text")),
                Map.entry("written", writtenByFail()),
                Map.entry("line", line.from()),
                Map.entry("jobs", tables.jobs().quoted()),
                Map.entry("keyed", keyed("line", "k", "job", tables.jobKey())),
                Map.entry("job_table", jobTable()),
                Map.entry("job_key", Names.keyText("job", tables.jobKey())),
                Map.entry("completed", rows.statusIsOneOf(jobs.completed())),
                Map.entry("charged_anew", chargedAnew()))));
  }

  private String chargedAnew() {
    List<String> signs = new ArrayList<>();
    if (jobs.attempt() != null) {
      signs.add(
          Sql.of(
              "another-attempt",
              Map.of("attempt", Sql.cast(rows.value(jobs.attempt(), "job"), "text"))));
    }
    Charge charge = refund == null ? null : refund.charge();
    Table charges = tables.charges();
    if (charge != null && charges != null) {
      signs.add(
          Sql.of(
              "another-charge",
              Map.of(
                  "amount", Sql.cast(rows.value(charge.amount(), "charge"), "numeric"),
                  "charges", charges.quoted(),
                  "charge_table", Sql.literal(charges.display()),
                  "charge_key", Names.keyText("charge", tables.chargeKey()),
                  "match", rows.expression(charge.match()))));
    }
    return signs.isEmpty() ? "false" : String.join(" or ", signs);
  }

  /** The columns that failing a job writes, as constants of an array. */
  String writtenByFail() {
    return jobs.fail().keySet().stream().map(Sql::literal).collect(Collectors.joining(", "));
  }

  String jobTable() {
    return Sql.literal(tables.jobs().display());
  }

  // Pieces

  private String wanted() {
    int columns = tables.jobKey().size();
    return "unnest(%s) with ordinality as wanted(%s, n)"
        .formatted(
            IntStream.range(0, columns)
                .mapToObj(i -> "cast(:k" + i + " as text[])")
                .collect(Collectors.joining(", ")),
            IntStream.range(0, columns).mapToObj(i -> "k" + i).collect(Collectors.joining(", ")));
  }

  private String keyColumns() {
    List<Table.Column> key = tables.jobKey();
    return IntStream.range(0, key.size())
        .mapToObj(i -> "cast(job.%s as text) as k%d".formatted(key.get(i).quoted(), i))
        .collect(Collectors.joining(", "));
  }

  /**
   * A condition that finds a row by the parts of its key that an alias has as {@code k0} and so on.
   */
  static String keyed(String from, String prefix, String row, List<Table.Column> key) {
    return IntStream.range(0, key.size())
        .mapToObj(
            i ->
                "%s.%s = cast(%s.%s%d as %s)"
                    .formatted(row, key.get(i).quoted(), from, prefix, i, key.get(i).comparedAs()))
        .collect(Collectors.joining(" and "));
  }

  private String chargesOfJob() {
    Charge charge = refund == null ? null : refund.charge();
    Table table = tables.charges();
    return charge == null || table == null
        ? ""
        : "left join %s charge on (%s)".formatted(table.quoted(), rows.expression(charge.match()));
  }

  private List<String> chargeKeyColumns() {
    List<Table.Column> key = tables.chargeKey();
    return IntStream.range(0, key.size())
        .mapToObj(i -> "cast(charge.%s as text) as c%d".formatted(key.get(i).quoted(), i))
        .toList();
  }

  private List<String> matchAs(SourceTables.Moved balance) {
    List<String> match = match(balance);
    return IntStream.range(0, match.size())
        .mapToObj(i -> Sql.cast(match.get(i), "text") + " as " + balance.matchPrefix() + i)
        .toList();
  }

  private static String asText(String row, Table.Column column) {
    return Sql.cast(row + "." + column.quoted(), "text");
  }

  /** The values that find a balance's row. */
  private List<String> match(SourceTables.Moved moved) {
    List<String> match = new ArrayList<>();
    moved
        .balance()
        .match()
        .forEach(
            (name, value) -> {
              String type = SourceTables.column(moved.table(), name).comparedAs();
              match.add(
                  switch (value) {
                    case Value.Constant constant ->
                        constant.text() == null
                            ? Sql.cast("null", type)
                            : Sql.cast(Sql.literal(constant.text()), type);
                    case Value.Computed computed ->
                        Sql.cast("(" + rows.expression(computed.expression()) + ")", type);
                    case Value.Column column ->
                        throw new IllegalStateException("a column as a match: " + column);
                  });
            });
    return match;
  }
}
