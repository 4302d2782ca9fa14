package io.jobcleanup.server.settings;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.mapping.Durations;
import io.jobcleanup.mapping.Suggestion;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.account.Password;
import io.jobcleanup.server.log.LogFormat;
import io.jobcleanup.server.schedule.Crontab;
import io.jobcleanup.server.settings.Settings.Cron;
import io.jobcleanup.server.settings.Settings.FirstAdmin;
import io.jobcleanup.server.settings.Settings.History;
import io.jobcleanup.server.settings.Settings.Migrate;
import io.jobcleanup.server.settings.Settings.Schedule;
import io.jobcleanup.server.settings.Settings.Web;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
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
import org.springframework.core.env.PropertySource;
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

  /** What a Spring Boot application would heed, and the service doesn't. */
  private static final List<ConfigurationPropertyName> OF_THE_FRAMEWORK =
      List.of(ConfigurationPropertyName.of("server"), ConfigurationPropertyName.of("management"));

  private static final String TIMEOUT = "job-cleanup.timeout";
  private static final String BATCH_SIZE = "job-cleanup.batch-size";
  private static final String LOG_PER_JOB = "job-cleanup.log.per-job";
  private static final String LOG_FORMAT = "job-cleanup.log.format";
  private static final String MIGRATE = "job-cleanup.migrate";
  private static final String MAPPING = "job-cleanup.mapping";
  private static final String HOME = "job-cleanup.home";
  private static final String HISTORY_KEEP = "job-cleanup.history.keep";

  private static final String PUBLIC_URL = "job-cleanup.public-url";
  private static final String TRUSTED_PROXIES = "job-cleanup.trusted-proxies";
  private static final String CRON_MAX_DURATION = "job-cleanup.cron.max-duration";
  private static final String SCHEDULE_CRON = "job-cleanup.schedule.cron";
  private static final String SCHEDULE_ZONE = "job-cleanup.schedule.zone";
  private static final String SCHEDULE_ENABLED = "job-cleanup.schedule.enabled";

  /** Every setting there is; one that isn't here doesn't exist. */
  private static final List<String> KEYS =
      List.of(
          TIMEOUT,
          BATCH_SIZE,
          LOG_PER_JOB,
          LOG_FORMAT,
          MIGRATE,
          MAPPING,
          HOME,
          HISTORY_KEEP,
          PUBLIC_URL,
          TRUSTED_PROXIES,
          CRON_MAX_DURATION,
          SCHEDULE_CRON,
          SCHEDULE_ZONE,
          SCHEDULE_ENABLED);

  private static final String PORT = "PORT";
  private static final String MANAGEMENT_PORT = "MANAGEMENT_PORT";
  private static final String CRON_SECRET = "CRON_SECRET";
  private static final String CRON_SECRET_PREVIOUS = "CRON_SECRET_PREVIOUS";
  private static final String ADMIN_EMAIL = "ADMIN_EMAIL";
  private static final String ADMIN_PASSWORD = "ADMIN_PASSWORD";
  private static final String DATABASE_URL = "DATABASE_URL";

  /** Those that have a name of their own, and are known by that alone. */
  private static final List<String> NAMED =
      List.of(
          PORT,
          MANAGEMENT_PORT,
          CRON_SECRET,
          CRON_SECRET_PREVIOUS,
          ADMIN_EMAIL,
          ADMIN_PASSWORD,
          DATABASE_URL);

  /** A Spring Boot application would take settings out of it. */
  private static final String JSON_OF_THE_FRAMEWORK = "SPRING_APPLICATION_JSON";

  private static final int MIN_SECRET_LENGTH = 16;

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
    findWhatOnlyTheFrameworkReads();
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
            value(HISTORY_KEEP, SettingsReader::history).orElse(defaults.history()),
            raw(DATABASE_URL),
            new Web(
                named(PORT, SettingsReader::port).orElse(defaults.web().port()),
                named(MANAGEMENT_PORT, SettingsReader::port).orElse(null),
                value(PUBLIC_URL, SettingsReader::origin).orElse(null),
                value(TRUSTED_PROXIES, SettingsReader::ranges)
                    .orElse(defaults.web().trustedProxies())),
            new Cron(
                cronSecrets(),
                value(CRON_MAX_DURATION, text -> Durations.between("1s", "1h", text))
                    .orElse(defaults.cron().maxDuration())),
            new Schedule(
                value(SCHEDULE_CRON, SettingsReader::crontab).orElse(defaults.schedule().cron()),
                value(SCHEDULE_ZONE, SettingsReader::zone).orElse(defaults.schedule().zone()),
                value(SCHEDULE_ENABLED, SettingsReader::trueOrFalse).orElse(null)),
            firstAdmin());
    checkPorts(settings.web());
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
        named.stream()
            .filter(name -> OF_THE_FRAMEWORK.stream().anyMatch(it -> it.isAncestorOf(name)))
            .distinct()
            .forEach(
                name ->
                    warnings.add(
                        "%s%s is no setting of this program, and is ignored"
                            .formatted(place(named.getConfigurationProperty(name)), name)));
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
                  likely(name.toString(), OURS + ".", Function.identity())));
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
                            name, likely(name, variable(OURS + "."), SettingsReader::variable))));
  }

  /**
   * The likely meaning of a name that isn't known: one of our keys, or what has a name of its own
   * and was written as if it were one of them.
   */
  private static String likely(String name, String prefix, Function<String, String> spelt) {
    Map<String, String> candidates = new TreeMap<>();
    KEYS.forEach(key -> candidates.put(spelt.apply(key), spelt.apply(key)));
    NAMED.forEach(named -> candidates.put(prefix + named, named));
    return Suggestion.of(name, candidates.keySet(), likely -> candidates.getOrDefault(likely, ""));
  }

  private void findWhatOnlyTheFrameworkReads() {
    if (variables.containsKey(JSON_OF_THE_FRAMEWORK)) {
      warnings.add(
          "%s is ignored: settings are read from environment variables, system properties, and"
                  .formatted(JSON_OF_THE_FRAMEWORK)
              + " application.yaml or application.properties here, in config/, or where"
              + " SPRING_CONFIG_LOCATION says");
    }
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

  /**
   * What stands under a name, just as it stands there: what looks like a placeholder may be part of
   * a secret.
   */
  private @Nullable String raw(String name) {
    for (PropertySource<?> source : environment.getPropertySources()) {
      Object value = source.getProperty(name);
      if (value != null) {
        return String.valueOf(value);
      }
    }
    return null;
  }

  /** A setting that has a name of its own, and is known by that alone. */
  private <T> Optional<T> named(String name, Function<String, T> parser) {
    String text = raw(name);
    if (text == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(parser.apply(text.strip()));
    } catch (IllegalArgumentException e) {
      faults.add("%s: %s".formatted(name, e.getMessage()));
      return Optional.empty();
    }
  }

  private void checkPorts(Web web) {
    Integer management = web.managementPort();
    if (management != null && management == web.port() && management != 0) {
      faults.add(
          "MANAGEMENT_PORT: is %d, as PORT is; leave it out to have both on one port"
              .formatted(management));
    }
  }

  private List<Secret> cronSecrets() {
    Optional<Secret> current = named(CRON_SECRET, SettingsReader::cronSecret);
    Optional<Secret> previous = named(CRON_SECRET_PREVIOUS, SettingsReader::cronSecret);
    if (previous.isPresent() && raw(CRON_SECRET) == null) {
      faults.add("CRON_SECRET_PREVIOUS: is there without CRON_SECRET, which it came before");
    }
    return Stream.of(current, previous).flatMap(Optional::stream).toList();
  }

  private static Secret cronSecret(String text) {
    Secret secret = new Secret(text);
    if (secret.length() < MIN_SECRET_LENGTH) {
      throw new IllegalArgumentException(
          "has %d characters, at least %d are needed"
              .formatted(secret.length(), MIN_SECRET_LENGTH));
    }
    return secret;
  }

  private @Nullable FirstAdmin firstAdmin() {
    Optional<String> email = named(ADMIN_EMAIL, SettingsReader::email);
    // A password is taken as it is, white space around it included.
    String password = raw(ADMIN_PASSWORD);
    boolean emailGiven = raw(ADMIN_EMAIL) != null;
    if (emailGiven != (password != null)) {
      faults.add(
          "%s: is there without %s; give both, or neither"
              .formatted(
                  emailGiven ? ADMIN_EMAIL : ADMIN_PASSWORD,
                  emailGiven ? ADMIN_PASSWORD : ADMIN_EMAIL));
    }
    if (password == null) {
      return null;
    }
    Secret secret = new Secret(password);
    if (secret.length() < Password.MIN_LENGTH) {
      faults.add(
          "ADMIN_PASSWORD: has %d characters, at least %d are needed"
              .formatted(secret.length(), Password.MIN_LENGTH));
    }
    return email.map(it -> new FirstAdmin(it, secret)).orElse(null);
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

  private static History history(String text) {
    if (text.equalsIgnoreCase("off")) {
      return new History(null);
    }
    try {
      return new History(Durations.between(JobCleanup.MIN_HISTORY.toDays() + "d", "36500d", text));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(e.getMessage() + "; or off, for ever", e);
    }
  }

  private static int port(String text) {
    if (text.matches("\\d{1,5}") && Integer.parseInt(text) <= 65_535) {
      return Integer.parseInt(text);
    }
    throw new IllegalArgumentException(
        "is \"%s\", allowed are whole numbers from 1 to 65535, and 0 for any free port"
            .formatted(text));
  }

  private static URI origin(String text) {
    try {
      URI url = new URI(text);
      String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
      boolean alone =
          (url.getRawPath() == null || url.getRawPath().isEmpty() || url.getRawPath().equals("/"))
              && url.getRawQuery() == null
              && url.getRawFragment() == null
              && url.getRawUserInfo() == null;
      if (url.getHost() != null
          && alone
          && url.getPort() <= 65_535
          && (scheme.equals("http") || scheme.equals("https"))) {
        int usual = scheme.equals("https") ? 443 : 80;
        return new URI(
            scheme,
            null,
            url.getHost().toLowerCase(Locale.ROOT),
            url.getPort() == usual ? -1 : url.getPort(),
            null,
            null,
            null);
      }
    } catch (URISyntaxException e) {
      // Said below.
    }
    throw new IllegalArgumentException(
        "is \"%s\", scheme and host are expected, and nothing after them: https://jobs.example.com"
            .formatted(text));
  }

  private static List<AddressRange> ranges(String text) {
    return Stream.of(text.split(","))
        .map(String::strip)
        .filter(it -> !it.isEmpty())
        .map(AddressRange::parse)
        .toList();
  }

  private static String crontab(String text) {
    Crontab.parse(text);
    return text;
  }

  private static ZoneId zone(String text) {
    try {
      return ZoneId.of(text);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "is \"%s\", a time zone's name is expected: UTC, Europe/Berlin".formatted(text), e);
    }
  }

  private static String email(String text) {
    if (!Settings.EMAIL.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "is \"%s\", an address is expected: admin@example.com".formatted(text));
    }
    return text;
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
