package io.jobcleanup.doc;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.support.PrismaHost;
import io.jobcleanup.support.TestPostgres;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated("takes the console")
class PlainProgramTest {

  @Test
  void fewLinesOfJavaCleanUpADatabase() {
    PrismaHost host = PrismaHost.create().user("u1", 100).aStuckJob("j1").charged().insert();
    String url =
        "%s%suser=%s&password=%s"
            .formatted(
                TestPostgres.server().jdbcUrl(host.database().value("select current_database()")),
                "?",
                TestPostgres.server().user(),
                TestPostgres.server().password());
    PrintStream console = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      PlainProgram.main(new String[] {url});
    } finally {
      System.setOut(console);
    }

    assertThat(printed.toString(StandardCharsets.UTF_8))
        .contains("Successfully cleaned up 1 stuck job and refunded 10 tokens");
    assertThat(host.status("j1")).isEqualTo("FAILED");
  }
}
