package io.jobcleanup.server.service;

import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.database.HostDatabase;
import io.jobcleanup.server.settings.Settings;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

/** The running service. Safe for use by several threads. */
public final class Service implements AutoCloseable {
  /** What a request's body may have unread, so that the answer to it is still seen. */
  private static final String READ_AWAY = "16MB";

  private final ConfigurableApplicationContext context;

  private Service(ConfigurableApplicationContext context) {
    this.context = context;
  }

  /**
   * Starts it, and returns once it answers.
   *
   * @param database stays open after the service has ended
   * @param mapping what the host's tables are
   * @throws ProgramException if a port is taken
   */
  public static Service start(Settings settings, HostDatabase database, Mapping mapping) {
    SpringApplication application = new SpringApplication(ServiceConfiguration.class);
    application.setWebApplicationType(WebApplicationType.SERVLET);
    application.setBannerMode(Banner.Mode.OFF);
    application.setLogStartupInfo(false);
    application.setRegisterShutdownHook(false);
    // They would set up logging and read configuration files, as has been done already.
    application.setListeners(List.of());
    application.setEnvironment(environment(settings));
    application.addInitializers(
        context -> {
          context.getBeanFactory().registerSingleton("settings", settings);
          context.getBeanFactory().registerSingleton("database", database);
          context.getBeanFactory().registerSingleton("dataSource", database.dataSource());
          context.getBeanFactory().registerSingleton("mapping", mapping);
        });
    try {
      return new Service(application.run());
    } catch (RuntimeException e) {
      throw understood(e, settings.web());
    }
  }

  /**
   * All that Spring is told. It doesn't see the program's own environment: what holds secrets can't
   * be shown by it, and no variable that is meant for another program opens an endpoint of ours.
   */
  private static ConfigurableEnvironment environment(Settings settings) {
    Map<String, Object> properties = new HashMap<>();
    properties.put("server.port", settings.web().port());
    properties.put("server.shutdown", "graceful");
    properties.put("server.tomcat.max-swallow-size", READ_AWAY);
    properties.put("spring.threads.virtual.enabled", true);
    properties.put("spring.web.resources.add-mappings", false);
    // Said though it is the default: it warns where nothing was said.
    properties.put("springdoc.api-docs.enabled", true);
    properties.put("springdoc.swagger-ui.enabled", true);
    properties.put("springdoc.api-docs.version", "openapi_3_1");
    properties.put("springdoc.paths-to-match", "/api/**");
    properties.put("springdoc.override-with-generic-response", false);
    if (settings.web().managementPort() != null) {
      properties.put("management.server.port", settings.web().managementPort());
    }
    StandardEnvironment environment = new StandardEnvironment();
    environment
        .getPropertySources()
        .forEach(it -> environment.getPropertySources().remove(it.getName()));
    environment.getPropertySources().addFirst(new MapPropertySource("job-cleanup", properties));
    return environment;
  }

  private static RuntimeException understood(RuntimeException failure, Settings.Web web) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof PortInUseException taken) {
        return new ProgramException(
            ExitCode.MISCONFIGURED,
            "Port %d is taken by another program. Set %s to a free one."
                .formatted(
                    taken.getPort(), taken.getPort() == web.port() ? "PORT" : "MANAGEMENT_PORT"),
            failure);
      }
      if (at instanceof ProgramException known) {
        return known;
      }
    }
    return failure;
  }

  /** Where it listens. */
  public int port() {
    if (context instanceof WebServerApplicationContext web && web.getWebServer() != null) {
      return web.getWebServer().getPort();
    }
    throw new IllegalStateException("the service doesn't listen");
  }

  /** What it is made of. */
  ApplicationContext context() {
    return context;
  }

  /**
   * Ends it: new requests are refused, runs in progress end their batch and are answered, for at
   * most 30 s.
   */
  @Override
  public void close() {
    context.close();
  }
}
