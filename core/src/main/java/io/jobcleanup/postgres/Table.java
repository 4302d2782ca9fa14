package io.jobcleanup.postgres;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the catalogue says of one table of the host.
 *
 * @param oid its object id
 * @param schema its schema
 * @param name its name in it
 * @param kind {@code r} table, {@code p} partitioned, {@code v} view and so on, as in pg_class
 * @param owner the role that owns it
 * @param rowSecurity whether row-level security applies to our role
 * @param reachable whether our role may use its schema
 * @param updatable whether its rows can be updated at all: a view's perhaps not
 * @param insertable whether rows can be inserted at all
 * @param partitionedBy the columns that tell which part a row is in; empty where it has none
 * @param columns its columns by name
 * @param indexes its indexes
 * @param foreignKeys its foreign keys
 * @param triggers the host's triggers that fire on a write of ours
 */
record Table(
    long oid,
    String schema,
    String name,
    String kind,
    String owner,
    boolean rowSecurity,
    boolean reachable,
    boolean updatable,
    boolean insertable,
    List<String> partitionedBy,
    Map<String, Column> columns,
    List<Index> indexes,
    List<ForeignKey> foreignKeys,
    List<String> triggers) {

  /**
   * One column.
   *
   * @param name its name
   * @param type its type with its modifier, as SQL spells it
   * @param baseType the type below a domain, without modifier
   * @param category the type's category as in pg_type: N number, S string, E enum, D date or time,
   *     B boolean and so on
   * @param labels an enum's labels, empty for other types
   * @param notNull whether NULL is refused
   * @param filled whether the database fills it by itself: a default, an identity, generated
   * @param standard its default, an SQL expression; null where it has none
   * @param generated whether it can't be written at all
   * @param modifier the type's modifier as in pg_attribute, -1 for none
   * @param canSelect whether our role may read it
   * @param canInsert whether our role may insert it
   * @param canUpdate whether our role may update it
   * @param forbiddenSequence the sequence that its default draws from, where our role may not; else
   *     null
   */
  record Column(
      String name,
      String type,
      String baseType,
      String category,
      List<String> labels,
      boolean notNull,
      boolean filled,
      @Nullable String standard,
      boolean generated,
      int modifier,
      boolean canSelect,
      boolean canInsert,
      boolean canUpdate,
      @Nullable String forbiddenSequence) {

    String quoted() {
      return Sql.identifier(name);
    }

    /**
     * The type that values are compared in with it: without its length, so that no value is cut
     * until it finds another's row.
     */
    String comparedAs() {
      return switch (baseType) {
        case "character varying" -> "text";
        case "character" -> "bpchar";
        case "numeric" -> "numeric";
        default -> type;
      };
    }
  }

  /**
   * One index.
   *
   * @param name its name
   * @param unique whether it is unique
   * @param primary whether it is the primary key
   * @param whole whether it is valid, covers all rows and only plain columns
   * @param columns its plain columns, in order
   * @param predicate its WHERE; null where it has none
   * @param parts the names of those that a partitioned table's parts have for it
   */
  record Index(
      String name,
      boolean unique,
      boolean primary,
      boolean whole,
      List<String> columns,
      @Nullable String predicate,
      List<String> parts) {

    /** Whether a fault in an index of a name is one in this. */
    boolean isNamed(String other) {
      return name.equals(other) || parts.contains(other);
    }
  }

  /**
   * One foreign key.
   *
   * @param name its name
   * @param columns the columns here
   * @param referenced the object id of the table referred to
   * @param referencedColumns the columns there, in the same order
   */
  record ForeignKey(
      String name, List<String> columns, long referenced, List<String> referencedColumns) {}

  /** Name with schema, as a person reads it. */
  String display() {
    return schema + "." + name;
  }

  /** Name with schema, quoted. */
  String quoted() {
    return Sql.identifier(schema) + "." + Sql.identifier(name);
  }

  List<String> primaryKey() {
    return indexes.stream()
        .filter(Index::primary)
        .findFirst()
        .map(Index::columns)
        .orElse(List.of());
  }

  /** Whether at most one row can have given values in these columns. */
  boolean uniqueWithin(Collection<String> given) {
    return indexes.stream()
        .anyMatch(index -> index.unique() && index.whole() && given.containsAll(index.columns()));
  }

  /** Whether a column is part of any unique index. */
  boolean inUniqueIndex(String column) {
    return indexes.stream().anyMatch(index -> index.unique() && index.columns().contains(column));
  }

  /**
   * Whether some index finds rows in a state by a time: it begins with the time, or with the state
   * and then the time, and leaves none of the labels out.
   *
   * @param status the column of the state; null where it isn't a plain column
   */
  boolean indexedBy(String since, @Nullable String status, List<String> labels) {
    return indexes.stream()
        .anyMatch(
            index ->
                !index.columns().isEmpty()
                    && (index.columns().getFirst().equals(since)
                        || (index.columns().size() > 1
                            && index.columns().getFirst().equals(status)
                            && index.columns().get(1).equals(since)))
                    && covers(index.predicate(), labels));
  }

  private static boolean covers(@Nullable String predicate, List<String> labels) {
    return predicate == null || labels.stream().allMatch(predicate::contains);
  }

  /** Whether some index begins with a column. */
  boolean indexedBy(String column) {
    return indexes.stream()
        .anyMatch(index -> !index.columns().isEmpty() && index.columns().getFirst().equals(column));
  }

  /** Puts tables together from the catalogue's rows. */
  static final class Builder {
    final long oid;
    final String schema;
    final String name;
    final String kind;
    final String owner;
    final boolean rowSecurity;
    final boolean reachable;
    final boolean updatable;
    final boolean insertable;
    final List<String> partitionedBy;
    final Map<String, Column> columns = new LinkedHashMap<>();
    final List<Index> indexes = new ArrayList<>();
    final List<ForeignKey> foreignKeys = new ArrayList<>();
    final Set<String> triggers = new HashSet<>();

    Builder(
        long oid,
        String schema,
        String name,
        String kind,
        String owner,
        boolean rowSecurity,
        boolean reachable,
        boolean updatable,
        boolean insertable,
        List<String> partitionedBy) {
      this.oid = oid;
      this.schema = schema;
      this.name = name;
      this.kind = kind;
      this.owner = owner;
      this.rowSecurity = rowSecurity;
      this.reachable = reachable;
      this.updatable = updatable;
      this.insertable = insertable;
      this.partitionedBy = List.copyOf(partitionedBy);
    }

    Table build() {
      return new Table(
          oid,
          schema,
          name,
          kind,
          owner,
          rowSecurity,
          reachable,
          updatable,
          insertable,
          partitionedBy,
          java.util.Collections.unmodifiableMap(columns),
          List.copyOf(indexes),
          List.copyOf(foreignKeys),
          triggers.stream().sorted().toList());
    }
  }
}
