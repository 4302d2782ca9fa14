package io.jobcleanup.server.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.io.OutputStream;
import java.util.Map;
import java.util.logging.LogManager;
import org.slf4j.LoggerFactory;
import org.springframework.boot.logging.logback.StructuredLogEncoder;
import org.springframework.core.env.Environment;
import org.springframework.core.env.StandardEnvironment;

/**
 * Sets logging up in code, which is quicker than from a file: our own lines at INFO, those of
 * others at WARN, all on standard error.
 *
 * <p>As a {@link Configurator} it also keeps whatever logs before the program has read its settings
 * in that form.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_TOP_PRIORITY)
public final class Logging extends ContextAwareBase implements Configurator {
  private static final String OURS = "io.jobcleanup";
  private static final String EMBEDDED = "io.jobcleanup.embedded";
  private static final String FAILURES = "org.springframework.boot.diagnostics";
  private static final String CONTEXT = "org.springframework.boot.web.server.servlet.context";

  /** It would tell the parameters of statements, hashes of passwords among them. */
  private static final String PARAMETERS = "org.springframework.jdbc.core.StatementCreatorUtils";

  /** Writes a stack trace for each try while the database is away; the schedule says it once. */
  private static final String SCHEDULER = "com.github.kagkarlsson";

  /** It warns of each connection that an outage has cost; we tell of the outage. */
  private static final String POOL = "com.zaxxer.hikari.pool";

  /** It warns of each path that a client gets wrong. */
  private static final String NOT_FOUND = "org.springframework.web.servlet.PageNotFound";

  /** For logback. */
  public Logging() {}

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    apply(
        context,
        new TerminalStream(System.err),
        LogFormat.LOGFMT,
        Map.of(),
        new StandardEnvironment());
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  /**
   * Sets up what is logged, where and how, in the place of what was before.
   *
   * @param to where lines go; each is written at once
   * @param levels levels by logger name, {@code root} included, that differ from ours; as logback
   *     spells them
   * @param environment asked for {@code logging.structured.*} where the format is ECS
   * @throws IllegalArgumentException if a level is none
   */
  public static void configure(
      OutputStream to, LogFormat format, Map<String, String> levels, Environment environment) {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      apply(context, to, format, levels, environment);
    }
    // The driver logs by java.util.logging alone, whole URLs with their passwords among it.
    LogManager.getLogManager().reset();
  }

  private static void apply(
      LoggerContext context,
      OutputStream to,
      LogFormat format,
      Map<String, String> levels,
      Environment environment) {
    context.reset();
    OutputStreamAppender<ILoggingEvent> appender = new OutputStreamAppender<>();
    appender.setContext(context);
    appender.setName("standard error");
    appender.setEncoder(encoder(context, format, environment));
    appender.setOutputStream(to);
    appender.start();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.addAppender(appender);
    root.setLevel(Level.WARN);
    context.getLogger(OURS).setLevel(Level.INFO);
    context.getLogger(EMBEDDED).setLevel(Level.WARN);
    // What keeps the service from starting is told in one sentence, by the command.
    context.getLogger(FAILURES).setLevel(Level.OFF);
    context.getLogger(CONTEXT).setLevel(Level.ERROR);
    context.getLogger(SCHEDULER).setLevel(Level.OFF);
    context.getLogger(POOL).setLevel(Level.ERROR);
    context.getLogger(NOT_FOUND).setLevel(Level.ERROR);
    levels.forEach((name, level) -> setLevel(context, name, level));
    context.getLogger(PARAMETERS).setLevel(Level.INFO);
  }

  private static void setLevel(LoggerContext context, String name, String level) {
    Level known = Level.toLevel(level, null);
    if (known == null) {
      throw new IllegalArgumentException(
          "is \"%s\", allowed are TRACE, DEBUG, INFO, WARN, ERROR and OFF".formatted(level));
    }
    boolean root = name.equalsIgnoreCase("root");
    context.getLogger(root ? org.slf4j.Logger.ROOT_LOGGER_NAME : name).setLevel(known);
  }

  private static Encoder<ILoggingEvent> encoder(
      LoggerContext context, LogFormat format, Environment environment) {
    return switch (format) {
      case LOGFMT -> {
        LogfmtEncoder encoder = new LogfmtEncoder();
        encoder.setContext(context);
        encoder.start();
        yield encoder;
      }
      case ECS -> {
        context.putObject(Environment.class.getName(), environment);
        StructuredLogEncoder encoder = new StructuredLogEncoder();
        encoder.setContext(context);
        encoder.setFormat("ecs");
        encoder.start();
        yield encoder;
      }
    };
  }
}
