package io.jobcleanup.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The tutorial, followed to the letter in an empty folder: each block of commands ends well, and
 * prints what is shown behind it, but for times, numbers and names that differ each time.
 */
@Execution(ExecutionMode.CONCURRENT)
class TutorialTest {
  private static final Path PAGE = Path.of("..", "docs", "tutorial", "README.md");
  private static final Pattern CODE =
      Pattern.compile("^```(sh|text)\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);

  @TempDir Path folder;
  @TempDir Path path;

  @AfterEach
  void stop() throws IOException, InterruptedException {
    Program.inOwnProcess(folder, Map.of(), List.of(), "stop");
  }

  @Test
  void commandsDoWhatIsShown() throws IOException, InterruptedException {
    putProgramOnPath();
    // On a slow machine a rehearsal would show fewer jobs than there are.
    follow("job-cleanup sql \"alter database job_cleanup set deadlock_timeout = '20s'\"");
    List<MatchResult> blocks = CODE.matcher(Files.readString(PAGE)).results().toList();
    String said = "";
    for (MatchResult block : blocks) {
      if (block.group(1).equals("sh")) {
        Program.Ended ended = follow(block.group(2));
        assertThat(ended.code()).as("%s%n%s", block.group(2), ended.all()).isZero();
        said = ended.all();
      } else {
        assertThat(masked(said).lines())
            .as(said)
            .containsSubsequence(
                masked(block.group(2)).lines().filter(it -> !it.isEmpty()).toList());
      }
    }

    assertThat(blocks).hasSizeGreaterThan(20);
  }

  private Program.Ended follow(String commands) throws IOException, InterruptedException {
    Map<String, String> variables = new HashMap<>();
    variables.put("PATH", path + ":" + System.getenv("PATH"));
    return Program.ended(List.of("sh", "-euc", commands), folder, variables);
  }

  private void putProgramOnPath() throws IOException {
    List<String> words = new ArrayList<>(Program.command(List.of("-Xshare:auto")));
    String command =
        words.stream()
            .map(it -> "'" + it.replace("'", "'\\''") + "'")
            .collect(Collectors.joining(" "));
    Path program = path.resolve("job-cleanup");
    Files.writeString(program, "#!/bin/sh\nexec " + command + " \"$@\"\n");
    assertThat(program.toFile().setExecutable(true)).isTrue();
  }

  private static String masked(String text) {
    return text.replaceAll("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID")
        .replaceAll("\\d{4}-\\d\\d-\\d\\d[T ][\\d:.]+Z?", "TIME")
        .replaceAll("\\d\\d:\\d\\d:\\d\\dZ", "TIME")
        .replaceAll("PostgreSQL \\d+\\.\\d+, \\d+ ms", "PostgreSQL #, # ms")
        .replaceAll("\\b\\d+(ms|[hms])\\b", "#$1")
        .replaceAll("in \\d+\\.\\d s", "in # s")
        .replaceAll("for \\d+ ms", "for # ms")
        .replaceAll(" +", " ");
  }
}
