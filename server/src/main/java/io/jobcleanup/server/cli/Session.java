package io.jobcleanup.server.cli;

import io.jobcleanup.CleanupListener;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.database.HostDatabase;
import io.jobcleanup.server.log.Logging;
import io.jobcleanup.server.settings.Settings;
import io.jobcleanup.server.settings.SettingsReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A database that a command works on, with the settings that it was opened by. */
final class Session implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Session.class);
  private static final Path DEFAULT_MAPPING = Path.of("mapping.yaml");

  private final Settings settings;
  private final HostDatabase database;

  private Session(Settings settings, HostDatabase database) {
    this.settings = settings;
    this.database = database;
  }

  /**
   * Reads the settings, and sets logging up by them.
   *
   * @throws ProgramException if a setting is wrong
   */
  static Settings settings(Surroundings surroundings) {
    SettingsReader.Result read = SettingsReader.read(surroundings.variables());
    Settings settings = read.settings();
    try {
      Logging.configure(
          surroundings.err(), settings.logFormat(), settings.logLevels(), read.environment());
    } catch (IllegalArgumentException e) {
      throw new ProgramException(
          ExitCode.MISCONFIGURED, "A level under logging.level " + e.getMessage(), e);
    }
    read.warnings().forEach(log::warn);
    return settings;
  }

  /**
   * Reads the settings, and connects to the database that they name.
   *
   * @throws ProgramException if a setting is wrong or the database can't be reached
   */
  static Session open(Surroundings surroundings) {
    return open(surroundings, settings(surroundings));
  }

  static Session open(Surroundings surroundings, Settings settings) {
    return open(surroundings, settings, HostDatabase.open(settings));
  }

  /** As {@link #open(Surroundings)}, for the service. */
  static Session openForService(Surroundings surroundings) {
    Settings settings = settings(surroundings);
    return open(surroundings, settings, HostDatabase.openForService(settings));
  }

  private static Session open(Surroundings surroundings, Settings settings, HostDatabase database) {
    database.psqlLine().ifPresent(line -> tellOfEmbedded(surroundings, settings, line));
    return new Session(settings, database);
  }

  private static void tellOfEmbedded(Surroundings surroundings, Settings settings, String psql) {
    String sentence = "Embedded PostgreSQL, as there is no DATABASE_URL";
    switch (settings.logFormat()) {
      case LOGFMT -> surroundings.err().println(sentence + ":  " + psql);
      case ECS -> log.atInfo().addKeyValue("psql", psql).log(sentence);
    }
  }

  Settings settings() {
    return settings;
  }

  HostDatabase database() {
    return database;
  }

  /**
   * The library over this database.
   *
   * @param mapping the mapping file that the command names; null for the settings' own
   * @throws ProgramException if the mapping file can't be read
   */
  JobCleanup cleanup(@Nullable Path mapping, CleanupListener... listeners) {
    JobCleanup.Builder builder =
        JobCleanup.builder(database.dataSource())
            .schema(database.url().schema())
            .timeout(settings.timeout())
            .keepHistory(settings.history().keep())
            .logPerJob(settings.logPerJob())
            .mapping(mapping(settings, mapping));
    for (CleanupListener listener : listeners) {
      builder = builder.listener(listener);
    }
    return builder.build();
  }

  /**
   * The mapping: the file that the command names, else the settings, else the one in the working
   * directory; built in where there is none.
   *
   * @throws ProgramException if the file can't be read
   */
  static Mapping mapping(Settings settings, @Nullable Path named) {
    Path file = named == null ? settings.mapping() : named;
    if (file == null) {
      return Files.exists(DEFAULT_MAPPING) ? load(DEFAULT_MAPPING) : Mapping.builtIn();
    }
    return load(file);
  }

  private static Mapping load(Path file) {
    if (!Files.isReadable(file) || Files.isDirectory(file)) {
      throw new ProgramException(
          ExitCode.MISCONFIGURED,
          "The mapping file %s isn't there, or can't be read. Nothing was started."
              .formatted(file));
    }
    try {
      return Mapping.load(file);
    } catch (UncheckedIOException e) {
      throw new ProgramException(
          ExitCode.MISCONFIGURED, String.valueOf(e.getMessage()) + ". Nothing was started.", e);
    }
  }

  @Override
  public void close() {
    database.close();
  }
}
