package io.jobcleanup.server.cli;

import io.jobcleanup.JobCleanup;
import io.jobcleanup.mapping.Mapping;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.account.FirstAdmin;
import io.jobcleanup.server.schema.ServiceSchema;
import io.jobcleanup.server.service.Service;
import io.jobcleanup.server.settings.Settings;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The service: API and schedule, until it is told to end. */
@Command(
    name = "serve",
    header = "Run the service: HTTP API and schedule.",
    description = {
      "",
      "Listens on PORT (default 3000) until it gets SIGTERM or SIGINT; a run in progress then ends "
          + "its batch first."
    })
final class ServeCommand implements Callable<Integer> {
  private static final Logger log = LoggerFactory.getLogger(ServeCommand.class);

  @Mixin Options.MappingFile mapping = new Options.MappingFile();

  private final Surroundings surroundings;

  ServeCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws InterruptedException {
    Session session = Session.openForService(surroundings);
    try {
      Settings settings = session.settings();
      JobCleanup cleanup = session.cleanup(mapping.file);
      DataSource dataSource = session.database().dataSource();
      new ServiceSchema(dataSource).prepare(cleanup, settings.migrate());
      new FirstAdmin(dataSource, settings).makeIfNone();
      Mapping tables = Session.mapping(settings, mapping.file);
      Service service = Service.start(settings, session.database(), tables);
      Runtime.getRuntime().addShutdownHook(new Thread(() -> end(service, session)));
      log.atInfo()
          .addKeyValue("port", service.port())
          .addKeyValue("seconds", secondsSinceStart())
          .log("Ready");
      new CountDownLatch(1).await();
      return ExitCode.FINE.number();
    } catch (RuntimeException e) {
      session.close();
      throw e;
    }
  }

  private static void end(Service service, Session session) {
    service.close();
    session.close();
    log.info("Stopped");
    // A JVM that was told to end by a signal says 143, which service managers take for a failure.
    Runtime.getRuntime().halt(ExitCode.FINE.number());
  }

  private static String secondsSinceStart() {
    Duration up = Duration.ofMillis(ManagementFactory.getRuntimeMXBean().getUptime());
    return String.format(Locale.ROOT, "%.1f", up.toMillis() / 1000.0);
  }
}
