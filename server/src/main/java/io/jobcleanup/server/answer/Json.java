package io.jobcleanup.server.answer;

import io.jobcleanup.CleanupResult;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.json.JsonMapper;

/** Writes answers as JSON: members in the order of their records, numbers plain. */
public final class Json {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
          .enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN)
          .build();

  private Json() {}

  /** What writes them. */
  public static JsonMapper mapper() {
    return MAPPER;
  }

  /** One JSON text on one line. */
  public static String write(Object answer) {
    return MAPPER.writeValueAsString(answer);
  }

  /**
   * Writes one JSON text on one line, piece by piece, so that it may be longer than memory.
   *
   * @param out where it goes; stays open
   */
  public static void stream(OutputStream out, Consumer<JsonGenerator> pieces) {
    try (JsonGenerator json =
        MAPPER.writer().without(StreamWriteFeature.AUTO_CLOSE_TARGET).createGenerator(out)) {
      pieces.accept(json);
      json.writeRaw('\n');
    }
  }

  /** An amount that is written without trailing zeros and without an exponent. */
  public static BigDecimal plain(BigDecimal amount) {
    return new BigDecimal(CleanupResult.plain(amount));
  }

  /** As {@link #plain}, where there may be none. */
  public static @Nullable BigDecimal plainOrNull(@Nullable BigDecimal amount) {
    return amount == null ? null : plain(amount);
  }

  /** Reads a JSON text that PostgreSQL has written, to stand in another. */
  public static Object read(String json) {
    return MAPPER.readTree(json);
  }
}
