package io.jobcleanup.server.cli;

import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.account.Accounts;
import io.jobcleanup.server.account.Accounts.Account;
import io.jobcleanup.server.account.Actor;
import io.jobcleanup.server.account.Password;
import io.jobcleanup.server.account.Role;
import io.jobcleanup.server.answer.Json;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** People who may sign in to the service. */
@Command(
    name = "user",
    header = "Say who may sign in to the service.",
    description = {
      "",
      "What is changed holds at once, for all instances. A password is read from the terminal, "
          + "else one line from standard input; it is never an argument."
    },
    synopsisSubcommandLabel = "COMMAND",
    footer = {"", "Roles: viewer reads, operator also runs cleanups, admin may do all."})
final class UserCommand extends AccountCommand {
  private static final String EMAIL = "EMAIL";
  private static final String WHO = "Whose email; its case doesn't matter.";
  private static final String ROLE = "ROLE";
  private static final String ROLES = "viewer, operator or admin.";

  UserCommand(Surroundings surroundings) {
    super(surroundings);
  }

  private record Listed(String email, String role, String createdAt) {
    static Listed of(Account account) {
      return new Listed(account.email(), account.role().label(), account.createdAt().toString());
    }
  }

  private record Users(List<Listed> users) {}

  @Command(name = "add", header = "Add somebody.")
  int add(
      @Parameters(paramLabel = EMAIL, converter = EmailConverter.class, description = WHO)
          String email,
      @Option(
              names = "--role",
              paramLabel = ROLE,
              required = true,
              converter = RoleConverter.class,
              description = ROLES)
          Role role) {
    return change(
        dataSource -> {
          Accounts accounts = new Accounts(dataSource);
          if (isThere(accounts, email)) {
            throw alreadyThere(email);
          }
          Password password = NewPassword.read(surroundings, email);
          if (!accounts.add(Actor.atCommandLine(), email, role, password)) {
            throw alreadyThere(email);
          }
          surroundings.out().printf("Added %s as %s.%n", email, role.label());
        });
  }

  @Command(name = "role", header = "Give somebody another role.")
  int role(
      @Parameters(paramLabel = EMAIL, converter = EmailConverter.class, description = WHO)
          String email,
      @Parameters(paramLabel = ROLE, converter = RoleConverter.class, description = ROLES)
          Role role) {
    return change(
        dataSource -> {
          Accounts accounts = new Accounts(dataSource);
          if (!accounts.changeRole(Actor.atCommandLine(), email, role)) {
            throw nobody(email);
          }
          surroundings.out().printf("%s is %s now.%n", email, role.label());
          tellOfNoAdmin(accounts);
        });
  }

  @Command(name = "password", header = "Give somebody another password, and end their sessions.")
  int password(
      @Parameters(paramLabel = EMAIL, converter = EmailConverter.class, description = WHO)
          String email) {
    return change(
        dataSource -> {
          Accounts accounts = new Accounts(dataSource);
          if (!isThere(accounts, email)) {
            throw nobody(email);
          }
          Password password = NewPassword.read(surroundings, email);
          if (!accounts.changePassword(Actor.atCommandLine(), email, password)) {
            throw nobody(email);
          }
          surroundings.out().printf("%s has a new password; all sessions ended.%n", email);
        });
  }

  @Command(name = "remove", header = "Remove somebody, and end their sessions.")
  int remove(
      @Parameters(paramLabel = EMAIL, converter = EmailConverter.class, description = WHO)
          String email) {
    return change(
        dataSource -> {
          Accounts accounts = new Accounts(dataSource);
          if (!accounts.remove(Actor.atCommandLine(), email)) {
            throw nobody(email);
          }
          surroundings.out().printf("Removed %s.%n", email);
          tellOfNoAdmin(accounts);
        });
  }

  @Command(name = "list", header = "List who may sign in.")
  int list(@Mixin Options.AsJson json) {
    return look(
        dataSource -> {
          List<Account> accounts = new Accounts(dataSource).list();
          if (json.wanted) {
            surroundings
                .out()
                .println(Json.write(new Users(accounts.stream().map(Listed::of).toList())));
            return;
          }
          TextTable table = new TextTable(List.of(EMAIL, ROLE, "SINCE"), Set.of());
          accounts.forEach(
              it ->
                  table.add(
                      List.of(it.email(), it.role().label(), Words.fullMoment(it.createdAt()))));
          table.lines("").forEach(surroundings.out()::println);
        });
  }

  private static boolean isThere(Accounts accounts, String email) {
    return accounts.list().stream().anyMatch(it -> it.email().equals(email));
  }

  private void tellOfNoAdmin(Accounts accounts) {
    if (!accounts.anyAdmin()) {
      surroundings
          .err()
          .println("There is no admin now. The next start of the service makes a first one again.");
    }
  }

  private static ProgramException nobody(String email) {
    return new ProgramException(
        ExitCode.MISCONFIGURED,
        "There is no %s. Who there is:  job-cleanup user list".formatted(email));
  }

  private static ProgramException alreadyThere(String email) {
    return new ProgramException(
        ExitCode.MISCONFIGURED,
        "%s is there already. Change the role:  job-cleanup user role %s ROLE"
            .formatted(email, email));
  }
}
