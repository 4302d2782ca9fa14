package io.jobcleanup.mapping;

import io.jobcleanup.mapping.YamlSection.Report;
import java.io.StringReader;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;

/** Reads {@code mapping.yaml}: all that can be told without a database. */
final class MappingReader {

  private static final Set<String> ROW_NAMES = Set.of("now", "job", "attempt", "source", "payer");
  private static final Set<String> FAIL_NAMES =
      Set.of("now", "message", "seconds", "timeout_ms", "job", "attempt", "source", "run", "uuid");
  private static final Set<String> SET_NAMES = Set.of("now", "run", "source");
  private static final Set<String> ADD_NAMES =
      Set.of("amount", "payer", "job", "attempt", "source", "run", "now");
  private static final Set<String> CREATE_NAMES =
      Set.of("now", "job", "attempt", "source", "run", "payer", "uuid");

  private static final Set<String> LINE_NAMES =
      without(Expression.NAMES, "balance_before", "balance_after");

  /** In the job's mark {@code :amount} is the sum, and {@code :key} would be that of one line. */
  private static final Set<String> MARK_NAMES = without(LINE_NAMES, "key");

  /** What our own transactions rest on. */
  private static final Set<String> OUR_SETTINGS =
      Set.of(
          "deadlock_timeout",
          "default_transaction_isolation",
          "default_transaction_read_only",
          "idle_in_transaction_session_timeout",
          "lock_timeout",
          "search_path",
          "standard_conforming_strings",
          "statement_timeout",
          "timezone",
          "datestyle",
          "intervalstyle",
          "bytea_output",
          "extra_float_digits",
          "transaction_isolation",
          "transaction_read_only",
          "transaction_timeout");

  private static final Pattern SETTING = Pattern.compile("[A-Za-z_][\\w$]*(\\.[A-Za-z_][\\w$]*)*");
  private static final Pattern NUMBER = Pattern.compile("-?\\d{1,30}(\\.\\d{1,30})?");

  private final Report report;

  private MappingReader(Report report) {
    this.report = report;
  }

  private static Set<String> without(Set<String> names, String... left) {
    Set<String> rest = new HashSet<>(names);
    List.of(left).forEach(rest::remove);
    return Set.copyOf(rest);
  }

  static Mapping read(String file, String yaml) {
    Report report = new Report(file);
    List<Source> sources = new ArrayList<>();
    try {
      Node root = new Yaml(new LoaderOptions()).compose(new StringReader(yaml));
      if (root == null) {
        report.fault(1, "sources", "is missing: the file is empty");
      } else {
        new MappingReader(report).sources(YamlSection.of(report, "", root), sources);
      }
    } catch (MarkedYAMLException e) {
      int line = e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1;
      report.fault(line, "(file)", "isn't YAML: " + e.getProblem());
    } catch (YAMLException e) {
      report.fault(1, "(file)", "isn't YAML: " + e.getMessage());
    }
    return new Mapping(file, sources, report.faults(), report.lines());
  }

  private void sources(YamlSection root, List<Source> into) {
    YamlSection sources = root.section("sources");
    root.finish();
    if (sources == null || sources.keys().isEmpty()) {
      root.fault("sources", "at least one source is needed");
      return;
    }
    for (String name : sources.keys()) {
      YamlSection section = sources.section(name);
      Source source = section == null ? null : source(name, section);
      if (source != null) {
        into.add(source);
      }
    }
    for (Source source : into) {
      into.stream()
          .filter(
              other ->
                  !other.name().equals(source.name())
                      && other.jobs().table().equals(source.jobs().table()))
          .filter(other -> source.jobs().where() == null)
          .findFirst()
          .ifPresent(
              other ->
                  sources.fault(
                      source.name(),
                      "has the same table as source %s; give each a where"
                          .formatted(other.name())));
    }
  }

  private @Nullable Source source(String name, YamlSection section) {
    YamlSection jobsSection = section.section("jobs");
    if (jobsSection == null) {
      section.fault("jobs", "is missing");
    }
    Jobs jobs = jobsSection == null ? null : jobs(jobsSection);
    boolean none = section.isScalar("refund") && "none".equals(section.text("refund"));
    YamlSection refundSection = none ? null : section.section("refund");
    if (!none && refundSection == null) {
      section.fault("refund", "is missing: say how tokens are given back, or write refund: none");
    }
    Times times = jobs == null ? Times.UTC : new Times(jobs.time().standard(), Map.of());
    Refund refund = refundSection == null ? null : refund(refundSection, times);
    final List<Statement> also = also(section);
    final Map<String, String> session = section.map("session", this::setting);
    section.finish();
    if (jobs == null) {
      return null;
    }
    // Where its refund is wrong in itself, the jobs are held against the database all the same.
    boolean whole = refund != null || none;
    return new Source(name, jobs, refund, whole ? also : List.of(), session);
  }

  private static List<Statement> also(YamlSection section) {
    List<Statement> also = new ArrayList<>();
    for (String text : section.texts("also")) {
      Statement statement = section.read("also", text, Statement::of);
      if (statement != null) {
        also.add(statement);
      }
    }
    return also;
  }

  private @Nullable String setting(YamlSection section, String name) {
    if (!SETTING.matcher(name).matches()) {
      section.fault(name, "is no name of a setting; an example is app.user_id");
      return null;
    }
    if (OUR_SETTINGS.contains(name.toLowerCase(Locale.ROOT))) {
      section.fault(name, "is a setting that our own transactions rest on, and can't be given");
      return null;
    }
    return section.required(name);
  }

  private @Nullable Jobs jobs(YamlSection section) {
    final String table = section.required("table");
    final List<String> key = section.texts("key");
    final Expression where = expression(section, "where", ROW_NAMES);
    final Value status = columnOr(section, "status", section.required("status"), Set.of());
    final List<String> processing = section.texts("processing");
    final List<String> completed = section.texts("completed");
    List<Value> since = new ArrayList<>();
    for (String each : section.texts("since")) {
      Value value = columnOr(section, "since", each, Set.of());
      if (value != null) {
        since.add(value);
      }
    }
    final Value expires = columnOr(section, "expires", section.text("expires"), Set.of());
    final Timeout timeout =
        section.read("timeout", section.text("timeout"), MappingReader::timeout);
    final Times time = times(section, Times.UTC);
    final Value attempt = columnOr(section, "attempt", section.text("attempt"), Set.of());
    final Map<String, Value> fail =
        section.map("fail", (block, column) -> constantOr(block, column, FAIL_NAMES));
    List.of("key", "processing", "fail").forEach(section::need);
    if (!section.has("expires") || section.has("since")) {
      section.need("since");
    }
    section.finish();
    if (table == null
        || status == null
        || key.isEmpty()
        || processing.isEmpty()
        || (since.isEmpty() && expires == null)
        || fail.isEmpty()) {
      return null;
    }
    if (status instanceof Value.Column column && !fail.containsKey(column.name())) {
      section.fault("fail", "doesn't write the status column \"%s\"".formatted(column.name()));
    }
    if (status instanceof Value.Column column
        && fail.get(column.name()) instanceof Value.Constant constant
        && processing.contains(String.valueOf(constant.text()))) {
      section.fault(
          "fail." + column.name(),
          "is \"%s\", which is among processing: a failed job would stay stuck"
              .formatted(constant.text()));
    }
    return new Jobs(
        table,
        key,
        where,
        status,
        processing,
        completed,
        since,
        expires,
        timeout,
        time,
        attempt,
        fail);
  }

  private static Timeout timeout(String text) {
    return text.startsWith("=")
        ? new Timeout.Computed(checked(text, Set.of()))
        : new Timeout.Fixed(Durations.timeout(text));
  }

  private static Times times(YamlSection section, Times inherited) {
    if (!section.has("time")) {
      return inherited;
    }
    if (section.isScalar("time")) {
      TimeForm form = section.read("time", section.text("time"), TimeForm::of);
      return new Times(form == null ? inherited.standard() : form, Map.of());
    }
    Map<String, TimeForm> forms =
        section.map(
            "time", (block, column) -> block.read(column, block.text(column), TimeForm::of));
    TimeForm standard = forms.remove("default");
    return new Times(standard == null ? inherited.standard() : standard, forms);
  }

  private @Nullable Refund refund(YamlSection section, Times times) {
    final int faultsBefore = report.faults().size();
    final Value payer = columnOr(section, "payer", section.required("payer"), Set.of());
    final Value cost = columnOr(section, "cost", section.text("cost"), Set.of());
    final Expression onlyIf = expression(section, "only-if", ROW_NAMES);
    YamlSection chargeSection = section.section("charge");
    final Charge charge = chargeSection == null ? null : charge(chargeSection, times);
    final Expression already = expression(section, "already", ROW_NAMES);
    final Map<String, Value> mark =
        section.map("mark", (block, column) -> constantOr(block, column, MARK_NAMES));
    List<Balance> balances = new ArrayList<>();
    for (YamlSection each : section.sections("balances")) {
      Balance balance = balance(each, times);
      if (balance != null) {
        balances.add(balance);
      }
    }
    List<Ledger> ledger = new ArrayList<>();
    for (YamlSection each : section.sections("ledger")) {
      Ledger row = ledger(each, charge != null, times);
      if (row != null) {
        ledger.add(row);
      }
    }
    final Expression statement = expression(section, "statement", LINE_NAMES);
    section.finish();
    if (payer == null || report.faults().size() > faultsBefore) {
      return null;
    }
    try {
      return new Refund(payer, cost, onlyIf, charge, already, mark, balances, ledger, statement);
    } catch (IllegalArgumentException e) {
      section.fault(statement == null ? "cost" : "statement", String.valueOf(e.getMessage()));
      return null;
    }
  }

  private @Nullable Charge charge(YamlSection section, Times times) {
    final String table = section.required("table");
    final List<String> key = section.texts("key");
    section.need("match");
    final Expression match = expression(section, "match", Set.of("job", "attempt", "source"));
    final Value amount = columnOr(section, "amount", section.required("amount"), Set.of());
    final boolean required =
        section.choice("required", Answer.TRUE, List.of(Answer.values()), MappingReader::lower)
            == Answer.TRUE;
    final Map<String, Value> mark =
        section.map("mark", (block, column) -> constantOr(block, column, LINE_NAMES));
    final Times time = times(section, times);
    section.finish();
    return table == null || match == null || amount == null
        ? null
        : new Charge(table, key, match, amount, required, mark, time);
  }

  private @Nullable Balance balance(YamlSection section, Times times) {
    final String table = section.required("table");
    final Map<String, Value> match =
        section.map("match", (block, column) -> constantOr(block, column, ROW_NAMES));
    final Expression when = expression(section, "when", ROW_NAMES);
    final Map<String, Value> add = section.map("add", this::addend);
    final BigDecimal floor = section.read("floor", section.text("floor"), MappingReader::number);
    final Map<String, Value> set =
        section.map("set", (block, column) -> constantOr(block, column, SET_NAMES));
    final Balance.Missing missing =
        section.choice(
            "missing",
            Balance.Missing.OWED,
            List.of(Balance.Missing.values()),
            MappingReader::lower);
    final Map<String, Value> values =
        section.map("values", (block, column) -> constantOr(block, column, CREATE_NAMES));
    final Times time = times(section, times);
    section.need("match");
    section.need("add");
    section.finish();
    if (table == null || match.isEmpty() || add.isEmpty()) {
      return null;
    }
    try {
      return new Balance(table, match, when, add, floor, set, missing, values, time);
    } catch (IllegalArgumentException e) {
      section.fault("values", String.valueOf(e.getMessage()));
      return null;
    }
  }

  private @Nullable Value addend(YamlSection block, String column) {
    Value value = constantOr(block, column, ADD_NAMES);
    if (value instanceof Value.Constant constant) {
      String text = String.valueOf(constant.text());
      return block.read(column, text, MappingReader::number) == null ? null : value;
    }
    return value;
  }

  private static BigDecimal number(String text) {
    if (!NUMBER.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "is \"%s\", a number is expected, such as 0 or -12.5".formatted(text));
    }
    return new BigDecimal(text);
  }

  private @Nullable Ledger ledger(YamlSection section, boolean hasCharge, Times times) {
    final String table = section.required("table");
    final Expression when = expression(section, "when", ROW_NAMES);
    final Map<String, Value> values =
        section.map(
            "values",
            (block, column) -> {
              Value value = constantOr(block, column, Expression.NAMES);
              if (!hasCharge
                  && value instanceof Value.Computed computed
                  && computed.expression().mentions("charge")) {
                block.fault(column, "names charge, but the refund has no charge");
                return null;
              }
              return value;
            });
    final Times time = times(section, times);
    section.need("values");
    section.finish();
    return table == null || values.isEmpty() ? null : new Ledger(table, when, values, time);
  }

  private enum Answer {
    TRUE,
    FALSE
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  /** A place that holds nothing but an expression. */
  private @Nullable Expression expression(YamlSection section, String key, Set<String> names) {
    return section.read(
        key,
        section.text(key),
        text -> {
          if (!text.startsWith("=")) {
            throw new IllegalArgumentException(
                "an expression is expected, and begins with =; write \"=%s\"".formatted(text));
          }
          return checked(text, names);
        });
  }

  /** A place where a column is asked for. */
  private @Nullable Value columnOr(
      YamlSection section, String key, @Nullable String text, Set<String> names) {
    return section.<Value>read(
        key,
        text,
        it -> it.startsWith("=") ? new Value.Computed(checked(it, names)) : new Value.Column(it));
  }

  /** A place where a plain scalar is a constant. */
  private @Nullable Value constantOr(YamlSection section, String key, Set<String> names) {
    if (!section.isScalar(key)) {
      section.text(key);
      return null;
    }
    String text = section.text(key);
    return text != null && text.startsWith("=")
        ? section.<Value>read(key, text, it -> new Value.Computed(checked(it, names)))
        : new Value.Constant(text);
  }

  private static Expression checked(String text, Set<String> names) {
    Expression expression = Expression.of(text.substring(1));
    for (String name : expression.names()) {
      if (!names.contains(name)) {
        throw new IllegalArgumentException(
            names.isEmpty()
                ? ":%s isn't known here yet; only the row is".formatted(name)
                : ":%s isn't known here; known are %s"
                    .formatted(
                        name,
                        String.join(", ", names.stream().sorted().map(n -> ":" + n).toList())));
      }
    }
    return expression;
  }
}
