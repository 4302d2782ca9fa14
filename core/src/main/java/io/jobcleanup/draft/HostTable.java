package io.jobcleanup.draft;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A table of the host, as the catalogue describes it.
 *
 * @param kind as pg_class has it: r, p or v
 * @param visible whether its bare name finds it
 * @param readable whether our role may read any of it
 * @param rowSecurity whether rows are hidden from our role by policies
 * @param bytes how large it is, with its partitions
 * @param uniques the columns of each whole unique index, the primary key first where there is one
 */
record HostTable(
    long oid,
    String schema,
    String name,
    String kind,
    boolean visible,
    boolean readable,
    boolean rowSecurity,
    long bytes,
    List<Column> columns,
    List<List<String>> uniques,
    boolean hasPrimaryKey,
    List<Partial> partials,
    List<Reference> references,
    List<Trigger> triggers,
    List<String> policies) {

  HostTable {
    columns = List.copyOf(columns);
    uniques = uniques.stream().map(List::copyOf).toList();
    partials = List.copyOf(partials);
    references = List.copyOf(references);
    triggers = List.copyOf(triggers);
    policies = List.copyOf(policies);
  }

  /**
   * A column.
   *
   * @param type as declared, with length and scale
   * @param baseType the type below a domain, without them
   * @param category as pg_type has it: N number, S text, D time, E enum, B boolean, U others
   * @param labels the values that an enum or a check allows, as far as one lists them
   * @param filled whether an INSERT may leave it out
   * @param standard its default, as SQL; empty where there is none
   */
  record Column(
      String name,
      String type,
      String baseType,
      char category,
      List<String> labels,
      boolean notNull,
      boolean filled,
      boolean generated,
      String standard,
      boolean readable) {

    Column {
      labels = List.copyOf(labels);
    }

    String words() {
      return Words.snake(name);
    }

    boolean number() {
      return category == 'N' && !baseType.equals("oid") && !baseType.equals("money");
    }

    boolean whole() {
      return List.of("integer", "bigint", "smallint").contains(baseType);
    }

    boolean text() {
      return category == 'S';
    }

    boolean json() {
      return baseType.equals("jsonb") || baseType.equals("json");
    }

    boolean uuid() {
      return baseType.equals("uuid");
    }

    boolean bool() {
      return category == 'B';
    }

    /** A moment: a time type, or a number whose name will have to say so. */
    boolean moment() {
      return baseType.startsWith("timestamp") || (number() && !baseType.equals("smallint"));
    }

    boolean zoned() {
      return baseType.equals("timestamp with time zone");
    }

    /** Whether an INSERT has to give it a value. */
    boolean demanded() {
      return notNull && !filled;
    }

    boolean named(String pattern) {
      return words().matches(pattern);
    }

    Column withLabels(List<String> allowed) {
      return new Column(
          name, type, baseType, category, allowed, notNull, filled, generated, standard, readable);
    }
  }

  /** The columns of a unique index over some rows only, and which. */
  record Partial(List<String> columns, String predicate) {
    Partial {
      columns = List.copyOf(columns);
    }
  }

  /**
   * What a column refers to.
   *
   * @param declared whether by a foreign key; else by its name only
   */
  record Reference(String column, long table, String referenced, boolean declared) {}

  /** A trigger, with the function that it calls. */
  record Trigger(
      String name,
      boolean beforeUpdate,
      boolean onUpdate,
      String function,
      String source,
      String arguments) {}

  Optional<Column> column(String wanted) {
    return columns.stream().filter(it -> it.name().equals(wanted)).findFirst();
  }

  /** The first column of those that a pattern names, patterns in the order of their weight. */
  Optional<Column> named(Predicate<Column> fitting, String... patterns) {
    for (String pattern : patterns) {
      for (Column column : columns) {
        if (column.readable() && column.named(pattern) && fitting.test(column)) {
          return Optional.of(column);
        }
      }
    }
    return Optional.empty();
  }

  List<Column> allNamed(Predicate<Column> fitting, String pattern) {
    return columns.stream()
        .filter(it -> it.readable() && it.named(pattern) && fitting.test(it))
        .toList();
  }

  Optional<Reference> reference(String column) {
    return references.stream().filter(it -> it.column().equals(column)).findFirst();
  }

  boolean unique(List<String> wanted) {
    return uniques.stream().anyMatch(it -> !it.isEmpty() && wanted.containsAll(it));
  }

  /** The table with references added. */
  HostTable withReferences(List<Reference> all) {
    return new HostTable(
        oid,
        schema,
        name,
        kind,
        visible,
        readable,
        rowSecurity,
        bytes,
        columns,
        uniques,
        hasPrimaryKey,
        partials,
        all,
        triggers,
        policies);
  }

  /** The primary key, else the first unique index; empty where there is none. */
  List<String> key() {
    return uniques.isEmpty() ? List.of() : uniques.getFirst();
  }

  /** How a mapping names it. */
  String mapped() {
    return visible ? name : schema + "." + name;
  }

  /** How SQL names it. */
  String sql() {
    return Names.quoted(schema) + "." + Names.quoted(name);
  }

  /** How an expression in the mapping names it. */
  String written() {
    return visible ? Names.shown(name) : Names.shown(schema) + "." + Names.shown(name);
  }

  /** Whether the host keeps a column up to date by a trigger of its own. */
  boolean keptByTrigger(String column) {
    String assigned = "new." + column.toLowerCase(Locale.ROOT);
    return triggers.stream()
        .filter(Trigger::beforeUpdate)
        .anyMatch(
            it -> {
              String source =
                  it.source().replace("\"", "").replaceAll("\\s", "").toLowerCase(Locale.ROOT);
              return it.arguments().contains(column)
                  || source.contains(assigned + ":=")
                  || source.contains(assigned + "=");
            });
  }

  /** Something gathered while the catalogue is read. */
  static final class Builder {
    final long oid;
    final String schema;
    final String name;
    final String kind;
    final boolean visible;
    final boolean readable;
    final boolean rowSecurity;
    final long bytes;
    final List<Column> columns = new ArrayList<>();
    final List<List<String>> uniques = new ArrayList<>();
    boolean hasPrimaryKey;
    final List<Partial> partials = new ArrayList<>();
    final List<Reference> references = new ArrayList<>();
    final List<Trigger> triggers = new ArrayList<>();
    final List<String> policies = new ArrayList<>();

    Builder(
        long oid,
        String schema,
        String name,
        String kind,
        boolean visible,
        boolean readable,
        boolean rowSecurity,
        long bytes) {
      this.oid = oid;
      this.schema = schema;
      this.name = name;
      this.kind = kind;
      this.visible = visible;
      this.readable = readable;
      this.rowSecurity = rowSecurity;
      this.bytes = bytes;
    }

    HostTable build() {
      return new HostTable(
          oid,
          schema,
          name,
          kind,
          visible,
          readable,
          rowSecurity,
          bytes,
          columns,
          uniques,
          hasPrimaryKey,
          partials,
          references,
          triggers,
          policies);
    }
  }
}
