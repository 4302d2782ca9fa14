package io.jobcleanup.draft;

import java.util.Locale;
import java.util.Set;

/** How names and texts are spelt in SQL and in YAML. */
final class Names {

  /** Words that SQL doesn't take as a bare table name; after a dot any word is taken. */
  private static final Set<String> RESERVED =
      Set.of(
          ("all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate"
                  + " collation column concurrently constraint create cross current_catalog current_date current_role"
                  + " current_schema current_time current_timestamp current_user default deferrable desc distinct do"
                  + " else end except false fetch for foreign freeze from full grant group having ilike in initially"
                  + " inner intersect into is isnull join lateral leading left like limit localtime localtimestamp"
                  + " natural not notnull null offset on only or order outer overlaps placing primary references"
                  + " returning right select session_user similar some symmetric system_user table tablesample then"
                  + " to trailing true union unique user using variadic verbose when where window with"
                  + " job charge balance settled")
              .split(" "));

  /** Words that YAML readers take for something else than text. */
  private static final Set<String> RESOLVED =
      Set.of("null", "true", "false", "yes", "no", "on", "off", "y", "n");

  private Names() {}

  /** An identifier, always in quotes. */
  static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** An identifier as a person would write it: in quotes only where it needs them. */
  static String shown(String name) {
    return name.matches("[a-z_][a-z0-9_]*") && !RESERVED.contains(name) ? name : quoted(name);
  }

  /** A column behind the name of its row. */
  static String of(String row, String column) {
    return row + "." + (column.matches("[a-z_][a-z0-9_]*") ? column : quoted(column));
  }

  /** A string constant. */
  static String literal(String text) {
    String quoted = text.replace("'", "''");
    return text.indexOf('\\') < 0 ? "'" + quoted + "'" : "E'" + quoted.replace("\\", "\\\\") + "'";
  }

  /** A scalar of YAML: plain where it is plainly safe. */
  static String yaml(String text) {
    if (text.matches("[A-Za-z_][A-Za-z0-9_./-]*|[0-9]+")
        && !RESOLVED.contains(text.toLowerCase(Locale.ROOT))) {
      return text;
    }
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char each = text.charAt(i);
      if (each == '"' || each == '\\') {
        quoted.append('\\').append(each);
      } else if (Character.isISOControl(each)
          || each == '\u2028'
          || each == '\u2029'
          || each == '\ufeff') {
        quoted.append(String.format(Locale.ROOT, "\\u%04x", (int) each));
      } else {
        quoted.append(each);
      }
    }
    return quoted.append('"').toString();
  }
}
