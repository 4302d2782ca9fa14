package io.jobcleanup.server.cli;

import io.jobcleanup.mapping.Durations;
import java.nio.file.Path;
import java.time.Duration;
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
