package io.jobcleanup.server.answer;

import io.jobcleanup.RunJob;
import io.jobcleanup.RunRecord;
import io.jobcleanup.server.answer.RunAnswer.PastJob;
import io.jobcleanup.server.answer.RunAnswer.PastRun;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The history written line by line, however long it is. */
public final class RunExport {
  private static final List<String> RUN_COLUMNS =
      List.of(
          "runId",
          "trigger",
          "actor",
          "state",
          "startedAt",
          "completedAt",
          "timeoutMs",
          "batchSize",
          "drain",
          "totalFound",
          "cleanedUp",
          "failed",
          "tokensRefunded",
          "owedPaid",
          "owedTokensPaid",
          "error");
  private static final List<String> JOB_COLUMNS =
      List.of(
          "runId",
          "id",
          "source",
          "userId",
          "tokensRefunded",
          "tokensCost",
          "processingDuration",
          "outcome",
          "error",
          "settledAt");

  private RunExport() {}

  /** How lines are written. */
  public enum Form {
    /** RFC 4180, with the names of its columns in the first line. */
    CSV,
    /** Each line a JSON object, as the lists of the API have it. */
    NDJSON
  }

  /** Writes runs; {@code out} stays open. */
  public static void runs(Form form, Stream<RunRecord> runs, OutputStream out) {
    write(form, RUN_COLUMNS, runs.map(RunAnswer::run), RunExport::cells, out);
  }

  /** Writes what a run did to jobs; {@code out} stays open. */
  public static void jobs(Form form, Stream<RunJob> jobs, OutputStream out) {
    write(form, JOB_COLUMNS, jobs.map(RunAnswer::job), RunExport::cells, out);
  }

  private static <T> void write(
      Form form,
      List<String> columns,
      Stream<T> items,
      Function<T, List<@Nullable Object>> cells,
      OutputStream out) {
    switch (form) {
      case CSV -> {
        Csv csv = new Csv(out);
        csv.line(columns);
        items.forEach(it -> csv.line(cells.apply(it)));
        csv.flush();
      }
      case NDJSON -> items.forEach(it -> line(Json.write(it), out));
    }
  }

  private static void line(String json, OutputStream out) {
    try {
      out.write((json + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<@Nullable Object> cells(PastRun run) {
    return Arrays.asList(
        run.runId(),
        run.trigger(),
        run.actor(),
        run.state(),
        run.startedAt(),
        run.completedAt(),
        run.timeoutMs(),
        run.batchSize(),
        run.drain(),
        run.totalFound(),
        run.cleanedUp(),
        run.failed(),
        run.tokensRefunded(),
        run.owed().paid(),
        run.owed().tokensPaid(),
        run.error());
  }

  private static List<@Nullable Object> cells(PastJob job) {
    return Arrays.asList(
        job.runId(),
        job.id(),
        job.source(),
        job.userId(),
        job.tokensRefunded(),
        job.tokensCost(),
        job.processingDuration(),
        job.outcome(),
        job.error(),
        job.settledAt());
  }
}
