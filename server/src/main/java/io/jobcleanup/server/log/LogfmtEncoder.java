package io.jobcleanup.server.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import io.jobcleanup.CleanupResult;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/**
 * Writes a log event as one line: time in UTC, level, message, and its key-value pairs in logfmt.
 *
 * <pre>2026-11-24T22:00:00.000Z [INFO] Found stuck jobs count=3</pre>
 *
 * <p>What is logged can't forge a line or a pair: line breaks and other controls are escaped, and
 * values that need it are quoted.
 */
public final class LogfmtEncoder extends EncoderBase<ILoggingEvent> {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private static final byte[] NOTHING = {};

  @Override
  public byte[] headerBytes() {
    return NOTHING;
  }

  @Override
  public byte[] footerBytes() {
    return NOTHING;
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    StringBuilder line = new StringBuilder(160);
    TIME.formatTo(Instant.ofEpochMilli(event.getTimeStamp()), line);
    line.append(" [").append(event.getLevel()).append("] ");
    escape(String.valueOf(event.getFormattedMessage()), false, line);
    boolean errorTold = false;
    @Nullable List<KeyValuePair> pairs = event.getKeyValuePairs();
    if (pairs != null) {
      for (KeyValuePair pair : pairs) {
        append(pair.key, pair.value, line);
        errorTold |= pair.key.equals("error");
      }
    }
    @Nullable IThrowableProxy thrown = event.getThrowableProxy();
    if (thrown != null) {
      if (!errorTold) {
        append("error", thrown.getClassName() + ": " + thrown.getMessage(), line);
      }
      if (debugging(event)) {
        append("stack", ThrowableProxyUtil.asString(thrown), line);
      }
    }
    return line.append('\n').toString().getBytes(StandardCharsets.UTF_8);
  }

  private boolean debugging(ILoggingEvent event) {
    return getContext() instanceof LoggerContext context
        && context.getLogger(event.getLoggerName()).isEnabledFor(Level.DEBUG);
  }

  private static void append(String key, @Nullable Object value, StringBuilder line) {
    line.append(' ').append(key.replaceAll("[\\s=\"\\p{Cntrl}]", "_")).append('=');
    String text =
        value instanceof BigDecimal number ? CleanupResult.plain(number) : String.valueOf(value);
    if (needsQuotes(text)) {
      line.append('"');
      escape(text, true, line);
      line.append('"');
    } else {
      line.append(text);
    }
  }

  private static boolean needsQuotes(String text) {
    return text.isEmpty()
        || text.chars()
            .anyMatch(c -> c <= ' ' || c == '=' || c == '"' || c == '\\' || unprintable((char) c));
  }

  private static void escape(String text, boolean quoted, StringBuilder into) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\n' -> into.append("\\n");
        case '\r' -> into.append("\\r");
        case '\t' -> into.append("\\t");
        case '"', '\\' -> into.append(quoted ? "\\" : "").append(c);
        default -> {
          if (unprintable(c)) {
            into.append("\\u%04x".formatted((int) c));
          } else {
            into.append(c);
          }
        }
      }
    }
  }

  /** Whether a terminal or a log reader might take {@code c} for a line break or a command. */
  private static boolean unprintable(char c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }
}
