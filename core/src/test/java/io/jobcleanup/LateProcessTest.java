package io.jobcleanup;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.support.PrismaHost;
import io.jobcleanup.support.SlowWorker;
import io.jobcleanup.support.TestPostgres;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A worker's process that the operating system stops past its job's timeout, and continues. */
class LateProcessTest {

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void processThatWasFrozenIsReportedAndItsUserHasTheTokensOnce(boolean guarded) throws Exception {
    PrismaHost host = PrismaHost.create().user("u1", 100).aStuckJob("j1").charged().insert();
    JobCleanup cleanup = host.cleanup();
    if (guarded) {
      cleanup.guard(null);
    }
    Process worker = start(host, "j1");
    try (BufferedReader output = worker.inputReader(StandardCharsets.UTF_8)) {
      assertThat(output.readLine()).isEqualTo("claimed");
      signal(worker, "STOP");
      worker.getOutputStream().write('\n');
      worker.getOutputStream().flush();
      cleanup.cleanupStuckJobs();
      assertThat(host.status("j1")).isEqualTo("FAILED");

      signal(worker, "CONT");
      assertThat(output.readLine()).isEqualTo(guarded ? "0" : "1");
      assertThat(worker.waitFor(30, TimeUnit.SECONDS)).isTrue();
    } finally {
      worker.destroyForcibly();
    }
    cleanup.cleanupStuckJobs();

    assertThat(host.status("j1")).isEqualTo(guarded ? "FAILED" : "COMPLETED");
    assertThat(cleanup.lateCompletions(null, 10).items())
        .singleElement()
        .satisfies(late -> assertThat(late.prevented()).isEqualTo(guarded));
    assertThat(host.balance("u1")).isEqualByComparingTo("100");
    assertThat(host.refunds("j1")).hasSize(1);
  }

  private static Process start(PrismaHost host, String job) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                SlowWorker.class.getName(),
                TestPostgres.server().jdbcUrl(host.database().value("select current_database()")),
                TestPostgres.server().user(),
                job)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put(SlowWorker.PASSWORD, TestPostgres.server().password());
    return builder.start();
  }

  private static void signal(Process process, String name) throws Exception {
    assertThat(
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor())
        .isZero();
  }
}
