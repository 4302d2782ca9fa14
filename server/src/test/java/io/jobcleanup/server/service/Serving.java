package io.jobcleanup.server.service;

import io.jobcleanup.JobCleanup;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.server.Host;
import io.jobcleanup.server.account.FirstAdmin;
import io.jobcleanup.server.database.HostDatabase;
import io.jobcleanup.server.schema.ServiceSchema;
import io.jobcleanup.server.settings.Settings;
import io.jobcleanup.server.settings.SettingsReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.springframework.context.ApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The service within this process, on a free port, and what clients ask of it. */
public final class Serving implements AutoCloseable {
  /** Who is made the first admin. */
  public static final String EMAIL = "admin@example.com";

  /** The first admin's password. */
  public static final String PASSWORD = "correct horse battery";

  /** The secret of the cron endpoint. */
  public static final String CRON_SECRET = "cron-secret-of-24-letters";

  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private final HostDatabase database;
  private final Service service;

  private Serving(HostDatabase database, Service service) {
    this.database = database;
    this.service = service;
  }

  /**
   * Starts it on a host's database, without its schedule.
   *
   * @param more further environment variables, name and value in turn; null for one that isn't set
   */
  public static Serving on(Host host, String... more) {
    Map<String, String> variables = new HashMap<>(host.variables());
    variables.put("PORT", "0");
    variables.put("JOB_CLEANUP_SCHEDULE_ENABLED", "false");
    variables.put("ADMIN_EMAIL", EMAIL);
    variables.put("ADMIN_PASSWORD", PASSWORD);
    variables.put("CRON_SECRET", CRON_SECRET);
    for (int i = 0; i < more.length; i += 2) {
      variables.put(more[i], more[i + 1]);
    }
    variables.values().removeIf(Objects::isNull);
    return on(SettingsReader.read(variables).settings());
  }

  private static Serving on(Settings settings) {
    HostDatabase database = HostDatabase.openForService(settings);
    try {
      JobCleanup cleanup =
          JobCleanup.builder(database.dataSource()).schema(database.url().schema()).build();
      new ServiceSchema(database.dataSource()).prepare(cleanup, settings.migrate());
      new FirstAdmin(database.dataSource(), settings).makeIfNone();
      return new Serving(database, Service.start(settings, database, Mapping.builtIn()));
    } catch (RuntimeException e) {
      database.close();
      throw e;
    }
  }

  /** What the service is made of. */
  public ApplicationContext context() {
    return service.context();
  }

  /** The port that it listens on. */
  public int port() {
    return service.port();
  }

  /**
   * Asks something.
   *
   * @param headers name and value in turn
   */
  public HttpResponse<String> send(String method, String path, String body, String... headers)
      throws IOException, InterruptedException {
    return send(service.port(), method, path, body, headers);
  }

  /** As {@link #send(String, String, String, String...)}, on another port. */
  public static HttpResponse<String> send(
      int port, String method, String path, String body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d%s".formatted(port, path)))
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return CLIENT.send(request.build(), BodyHandlers.ofString());
  }

  /** Tries to sign in. */
  public HttpResponse<String> signIn(String email, String password, String... headers)
      throws IOException, InterruptedException {
    String[] all = new String[headers.length + 2];
    System.arraycopy(headers, 0, all, 0, headers.length);
    all[headers.length] = "Content-Type";
    all[headers.length + 1] = "application/json";
    return send(
        "POST",
        "/api/auth/login",
        JsonMapper.shared().writeValueAsString(Map.of("email", email, "password", password)),
        all);
  }

  /** Signs in, and gives what the browser would send as {@code Cookie} from then on. */
  public String cookie(String email, String password) throws IOException, InterruptedException {
    return cookieOf(signIn(email, password));
  }

  /** What a browser would send as {@code Cookie} after such an answer. */
  public static String cookieOf(HttpResponse<String> signedIn) {
    if (signedIn.statusCode() != 200) {
      throw new AssertionError(signedIn.statusCode() + ": " + signedIn.body());
    }
    return signedIn.headers().firstValue("Set-Cookie").orElseThrow().split(";", 2)[0];
  }

  /** The answer's body as JSON. */
  public static JsonNode json(HttpResponse<String> answer) {
    return JsonMapper.shared().readTree(answer.body());
  }

  @Override
  public void close() {
    service.close();
    database.close();
  }
}
