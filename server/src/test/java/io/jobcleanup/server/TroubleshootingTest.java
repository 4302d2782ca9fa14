package io.jobcleanup.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * What the troubleshooting page shows is what the program says in that case, but for times, numbers
 * and names that differ each time.
 */
class TroubleshootingTest {
  private static final Path PAGE = Path.of("..", "docs", "how-to", "troubleshooting.md");
  private static final Pattern CODE =
      Pattern.compile("^```(\\w*)\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);
  private static final String PROMPT = "$ job-cleanup ";

  private final Deque<String> shown = new ArrayDeque<>();
  private Map<String, String> variables = Map.of();

  @Test
  void casesAreAsThePageShowsThem() throws IOException, SQLException {
    CODE.matcher(Files.readString(PAGE))
        .results()
        .map(it -> it.group(2))
        .filter(it -> it.startsWith(PROMPT) || it.contains(" jobId="))
        .forEach(shown::add);
    try (Host host = Host.on(TestPostgres.server())) {
      variables = host.variables();
      host.user("u_17", 40);
      host.execute("insert into users (id, \"updatedAt\") values ('u_99', now())");
      processing(host, "img_young", "u_17", 5, "2 minutes 1 second");
      processing(host, "img_done", "u_17", 5, "20 minutes");
      host.execute("update image_enhancement_jobs set status = 'COMPLETED' where id = 'img_done'");

      commandSays("find img_young");
      commandSays("find img_done");
      commandSays("find img_nowhere");
      variables = Map.of("DATABASE_URL", "postgresql://app@127.0.0.1:1/shop");
      commandSays("doctor");
      variables = host.variables();
      commandSays("doctor");

      processing(host, "img_held", "u_17", 5, "20 minutes");
      try (Connection worker = host.dataSource().getConnection();
          Statement statement = worker.createStatement()) {
        worker.setAutoCommit(false);
        statement.execute("select from image_enhancement_jobs where id = 'img_held' for update");
        commandSays("find img_held");
        commandSays("run");
      }
      host.execute("delete from image_enhancement_jobs where id = 'img_held'");

      processing(host, "img_60aa", "u_17", 12, "20 minutes");
      host.execute(
          """
          create function public.check_quota() returns trigger language plpgsql as $$begin
            raise 'quota closed'; end$$;
          create trigger check_quota before update on image_enhancement_jobs
            for each row when (old.id = 'img_60aa') execute function public.check_quota()
          """);
      logSays(commandSays("run"));
      commandSays("find img_60aa");
      host.execute("delete from image_enhancement_jobs where id = 'img_60aa'");

      processing(host, "img_55d1", "u_99", 12, "20 minutes");
      logSays(commandSays("run"));
      commandSays("find img_55d1");
      host.execute(
          """
          insert into user_token_balances (id, "userId", balance, "updatedAt")
          values ('balance-u_99', 'u_99', 0, now())
          """);
      commandSays("run");

      processing(host, "img_late", "u_17", 10, "20 minutes");
      Program.run(variables, "run");
      host.execute(
          """
          update image_enhancement_jobs
          set status = 'COMPLETED', "imageUrl" = 'late.png', "createdAt" = '2026-11-25 03:50:00' where id = 'img_late'
          """);
      Program.Ended run = Program.run(variables, "run");
      commandSays("late");
      logSays(run);
    }

    assertThat(shown).as("shown, and not tried").isEmpty();
  }

  /** Runs the command that the page shows next, and holds its output to what is shown of it. */
  private Program.Ended commandSays(String command) {
    List<String> lines = shown.remove().lines().toList();
    assertThat(lines.getFirst()).isEqualTo(PROMPT + command);

    Program.Ended ended = Program.run(variables, command.split(" "));

    assertThat(masked(ended.all()).lines())
        .as("%s%s says%n%s", PROMPT, command, ended.all())
        .containsSubsequence(
            lines.stream()
                .skip(1)
                .filter(it -> !it.isEmpty())
                .map(TroubleshootingTest::masked)
                .toList());
    return ended;
  }

  private void logSays(Program.Ended ended) {
    assertThat(masked(ended.err())).contains(masked(shown.remove().strip()));
  }

  private static String masked(String text) {
    return text.replaceAll("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID")
        .replaceAll("\\d{4}-\\d\\d-\\d\\d[T ][\\d:.]+Z", "TIME")
        .replaceAll("session \\d+ \\([^,]*, [a-z ]+,", "session # (WHO,")
        .replaceAll("(?<!\\w)\\d[\\d.:]*", "#");
  }

  private static void processing(Host host, String id, String user, int cost, String since)
      throws SQLException {
    host.stuckJob(id, user, cost);
    host.execute(
        """
        update image_enhancement_jobs
        set "processingStartedAt" = (now() at time zone 'UTC') - interval '%s' where id = '%s'
        """
            .formatted(since, id));
  }
}
