package io.jobcleanup.draft;

import io.jobcleanup.draft.HostTable.Column;
import io.jobcleanup.draft.HostTable.Partial;
import io.jobcleanup.draft.HostTable.Reference;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Who pays: the way from a job to the owner of a balance, by a column or over another table. */
final class Payers {

  /**
   * A way from a job to its payer.
   *
   * @param value as the mapping spells it: a column, or an expression with its =
   * @param column the column of the job where it begins
   * @param weight how good a way it is
   * @param doubt what the owner should look at; null where nothing is in doubt
   */
  record Way(String value, Column column, int weight, String evidence, @Nullable String doubt) {
    boolean direct() {
      return !value.startsWith("=");
    }
  }

  private final Survey survey;
  private final List<HostTable> tables;

  Payers(Survey survey, List<HostTable> tables) {
    this.survey = survey;
    this.tables = tables;
  }

  /** What a column stands for in the end: the table and column that it refers to, else itself. */
  static String entity(HostTable table, String column) {
    return table
        .reference(column)
        .map(it -> it.table() + "." + it.referenced())
        .orElse(table.oid() + "." + column);
  }

  /** The best way from a job to a column that names owners. */
  Optional<Way> way(HostTable jobs, HostTable owners, Column owner) {
    Optional<Way> direct = direct(jobs, owners, owner);
    return direct.isPresent()
        ? direct
        : overParent(jobs, owners, owner).or(() -> overMembers(jobs, owners, owner));
  }

  private Optional<Way> direct(HostTable jobs, HostTable owners, Column owner) {
    String wanted = entity(owners, owner.name());
    for (Reference each : jobs.references()) {
      if (each.table() == owners.oid() && each.referenced().equals(owner.name())) {
        return jobs.column(each.column())
            .map(it -> new Way(it.name(), it, 10, refersTo(each, owners, owner), null));
      }
    }
    for (Reference each : jobs.references()) {
      if ((each.table() + "." + each.referenced()).equals(wanted)) {
        return jobs.column(each.column())
            .map(
                it ->
                    new Way(
                        it.name(),
                        it,
                        9,
                        "refers to the same as %s.%s".formatted(owners.mapped(), owner.name()),
                        null));
      }
    }
    for (Column column : jobs.columns()) {
      if (!column.readable()
          || !column.named(Words.OWNER)
          || jobs.reference(column.name()).filter(Reference::declared).isPresent()
          || (!column.baseType().equals(owner.baseType()) && !(column.text() && owner.text()))) {
        continue;
      }
      boolean sameName = column.words().equals(owner.words());
      Optional<Survey.Joined> joined = survey.joined(jobs, column, "true", owners, owner);
      if (joined.filter(Survey.Joined::good).isPresent() && (sameName || !column.whole())) {
        return Optional.of(
            new Way(
                column.name(),
                column,
                sameName ? 8 : 7,
                "%d of %d rows looked at are found in %s.%s"
                    .formatted(
                        joined.get().found(), joined.get().rows(), owners.mapped(), owner.name()),
                null));
      }
      if (sameName && joined.filter(it -> it.rows() > 0).isEmpty()) {
        return Optional.of(
            new Way(
                column.name(),
                column,
                6,
                "named as %s.%s".formatted(owners.mapped(), owner.name()),
                "is this who pays? No row tells"));
      }
    }
    return Optional.empty();
  }

  private static String refersTo(Reference reference, HostTable owners, Column owner) {
    return reference.declared()
        ? "a foreign key to %s.%s".formatted(owners.mapped(), owner.name())
        : "by its name, %s.%s".formatted(owners.mapped(), owner.name());
  }

  /** The job belongs to something that belongs to the payer. */
  private Optional<Way> overParent(HostTable jobs, HostTable owners, Column owner) {
    String wanted = entity(owners, owner.name());
    for (Reference each : jobs.references()) {
      Optional<HostTable> parent =
          tables.stream()
              .filter(it -> it.oid() == each.table() && it.oid() != owners.oid())
              .findFirst();
      if (parent.isEmpty()) {
        continue;
      }
      for (Reference further : parent.get().references()) {
        boolean fits =
            (further.table() == owners.oid() && further.referenced().equals(owner.name()))
                || (further.table() + "." + further.referenced()).equals(wanted);
        if (fits && !further.column().equals(each.referenced())) {
          return jobs.column(each.column())
              .map(
                  it ->
                      new Way(
                          "=(select t.%s from %s t where t.%s = job.%s)"
                              .formatted(
                                  bare(further.column()),
                                  parent.get().written(),
                                  bare(each.referenced()),
                                  bare(each.column())),
                          it,
                          5,
                          "over %s".formatted(parent.get().mapped()),
                          null));
        }
      }
    }
    return Optional.empty();
  }

  /** The job's user is a member of the payer. */
  private Optional<Way> overMembers(HostTable jobs, HostTable owners, Column owner) {
    String wanted = entity(owners, owner.name());
    for (Reference each : jobs.references()) {
      String user = each.table() + "." + each.referenced();
      for (HostTable members : tables) {
        Optional<Reference> one =
            members.references().stream()
                .filter(it -> (it.table() + "." + it.referenced()).equals(user))
                .findFirst();
        Optional<Reference> other =
            members.references().stream()
                .filter(it -> (it.table() + "." + it.referenced()).equals(wanted))
                .findFirst();
        if (members.oid() == jobs.oid()
            || members.oid() == owners.oid()
            || user.equals(wanted)
            || one.isEmpty()
            || other.isEmpty()
            || !members
                .name()
                .matches("(?i).*(member|user|seat|role|assign|belong|team|staff).*")) {
          continue;
        }
        String userColumn = one.get().column();
        String condition = onlyOne(members, userColumn);
        return jobs.column(each.column())
            .map(
                it ->
                    new Way(
                        "=(select m.%s from %s m where m.%s = job.%s%s)"
                            .formatted(
                                bare(other.get().column()),
                                members.written(),
                                bare(userColumn),
                                bare(each.column()),
                                condition == null ? "" : condition),
                        it,
                        3,
                        "over %s".formatted(members.mapped()),
                        condition == null
                            ? "which one pays where somebody is a member of several? The expression must give one row"
                            : null));
      }
    }
    return Optional.empty();
  }

  /** What makes a user's row the only one; null where nothing does. */
  private static @Nullable String onlyOne(HostTable members, String user) {
    if (members.unique(List.of(user))) {
      return "";
    }
    for (Partial partial : members.partials()) {
      if (partial.columns().equals(List.of(user))) {
        String predicate = partial.predicate().strip();
        Optional<Column> flag =
            members.columns().stream()
                .filter(it -> it.bool() && predicate.equals(Names.shown(it.name())))
                .findFirst();
        return flag.map(it -> " and m." + bare(it.name())).orElse(" and " + predicate);
      }
    }
    return null;
  }

  private static String bare(String column) {
    return column.matches("[a-z_][a-z0-9_]*") ? column : Names.quoted(column);
  }
}
