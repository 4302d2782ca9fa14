package io.jobcleanup.server.web;

import io.jobcleanup.server.answer.Json;
import io.jobcleanup.server.web.Fields.Member;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;

/**
 * Reads a request's body as one JSON object, and is strict: whatever could mean something else than
 * it says is refused, so that a misspelt {@code dryrun} never starts a real run.
 */
public final class Body {
  /** The largest body that is read. The server reads more away, and forgets it. */
  static final int LIMIT = 64 * 1024;

  private static final String NOT_JSON = "the body isn't well-formed JSON";

  private Body() {}

  /**
   * Reads the body. One that is empty or blank is an object without members, under whatever content
   * type.
   *
   * @throws ProblemException if it is too large (413), not blank and of another type than JSON
   *     (415), or not one JSON object in UTF-8 (400), in this order
   */
  public static Fields read(HttpServletRequest request) {
    byte[] bytes = bytes(request);
    if (isBlank(bytes)) {
      return new Fields(Map.of());
    }
    requireJson(request);
    return new Fields(members(text(bytes)));
  }

  private static byte[] bytes(HttpServletRequest request) {
    if (request.getContentLengthLong() > LIMIT) {
      throw tooLarge();
    }
    try {
      InputStream in = request.getInputStream();
      byte[] bytes = in.readNBytes(LIMIT + 1);
      if (bytes.length > LIMIT) {
        throw tooLarge();
      }
      return bytes;
    } catch (IOException e) {
      throw new ProblemException(Problem.invalid("the body ended early"));
    }
  }

  private static ProblemException tooLarge() {
    return new ProblemException(
        Problem.of(413, "Payload too large", "the body is larger than %d bytes".formatted(LIMIT)));
  }

  private static boolean isBlank(byte[] bytes) {
    for (byte each : bytes) {
      if (each != ' ' && (each < '\t' || each > '\r')) {
        return false;
      }
    }
    return true;
  }

  private static void requireJson(HttpServletRequest request) {
    String given = request.getContentType();
    String encoding = request.getHeader("Content-Encoding");
    if (encoding != null && !encoding.strip().equalsIgnoreCase("identity")) {
      throw unsupported("a body can't be compressed or encoded");
    }
    try {
      MediaType type = given == null ? null : MediaType.parseMediaType(given);
      if (type != null
          && type.getType().equals("application")
          && type.getSubtype().equals("json")
          && (type.getCharset() == null || StandardCharsets.UTF_8.equals(type.getCharset()))) {
        return;
      }
    } catch (InvalidMediaTypeException e) {
      // Said below.
    }
    throw unsupported(
        given == null
            ? "the body has no Content-Type, application/json is expected"
            : "the body's Content-Type isn't application/json in UTF-8");
  }

  private static ProblemException unsupported(String detail) {
    return new ProblemException(Problem.of(415, "Unsupported media type", detail));
  }

  private static String text(byte[] bytes) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new ProblemException(Problem.invalid("the body isn't UTF-8"));
    }
    if (text.startsWith("\uFEFF")) {
      throw new ProblemException(
          Problem.invalid("the body begins with a byte order mark, which JSON doesn't have"));
    }
    return text;
  }

  private static Map<String, Member> members(String text) {
    Map<String, Member> members = new LinkedHashMap<>();
    try (JsonParser parser = Json.mapper().createParser(text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        parser.readValueAsTree();
        requireEnd(parser);
        throw new ProblemException(Problem.invalid("the body is JSON, but not an object"));
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        if (members.put(name, member(parser)) != null) {
          throw new ProblemException(
              Problem.invalid("%s is there twice".formatted(Fields.shown(name))));
        }
      }
      requireEnd(parser);
    } catch (JacksonException e) {
      // What a parser quotes may be a password.
      TokenStreamLocation at = e.getLocation();
      throw new ProblemException(
          Problem.invalid(
              at == null || at.getLineNr() < 1
                  ? NOT_JSON
                  : String.format(
                      Locale.ROOT,
                      "%s: line %d, column %d",
                      NOT_JSON,
                      at.getLineNr(),
                      at.getColumnNr())));
    }
    return members;
  }

  /** A number is told as it was sent: read, 6e4 would be 60000.0, and nobody sent that. */
  private static Member member(JsonParser parser) {
    JsonToken token = parser.currentToken();
    String number = token != null && token.isNumeric() ? parser.getString() : null;
    JsonNode value = parser.readValueAsTree();
    return new Member(value, number == null ? Json.write(value) : number);
  }

  private static void requireEnd(JsonParser parser) {
    if (parser.nextToken() != null) {
      throw new ProblemException(Problem.invalid("the body goes on after its JSON value"));
    }
  }
}
