package io.jobcleanup.server.log;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.LoggerFactory;

/** The lines that are logged from now on, as they are written, without their times. */
public final class Lines implements AutoCloseable {
  private final ListAppender<ILoggingEvent> appender = new ListAppender<>();
  private final LogfmtEncoder encoder = new LogfmtEncoder();

  /** Listens to all loggers. */
  public Lines() {
    appender.start();
    root().addAppender(appender);
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  /** Those with a text in them. */
  public List<String> with(String text) {
    return all().stream().filter(it -> it.contains(text)).toList();
  }

  /** All of them. */
  public List<String> all() {
    return List.copyOf(appender.list).stream()
        .map(it -> new String(encoder.encode(it), StandardCharsets.UTF_8))
        .map(it -> it.substring(it.indexOf('[')).strip())
        .toList();
  }

  @Override
  public void close() {
    root().detachAppender(appender);
  }
}
