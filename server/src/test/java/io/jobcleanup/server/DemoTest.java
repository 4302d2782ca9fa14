package io.jobcleanup.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.server.Program.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Timeout(value = 2, unit = TimeUnit.MINUTES)
@Execution(ExecutionMode.CONCURRENT)
class DemoTest {
  @TempDir Path directory;

  @Test
  void killedWorkersJobIsRefundedOnceAndNothingIsLeftBehind()
      throws IOException, InterruptedException {
    Ended ended =
        Program.inOwnProcess(
            directory,
            Map.of("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/never"),
            List.of("-Djava.io.tmpdir=" + directory),
            "demo");

    assertThat(ended.code()).as(ended.all()).isZero();
    assertThat(ended.out())
        .containsPattern("Process \\d+ is killed \\(SIGKILL\\) while it works on job-\\d\\d")
        .containsPattern("Successfully cleaned up 1 stuck job and refunded (2|5|10) tokens")
        .containsPattern("status of job-\\d\\d +PROCESSING  FAILED")
        .contains("They balance")
        .contains("export DATABASE_URL=");
    assertThat(ended.err())
        .contains("[INFO] Found stuck jobs count=1")
        .contains("[INFO] Cleanup completed totalFound=1 cleanedUp=1");
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left.map(it -> it.getFileName().toString()))
          .noneMatch(it -> it.startsWith("job-cleanup"));
    }
  }
}
