package io.jobcleanup.server.cli;

import io.jobcleanup.mapping.Durations;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.answer.RunExport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Options that several commands share. */
final class Options {

  private Options() {}

  /** Says it in JSON. */
  static final class AsJson {
    @Option(
        names = "--json",
        description = "Answer with one JSON object on standard output, and nothing else there.")
    boolean wanted;
  }

  /** Writes lines for other programs. */
  static final class Export {
    @Option(names = "--csv", description = "Write all as CSV (RFC 4180) with a header.")
    boolean csv;

    @Option(names = "--ndjson", description = "Write all as JSON objects, one a line.")
    boolean ndjson;

    /**
     * The form that is wanted; empty where a person is to read it, or --json was given.
     *
     * @throws ProgramException if several are wanted
     */
    Optional<RunExport.Form> form(AsJson json) {
      if ((csv ? 1 : 0) + (ndjson ? 1 : 0) + (json.wanted ? 1 : 0) > 1) {
        throw new ProgramException(
            ExitCode.MISCONFIGURED, "--csv, --ndjson and --json don't go together.");
      }
      return csv
          ? Optional.of(RunExport.Form.CSV)
          : ndjson ? Optional.of(RunExport.Form.NDJSON) : Optional.empty();
    }
  }

  /** Another mapping than the settings' own. */
  static final class MappingFile {
    @Option(
        names = "--mapping",
        paramLabel = "FILE",
        description =
            "What the tables are (default: JOB_CLEANUP_MAPPING, else mapping.yaml here, else "
                + "built in).")
    @Nullable Path file;
  }

  /** Another timeout than the mapping's and the settings' own. */
  static final class Timeout {
    @Option(
        names = "--timeout",
        paramLabel = "DURATION",
        converter = TimeoutConverter.class,
        description =
            "How long a job may be processed: 90s, 5m, 2h (default: the mapping's, else 5m).")
    @Nullable Duration duration;
  }

  static final class LimitConverter implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      int limit = text.matches("\\d{1,9}") ? Integer.parseInt(text) : 0;
      if (limit < 1) {
        throw new TypeConversionException(
            "is \"%s\", a whole number from 1 on is expected".formatted(Words.printable(text)));
      }
      return limit;
    }
  }

  static final class TimeoutConverter implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      try {
        return Durations.timeout(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }
}
