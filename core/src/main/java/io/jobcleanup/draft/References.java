package io.jobcleanup.draft;

import io.jobcleanup.draft.HostTable.Column;
import io.jobcleanup.draft.HostTable.Reference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What refers to what, also where no foreign key says so. */
final class References {

  private References() {}

  /**
   * The tables with references added that only their names tell: {@code user_id} and {@code user}
   * refer to the key of {@code users}, where the types agree.
   */
  static List<HostTable> implied(List<HostTable> tables) {
    Map<String, HostTable> bySingular = new HashMap<>();
    for (HostTable table : tables) {
      bySingular.putIfAbsent(table.schema() + "." + Words.singular(table.name()), table);
    }
    return tables.stream().map(it -> implied(it, bySingular)).toList();
  }

  private static HostTable implied(HostTable table, Map<String, HostTable> bySingular) {
    List<Reference> references = new ArrayList<>(table.references());
    for (Column column : table.columns()) {
      String words = column.words();
      if (table.reference(column.name()).isPresent()) {
        continue;
      }
      String noun = words.endsWith("_id") ? words.substring(0, words.length() - 3) : words;
      HostTable target = bySingular.get(table.schema() + "." + noun);
      if (target == null || target.oid() == table.oid() || target.key().size() != 1) {
        continue;
      }
      target
          .column(target.key().getFirst())
          .filter(key -> key.baseType().equals(column.baseType()))
          .ifPresent(
              key -> references.add(new Reference(column.name(), target.oid(), key.name(), false)));
    }
    return table.withReferences(references);
  }
}
