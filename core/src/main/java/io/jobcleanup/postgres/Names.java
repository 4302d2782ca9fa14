package io.jobcleanup.postgres;

import io.jobcleanup.mapping.TimeForm;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the names of the mapping language, such as {@code :amount}, stand for in SQL.
 *
 * @param keyTypes the types of the key's columns
 * @param payerType the type of the payer
 * @param amountType the type of what was charged
 * @param attemptType the type of the attempt
 * @param balanceType the type of the balance's first column
 */
record Names(
    List<String> keyTypes,
    String payerType,
    String amountType,
    String attemptType,
    String balanceType) {

  /** The type of a name's value. */
  String type(String name) {
    return switch (name) {
      case "now" -> "timestamptz";
      case "message", "source", "run", "key" -> "text";
      case "seconds", "timeout_ms" -> "bigint";
      case "uuid" -> "uuid";
      case "job" -> keyTypes.size() == 1 ? keyTypes.getFirst() : "text";
      case "attempt" -> attemptType;
      case "payer" -> payerType;
      case "amount" -> amountType;
      case "balance_before", "balance_after" -> balanceType;
      default -> throw new IllegalArgumentException("there is no value :" + name);
    };
  }

  /** A value from a line that we bring along, of the type that a column of {@code settled} has. */
  String ofLine(String name, String value) {
    return Sql.cast(value, type(name.equals("given") ? "amount" : name));
  }

  /** A name's value from a line that we bring along, as a target column keeps it. */
  String fromLine(String name, LineSql.Columns line, Table.@Nullable Column target, TimeForm form) {
    String value = Sql.cast(line.use(name), type(name));
    return name.equals("now") ? moment(value, target, form) : value;
  }

  /** A null of a name's type, to try an expression out. */
  String asNull(String name, Table.@Nullable Column target, TimeForm form) {
    String value = Sql.cast("null", type(name));
    return name.equals("now") ? moment(value, target, form) : value;
  }

  static String moment(String instant, Table.@Nullable Column target, TimeForm form) {
    if (target == null) {
      return instant;
    }
    if (target.category().equals("N") && form instanceof TimeForm.Epoch epoch) {
      return "floor(extract(epoch from %s) * %s)"
          .formatted(instant, epoch == TimeForm.Epoch.MILLIS ? "1000" : "1");
    }
    boolean zoneless =
        target.baseType().equals("timestamp without time zone") || target.baseType().equals("date");
    return zoneless
        ? "(%s at time zone %s)"
            .formatted(
                instant, Sql.literal(form instanceof TimeForm.InZone zone ? zone.zone() : "UTC"))
        : instant;
  }

  /** A key as one text, as {@link io.jobcleanup.JobId#keyText} makes it. */
  static String keyText(String row, List<Table.Column> key) {
    if (key.size() == 1) {
      return Sql.cast(row + "." + key.getFirst().quoted(), "text");
    }
    return key.stream()
        .map(column -> Sql.cast(row + "." + column.quoted(), "text"))
        .map(text -> "replace(replace(%s, E'\\\\', E'\\\\\\\\'), '/', E'\\\\/')".formatted(text))
        .collect(Collectors.joining(" || '/' || "));
  }
}
