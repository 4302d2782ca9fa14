package io.jobcleanup.postgres;

import io.jobcleanup.UnusableDatabaseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The triggers on the host's job tables that keep a settled job settled: made and taken off on
 * request. Safe for use by several threads.
 */
public final class Guard {

  /** How a source's trigger stands. */
  public enum State {
    /** It isn't there. */
    ABSENT,
    /** It is there, and as the mapping wants it. */
    FITS,
    /** It is there, but of another mapping or version, or switched off. */
    DIFFERS
  }

  /** A trigger of ours that is there. */
  record There(
      long table,
      String display,
      String quoted,
      String trigger,
      String function,
      String body,
      boolean enabled) {}

  /** Whoever waits for a table longer keeps its host waiting behind him. */
  private static final String BRIEFLY = "set local lock_timeout to '1s'";

  private static final String GUARDS = Sql.of("guards");

  private final Database database;

  /** The triggers of a database. */
  public Guard(Database database) {
    this.database = database;
  }

  /**
   * Makes or replaces the triggers of some sources; those that are as they should be stay as they
   * are.
   *
   * @return the tables whose trigger was made or replaced
   * @throws UnusableDatabaseException if a table can't have one, our role may not, or the table is
   *     locked for longer than 1 s
   */
  public List<String> install(List<SourceStatements> sources) {
    List<GuardSql> wanted = sources.stream().map(SourceStatements::guard).toList();
    return change(
        tx -> {
          List<There> there = there(tx);
          List<String> changed = new ArrayList<>();
          for (GuardSql guard : wanted) {
            if (state(guard, there) != State.FITS) {
              guard.statements().forEach(tx::execute);
              changed.add(guard.table().display());
            }
          }
          return changed;
        });
  }

  /**
   * Takes triggers off, with their functions.
   *
   * @param source whose; empty for all, of whatever mapping
   * @return the tables that one was taken off
   * @throws UnusableDatabaseException if our role may not, or a table is locked for longer than 1 s
   */
  public List<String> drop(Optional<SourceStatements> source) {
    Optional<String> function = source.map(it -> it.guard().function());
    return change(
        tx -> {
          List<There> all =
              there(tx).stream()
                  .filter(it -> function.isEmpty() || function.get().equals(it.function()))
                  .toList();
          for (There each : all) {
            // The trigger goes with it: that takes no privilege on the host's table.
            tx.execute(
                "drop function if exists %s.%s() cascade"
                    .formatted(Sql.identifier(Schema.NAME), Sql.identifier(each.function())));
          }
          return all.stream().map(There::display).toList();
        });
  }

  /** The SQL that makes the triggers of some sources, for whoever owns the tables. */
  public static String script(List<SourceStatements> sources) {
    return sources.stream()
        .map(SourceStatements::guard)
        .map(
            guard ->
                """
                -- Keeps jobs of %s settled. To be run by a superuser, or by a role that owns both this table and the
                -- schema %s. Creating a trigger waits for all that write to the table, and is waited for: so briefly.
                begin;
                %s;
                %s;
                commit;
                """
                    .formatted(
                        guard.table().display().replaceAll("\\R", " "),
                        Schema.NAME,
                        BRIEFLY,
                        String.join(";\n\n", guard.statements())))
        .collect(Collectors.joining("\n"));
  }

  static List<There> there(Tx tx) {
    return tx.list(
        GUARDS,
        Map.of(),
        row ->
            new There(
                row.getLong("table"),
                row.getString("display"),
                row.getString("quoted"),
                row.getString("trigger"),
                row.getString("function"),
                row.getString("body"),
                row.getBoolean("enabled")));
  }

  static State state(GuardSql wanted, List<There> there) {
    return there.stream()
        .filter(it -> it.table() == wanted.table().oid() && it.trigger().equals(wanted.trigger()))
        .map(
            it ->
                it.enabled()
                        && it.function().equals(wanted.function())
                        && it.body().equals(wanted.body())
                    ? State.FITS
                    : State.DIFFERS)
        .findFirst()
        .orElse(State.ABSENT);
  }

  private List<String> change(Function<Tx, List<String>> work) {
    try {
      return briefly(database, work);
    } catch (RuntimeException e) {
      SqlFault fault = SqlFault.of(e);
      if (fault != null && fault.state().equals("42501")) {
        throw new UnusableDatabaseException(
            "Our role may not do that: %s. Let whoever may run what this prints:  job-cleanup late guard --print"
                .formatted(fault.message()),
            e);
      }
      throw e;
    }
  }

  /**
   * Does some work that locks tables of the host as a whole, and commits it.
   *
   * @throws UnusableDatabaseException if one is locked for longer than 1 s
   */
  static <T> T briefly(Database database, Function<Tx, T> work) {
    try {
      return database.write(
          tx -> {
            tx.execute(BRIEFLY);
            return work.apply(tx);
          });
    } catch (RuntimeException e) {
      SqlFault fault = SqlFault.of(e);
      if (fault != null && fault.state().equals("55P03")) {
        throw new UnusableDatabaseException(
            "A job table was in use for longer than 1 s, by transactions that write to it; nothing"
                + " was changed. Try again, at a quieter time.",
            e);
      }
      throw e;
    }
  }
}
