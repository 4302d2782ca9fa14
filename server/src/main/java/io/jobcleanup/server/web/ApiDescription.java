package io.jobcleanup.server.web;

import io.jobcleanup.server.answer.CleanupAnswer;
import io.jobcleanup.server.answer.CronAnswer;
import io.jobcleanup.server.answer.JobAnswer;
import io.jobcleanup.server.answer.LateAnswer;
import io.jobcleanup.server.answer.RefundAnswer;
import io.jobcleanup.server.answer.RunAnswer;
import io.swagger.v3.oas.models.Components;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.PathItem;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.media.Content;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.responses.ApiResponse;
import io.swagger.v3.oas.models.security.SecurityRequirement;
import io.swagger.v3.oas.models.security.SecurityScheme;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springdoc.core.configuration.SpringDocConfiguration;
import org.springdoc.core.customizers.OpenApiCustomizer;
import org.springdoc.core.properties.SpringDocConfigProperties;
import org.springdoc.core.properties.SwaggerUiConfigProperties;
import org.springdoc.core.properties.SwaggerUiOAuthProperties;
import org.springdoc.core.utils.SpringDocUtils;
import org.springdoc.webmvc.core.configuration.SpringDocWebMvcConfiguration;
import org.springdoc.webmvc.ui.SwaggerConfig;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.core.annotation.AuthenticationPrincipal;

/** The description of the API in OpenAPI: generated, with what all operations share added. */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration({
  SpringDocConfigProperties.class,
  SpringDocConfiguration.class,
  SpringDocWebMvcConfiguration.class,
  SwaggerConfig.class,
  SwaggerUiConfigProperties.class,
  SwaggerUiOAuthProperties.class
})
class ApiDescription {
  private static final String CRON = "/api/cron/";
  private static final String SESSION = "session";
  private static final String SESSION_OVER_TLS = "sessionOverTls";
  private static final String TOKEN = "token";
  private static final String CRON_SECRET = "cronSecret";
  private static final String PROBLEM = "Problem";

  /** Records whose members are always there, and null only where they say so. */
  private static final List<Class<?>> ANSWERS =
      List.of(
          CleanupAnswer.class,
          CleanupAnswer.Result.class,
          CleanupAnswer.Job.class,
          CleanupAnswer.Failure.class,
          CleanupAnswer.Owed.class,
          CronAnswer.class,
          CronAnswer.Counts.class,
          JobAnswer.Found.class,
          JobAnswer.StuckOne.class,
          JobAnswer.Explained.class,
          JobAnswer.ExplainedOne.class,
          RefundAnswer.Refunds.class,
          RefundAnswer.WrittenOff.class,
          RefundAnswer.PastRefund.class,
          RefundAnswer.Totals.class,
          LateAnswer.LateOnes.class,
          LateAnswer.LateOne.class,
          RunAnswer.Listed.class,
          RunAnswer.Shown.class,
          RunAnswer.PastRun.class,
          RunAnswer.PaidBefore.class,
          RunAnswer.PastJob.class);

  private static final Map<Integer, String> FOR_ALL =
      Map.of(
          400, "The request is wrong; detail says what.",
          401, "No credentials, or wrong ones.",
          405, "The path isn't for this method.",
          500, "A fault of the service; its log says more under the id.",
          503,
              "The database doesn't answer, or can't be used; or the service is busy, and"
                  + " Retry-After says when to try again; or it is being stopped.");

  ApiDescription() {
    SpringDocUtils.getConfig().addAnnotationsToIgnore(AuthenticationPrincipal.class);
  }

  @Bean
  OpenAPI description() {
    return new OpenAPI()
        .info(
            new Info()
                .title("Job Cleanup")
                .version("1")
                .description("Finds stuck jobs, fails them, and gives their tokens back once."))
        .components(
            new Components()
                .addSecuritySchemes(SESSION, cookie("job-cleanup-session", "without TLS"))
                .addSecuritySchemes(
                    SESSION_OVER_TLS, cookie("__Host-job-cleanup-session", "over TLS"))
                .addSecuritySchemes(
                    TOKEN,
                    new SecurityScheme()
                        .type(SecurityScheme.Type.HTTP)
                        .scheme("bearer")
                        .description("an API token: job-cleanup token create"))
                .addSecuritySchemes(
                    CRON_SECRET,
                    new SecurityScheme()
                        .type(SecurityScheme.Type.HTTP)
                        .scheme("bearer")
                        .description("CRON_SECRET")));
  }

  private static SecurityScheme cookie(String name, String when) {
    return new SecurityScheme()
        .type(SecurityScheme.Type.APIKEY)
        .in(SecurityScheme.In.COOKIE)
        .name(name)
        .description("set by POST /api/auth/login " + when);
  }

  @Bean
  OpenApiCustomizer shared() {
    return api -> {
      api.getComponents().addSchemas(PROBLEM, problem());
      ANSWERS.forEach(
          it -> sayWhatIsThere(it, api.getComponents().getSchemas().get(it.getSimpleName())));
      api.getPaths()
          .forEach(
              (path, item) ->
                  item.readOperationsMap()
                      .forEach((method, operation) -> complete(path, method, operation)));
    };
  }

  private static void complete(String path, PathItem.HttpMethod method, Operation operation) {
    Map<Integer, String> problems = new TreeMap<>(FOR_ALL);
    if (path.startsWith(CRON)) {
      operation.addSecurityItem(new SecurityRequirement().addList(CRON_SECRET));
    } else {
      if (operation.getSecurity() == null) {
        operation.addSecurityItem(new SecurityRequirement().addList(SESSION));
        operation.addSecurityItem(new SecurityRequirement().addList(SESSION_OVER_TLS));
        operation.addSecurityItem(new SecurityRequirement().addList(TOKEN));
      }
      problems.put(403, "The role is too low, or the request comes from another site.");
      problems.put(406, "This path doesn't answer in a form that the request takes.");
    }
    if (operation.getRequestBody() != null) {
      problems.put(413, "The body is larger than 64 KiB.");
      problems.put(415, "The body isn't blank, and of another type than application/json.");
    }
    if (path.contains("{")) {
      problems.put(404, "There is none of that name.");
    }
    problems.forEach(
        (status, description) ->
            operation
                .getResponses()
                .putIfAbsent(String.valueOf(status), problem(method, description)));
  }

  private static ApiResponse problem(PathItem.HttpMethod method, String description) {
    ApiResponse response = new ApiResponse().description(description);
    return method == PathItem.HttpMethod.HEAD
        ? response
        : response.content(
            new Content()
                .addMediaType(Problem.MEDIA_TYPE, new MediaType().schema(reference(PROBLEM))));
  }

  private static Schema<?> problem() {
    Schema<?> problem = new Schema<>();
    problem.addType("object");
    problem.setDescription("An error as RFC 9457 describes one.");
    problem.addProperty("type", text("what kind of problem it is"));
    problem.addProperty("title", text("the status in words"));
    problem.addProperty("status", member("integer", "the HTTP status"));
    problem.addProperty("error", text("what is wrong, in a few fixed words"));
    problem.addProperty("detail", text("what is wrong in this case, and what would be right"));
    problem.addProperty("id", text("where the service's log says more"));
    problem.addProperty("success", member("boolean", "false, where a run was asked for"));
    problem.addProperty("runId", text("the run that was under way"));
    problem.addProperty("result", reference(CleanupAnswer.Result.class.getSimpleName()));
    problem.setRequired(List.of("type", "title", "status", "error"));
    return problem;
  }

  private static Schema<?> text(String description) {
    return member("string", description);
  }

  private static Schema<?> member(String type, String description) {
    Schema<?> member = new Schema<>();
    member.addType(type);
    member.setDescription(description);
    return member;
  }

  private static Schema<?> reference(String name) {
    Schema<?> reference = new Schema<>();
    reference.set$ref("#/components/schemas/" + name);
    return reference;
  }

  private static void sayWhatIsThere(Class<?> answer, @Nullable Schema<?> schema) {
    if (schema == null) {
      throw new IllegalStateException("no operation answers with " + answer);
    }
    for (RecordComponent member : answer.getRecordComponents()) {
      Schema<?> property = schema.getProperties().get(member.getName());
      if (!member.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
        schema.addRequiredItem(member.getName());
      } else if (property != null && property.getTypes() != null) {
        property.addType("null");
      }
    }
  }
}
