package io.jobcleanup.server.acceptance;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The API as the service describes it in OpenAPI, and what speaks against an answer by it. Objects
 * are taken as closed: a member that isn't described is a fault.
 */
final class Description {
  private final ObjectNode components;
  private final List<Operation> operations = new ArrayList<>();
  private final SchemaRegistry registry =
      SchemaRegistry.withDefaultDialect(
          SpecificationVersion.DRAFT_2020_12,
          it ->
              it.schemaRegistryConfig(
                  SchemaRegistryConfig.builder().formatAssertionsEnabled(true).build()));
  private final Map<JsonNode, Schema> schemas = new HashMap<>();

  /** One method of one path. */
  record Operation(
      String method, String path, JsonNode parameters, JsonNode body, JsonNode answers) {
    String name() {
      return method + " " + path;
    }
  }

  Description(String openApi) {
    JsonNode root = JsonMapper.shared().readTree(openApi);
    components = (ObjectNode) root.get("components");
    root.get("paths")
        .forEachEntry(
            (path, item) ->
                item.forEachEntry(
                    (method, operation) ->
                        operations.add(
                            new Operation(
                                method.toUpperCase(Locale.ROOT),
                                path,
                                operation.path("parameters"),
                                operation.at("/requestBody/content/application~1json/schema"),
                                operation.get("responses")))));
    components.get("schemas").forEach(Description::close);
  }

  private static void close(JsonNode schema) {
    if (schema.has("properties") && !schema.has("additionalProperties")) {
      ((ObjectNode) schema).put("additionalProperties", false);
    }
  }

  List<Operation> operations() {
    return operations;
  }

  /** A schema with the one that it refers to in its place. */
  JsonNode resolved(JsonNode schema) {
    return schema.has("$ref")
        ? components.at(schema.get("$ref").asString().substring("#/components".length()))
        : schema;
  }

  /** What speaks against an answer to an operation; empty if it is as described. */
  Optional<String> fault(Operation operation, HttpResponse<String> answer) {
    JsonNode described = operation.answers().get(String.valueOf(answer.statusCode()));
    if (described == null) {
      return Optional.of("the status %d isn't described".formatted(answer.statusCode()));
    }
    String type = answer.headers().firstValue("Content-Type").orElse("");
    if (!described.has("content")) {
      return answer.body().isEmpty()
          ? Optional.empty()
          : Optional.of("a body where none is described");
    }
    JsonNode content = described.get("content").get(type);
    return content == null
        ? Optional.of("the content type \"%s\" isn't described".formatted(type))
        : type.matches("application/(.*\\+)?json")
            ? fault(content.get("schema"), answer.body())
            : Optional.empty();
  }

  /** What speaks against a problem as an answer to a request that isn't described. */
  Optional<String> faultOfProblem(HttpResponse<String> answer) {
    return answer
            .headers()
            .firstValue("Content-Type")
            .filter("application/problem+json"::equals)
            .isEmpty()
        ? Optional.of("no problem: " + answer.headers().firstValue("Content-Type"))
        : fault(components.at("/schemas/Problem"), answer.body());
  }

  private Optional<String> fault(JsonNode schema, String body) {
    try {
      List<Error> errors = compiled(schema).validate(JsonMapper.shared().readTree(body));
      return errors.isEmpty() ? Optional.empty() : Optional.of(errors.toString());
    } catch (JacksonException e) {
      return Optional.of("the body isn't JSON");
    }
  }

  private synchronized Schema compiled(JsonNode schema) {
    return schemas.computeIfAbsent(
        schema,
        it -> {
          ObjectNode whole = JsonMapper.shared().createObjectNode();
          whole.putArray("allOf").add(it);
          whole.set("components", components);
          return registry.getSchema(whole);
        });
  }
}
