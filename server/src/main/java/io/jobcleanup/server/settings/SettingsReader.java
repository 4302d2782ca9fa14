package io.jobcleanup.server.settings;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.mapping.Durations;
import io.jobcleanup.mapping.Suggestion;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.log.LogFormat;
import io.jobcleanup.server.settings.Settings.Migrate;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.config.ConfigDataEnvironmentPostProcessor;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.PropertySourceOrigin;
import org.springframework.boot.origin.TextResourceOrigin;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * Reads {@link Settings} from where Spring Boot would: system properties, environment variables,
 * {@code application.yaml} and {@code .properties}, without a Spring application, as that would
 * cost a command most of its time.
 */
public final class SettingsReader {
  private static final ConfigurationPropertyName OURS = ConfigurationPropertyName.of("job-cleanup");
  private static final ConfigurationPropertyName LEVELS =
      ConfigurationPropertyName.of("logging.level");
  private static final ConfigurationPropertyName STRUCTURED =
      ConfigurationPropertyName.of("logging.structured.format.console");

  private static final String TIMEOUT = "job-cleanup.timeout";
  private static final String BATCH_SIZE = "job-cleanup.batch-size";
  private static final String LOG_PER_JOB = "job-cleanup.log.per-job";
  private static final String LOG_FORMAT = "job-cleanup.log.format";
  private static final String MIGRATE = "job-cleanup.migrate";
  private static final String MAPPING = "job-cleanup.mapping";
  private static final String HOME = "job-cleanup.home";

  /** Every setting there is; one that isn't here doesn't exist. */
  private static final List<String> KEYS =
      List.of(TIMEOUT, BATCH_SIZE, LOG_PER_JOB, LOG_FORMAT, MIGRATE, MAPPING, HOME);

  private final ConfigurableEnvironment environment;
  private final Map<String, String> variables;
  private final List<String> faults = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  private SettingsReader(ConfigurableEnvironment environment, Map<String, String> variables) {
    this.environment = environment;
    this.variables = variables;
  }

  /**
   * What was read.
   *
   * @param settings what the program was told
   * @param environment where it was read from, for libraries that have settings of their own
   * @param warnings what is odd but harmless, each as a sentence
   */
  public record Result(
      Settings settings, ConfigurableEnvironment environment, List<String> warnings) {}

  /**
   * Reads and checks all settings.
   *
   * @param variables the environment variables
   * @throws ProgramException if a file can't be read, a key is unknown or a value isn't allowed;
   *     all that is wrong with keys and values in one message
   */
  public static Result read(Map<String, String> variables) {
    StandardEnvironment environment = new StandardEnvironment();
    environment
        .getPropertySources()
        .replace(
            StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
            new SystemEnvironmentPropertySource(
                StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                new LinkedHashMap<>(variables)));
    loadFiles(environment);
    ConfigurationPropertySources.attach(environment);
    return new SettingsReader(environment, variables).read();
  }

  /** The names of all settings under {@code job-cleanup}, as files spell them. */
  public static List<String> keys() {
    return KEYS;
  }

  private static void loadFiles(ConfigurableEnvironment environment) {
    try {
      ConfigDataEnvironmentPostProcessor.applyTo(environment);
    } catch (RuntimeException e) {
      throw new ProgramException(
          ExitCode.MISCONFIGURED,
          "The configuration can't be read: %s. Nothing was started.".formatted(reason(e)),
          e);
    }
  }

  /** What is wrong with a file, without the lines that a YAML parser likes to quote. */
  private static String reason(RuntimeException e) {
    for (Throwable at = e; at != null; at = at.getCause()) {
      if (at instanceof MarkedYAMLException yaml) {
        return "line %d of a YAML file: %s"
            .formatted(
                yaml.getProblemMark() == null ? 1 : yaml.getProblemMark().getLine() + 1,
                yaml.getProblem());
      }
    }
    return String.valueOf(e.getMessage());
  }

  private Result read() {
    findUnknownKeys();
    findUnknownVariables();
    Settings defaults = Settings.defaults();
    Settings settings =
        new Settings(
            value(TIMEOUT, Durations::timeout).orElse(defaults.timeout()),
            value(BATCH_SIZE, SettingsReader::batchSize).orElse(defaults.batchSize()),
            value(LOG_PER_JOB, SettingsReader::trueOrFalse).orElse(defaults.logPerJob()),
            logFormat().orElse(defaults.logFormat()),
            levels(),
            value(MIGRATE, text -> oneOf(Migrate.class, text)).orElse(defaults.migrate()),
            value(MAPPING, SettingsReader::path).orElse(null),
            value(HOME, SettingsReader::path).orElse(defaults.home()),
            environment.getProperty("DATABASE_URL"));
    if (!faults.isEmpty()) {
      throw new ProgramException(
          ExitCode.MISCONFIGURED,
          "%s\n%d %s; nothing was started."
              .formatted(
                  String.join("\n", faults),
                  faults.size(),
                  faults.size() == 1 ? "fault" : "faults"));
    }
    return new Result(settings, environment, List.copyOf(warnings));
  }

  private void findUnknownKeys() {
    for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
      if (source instanceof IterableConfigurationPropertySource named
          && !(source.getUnderlyingSource() instanceof SystemEnvironmentPropertySource)) {
        named.stream()
            .filter(SettingsReader::meantForUs)
            .distinct()
            .forEach(name -> check(named, name));
      }
    }
  }

  private static boolean meantForUs(ConfigurationPropertyName name) {
    return OURS.isAncestorOf(name)
        || (name.getNumberOfElements() > 1
            && Suggestion.nearest(
                    name.getElement(0, ConfigurationPropertyName.Form.DASHED),
                    List.of(OURS.toString()))
                .isPresent());
  }

  private void check(ConfigurationPropertySource source, ConfigurationPropertyName name) {
    if (KEYS.stream().map(ConfigurationPropertyName::of).noneMatch(name::equals)) {
      faults.add(
          "%s%s: is no setting of this program%s"
              .formatted(
                  place(source.getConfigurationProperty(name)),
                  name,
                  Suggestion.of(name.toString(), KEYS, Function.<String>identity()::apply)));
    }
  }

  private void findUnknownVariables() {
    Map<String, String> known = new TreeMap<>();
    for (String key : KEYS) {
      known.put(variable(key), key);
      known.put(variable(key.replace("-", "")), key);
    }
    variables.keySet().stream()
        .filter(name -> name.toUpperCase(Locale.ROOT).matches("JOB_?CLEANUP_.*"))
        .filter(name -> !known.containsKey(name.toUpperCase(Locale.ROOT)))
        .sorted()
        .forEach(
            name ->
                warnings.add(
                    "%s is no setting of this program, and is ignored%s"
                        .formatted(
                            name,
                            Suggestion.of(
                                name,
                                KEYS.stream().map(SettingsReader::variable).toList(),
                                Function.<String>identity()::apply))));
  }

  private static String variable(String key) {
    return key.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
  }

  private <T> Optional<T> value(String key, Function<String, T> parser) {
    @Nullable ConfigurationProperty found = property(ConfigurationPropertyName.of(key));
    if (found == null) {
      return Optional.empty();
    }
    try {
      String text = environment.resolveRequiredPlaceholders(String.valueOf(found.getValue()));
      return Optional.of(parser.apply(text.strip()));
    } catch (IllegalArgumentException e) {
      faults.add("%s%s: %s".formatted(place(found), key, e.getMessage()));
      return Optional.empty();
    }
  }

  private @Nullable ConfigurationProperty property(ConfigurationPropertyName name) {
    for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
      ConfigurationProperty found = source.getConfigurationProperty(name);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  /** Where a value comes from, followed by two spaces; empty where nobody could look. */
  private String place(@Nullable ConfigurationProperty property) {
    Origin origin = property == null ? null : property.getOrigin();
    while (origin instanceof PropertySourceOrigin wrapped) {
      origin = wrapped.getOrigin();
    }
    if (origin instanceof TextResourceOrigin text && text.getResource() != null) {
      return "%s%s  "
          .formatted(
              text.getResource().getFilename(),
              text.getLocation() == null ? "" : ":" + (text.getLocation().getLine() + 1));
    }
    if (property == null) {
      return "";
    }
    String variable = variable(property.getName().toString());
    return variables.containsKey(variable) ? variable + "  " : "";
  }

  private Optional<LogFormat> logFormat() {
    Optional<LogFormat> ours = value(LOG_FORMAT, text -> oneOf(LogFormat.class, text));
    return ours.isPresent()
        ? ours
        : value(STRUCTURED.toString(), text -> oneOf(LogFormat.class, text));
  }

  private Map<String, String> levels() {
    return Binder.get(environment)
        .bind(LEVELS, Bindable.mapOf(String.class, String.class))
        .orElse(Map.of());
  }

  private static int batchSize(String text) {
    if (text.matches("\\d{1,9}")) {
      int size = Integer.parseInt(text);
      if (size >= 1 && size <= CleanupOptions.MAX_BATCH_SIZE) {
        return size;
      }
    }
    throw new IllegalArgumentException(
        "is \"%s\", allowed are whole numbers from 1 to %d"
            .formatted(text, CleanupOptions.MAX_BATCH_SIZE));
  }

  private static boolean trueOrFalse(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw new IllegalArgumentException(
              "is \"%s\", allowed are true and false".formatted(text));
    };
  }

  private static Path path(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("is empty, a path is expected");
    }
    return Path.of(text);
  }

  private static <E extends Enum<E>> E oneOf(Class<E> type, String text) {
    List<String> allowed = new ArrayList<>();
    for (E each : type.getEnumConstants()) {
      String name = each.name().toLowerCase(Locale.ROOT);
      if (name.equals(text.toLowerCase(Locale.ROOT))) {
        return each;
      }
      allowed.add(name);
    }
    throw new IllegalArgumentException(
        "is \"%s\", allowed are %s".formatted(text, String.join(" and ", allowed)));
  }
}
