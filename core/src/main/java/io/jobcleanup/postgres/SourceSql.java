package io.jobcleanup.postgres;

import io.jobcleanup.mapping.Balance;
import io.jobcleanup.mapping.Charge;
import io.jobcleanup.mapping.Expression;
import io.jobcleanup.mapping.Jobs;
import io.jobcleanup.mapping.Ledger;
import io.jobcleanup.mapping.Refund;
import io.jobcleanup.mapping.TimeForm;
import io.jobcleanup.mapping.Times;
import io.jobcleanup.mapping.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Every statement about one source, filled from its mapping once. Values of rows come as arrays of
 * text.
 */
final class SourceSql {

  /** The names of the mapping language whose values the tables alone give. */
  private static final Set<String> ROW_NAMES = Set.of("now", "job", "attempt", "source", "payer");

  /** A row elsewhere that a foreign key makes us touch, and how its key is found and held. */
  record Reference(String table, List<String> columns, LineSql hold, LineSql there) {}

  private final SourceTables tables;
  private final Jobs jobs;
  private final @Nullable Refund refund;
  private final Names names;
  private final RowSql rows;
  private final List<SinceSql> since;
  private final boolean alreadyIsBoolean;
  private final List<String> amountColumns;

  private final String keyedJobs;
  private final String statusIsProcessing;
  private final String where;

  SourceSql(SourceTables tables, Names names, List<SinceSql> since, boolean alreadyIsBoolean) {
    this.tables = tables;
    this.jobs = tables.source().jobs();
    this.refund = tables.source().refund();
    this.names = names;
    this.rows = new RowSql(tables);
    this.since = List.copyOf(since);
    this.alreadyIsBoolean = alreadyIsBoolean;
    this.amountColumns = amountColumnsOf(tables);
    this.keyedJobs = keyed("wanted", "k", "job", tables.jobKey());
    this.statusIsProcessing = statusIsOneOf(jobs.processing());
    this.where = jobs.where() == null ? "true" : "(" + rows.expression(jobs.where()) + ")";
  }

  // Detection

  int ranges() {
    return since.size();
  }

  /**
   * Finds stuck jobs whose processing began by the {@code range}th of the since columns, oldest
   * first.
   *
   * @param further whether to begin behind a position instead of at the oldest
   * @param refusals whether our record of refused jobs is there to be left out
   * @param filtered whether the mapping's {@code where} is judged already here
   */
  String detect(int range, boolean further, boolean refusals, boolean filtered) {
    SinceSql by = since.get(range);
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
            range(range),
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
  String count(int range, boolean refusals, boolean filtered) {
    return Sql.of(
        "count-stuck",
        Map.of(
            "jobs",
            tables.jobs().quoted(),
            "status",
            statusIsProcessing,
            "range",
            range(range),
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
            "since", sinceInstant(),
            "jobs", tables.jobs().quoted(),
            "status", statusIsProcessing));
  }

  /** The sessions that hold wanted jobs, or the balances that they need. */
  String holders() {
    List<String> held = new ArrayList<>();
    held.add("select cast(null as text) as in_table, cast(job.xmax as text) as locker");
    if (holdingsDependOnJobsAlone()) {
      Balance balance = tables.balance();
      Table balances = tables.balances();
      if (balance != null && balances != null) {
        List<Table.Column> match =
            balance.match().keySet().stream().map(it -> SourceTables.column(balances, it)).toList();
        if (!balances.kind().equals("v")) {
          held.add(lockerOf(balances, match, balanceMatch()));
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

  private String range(int range) {
    return IntStream.range(0, range)
            .mapToObj(i -> since.get(i).absent() + " and ")
            .collect(Collectors.joining())
        + since.get(range).reached();
  }

  private String stuckSince() {
    return IntStream.range(0, since.size())
        .mapToObj(i -> "(" + range(i) + ")")
        .collect(Collectors.joining(" or ", "(", ")"));
  }

  // Holding

  /**
   * Locks those of the wanted jobs that are still stuck and that nobody holds.
   *
   * @param holdings whether to tell, too, which rows elsewhere have to be held
   */
  String claim(boolean holdings) {
    return claim(
        "%s and %s and %s".formatted(statusIsProcessing, stuckSince(), where),
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
    List<String> match = balanceMatch();
    for (int i = 0; i < match.size(); i++) {
      columns.append(", ").append(Sql.cast(match.get(i), "text")).append(" as m").append(i);
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
    List<Value> values = new ArrayList<>(jobs.fail().values());
    values.add(refund.payer());
    refund.balances().forEach(balance -> values.addAll(balance.match().values()));
    refund.ledger().forEach(ledger -> values.addAll(ledger.values().values()));
    return values.stream()
        .allMatch(
            value ->
                !(value instanceof Value.Computed computed)
                    || computed.expression().isOfValuesAlone());
  }

  /** Locks the balance rows of given match values; null where the source has no balance. */
  @Nullable LineSql holdBalances() {
    Table table = tables.balances();
    Balance balance = tables.balance();
    if (table == null || balance == null) {
      return null;
    }
    List<Table.Column> columns =
        balance.match().keySet().stream().map(it -> SourceTables.column(table, it)).toList();
    return hold("hold-balances", table, "balance", columns, "m");
  }

  /** The rows that foreign keys of columns we write refer to. */
  List<Reference> references() {
    List<Reference> references = new ArrayList<>();
    for (ForeignKeyUse use : foreignKeyUses()) {
      references.add(
          new Reference(
              use.table().display(),
              use.columns().stream().map(Table.Column::name).toList(),
              hold("hold-references", use.table(), "referenced", use.columns(), "r"),
              hold("references-there", use.table(), "referenced", use.columns(), "r")));
    }
    return references;
  }

  private static LineSql hold(
      String template, Table table, String alias, List<Table.Column> columns, String prefix) {
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
                            columns.get(i).type()))
            .collect(Collectors.joining(" and "));
    return line.statement(
        Sql.of(
            template,
            Map.of(
                "columns",
                    IntStream.range(0, columns.size())
                        .mapToObj(i -> "line." + prefix + i)
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
    Table ledger = tables.ledger();
    Ledger row = tables.ledgerRow();
    if (ledger != null && row != null) {
      uses(ledger, row.values(), uses);
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
  String look() {
    return look(refund);
  }

  /**
   * Reads the jobs alone, without a thought of refunds: for a job whose refund's expressions fail.
   */
  String lookAtJobs() {
    return look(null);
  }

  private String look(@Nullable Refund refund) {
    List<String> columns = new ArrayList<>();
    columns.add(keyColumns());
    columns.add("(%s and %s and %s) as stuck".formatted(statusIsProcessing, stuckSince(), where));
    columns.add(statusIsOneOf(jobs.completed()) + " as completed");
    columns.add(Sql.cast(status(), "text") + " as status");
    columns.add(sinceInstant() + " as since");
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
                  : "coalesce((" + rows.expression(refund.onlyIf()) + "), false)")
              + " as given_back");
      String already =
          refund.already() == null ? null : "(" + rows.expression(refund.already()) + ")";
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
    for (int i = 0; i < chargeKey.size(); i++) {
      columns.add("cast(charge.%s as text) as c%d".formatted(chargeKey.get(i).quoted(), i));
    }
    String order =
        "wanted.n"
            + chargeKey.stream().map(it -> ", charge." + it.quoted()).collect(Collectors.joining());
    if (refund != null && refund.charge() != null) {
      columns.add(
          Sql.cast(rows.value(refund.charge().amount(), "charge"), "numeric")
              + " as charge_amount");
    }
    String balanceJoin = "";
    Balance balance = refund == null ? null : tables.balance();
    Table balances = tables.balances();
    if (balance != null && balances != null) {
      List<String> match = balanceMatch();
      List<String> matchColumns = List.copyOf(balance.match().keySet());
      for (int i = 0; i < match.size(); i++) {
        columns.add(Sql.cast(match.get(i), "text") + " as m" + i);
      }
      columns.add(
          "balance.%s is not null as balance_there"
              .formatted(Sql.identifier(matchColumns.getFirst())));
      int i = 0;
      for (String column : balance.add().keySet()) {
        columns.add("cast(balance.%s as numeric) as b%d".formatted(Sql.identifier(column), i++));
      }
      columns.add(
          (balance.when() == null
                  ? "true"
                  : "coalesce((" + rows.expression(balance.when()) + "), false)")
              + " as moves_balance");
      balanceJoin =
          "left join %s balance on %s"
              .formatted(
                  balances.quoted(),
                  IntStream.range(0, match.size())
                      .mapToObj(
                          m ->
                              "balance.%s = %s"
                                  .formatted(Sql.identifier(matchColumns.get(m)), match.get(m)))
                      .collect(Collectors.joining(" and ")));
    }
    Ledger row = refund == null ? null : tables.ledgerRow();
    if (row != null) {
      columns.add(
          (row.when() == null ? "true" : "coalesce((" + rows.expression(row.when()) + "), false)")
              + " as recorded");
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
            balanceJoin,
            "order",
            order));
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
                                    tables.jobKey().get(i).type()))
                    .collect(Collectors.joining(" and "))));
  }

  private String sinceInstant() {
    return since.stream()
        .map(SinceSql::instant)
        .collect(Collectors.joining(", ", "coalesce(", ")"));
  }

  // Writing

  /**
   * A write, and the expressions that have to be worked out for it beforehand.
   *
   * @param statement the write
   * @param values what works them out; null where there are none
   * @param valueNames the columns that they are for, and the names of their results, in the order
   *     of the results
   */
  record Write(LineSql statement, @Nullable LineSql values, Map<String, String> valueNames) {}

  /** Fails jobs. */
  Write fail() {
    Values values = new Values("f", tables.jobs(), jobs.time());
    LineSql.Columns line = new LineSql.Columns();
    Map<String, String> assigned = values.assigned(jobs.fail(), line);
    String written =
        jobs.status() instanceof Value.Column column
            ? "job.%s is not distinct from %s"
                .formatted(Sql.identifier(column.name()), assigned.get(column.name()))
            : "not " + statusIsProcessing;
    String matching = keyedLine("job", tables.jobKey(), "k", line);
    String n = line.use("n");
    return values.write(
        line.statement(
            Sql.of(
                "fail-jobs",
                Map.of(
                    "jobs", tables.jobs().quoted(),
                    "assignments", assignments(assigned),
                    "line", line.from(),
                    "matching", matching,
                    "status", statusIsProcessing,
                    "n", n,
                    "written", written))),
        this::jobJoin);
  }

  /** Moves balances to what they will be; null where the source has none. */
  @Nullable Write move() {
    Balance balance = tables.balance();
    Table table = tables.balances();
    if (balance == null || table == null) {
      return null;
    }
    Values values = new Values("s", table, balance.time());
    LineSql.Columns line = new LineSql.Columns();
    Map<String, String> assigned = new LinkedHashMap<>();
    int i = 0;
    for (String column : balance.add().keySet()) {
      assigned.put(
          column, Sql.cast(line.use("a" + i++), SourceTables.column(table, column).type()));
    }
    assigned.putAll(values.assigned(balance.set(), line));
    String returned =
        IntStream.range(0, balance.add().size())
            .mapToObj(
                a ->
                    ", cast(balance.%s as numeric) as a%d"
                        .formatted(Sql.identifier(List.copyOf(balance.add().keySet()).get(a)), a))
            .collect(Collectors.joining());
    String matching = balanceLine(balance, table, line);
    String n = line.use("n");
    return values.write(
        line.statement(
            Sql.of(
                "move-balances",
                Map.of(
                    "balances",
                    table.quoted(),
                    "assignments",
                    assignments(assigned),
                    "line",
                    line.from(),
                    "matching",
                    matching,
                    "n",
                    n,
                    "returned",
                    returned))),
        columns ->
            "left join %s balance on %s"
                .formatted(table.quoted(), balanceLine(balance, table, columns)));
  }

  /**
   * Works out what each line adds to a balance, where that is more than the amount itself; null
   * where it isn't.
   */
  @Nullable Write addends() {
    Balance balance = tables.balance();
    Table table = tables.balances();
    if (balance == null || table == null) {
      return null;
    }
    Values values = new Values("d", table, balance.time());
    balance
        .add()
        .forEach(
            (column, value) -> {
              if (value instanceof Value.Computed computed && plainFactor(value) == 0) {
                values.add(SourceTables.column(table, column), computed.expression());
              }
            });
    return values.expressions.isEmpty()
        ? null
        : values.write(
            new LineSql("", List.of()), columns -> jobJoin(columns) + chargeJoin(columns));
  }

  /**
   * Whether an addend is just the amount (1), or its negative (-1), so that nothing has to be
   * worked out; else 0.
   */
  static int plainFactor(Value value) {
    if (value instanceof Value.Computed computed) {
      String text = computed.expression().text().replace(" ", "");
      return text.equals(":amount") ? 1 : text.equals("-:amount") ? -1 : 0;
    }
    return 0;
  }

  /** Inserts ledger rows; null where the source has no ledger. */
  @Nullable Write write() {
    Ledger row = tables.ledgerRow();
    Table table = tables.ledger();
    if (row == null || table == null) {
      return null;
    }
    Values values = new Values("l", table, row.time());
    LineSql.Columns line = new LineSql.Columns();
    Map<String, String> assigned = values.assigned(row.values(), line);
    List<String> returned = new ArrayList<>();
    List<String> key = table.primaryKey();
    for (int i = 0; i < key.size(); i++) {
      returned.add("cast(%s as text) as k%d".formatted(Sql.identifier(key.get(i)), i));
    }
    int i = 0;
    for (String column : amountColumns()) {
      returned.add("cast(%s as numeric) as a%d".formatted(Sql.identifier(column), i++));
    }
    String n = line.use("n");
    return values.write(
        line.statement(
            Sql.of(
                "write-ledger",
                Map.of(
                    "ledger", table.quoted(),
                    "columns",
                        assigned.keySet().stream()
                            .map(Sql::identifier)
                            .collect(Collectors.joining(", ")),
                    "values", String.join(", ", assigned.values()),
                    "line", line.from(),
                    "n", n,
                    "returned", returned.isEmpty() ? "1" : String.join(", ", returned)))),
        columns -> jobJoin(columns) + chargeJoin(columns));
  }

  /**
   * The ledger's columns that tell the amount: what comes back in them is compared with what was
   * sent.
   */
  List<String> amountColumns() {
    return amountColumns;
  }

  private static List<String> amountColumnsOf(SourceTables tables) {
    Ledger row = tables.ledgerRow();
    Table table = tables.ledger();
    if (row == null || table == null) {
      return List.of();
    }
    return row.values().entrySet().stream()
        .filter(
            it ->
                it.getValue() instanceof Value.Computed computed
                    && computed.expression().names().contains("amount"))
        .map(Map.Entry::getKey)
        .filter(column -> SourceTables.column(table, column).category().equals("N"))
        .toList();
  }

  /** How a ledger's amount column relates to the amount: 1, -1, or 0 where an expression tells. */
  int amountFactor(String column) {
    Ledger row = tables.ledgerRow();
    Value value = row == null ? null : row.values().get(column);
    return value == null ? 0 : plainFactor(value);
  }

  /**
   * Replaces the text of a failed job by another where it is still ours; null where the mapping
   * writes no text.
   */
  @Nullable LineSql amend() {
    LineSql.Columns line = new LineSql.Columns();
    List<String> assignments = new ArrayList<>();
    List<String> unchanged = new ArrayList<>();
    for (Map.Entry<String, Value> each : jobs.fail().entrySet()) {
      if (each.getValue() instanceof Value.Computed computed
          && computed.expression().names().contains("message")) {
        Table.Column column = SourceTables.column(tables.jobs(), each.getKey());
        String type = writeType(tables.jobs(), column);
        TimeForm form = jobs.time().of(column.name());
        assignments.add(
            "%s = cast((%s) as %s)"
                .formatted(
                    column.quoted(),
                    computed.expression().sql(name -> names.fromLine(name, line, column, form)),
                    type));
        unchanged.add(
            "cast(job.%s as text) is not distinct from cast(cast((%s) as %s) as text)"
                .formatted(
                    column.quoted(),
                    computed
                        .expression()
                        .sql(
                            name ->
                                name.equals("message")
                                    ? line.use("old_message")
                                    : names.fromLine(name, line, column, form)),
                    type));
      }
    }
    if (assignments.isEmpty()) {
      return null;
    }
    String matching = keyedLine("job", tables.jobKey(), "k", line);
    return line.statement(
        Sql.of(
            "amend-message",
            Map.of(
                "jobs", tables.jobs().quoted(),
                "assignments", String.join(", ", assignments),
                "line", line.from(),
                "matching", matching,
                "unchanged", String.join(" and ", unchanged))));
  }

  /** Collects the expressions of one write that have to be worked out before it. */
  private final class Values {
    private final String prefix;
    private final Table table;
    private final Times times;
    private final LineSql.Columns line = new LineSql.Columns();
    private final Map<String, String> expressions = new LinkedHashMap<>();
    private final Map<String, String> valueNames = new LinkedHashMap<>();
    private boolean rowsRead;

    Values(String prefix, Table table, Times times) {
      this.prefix = prefix;
      this.table = table;
      this.times = times;
    }

    Map<String, String> assigned(Map<String, Value> written, LineSql.Columns writeLine) {
      Map<String, String> assigned = new LinkedHashMap<>();
      written.forEach(
          (name, value) -> {
            Table.Column column = SourceTables.column(table, name);
            String type = writeType(table, column);
            assigned.put(
                name,
                switch (value) {
                  case Value.Constant constant ->
                      constant.text() == null
                          ? "null"
                          : Sql.cast(Sql.literal(constant.text()), type);
                  case Value.Column other ->
                      throw new IllegalStateException("a column as a value: " + other);
                  case Value.Computed computed -> {
                    Expression expression = computed.expression();
                    String only =
                        expression.names().size() == 1 ? expression.names().iterator().next() : "";
                    yield expression.isJust(only)
                        ? Sql.cast(names.fromLine(only, writeLine, column, times.of(name)), type)
                        : Sql.cast(writeLine.use(add(column, expression)), type);
                  }
                });
          });
      return assigned;
    }

    String add(Table.Column column, Expression expression) {
      String name = prefix + expressions.size();
      rowsRead = rowsRead || !expression.isOfValuesAlone();
      valueNames.put(column.name(), name);
      String sql =
          expression.sql(each -> names.fromLine(each, line, column, times.of(column.name())));
      expressions.put(
          name,
          "cast(cast((%s) as %s) as text) as %s".formatted(sql, writeType(table, column), name));
      return name;
    }

    /**
     * The write with what works its values out.
     *
     * @param rows joins the rows that the expressions may read
     */
    Write write(LineSql statement, Function<LineSql.Columns, String> rows) {
      if (expressions.isEmpty()) {
        return new Write(statement, null, Map.of());
      }
      String joins = rowsRead ? rows.apply(line) : "";
      String n = line.use("n");
      return new Write(
          statement,
          line.statement(
              Sql.of(
                  "evaluate",
                  Map.of(
                      "expressions",
                      String.join(", ", expressions.values()),
                      "line",
                      line.from(),
                      "joins",
                      joins,
                      "n",
                      n))),
          valueNames);
    }
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

  private static String keyed(String from, String prefix, String row, List<Table.Column> key) {
    return IntStream.range(0, key.size())
        .mapToObj(
            i ->
                "%s.%s = cast(%s.%s%d as %s)"
                    .formatted(row, key.get(i).quoted(), from, prefix, i, key.get(i).type()))
        .collect(Collectors.joining(" and "));
  }

  private static String keyedLine(
      String row, List<Table.Column> key, String prefix, LineSql.Columns line) {
    for (int i = 0; i < key.size(); i++) {
      line.use(prefix + i);
    }
    return keyed("line", prefix, row, key);
  }

  private String jobJoin(LineSql.Columns line) {
    return "join %s job on %s"
        .formatted(tables.jobs().quoted(), keyedLine("job", tables.jobKey(), "k", line));
  }

  private String chargeJoin(LineSql.Columns line) {
    Table charges = tables.charges();
    return charges == null
        ? ""
        : " left join %s charge on %s"
            .formatted(charges.quoted(), keyedLine("charge", tables.chargeKey(), "c", line));
  }

  private static String balanceLine(Balance balance, Table table, LineSql.Columns line) {
    List<Table.Column> match =
        balance.match().keySet().stream().map(it -> SourceTables.column(table, it)).toList();
    return keyedLine("balance", match, "m", line);
  }

  private static String assignments(Map<String, String> assigned) {
    return assigned.entrySet().stream()
        .map(it -> Sql.identifier(it.getKey()) + " = " + it.getValue())
        .collect(Collectors.joining(", "));
  }

  private String chargesOfJob() {
    Charge charge = refund == null ? null : refund.charge();
    Table table = tables.charges();
    return charge == null || table == null
        ? ""
        : "left join %s charge on (%s)".formatted(table.quoted(), rows.expression(charge.match()));
  }

  private List<String> balanceMatch() {
    Balance balance = tables.balance();
    Table table = tables.balances();
    if (balance == null || table == null) {
      return List.of();
    }
    List<String> match = new ArrayList<>();
    balance
        .match()
        .forEach(
            (name, value) -> {
              String type = SourceTables.column(table, name).type();
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

  private String status() {
    return rows.value(jobs.status(), "job");
  }

  private String statusIsOneOf(List<String> labels) {
    if (labels.isEmpty()) {
      return "false";
    }
    String status = jobs.status() instanceof Value.Column ? status() : Sql.cast(status(), "text");
    return "%s in (%s)"
        .formatted(status, labels.stream().map(Sql::literal).collect(Collectors.joining(", ")));
  }

  /**
   * The type that a value is cast to: a column's own, but what stands in a unique index is never
   * cut to its length.
   */
  private static String writeType(Table table, Table.Column column) {
    return column.category().equals("S") && table.inUniqueIndex(column.name())
        ? "text"
        : column.type();
  }
}
