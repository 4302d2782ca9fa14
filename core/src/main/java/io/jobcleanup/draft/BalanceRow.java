package io.jobcleanup.draft;

import io.jobcleanup.draft.HostTable.Column;
import io.jobcleanup.draft.Money.Balance;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Drafts which row of which balance is raised, and what else is written there. */
final class BalanceRow {

  private final Moments moments;
  private final Page page;

  BalanceRow(Moments moments, Page page) {
    this.moments = moments;
    this.page = page;
  }

  /** The payer's own. */
  void write(Balance balance, @Nullable HostTable charges) {
    page.put(4, "- table: " + Names.yaml(balance.table().mapped()), null);
    Map<String, String> match = new LinkedHashMap<>();
    match.put(balance.owner().name(), "\"=:payer\"");
    if (balance.pool() != null) {
      Column pool = balance.pool();
      Optional<Column> ofCharge =
          charges == null
              ? Optional.empty()
              : charges
                  .column(pool.name())
                  .or(() -> charges.named(it -> it.baseType().equals(pool.baseType()), Words.POOL));
      if (ofCharge.isPresent()) {
        match.put(pool.name(), Names.yaml("=" + Names.of("charge", ofCharge.get().name())));
      } else {
        page.ask(5, "which of an owner's rows, by %s?".formatted(pool.name()));
        match.put(pool.name(), SourceDraft.UNKNOWN);
      }
    }
    page.put(5, "match", Page.flow(match), null);
    moved(balance);
  }

  /** Another one that was charged for the same job. */
  void writeBesides(Balance balance, Column ofJob, HostTable record) {
    page.ask(
        4,
        "rows of %s say that %s was charged for jobs too; does it get the same back?"
            .formatted(record.mapped(), balance.table().mapped()));
    page.put(4, "- table: " + Names.yaml(balance.table().mapped()), null);
    String whose = Names.of("job", ofJob.name());
    if (!ofJob.notNull()) {
      page.put(5, "when", Names.yaml("=%s is not null".formatted(whose)), null);
    }
    page.put(5, "match", Page.flow(Map.of(balance.owner().name(), Names.yaml("=" + whose))), null);
    moved(balance);
    page.put(5, "missing", "skip", null);
  }

  private void moved(Balance balance) {
    HostTable at = balance.table();
    if (!balance.others().isEmpty()) {
      page.ask(
          5,
          "%s: which of them are spent first, and which does a refund go to? With several, write an entry for each, with when"
              .formatted(
                  balance.others().stream()
                      .map(Column::name)
                      .collect(Collectors.joining(", ", balance.column().name() + ", ", ""))));
    }
    Map<String, String> add = new LinkedHashMap<>();
    add.put(balance.column().name(), balance.used() ? "\"=-:amount\"" : "\"=:amount\"");
    if (balance.used()) {
      page.note(
          5,
          "%s counts what was used, so giving back lowers it".formatted(balance.column().name()));
    }
    if (!balance.also().isEmpty()) {
      page.ask(
          5,
          "does your code lower %s too when it gives back?"
              .formatted(
                  balance.also().stream().map(Column::name).collect(Collectors.joining(", "))));
      balance.also().forEach(it -> add.put(it.name(), "\"=-:amount\""));
    }
    page.put(5, "add", Page.flow(add), null);
    if (balance.used() || !balance.also().isEmpty()) {
      page.put(5, "floor", "0", "a counter may have been reset meanwhile");
    }
    Map<String, String> set = new LinkedHashMap<>();
    for (Column column : at.columns()) {
      if (column.named(Words.UPDATED) && column.moment() && moments.form(at, column).isPresent()) {
        if (!at.keptByTrigger(column.name())) {
          set.put(column.name(), "\"=:now\"");
        }
      } else if (column.whole() && column.named(Words.VERSION)) {
        set.put(column.name(), Names.yaml("=%s + 1".formatted(Names.of("balance", column.name()))));
      }
    }
    if (!set.isEmpty()) {
      page.put(5, "set", Page.flow(set), null);
    }
  }
}
