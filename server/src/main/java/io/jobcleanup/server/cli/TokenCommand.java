package io.jobcleanup.server.cli;

import io.jobcleanup.mapping.Durations;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.account.Actor;
import io.jobcleanup.server.account.Role;
import io.jobcleanup.server.account.Tokens;
import io.jobcleanup.server.account.Tokens.Token;
import io.jobcleanup.server.answer.Json;
import io.jobcleanup.server.settings.Secret;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** Tokens by which programs use the service's API. */
@Command(
    name = "token",
    header = "Make and revoke tokens for the service's API.",
    description = {
      "",
      "A program sends its token as \"Authorization: Bearer TOKEN\". What is changed holds at once, "
          + "for all instances."
    },
    synopsisSubcommandLabel = "COMMAND",
    footer = {"", "Roles: viewer reads, operator also runs cleanups, admin may do all."})
final class TokenCommand extends AccountCommand {
  private static final String NAME = "NAME";

  TokenCommand(Surroundings surroundings) {
    super(surroundings);
  }

  private record Listed(
      String name, String role, String createdAt, @Nullable String expiresAt, boolean expired) {
    static Listed of(Token token) {
      return new Listed(
          token.name(),
          token.role().label(),
          token.createdAt().toString(),
          token.expiresAt() == null ? null : token.expiresAt().toString(),
          token.expired());
    }
  }

  private record Listing(List<Listed> tokens) {}

  @Command(
      name = "create",
      header = "Make a token, and print it this once.",
      description = {"", "Standard output has the token alone; nobody can read it again."})
  int create(
      @Option(
              names = "--name",
              paramLabel = NAME,
              required = true,
              converter = NameConverter.class,
              description = "What it is for; it is revoked by this name.")
          String name,
      @Option(
              names = "--role",
              paramLabel = "ROLE",
              required = true,
              converter = RoleConverter.class,
              description = "viewer, operator or admin.")
          Role role,
      @Option(
              names = "--expires",
              paramLabel = "DURATION",
              converter = LifetimeConverter.class,
              description = "How long it opens anything: 12h, 90d (default: until revoked).")
          @Nullable Duration lasting) {
    return change(
        dataSource -> {
          Secret token =
              new Tokens(dataSource)
                  .create(Actor.atCommandLine(), name, role, lasting)
                  .orElseThrow(
                      () ->
                          new ProgramException(
                              ExitCode.MISCONFIGURED,
                              "There is a token %s already. Revoke it first:  job-cleanup token revoke %s"
                                  .formatted(name, name)));
          surroundings
              .err()
              .println("Token %s for the role %s, shown only now:".formatted(name, role.label()));
          surroundings.out().println(token.reveal());
        });
  }

  @Command(name = "revoke", header = "Revoke a token.")
  int revoke(
      @Parameters(
              paramLabel = NAME,
              converter = NameConverter.class,
              description = "The name that it was made with.")
          String name) {
    return change(
        dataSource -> {
          if (!new Tokens(dataSource).revoke(Actor.atCommandLine(), name)) {
            throw new ProgramException(
                ExitCode.MISCONFIGURED,
                "There is no token %s. Which there are:  job-cleanup token list".formatted(name));
          }
          surroundings.out().printf("Revoked %s.%n", name);
        });
  }

  @Command(name = "list", header = "List the tokens, without what opens anything.")
  int list(@Mixin Options.AsJson json) {
    return look(
        dataSource -> {
          List<Token> tokens = new Tokens(dataSource).list();
          if (json.wanted) {
            surroundings
                .out()
                .println(Json.write(new Listing(tokens.stream().map(Listed::of).toList())));
            return;
          }
          TextTable table = new TextTable(List.of(NAME, "ROLE", "SINCE", "EXPIRES"), Set.of());
          tokens.forEach(
              it ->
                  table.add(
                      List.of(
                          it.name(),
                          it.role().label(),
                          Words.fullMoment(it.createdAt()),
                          it.expiresAt() == null
                              ? "never"
                              : Words.fullMoment(it.expiresAt())
                                  + (it.expired() ? " (expired)" : ""))));
          table.lines("").forEach(surroundings.out()::println);
        });
  }

  static final class LifetimeConverter implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      try {
        return Durations.between("1s", "3650d", text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }
}
