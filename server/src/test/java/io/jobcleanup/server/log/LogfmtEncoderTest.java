package io.jobcleanup.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.slf4j.event.KeyValuePair;

class LogfmtEncoderTest {
  private final LoggerContext context = new LoggerContext();

  private String line(String message, Object... pairs) {
    return line(null, message, pairs);
  }

  private String line(Throwable thrown, String message, Object... pairs) {
    LogfmtEncoder encoder = new LogfmtEncoder();
    encoder.setContext(context);
    LoggingEvent event =
        new LoggingEvent(
            "", context.getLogger("io.jobcleanup.Test"), Level.INFO, message, thrown, null);
    event.setInstant(Instant.parse("2026-11-24T22:00:00Z"));
    List<KeyValuePair> list = new ArrayList<>();
    for (int i = 0; i < pairs.length; i += 2) {
      list.add(new KeyValuePair((String) pairs[i], pairs[i + 1]));
    }
    event.setKeyValuePairs(list);
    return new String(encoder.encode(event), StandardCharsets.UTF_8);
  }

  @Test
  void lineIsTimeLevelMessageAndPairs() {
    assertThat(line("Cleaning up stuck job", "jobId", "abc123", "tokensCost", 10))
        .isEqualTo(
            "2026-11-24T22:00:00.000Z [INFO] Cleaning up stuck job jobId=abc123 tokensCost=10\n");
  }

  @Test
  void valuesAreQuotedOnlyWhereTheyNeedIt() {
    assertThat(
            line("m", "a", "two words", "b", "x=y", "c", "", "d", "say \"hi\"", "e", "back\\slash"))
        .endsWith("m a=\"two words\" b=\"x=y\" c=\"\" d=\"say \\\"hi\\\"\" e=\"back\\\\slash\"\n");
    assertThat(line("m", "a", "größe/1:2,3", "b", null)).endsWith(" a=größe/1:2,3 b=null\n");
  }

  @Test
  void lineBreaksAndControlsCantForgeALine() {
    assertThat(line("one\ntwo\u2028three", "error", "a\r\n2026 [ERROR] b\t\u001b[2J\u202e\u0085"))
        .endsWith(
            "one\\ntwo\\u2028three error=\"a\\r\\n2026 [ERROR] b\\t\\u001b[2J\\u202e\\u0085\"\n")
        .containsOnlyOnce("\n");
    assertThat(line("m", "a b=c\n", 1)).endsWith("m a_b_c_=1\n");
  }

  @Test
  void numbersArePlain() {
    assertThat(line("m", "a", new BigDecimal("27.0"), "b", new BigDecimal("2.7E3")))
        .endsWith("m a=27 b=2700\n");
  }

  @Test
  void exceptionIsAPairAndItsStackOnlyForWhoeverDebugs() {
    context.getLogger("io.jobcleanup").setLevel(Level.INFO);
    assertThat(line(new IllegalStateException("no\nway"), "m"))
        .endsWith("m error=\"java.lang.IllegalStateException: no\\nway\"\n");
    context.getLogger("io.jobcleanup").setLevel(Level.DEBUG);
    assertThat(line(new IllegalStateException("no"), "m")).contains(" stack=\"").endsWith("\"\n");
  }
}
