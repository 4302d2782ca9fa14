package io.jobcleanup.server.cli;

import io.jobcleanup.CleanupResult;
import io.jobcleanup.Finding;
import io.jobcleanup.Verification;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.answer.Json;
import io.jobcleanup.server.answer.VerifyAnswer;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Audits the books. Never writes. */
@Command(
    name = "verify",
    header = "Audit the books: does everything add up?",
    description = {
      "",
      "Holds jobs, refunds, ledger and balances against each other, as they are at one moment, and "
          + "names what isn't as it should be: the job, the user, the row, who probably did it, and "
          + "what to do. What the host broke by itself is a notice. Changes nothing."
    },
    footer = {
      "",
      "Exit code 0 without findings, whatever the notices; 1 with findings.",
      "Take responsibility for one:  job-cleanup verify accept FINDING --reason \"…\""
    })
final class VerifyCommand implements Callable<Integer> {
  private static final int FINDINGS_SHOWN = 20;
  private static final int NOTICES_SHOWN = 5;
  private static final String INDENT = " ".repeat(10);

  @Mixin Options.MappingFile mapping = new Options.MappingFile();
  @Mixin Options.AsJson json = new Options.AsJson();

  @Option(names = "--all", description = "Show each finding and notice, however many.")
  boolean all;

  private final Surroundings surroundings;

  VerifyCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() {
    Verification verification;
    try (Session session = Session.open(surroundings)) {
      verification = session.cleanup(mapping.file).verify(this::tell);
    } finally {
      surroundings.err().clearPassing();
    }
    if (json.wanted) {
      surroundings.out().println(Json.write(VerifyAnswer.of(verification)));
    } else {
      print(verification);
    }
    return (verification.ok() ? ExitCode.FINE : ExitCode.FAILED).number();
  }

  private void print(Verification verification) {
    PrintStream out = surroundings.out();
    long findings = verification.findings().size() + verification.moreFindings();
    long notices = verification.notices().size() + verification.moreNotices();
    out.println(
        verification.ok()
            ? coloured("green", "The books balance.")
            : coloured("red", "The books don't balance: ")
                + Words.count(findings, "finding")
                + ".");
    out.printf(
        "%s of %s, %s against %s.%n",
        Words.count(verification.refunds(), "refund"),
        CleanupResult.tokens(verification.tokens()),
        Words.count(verification.accounts(), "balance"),
        Words.count(verification.ledgerRows(), "ledger row"));
    show("FINDING", "red", verification.findings(), findings, FINDINGS_SHOWN);
    if (notices > 0) {
      out.printf("%n%s, no fault of these books:%n", Words.count(notices, "notice"));
      summary(verification.notices())
          .forEach((check, count) -> out.println("  %,7d  %s".formatted(count, check)));
    }
    show("notice", "yellow", verification.notices(), notices, NOTICES_SHOWN);
    if (!verification.unseen().isEmpty()) {
      out.printf("%nNot seen:%n");
      verification.unseen().forEach(it -> out.println("  " + Words.printable(it)));
    }
    if (!verification.ok()) {
      out.printf(
          "%nTake responsibility for one:  job-cleanup verify accept %s --reason \"…\"%n",
          verification.findings().getFirst().id());
    }
  }

  private static Map<String, Long> summary(List<Finding> notices) {
    Map<String, Long> counts = new LinkedHashMap<>();
    for (Finding each : notices) {
      counts.merge(
          each.accepted() == null ? each.check() + ": " + each.cause() : "accepted", 1L, Long::sum);
    }
    return counts;
  }

  private void show(String label, String colour, List<Finding> list, long count, int most) {
    PrintStream out = surroundings.out();
    int shown = all ? list.size() : Math.min(list.size(), most);
    for (Finding each : list.subList(0, shown)) {
      out.println();
      out.println(
          "%s  %s  %s"
              .formatted(
                  coloured(colour, "%-8s".formatted(label)),
                  each.check(),
                  Words.printable(about(each))));
      line(each.message());
      line("%s: %s".formatted(who(each), each.cause()));
      line(each.accepted() == null ? each.remedy() : "accepted: " + each.accepted());
      line("%s, breaks %s".formatted(each.id(), each.invariant()));
    }
    if (count > shown) {
      out.printf(
          "%n… and %s: %s%n",
          Words.count(count - shown, "more " + label.toLowerCase(Locale.ROOT)),
          all ? "the program lists no more" : "--all or --json lists them");
    }
  }

  private static String about(Finding finding) {
    StringBuilder about = new StringBuilder();
    add(about, "job ", finding.job());
    add(about, "user ", finding.user());
    add(about, "row ", finding.ledgerRow());
    return about.toString();
  }

  private static void add(StringBuilder to, String what, @Nullable String name) {
    if (name != null) {
      to.append(to.isEmpty() ? "" : ", ").append(what).append(name);
    }
  }

  private static String who(Finding finding) {
    return switch (finding.culprit()) {
      case US -> "probably us";
      case LATE_WORKER -> "probably a late worker";
      case HOST -> "probably the host's code";
      case HAND -> "probably by hand";
    };
  }

  private void line(String text) {
    surroundings.out().println(INDENT + Words.printable(text));
  }

  private String coloured(String colour, String text) {
    return surroundings.colour() ? Ansi.ON.string("@|%s %s|@".formatted(colour, text)) : text;
  }

  @Command(
      name = "accept",
      header = "Take responsibility for a finding.",
      description = {
        "",
        "The books are audited anew. Where the finding is still there, it is recorded with the "
            + "reason, and is a notice from then on, as long as its rows and amounts stay as they are."
      },
      footer = {"", "Exit code 2 where there is no such finding now."})
  int accept(
      @Parameters(paramLabel = "FINDING", description = "Its id, as verify shows it.")
          String finding,
      @Option(
              names = "--reason",
              required = true,
              paramLabel = "TEXT",
              description = "Why it is all right, for whoever asks later; up to 500 characters.")
          String reason,
      @Mixin Options.MappingFile mappingFile,
      @Mixin Options.AsJson asJson) {
    Finding accepted;
    try (Session session = Session.open(surroundings)) {
      accepted =
          session
              .cleanup(mappingFile.file)
              .acceptFinding(finding, reason, System.getProperty("user.name"), this::tell)
              .orElseThrow(
                  () ->
                      new ProgramException(
                          ExitCode.MISCONFIGURED,
                          "There is no finding \"%s\" now. What there is:  job-cleanup verify"
                              .formatted(Words.printable(finding))));
    } catch (IllegalArgumentException e) {
      throw new ProgramException(ExitCode.MISCONFIGURED, e.getMessage() + ".", e);
    } finally {
      surroundings.err().clearPassing();
    }
    surroundings
        .out()
        .println(
            asJson.wanted
                ? Json.write(VerifyAnswer.found(accepted))
                : "Accepted %s: %s".formatted(accepted.id(), Words.printable(accepted.message())));
    return ExitCode.FINE.number();
  }

  private void tell(String progress) {
    if (surroundings.terminal()) {
      surroundings.err().showPassing(Words.printable(progress));
    }
  }
}
