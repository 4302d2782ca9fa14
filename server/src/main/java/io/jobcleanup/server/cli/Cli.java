package io.jobcleanup.server.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.UnreachableDatabaseException;
import io.jobcleanup.mapping.Suggestion;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.ProgramVersion;
import io.jobcleanup.server.answer.CleanupAnswer;
import io.jobcleanup.server.answer.Json;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line: which commands there are, and how each ends. */
public final class Cli {
  private static final int WIDTH = 100;
  private static final String JSON_OPTION = "--json";

  private final Surroundings surroundings;

  /** For one call. */
  public Cli(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Command(
      name = "job-cleanup",
      description =
          "Finds stuck jobs in your PostgreSQL tables, fails them, and gives their tokens "
              + "back once.",
      synopsisSubcommandLabel = "COMMAND",
      versionProvider = Version.class,
      footer = {
        "",
        "DATABASE_URL names the database (default: an embedded PostgreSQL in ./.job-cleanup).",
        "Exit codes: 0 fine; 1 some job failed, the books don't balance, or an SQL error;",
        "            2 bad usage or configuration; 3 database unreachable;",
        "            4 database not usable as configured"
      })
  static final class Root implements Runnable {
    @Option(
        names = {"-V", "--version"},
        versionHelp = true,
        description = "Print the version.")
    boolean version;

    @Option(
        names = {"-h", "--help"},
        usageHelp = true,
        description = "Print this help.")
    boolean help;

    @Spec @Nullable CommandSpec spec;

    @Override
    public void run() {
      throw missingCommand(spec);
    }
  }

  /** That a command was called which is a group of others. */
  static RuntimeException missingCommand(@Nullable CommandSpec spec) {
    if (spec == null) {
      return new IllegalStateException("picocli gives each command its specification");
    }
    return new MissingParameterException(
        spec.commandLine(),
        spec.args(),
        "Which command? One of " + String.join(", ", spec.subcommands().keySet()));
  }

  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"job-cleanup " + ProgramVersion.text()};
    }
  }

  private record Trouble(
      boolean success,
      String error,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String runId,
      @JsonInclude(JsonInclude.Include.NON_NULL) CleanupAnswer.@Nullable Result result) {}

  /**
   * Does what the arguments say, and tells the outcome on standard output or error. Throws nothing.
   *
   * @return the exit code
   */
  public int execute(List<String> arguments) {
    boolean json = arguments.contains(JSON_OPTION);
    CommandLine commandLine =
        new CommandLine(new Root())
            .addSubcommand(new DemoCommand(surroundings))
            .addSubcommand(new ServeCommand(surroundings))
            .addSubcommand(new RunCommand(surroundings))
            .addSubcommand(new FindCommand(surroundings))
            .addSubcommand(new RunsCommand(surroundings))
            .addSubcommand(new RefundsCommand(surroundings))
            .addSubcommand(new VerifyCommand(surroundings))
            .addSubcommand(new LateCommand(surroundings))
            .addSubcommand(new DoctorCommand(surroundings))
            .addSubcommand(new MapCommand(surroundings))
            .addSubcommand(new MigrateCommand(surroundings))
            .addSubcommand(new UserCommand(surroundings))
            .addSubcommand(new TokenCommand(surroundings))
            .addSubcommand(new SqlCommand(surroundings))
            .addSubcommand(new StopCommand(surroundings));
    addHelp(commandLine);
    commandLine
        .setOut(new PrintWriter(surroundings.out(), true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(surroundings.err(), true, StandardCharsets.UTF_8))
        .setColorScheme(
            CommandLine.Help.defaultColorScheme(surroundings.colour() ? Ansi.ON : Ansi.OFF))
        .setUsageHelpWidth(WIDTH)
        .setAbbreviatedOptionsAllowed(false)
        .setParameterExceptionHandler((e, args) -> tell(usage(e), null, json))
        .setExecutionExceptionHandler((e, command, parsed) -> tell(Failures.of(e), e, json));
    try {
      return commandLine.execute(arguments.toArray(String[]::new));
    } catch (RuntimeException | Error e) {
      return tell(Failures.of(e), e, json);
    }
  }

  private static void addHelp(CommandLine group) {
    for (CommandLine each : group.getSubcommands().values()) {
      each.getCommandSpec()
          .addOption(
              CommandLine.Model.OptionSpec.builder("-h", "--help")
                  .usageHelp(true)
                  .description("Print this help.")
                  .build());
      addHelp(each);
    }
  }

  private int tell(ProgramException failure, @Nullable Throwable cause, boolean json) {
    surroundings.err().clearPassing();
    Optional<CleanupResult> committed =
        cause instanceof UnreachableDatabaseException lost ? lost.committed() : Optional.empty();
    if (json) {
      surroundings
          .out()
          .println(
              Json.write(
                  new Trouble(
                      false,
                      failure.getMessage(),
                      committed.map(CleanupResult::runId).orElse(null),
                      committed.map(CleanupAnswer::resultOf).orElse(null))));
    } else {
      surroundings.err().println(failure.getMessage());
      committed
          .filter(it -> it.totalFound() > 0)
          .ifPresent(
              it ->
                  surroundings
                      .err()
                      .println(
                          "What run %s had committed until then stays: %s, %s given back."
                              .formatted(
                                  it.runId(),
                                  Words.count(it.totalFound(), "job"),
                                  CleanupResult.tokens(it.tokensRefunded()))));
    }
    return failure.code().number();
  }

  private static ProgramException usage(ParameterException error) {
    CommandSpec spec = error.getCommandLine().getCommandSpec();
    String command = spec.qualifiedName();
    String problem = String.valueOf(error.getMessage()).replaceFirst("\\.$", "");
    if (error instanceof UnmatchedArgumentException unmatched) {
      String first = unmatched.getUnmatched().isEmpty() ? "" : unmatched.getUnmatched().getFirst();
      String shown = Words.printable(first.replaceFirst("=.*", ""));
      problem =
          first.startsWith("-")
              ? "%s has no option %s".formatted(command, shown)
              : spec.parent() == null
                  ? "There is no command \"%s\"".formatted(shown)
                  : "%s takes no \"%s\"".formatted(command, shown);
      problem +=
          likely(shown, known(spec, first.startsWith("-")))
              .map(". Did you mean %s?"::formatted)
              .orElse("");
    }
    return new ProgramException(
        ExitCode.MISCONFIGURED,
        "%s%s%nSee:  %s --help".formatted(problem, problem.endsWith("?") ? "" : ".", command),
        error);
  }

  /** The nearest word, or the one with the same letters: two that changed places are typed most. */
  private static Optional<String> likely(String word, Set<String> known) {
    return Suggestion.nearest(word, known)
        .or(() -> known.stream().filter(it -> letters(it).equals(letters(word))).findFirst());
  }

  private static String letters(String word) {
    return word.chars()
        .sorted()
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static Set<String> known(CommandSpec spec, boolean options) {
    return options ? spec.optionsMap().keySet() : spec.subcommands().keySet();
  }
}
