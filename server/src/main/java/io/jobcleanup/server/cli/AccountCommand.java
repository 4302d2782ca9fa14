package io.jobcleanup.server.cli;

import io.jobcleanup.JobCleanup;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.account.Accounts;
import io.jobcleanup.server.account.Role;
import io.jobcleanup.server.account.Tokens;
import io.jobcleanup.server.schema.ServiceSchema;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** What the commands about people and tokens share: each is a group of commands of its own. */
abstract class AccountCommand implements Runnable {
  final Surroundings surroundings;

  @Spec @Nullable CommandSpec spec;

  AccountCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public void run() {
    throw Cli.missingCommand(spec);
  }

  /** Makes the service's tables where they are missing, and does something with them. */
  int change(Consumer<DataSource> act) {
    return withTables(act, true);
  }

  /** Does something with the service's tables, which have to be there. */
  int look(Consumer<DataSource> act) {
    return withTables(act, false);
  }

  private int withTables(Consumer<DataSource> act, boolean prepare) {
    try (Session session = Session.open(surroundings)) {
      JobCleanup cleanup = session.cleanup(null);
      DataSource dataSource = session.database().dataSource();
      ServiceSchema schema = new ServiceSchema(dataSource);
      if (prepare) {
        schema.prepare(cleanup, session.settings().migrate());
      } else {
        schema.requireCurrent(cleanup);
      }
      act.accept(dataSource);
      return ExitCode.FINE.number();
    }
  }

  static final class EmailConverter implements ITypeConverter<String> {
    @Override
    public String convert(String text) {
      try {
        return Accounts.email(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(
            "\"%s\" %s".formatted(Words.printable(text), e.getMessage()));
      }
    }
  }

  static final class RoleConverter implements ITypeConverter<Role> {
    @Override
    public Role convert(String text) {
      try {
        return Role.of(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(Words.printable(String.valueOf(e.getMessage())));
      }
    }
  }

  static final class NameConverter implements ITypeConverter<String> {
    @Override
    public String convert(String text) {
      try {
        return Tokens.name(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(
            "\"%s\" %s".formatted(Words.printable(text), e.getMessage()));
      }
    }
  }
}
