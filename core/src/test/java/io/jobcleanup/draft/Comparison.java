package io.jobcleanup.draft;

import io.jobcleanup.support.TestDatabase;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.yaml.snakeyaml.Yaml;

/**
 * Compares a drafted mapping with the one that a person wrote for the same tables, key by key.
 * Expressions count as the same where they give the same for every row. Nobody can draft a timeout,
 * so it isn't compared.
 */
final class Comparison {

  /** One key, and whether it was drafted as it should be. */
  record Point(String key, boolean right, Object wanted, Object drafted) {
    @Override
    public String toString() {
      return "%s: wanted %s, drafted %s".formatted(key, wanted, drafted);
    }
  }

  private static final Pattern UPDATED_TABLE = Pattern.compile("^\\s*update\\s+(\\S+)");

  private final TestDatabase database;
  private final List<Point> points = new ArrayList<>();

  private Comparison(TestDatabase database) {
    this.database = database;
  }

  static List<Point> of(TestDatabase database, String wanted, String drafted) {
    Comparison comparison = new Comparison(database);
    Map<String, Object> sources = map(map(new Yaml().load(wanted)).get("sources"));
    Map<String, Object> others = map(map(new Yaml().load(drafted)).get("sources"));
    for (Map.Entry<String, Object> each : sources.entrySet()) {
      Map<String, Object> source = map(each.getValue());
      Object table = map(source.get("jobs")).get("table");
      Map<String, Object> other =
          others.values().stream()
              .map(Comparison::map)
              .filter(it -> table.equals(map(it.get("jobs")).get("table")))
              .findFirst()
              .orElse(Map.of());
      comparison.source(each.getKey(), source, other);
    }
    Set<Object> tables =
        sources.values().stream()
            .map(it -> map(map(it).get("jobs")).get("table"))
            .collect(Collectors.toSet());
    others.values().stream()
        .map(it -> map(map(it).get("jobs")).get("table"))
        .filter(it -> !tables.contains(it))
        .forEach(it -> comparison.point("a source too many", null, it));
    return comparison.points;
  }

  private void point(String key, Object wanted, Object drafted) {
    if (wanted != null || drafted != null) {
      points.add(new Point(key, wanted != null && wanted.equals(drafted), wanted, drafted));
    }
  }

  private void source(String name, Map<String, Object> wanted, Map<String, Object> drafted) {
    Map<String, Object> jobs = map(wanted.get("jobs"));
    Map<String, Object> draft = map(drafted.get("jobs"));
    point("jobs.table", jobs.get("table"), draft.get("table"));
    point("jobs.key", list(jobs.get("key")), list(draft.get("key")));
    point("jobs.status", jobs.get("status"), draft.get("status"));
    point("jobs.processing", set(jobs.get("processing")), set(draft.get("processing")));
    point("jobs.completed", set(jobs.get("completed")), set(draft.get("completed")));
    point("jobs.since", list(jobs.get("since")), list(draft.get("since")));
    point("jobs.where", jobs.get("where"), draft.get("where"));
    point("jobs.expires", jobs.get("expires"), draft.get("expires"));
    point("jobs.attempt", jobs.get("attempt"), draft.get("attempt"));
    point(
        "jobs.time",
        jobs.get("time") == null && "UTC".equals(draft.get("time")) ? "UTC" : jobs.get("time"),
        draft.get("time"));
    block("fail", name, map(jobs.get("fail")), map(draft.get("fail")));
    point("also", updated(wanted.get("also")), updated(drafted.get("also")));
    point("session", wanted.get("session"), drafted.get("session"));

    boolean none = "none".equals(wanted.get("refund"));
    point(
        "refund",
        none ? "none" : "given back",
        drafted.get("refund") == null
            ? null
            : "none".equals(drafted.get("refund")) ? "none" : "given back");
    if (none) {
      return;
    }
    Map<String, Object> refund = map(wanted.get("refund"));
    Map<String, Object> other =
        "none".equals(drafted.get("refund")) ? Map.of() : map(drafted.get("refund"));
    point("refund.payer", perJob(jobs, refund.get("payer")), perJob(jobs, other.get("payer")));
    point("refund: what is due", due(jobs, refund), due(jobs, other));
    point(
        "refund.charge.table",
        map(refund.get("charge")).get("table"),
        map(other.get("charge")).get("table"));
    point(
        "refund.charge.mark",
        map(refund.get("charge")).get("mark"),
        map(other.get("charge")).get("mark"));
    point("refund.already", already(jobs, refund), already(jobs, other));
    block("refund.mark", name, map(refund.get("mark")), map(other.get("mark")));
    point(
        "refund.statement",
        spelt(name, refund.get("statement")),
        spelt(name, other.get("statement")));
    balances(name, sections(refund.get("balances")), sections(other.get("balances")));
    ledgers(name, sections(refund.get("ledger")), sections(other.get("ledger")));
  }

  private void balances(
      String name, List<Map<String, Object>> wanted, List<Map<String, Object>> drafted) {
    for (Map<String, Object> each : wanted) {
      Map<String, Object> other = ofTable(drafted, each.get("table"));
      point("balance.table", each.get("table"), other.get("table"));
      point("balance.match", spelt(name, each.get("match")), spelt(name, other.get("match")));
      point("balance.when", each.get("when"), other.get("when"));
      point("balance.add", spelt(name, each.get("add")), spelt(name, other.get("add")));
      point("balance.floor", each.get("floor"), other.get("floor"));
      point("balance.set", spelt(name, each.get("set")), spelt(name, other.get("set")));
      point("balance.missing", each.get("missing"), other.get("missing"));
    }
    tooMany("balance too many", wanted, drafted);
  }

  private void ledgers(
      String name, List<Map<String, Object>> wanted, List<Map<String, Object>> drafted) {
    for (Map<String, Object> each : wanted) {
      String table = String.valueOf(each.get("table"));
      Map<String, Object> other = ofTable(drafted, table);
      point("ledger.table", table, other.get("table"));
      point("ledger.when", each.get("when"), other.get("when"));
      Map<String, Object> values = map(each.get("values"));
      Map<String, Object> others = map(other.get("values"));
      Set<String> demanded = demanded(table);
      Set<String> columns = new LinkedHashSet<>(values.keySet());
      columns.addAll(demanded);
      others.keySet().stream()
          .filter(it -> !filledAnyway(table).contains(it))
          .forEach(columns::add);
      for (String column : columns) {
        Object value = values.get(column);
        Object draft = others.get(column);
        if (!demanded.contains(column) && filledAnyway(table).contains(column)) {
          continue;
        }
        point("ledger." + column, prose(value, draft, name), prose(draft, value, name));
      }
    }
    tooMany("ledger too many", wanted, drafted);
  }

  /** Words for people and JSON only have to be there. */
  private static Object prose(Object value, Object other, String source) {
    String text = String.valueOf(value);
    String against = String.valueOf(other);
    boolean both = value != null && other != null;
    return both
            && (text.contains("_build_object") && against.contains("_build_object")
                || text.contains(":seconds") && against.contains(":seconds"))
        ? "some words"
        : spelt(source, value);
  }

  private Set<String> demanded(String table) {
    return new LinkedHashSet<>(
        database.rows(
            "select attname from pg_attribute where attrelid = cast(? as regclass) and attnum > 0 and attnotnull and not atthasdef and attidentity = ''",
            quoted(table)));
  }

  private Set<String> filledAnyway(String table) {
    return new LinkedHashSet<>(
        database.rows(
            "select attname from pg_attribute where attrelid = cast(? as regclass) and attnum > 0 and (atthasdef or attidentity <> '')",
            quoted(table)));
  }

  private void block(
      String key, String source, Map<String, Object> wanted, Map<String, Object> drafted) {
    Set<String> columns = new LinkedHashSet<>(wanted.keySet());
    columns.addAll(drafted.keySet());
    for (String column : columns) {
      points.add(
          new Point(
              key + "." + column,
              wanted.containsKey(column)
                  && drafted.containsKey(column)
                  && String.valueOf(spelt(source, wanted.get(column)))
                      .equals(String.valueOf(spelt(source, drafted.get(column)))),
              wanted.containsKey(column) ? wanted.get(column) : "(not written)",
              drafted.containsKey(column) ? drafted.get(column) : "(not written)"));
    }
  }

  private void tooMany(
      String key, List<Map<String, Object>> wanted, List<Map<String, Object>> drafted) {
    Set<Object> tables = wanted.stream().map(it -> it.get("table")).collect(Collectors.toSet());
    drafted.stream()
        .map(it -> it.get("table"))
        .filter(it -> !tables.contains(it))
        .forEach(it -> point(key, null, it));
  }

  // what expressions give

  private Object perJob(Map<String, Object> jobs, Object value) {
    return value == null
        ? null
        : forEachJob(jobs, key -> rows(jobs, key, "", sql(jobs, "job", value)));
  }

  private Object already(Map<String, Object> jobs, Map<String, Object> refund) {
    Object value = refund.get("already");
    if (value == null) {
      return null;
    }
    Map<String, Object> charge = map(refund.get("charge"));
    boolean byCharge = String.valueOf(value).contains("charge.") && !charge.isEmpty();
    return forEachJob(
        jobs,
        key ->
            rows(
                jobs,
                key,
                byCharge
                    ? " left join %s charge on %s"
                        .formatted(
                            quoted(charge.get("table")), sql(jobs, "charge", charge.get("match")))
                    : "",
                sql(jobs, "job", value)));
  }

  /** What a job has to get, before what was given back is taken off. */
  private Object due(Map<String, Object> jobs, Map<String, Object> refund) {
    if (refund.isEmpty()) {
      return null;
    }
    Map<String, Object> charge = map(refund.get("charge"));
    Object cost = refund.get("cost");
    Object onlyIf = refund.get("only-if");
    String ofCost = cost == null ? "0" : sql(jobs, "job", cost);
    String amount =
        charge.isEmpty()
            ? ofCost
            : "coalesce((select sum(%s) from %s charge where %s), %s)"
                .formatted(
                    sql(jobs, "charge", charge.get("amount")),
                    quoted(charge.get("table")),
                    sql(jobs, "charge", charge.get("match")),
                    Boolean.FALSE.equals(charge.get("required")) ? ofCost : "0");
    String expression =
        onlyIf == null
            ? amount
            : "case when %s then %s else 0 end".formatted(sql(jobs, "job", onlyIf), amount);
    return forEachJob(jobs, key -> rows(jobs, key, "", "coalesce(%s, 0)".formatted(expression)));
  }

  private interface OfJob {
    List<String> of(String key);
  }

  private Map<String, String> forEachJob(Map<String, Object> jobs, OfJob value) {
    Map<String, String> values = new TreeMap<>();
    String key = String.valueOf(list(jobs.get("key")).getFirst());
    for (String each :
        database.rows(
            "select cast(\"%s\" as text) from %s where cast(\"%s\" as text) in (%s)"
                .formatted(
                    key,
                    quoted(jobs.get("table")),
                    jobs.get("status"),
                    set(jobs.get("processing")).stream()
                        .map(it -> "'" + it + "'")
                        .collect(Collectors.joining(", "))))) {
      try {
        values.put(
            each,
            String.join(", ", value.of(each).stream().map(Comparison::number).sorted().toList()));
      } catch (IllegalStateException e) {
        values.put(each, "fails");
      }
    }
    return values;
  }

  private List<String> rows(Map<String, Object> jobs, String key, String join, String expression) {
    return database.rows(
        "select %s from %s job%s where cast(job.\"%s\" as text) = ?"
            .formatted(
                expression, quoted(jobs.get("table")), join, list(jobs.get("key")).getFirst()),
        key);
  }

  private static String sql(Map<String, Object> jobs, String row, Object value) {
    String text = String.valueOf(value);
    return text.startsWith("=")
        ? text.substring(1)
            .replaceAll("(?<!:):job\\b", "job.\"" + list(jobs.get("key")).getFirst() + "\"")
        : row + ".\"" + text + '"';
  }

  private static String number(String text) {
    try {
      return new BigDecimal(text).stripTrailingZeros().toPlainString();
    } catch (NumberFormatException e) {
      return text;
    }
  }

  // the forms of YAML

  /** A value as it would be spelt by anybody. */
  private static Object spelt(String source, Object value) {
    if (value instanceof Map<?, ?> block) {
      Map<Object, Object> all = new LinkedHashMap<>();
      new TreeMap<>(block).forEach((key, each) -> all.put(key, spelt(source, each)));
      return all;
    }
    return value == null
        ? null
        : String.valueOf(value)
            .replaceAll("cast\\(([^()]*) as text\\)", "$1")
            .replace("=:source", source)
            .replaceAll("\\.\"([a-z_]+)\"", ".$1")
            .replaceAll("\\s+", " ");
  }

  private static Object updated(Object also) {
    return also == null
        ? null
        : list(also).stream()
            .map(
                it ->
                    UPDATED_TABLE
                        .matcher(String.valueOf(it).toLowerCase(Locale.ROOT))
                        .results()
                        .map(m -> m.group(1))
                        .findFirst()
                        .orElse("?"))
            .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Map<String, Object> ofTable(List<Map<String, Object>> sections, Object table) {
    return sections.stream()
        .filter(it -> table.equals(it.get("table")))
        .findFirst()
        .orElse(Map.of());
  }

  private static String quoted(Object table) {
    return '"' + String.valueOf(table).replace(".", "\".\"") + '"';
  }

  private static List<Object> list(Object value) {
    return value == null ? null : value instanceof List<?> all ? List.copyOf(all) : List.of(value);
  }

  private static Set<String> set(Object value) {
    return value == null
        ? null
        : list(value).stream().map(String::valueOf).collect(Collectors.toCollection(TreeSet::new));
  }

  private static List<Map<String, Object>> sections(Object value) {
    return value == null
        ? List.of()
        : value instanceof List<?> all
            ? all.stream().map(Comparison::map).toList()
            : List.of(map(value));
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> map(Object value) {
    return value == null ? Map.of() : (Map<String, Object>) value;
  }
}
