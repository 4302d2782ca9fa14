package io.jobcleanup.server.demo;

import io.jobcleanup.CleanupOptions;
import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobCleanup;
import io.jobcleanup.embedded.EmbeddedPostgres;
import io.jobcleanup.server.ExitCode;
import io.jobcleanup.server.ProgramException;
import io.jobcleanup.server.cli.Surroundings;
import io.jobcleanup.server.cli.TextTable;
import io.jobcleanup.server.cli.Words;
import io.jobcleanup.server.demo.Product.Books;
import io.jobcleanup.server.demo.Product.View;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The main job before one's eyes: workers resample images that users have paid for, one is killed
 * in mid-job, and the cleanup fails its job and gives the tokens back. All on a PostgreSQL of its
 * own, in directories that are removed at the end; what an interrupted demo leaves behind harms
 * nothing.
 */
public final class Demo {
  private static final Duration TIMEOUT = Duration.ofSeconds(3);
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final long POLL_MILLIS = 100;
  private static final int JOBS_BEFORE_THE_KILL = 2;
  private static final int BAR = 30;

  private final Surroundings surroundings;
  private final PrintStream out;
  private int step;

  /** A demo that tells what it does on standard output. */
  public Demo(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.out = surroundings.out();
  }

  /**
   * Shows it.
   *
   * @return FINE if the books balance and the killed worker's job was refunded once, else FAILED
   * @throws ProgramException if it can't be shown here
   */
  public ExitCode run() throws SQLException, IOException, InterruptedException {
    out.println("Tokens paid for a job that a dead worker left behind come back. Watch:");
    say("A PostgreSQL of its own starts; nothing of yours is touched.");
    Path directory = Files.createTempDirectory("job-cleanup-demo-");
    Thread removal = new Thread(() -> delete(directory), "demo-removal");
    Runtime.getRuntime().addShutdownHook(removal);
    try (EmbeddedPostgres postgres = EmbeddedPostgres.temporary();
        Connection connection = postgres.connect()) {
      return show(postgres, new Product(connection), directory);
    } finally {
      surroundings.err().clearPassing();
      delete(directory);
      Runtime.getRuntime().removeShutdownHook(removal);
    }
  }

  private ExitCode show(EmbeddedPostgres postgres, Product product, Path directory)
      throws SQLException, IOException, InterruptedException {
    say("Three users have bought 100 tokens each, queue images to be enlarged, and pay at once.");
    product.open();
    int jobs = product.queueJobs(directory);
    detail("%d jobs are PENDING, at 2, 5 or 10 tokens.".formatted(jobs));

    String victim = work(postgres, product, directory, jobs);
    View before = product.view(victim);
    if (!before.status().equals("PROCESSING")) {
      throw new ProgramException(
          ExitCode.FAILED,
          "%s was done before its worker could be killed. Try again.".formatted(victim));
    }

    say(
        "%s stays PROCESSING for ever, and %s has paid %s. After %ds we call it stuck."
            .formatted(
                victim, before.user(), Words.count(before.cost(), "token"), TIMEOUT.toSeconds()));
    await(product, victim);

    say("The cleanup, as your code or a crontab would run it. Its log lines:");
    out.println();
    JobCleanup cleanup = JobCleanup.builder(dataSource(postgres)).build();
    cleanup.migrate();
    CleanupResult result = cleanup.cleanupStuckJobs(CleanupOptions.defaults().withTimeout(TIMEOUT));
    CleanupResult again = cleanup.cleanupStuckJobs(CleanupOptions.defaults().withTimeout(TIMEOUT));
    out.println();
    detail(result.message() + ".");
    detail("And a second time: %s.".formatted(again.message()));

    View after = product.view(victim);
    say("What it did:");
    out.println();
    compare(before, after);

    say("The books, by a query that you can run on your own tables:");
    out.println();
    List<Books> books = product.books();
    print(books);
    boolean good =
        books.stream().allMatch(Books::balanced)
            && after.status().equals("FAILED")
            && after.refunds() == 1
            && after.balance() == before.balance() + before.cost()
            && result.tokensRefunded().compareTo(BigDecimal.valueOf(before.cost())) == 0
            && again.totalFound() == 0;
    out.println();
    detail(
        good
            ? "They balance: every balance is what its ledger adds up to, and only results "
                + "were paid for."
            : "They DON'T balance: that must not happen, and is a fault of this program.");
    printNext();
    return good ? ExitCode.FINE : ExitCode.FAILED;
  }

  /** Lets two workers do all jobs but the one that the first is killed over. */
  private String work(EmbeddedPostgres postgres, Product product, Path directory, int jobs)
      throws SQLException, IOException, InterruptedException {
    Path errors = directory.resolve("workers.log");
    try (WorkerProcess first = WorkerProcess.start(postgres, errors);
        WorkerProcess second = WorkerProcess.start(postgres, errors)) {
      Thread ending = new Thread(() -> Stream.of(first, second).forEach(WorkerProcess::close));
      Runtime.getRuntime().addShutdownHook(ending);
      try {
        say(
            "Two workers, processes %d and %d, claim jobs and resample the images."
                .formatted(first.pid(), second.pid()));
        CompletableFuture<String> killed = killInMidJob(first);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        boolean told = false;
        while (second.alive() || !killed.isDone()) {
          int done = product.count("COMPLETED");
          passing(bar(done, jobs) + "%d of %d images".formatted(done, jobs));
          if (killed.isDone() && !told) {
            told = true;
            tellOfTheKill(first, jobOf(killed));
          }
          if (System.nanoTime() > deadline) {
            throw new ProgramException(
                ExitCode.FAILED, "The workers don't get done here." + said(errors));
          }
          TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
        surroundings.err().clearPassing();
        if (!told) {
          tellOfTheKill(first, jobOf(killed));
        }
        int done = product.count("COMPLETED");
        if (done != jobs - 1) {
          throw new ProgramException(
              ExitCode.FAILED,
              "The workers did %d of %d jobs, and then ended.%s"
                  .formatted(done, jobs, said(errors)));
        }
        detail("The other worker did the rest: %d of %d are COMPLETED.".formatted(done, jobs));
        return jobOf(killed);
      } finally {
        Runtime.getRuntime().removeShutdownHook(ending);
      }
    }
  }

  private void tellOfTheKill(WorkerProcess worker, String job) {
    surroundings.err().clearPassing();
    detail("Process %d is killed (SIGKILL) while it works on %s.".formatted(worker.pid(), job));
  }

  /** Kills a worker as soon as it has claimed a later job, and gives that job. */
  private static CompletableFuture<String> killInMidJob(WorkerProcess worker) {
    CompletableFuture<String> killed = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                @Nullable String job = null;
                for (int i = 0; i < JOBS_BEFORE_THE_KILL; i++) {
                  job = worker.nextClaim();
                }
                worker.kill();
                if (job == null) {
                  throw new IOException("the first worker ended early");
                }
                killed.complete(job);
              } catch (IOException | InterruptedException | RuntimeException e) {
                killed.completeExceptionally(
                    new ProgramException(
                        ExitCode.FAILED, "The workers don't work here: " + e.getMessage(), e));
              }
            });
    return killed;
  }

  private static String jobOf(CompletableFuture<String> killed) {
    try {
      return killed.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof ProgramException known ? known : e;
    }
  }

  private static String said(Path errors) throws IOException {
    return Files.exists(errors) && Files.size(errors) > 0
        ? " They said:\n" + Files.readString(errors).strip()
        : "";
  }

  private void await(Product product, String job) throws SQLException, InterruptedException {
    Duration age = product.age(job);
    while (age.compareTo(TIMEOUT) < 0) {
      long left = TIMEOUT.minus(age).toMillis();
      passing(
          bar((int) age.toMillis(), (int) TIMEOUT.toMillis())
              + "%.1f s left".formatted(left / 1000.0));
      TimeUnit.MILLISECONDS.sleep(Math.min(left + 1, POLL_MILLIS));
      age = product.age(job);
    }
    surroundings.err().clearPassing();
  }

  private void compare(View before, View after) {
    TextTable table = new TextTable(List.of("", "BEFORE", "AFTER"), Set.of());
    table.add(List.of("status of " + before.job(), before.status(), after.status()));
    table.add(
        List.of(
            "its error message",
            Objects.requireNonNullElse(before.error(), "null"),
            Objects.requireNonNullElse(after.error(), "null")));
    table.add(
        List.of(
            "balance of " + before.user(),
            Words.count(before.balance(), "token"),
            Words.count(after.balance(), "token")));
    table.add(
        List.of(
            "refunds in the ledger",
            String.valueOf(before.refunds()),
            String.valueOf(after.refunds())));
    table.lines("     ").forEach(out::println);
  }

  private void print(List<Books> books) {
    Product.booksQuery().lines().forEach(line -> out.println("     " + line));
    out.println();
    TextTable table =
        new TextTable(
            List.of("payer", "balance", "ledger", "paid for results", "given back"),
            Set.of(1, 2, 3, 4));
    books.forEach(
        row ->
            table.add(
                List.of(
                    row.payer(),
                    Words.number(row.balance()),
                    Words.number(row.ledger()),
                    Words.number(row.paidForResults()),
                    Words.number(row.givenBack()))));
    table.lines("     ").forEach(out::println);
  }

  private void printNext() {
    out.println();
    out.println("With your own database, in the order of daring:");
    out.println();
    out.println("     export DATABASE_URL='postgresql://user:password@host:5432/database'");
    out.println(
        "     ./job-cleanup map > mapping.yaml  where your tables are others than these: a draft");
    out.println("     ./job-cleanup doctor              is all there that it takes?");
    out.println("     ./job-cleanup find                what is stuck? changes nothing");
    out.println(
        "     ./job-cleanup run --rehearse      what would change, row by row? rolled back");
    out.println("     ./job-cleanup run                 fail it, and give the tokens back");
    out.println("     ./job-cleanup refunds --user U    did this user get them back, when, why?");
    out.println("     ./job-cleanup verify              does everything add up?");
  }

  private void say(String sentence) {
    step++;
    out.println();
    out.println("%2d   %s".formatted(step, sentence));
    out.flush();
  }

  private void detail(String sentence) {
    out.println("     " + sentence);
    out.flush();
  }

  private void passing(String text) {
    if (surroundings.terminal()) {
      surroundings.err().showPassing("     " + text);
    }
  }

  private static String bar(int done, int all) {
    int filled = Math.min(BAR, BAR * done / all);
    return "[%s%s] ".formatted("#".repeat(filled), ".".repeat(BAR - filled));
  }

  private static PGSimpleDataSource dataSource(EmbeddedPostgres postgres) {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setURL(postgres.jdbcUrl());
    dataSource.setUser(postgres.user());
    dataSource.setPassword(postgres.password());
    return dataSource;
  }

  private static void delete(Path directory) {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
