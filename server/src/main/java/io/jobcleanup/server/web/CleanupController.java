package io.jobcleanup.server.web;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.Trigger;
import io.jobcleanup.server.answer.CleanupAnswer;
import io.jobcleanup.server.settings.Settings;
import jakarta.servlet.http.HttpServletRequest;
import java.security.Principal;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** A cleanup that a person asks for. */
@RestController
class CleanupController {
  static final String PATH = "/api/admin/jobs/cleanup";

  private final Requests requests;
  private final int batchSize;

  CleanupController(Requests requests, Settings settings) {
    this.requests = requests;
    this.batchSize = settings.batchSize();
  }

  @PostMapping(path = PATH, produces = MediaType.APPLICATION_JSON_VALUE)
  CleanupAnswer cleanup(HttpServletRequest request) {
    CleanupOptions options = options(Body.read(request));
    Principal principal = request.getUserPrincipal();
    String actor = principal == null ? null : principal.getName();
    CleanupResult result = requests.run(options, Trigger.API, actor);
    return CleanupAnswer.of(result);
  }

  private CleanupOptions options(Fields fields) {
    @Nullable Duration timeout =
        fields
            .integer(
                "timeoutMs",
                CleanupOptions.MIN_TIMEOUT.toMillis(),
                CleanupOptions.MAX_TIMEOUT.toMillis())
            .map(Duration::ofMillis)
            .orElse(null);
    boolean dryRun = fields.bool("dryRun").orElse(false);
    int size =
        fields
            .integer("batchSize", 1, CleanupOptions.MAX_BATCH_SIZE)
            .map(Math::toIntExact)
            .orElse(batchSize);
    fields.end();
    CleanupOptions options = CleanupOptions.defaults().withDryRun(dryRun).withBatchSize(size);
    return timeout == null ? options : options.withTimeout(timeout);
  }
}
