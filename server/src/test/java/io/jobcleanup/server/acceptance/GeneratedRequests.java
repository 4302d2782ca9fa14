package io.jobcleanup.server.acceptance;

import io.jobcleanup.server.acceptance.Description.Operation;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Makes requests from a description: right ones, and ones that are wrong in one way. */
final class GeneratedRequests {
  private static final String JSON = "application/json";

  private static final List<String> ODD_TEXTS =
      List.of(
          "",
          " ",
          "x",
          "null",
          "../../etc/passwd",
          "a/b",
          "a;b=c",
          "%",
          "%00",
          "é✓😀",
          "'; drop table users; --",
          "\u0000",
          "\r\nSet-Cookie: a=b",
          "<script>alert(1)</script>",
          "${jndi:ldap://127.0.0.1/x}",
          "x".repeat(2000));

  private static final List<String> ODD_VALUES =
      List.of(
          "null",
          "\"600000\"",
          "\"true\"",
          "1.5",
          "6e4",
          "1e400",
          "-1",
          "0",
          "[]",
          "{}",
          "1",
          "99999999999999999999",
          "\"\\u0000\"",
          "\"\\ud800\"",
          "\"x\"",
          "true",
          "NaN");

  private static final List<String> BROKEN_BODIES =
      List.of(
          "{",
          "[]",
          "null",
          "\"x\"",
          "7",
          "{}{}",
          "{} x",
          "{,}",
          "{'a':1}",
          "{\"a\" 1}",
          "// x\n{}",
          "\uFEFF{}",
          "{\"nothing\":1}",
          "{\"dryrun\":true}",
          "{\"\":1}",
          "\u00ff\u00fe");

  private final Random random;
  private final Description description;

  GeneratedRequests(Description description, long seed) {
    this.description = description;
    this.random = new Random(seed);
  }

  /** Whether a request is one that the description allows. */
  enum Verdict {
    RIGHT,
    WRONG,
    EITHER
  }

  /**
   * A request.
   *
   * @param headers name and value in turn
   * @param what what is wrong with it, or odd
   */
  record Made(
      Operation operation,
      String path,
      List<String> headers,
      byte[] body,
      Verdict verdict,
      String what) {}

  /**
   * Makes one.
   *
   * @param known values of parameters that name something which is there
   */
  Made of(Operation operation, Map<String, List<String>> known) {
    Draft draft = new Draft(operation);
    List<Runnable> ways = new ArrayList<>();
    if (hasQuery(operation)) {
      ways.add(draft::wrongQuery);
    }
    ways.add(draft::unknownQuery);
    if (!operation.body().isMissingNode()) {
      ways.add(draft::wrongMember);
      ways.add(draft::brokenBody);
      ways.add(draft::wrongType);
      ways.add(draft::tooLarge);
      ways.add(draft::twice);
    }
    draft.right(known);
    if (random.nextInt(5) < 3) {
      pick(ways).run();
    }
    return draft.made();
  }

  private static boolean hasQuery(Operation operation) {
    for (JsonNode each : operation.parameters()) {
      if (each.get("in").asString().equals("query")) {
        return true;
      }
    }
    return false;
  }

  <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  boolean oneIn(int number) {
    return random.nextInt(number) == 0;
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private final class Draft {
    private final Operation operation;
    private final List<String> query = new ArrayList<>();
    private final List<String> headers = new ArrayList<>();
    private String path;
    private byte[] body = new byte[0];
    private ObjectNode json;
    private Verdict verdict = Verdict.RIGHT;
    private String what = "as described";

    Draft(Operation operation) {
      this.operation = operation;
      this.path = operation.path();
    }

    Made made() {
      return new Made(
          operation,
          query.isEmpty() ? path : path + "?" + String.join("&", query),
          headers,
          body,
          verdict,
          what);
    }

    void right(Map<String, List<String>> known) {
      for (JsonNode each : operation.parameters()) {
        String name = each.get("name").asString();
        if (each.get("in").asString().equals("path")) {
          boolean there = known.containsKey(name) && !oneIn(3);
          String value = there ? pick(known.get(name)) : pick(ODD_TEXTS.subList(2, 15));
          path = path.replace("{" + name + "}", encoded(value));
          if (!there) {
            maybe("a path that may name nothing");
          }
        } else if (oneIn(2)) {
          if (known.containsKey(name) || each.get("schema").has("minimum")) {
            query.add(name + "=" + rightValue(name, each.get("schema"), known));
          }
        }
      }
      JsonNode schema = description.resolved(operation.body());
      if (schema.isMissingNode() || (schema.path("required").isEmpty() && oneIn(4))) {
        if (oneIn(3)) {
          headers.addAll(List.of("Content-Type", pick(List.of(JSON, "text/plain"))));
        }
        return;
      }
      json = JsonMapper.shared().createObjectNode();
      schema
          .get("properties")
          .forEachEntry(
              (name, property) -> {
                if (isRequired(schema, name) || oneIn(2)) {
                  put(name, property, known);
                }
              });
      write(json.toString());
      headers.addAll(List.of("Content-Type", pick(List.of(JSON, JSON + ";charset=UTF-8"))));
    }

    private static boolean isRequired(JsonNode schema, String name) {
      for (JsonNode each : schema.path("required")) {
        if (each.asString().equals(name)) {
          return true;
        }
      }
      return false;
    }

    private void put(String name, JsonNode property, Map<String, List<String>> known) {
      String types = property.get("type").toString();
      if (types.contains("boolean")) {
        json.put(name, random.nextBoolean());
      } else if (types.contains("integer")) {
        json.put(name, Long.parseLong(rightValue(name, property, known)));
      } else {
        json.put(name, known.containsKey(name) ? pick(known.get(name)) : "x");
      }
    }

    private String rightValue(String name, JsonNode schema, Map<String, List<String>> known) {
      if (!schema.has("minimum")) {
        return encoded(pick(known.get(name)));
      }
      long least = schema.get("minimum").asLong();
      long most = schema.get("maximum").asLong();
      return String.valueOf(
          switch (random.nextInt(4)) {
            case 0 -> least;
            case 1 -> most;
            default -> random.nextLong(least, Math.min(most, least + 1000) + 1);
          });
    }

    private void write(String text) {
      body = text.getBytes(StandardCharsets.UTF_8);
    }

    private void wrong(String why) {
      verdict = Verdict.WRONG;
      what = why;
    }

    private void maybe(String why) {
      verdict = Verdict.EITHER;
      what = why;
    }

    void wrongQuery() {
      List<JsonNode> parameters = new ArrayList<>();
      operation.parameters().forEach(parameters::add);
      parameters.removeIf(it -> !it.get("in").asString().equals("query"));
      JsonNode parameter = pick(parameters);
      String name = parameter.get("name").asString();
      query.removeIf(it -> it.startsWith(name + "="));
      JsonNode schema = parameter.get("schema");
      if (!schema.has("minimum")) {
        query.add(name + "=" + encoded(pick(ODD_TEXTS)));
        maybe("an odd " + name);
        return;
      }
      String value =
          switch (random.nextInt(4)) {
            case 0 -> String.valueOf(schema.get("minimum").asLong() - 1);
            case 1 -> String.valueOf(schema.get("maximum").asLong() + 1);
            case 2 -> "5&" + name + "=6";
            default -> encoded(pick(ODD_TEXTS));
          };
      query.add(name + "=" + value);
      wrong("a wrong " + name);
    }

    /** Where there are no parameters at all, what is there is passed over. */
    void unknownQuery() {
      query.add(encoded(pick(ODD_TEXTS.subList(2, 15))) + "=1");
      if (hasQuery(operation)) {
        wrong("an unknown parameter");
      } else {
        maybe("an unknown parameter");
      }
    }

    void wrongMember() {
      if (json == null) {
        json = JsonMapper.shared().createObjectNode();
      }
      JsonNode properties = description.resolved(operation.body()).get("properties");
      String name = pick(List.copyOf(properties.propertyNames()));
      String types = properties.get(name).get("type").toString();
      String value = pick(ODD_VALUES);
      json.remove(name);
      String rest = json.toString();
      write("{\"%s\":%s%s".formatted(name, value, json.isEmpty() ? "}" : "," + rest.substring(1)));
      setType(JSON);
      boolean fits =
          (types.contains("boolean") && value.equals("true"))
              || (types.contains("integer") && value.equals("1") && name.equals("batchSize"))
              || (types.contains("string") && value.startsWith("\""));
      if (fits) {
        maybe("an odd " + name);
      } else {
        wrong(name + " is " + value);
      }
    }

    void brokenBody() {
      String text = pick(BROKEN_BODIES);
      body =
          text.startsWith("\u00ff")
              ? new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'}
              : text.getBytes(StandardCharsets.UTF_8);
      setType(JSON);
      wrong("the body is " + text);
    }

    void wrongType() {
      write(json == null ? "{\"x\":1}" : json.toString());
      setType(
          pick(
              List.of(
                  "text/plain",
                  "application/x-www-form-urlencoded",
                  "multipart/form-data; boundary=x",
                  "application/json;charset=ISO-8859-1",
                  "application/problem+json",
                  "nonsense")));
      wrong("another content type");
    }

    void tooLarge() {
      write(" ".repeat(64 * 1024) + (json == null ? "{}" : json.toString()));
      setType(JSON);
      wrong("a large body");
    }

    void twice() {
      JsonNode properties = description.resolved(operation.body()).get("properties");
      String name = pick(List.copyOf(properties.propertyNames()));
      write("{\"%1$s\":1,\"%1$s\":1}".formatted(name));
      setType(JSON);
      wrong(name + " is there twice");
    }

    private void setType(String type) {
      int at = headers.indexOf("Content-Type");
      if (at >= 0) {
        headers.set(at + 1, type);
      } else {
        headers.addAll(List.of("Content-Type", type));
      }
    }
  }
}
