package io.jobcleanup.run;

import io.jobcleanup.JobId;
import io.jobcleanup.Outcome;
import io.jobcleanup.RefundOrder;
import io.jobcleanup.TokenRefunder;
import io.jobcleanup.postgres.Books;
import io.jobcleanup.postgres.Books.Owed;
import io.jobcleanup.postgres.Books.OwedKey;
import io.jobcleanup.postgres.Database;
import io.jobcleanup.postgres.Deadline;
import io.jobcleanup.postgres.SourceStatements;
import io.jobcleanup.postgres.Tx;
import io.jobcleanup.run.Payment.Item;
import io.jobcleanup.run.StageException.Stage;
import io.jobcleanup.verdict.Chain;
import io.jobcleanup.verdict.Messages;
import io.jobcleanup.verdict.Recorded;
import io.jobcleanup.verdict.Verdict.Due;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tries again to pay refunds owed from earlier runs. What the host gave back meanwhile is taken
 * off. Used by one thread.
 */
final class OwedRefunds {

  /** How many jobs are taken into one transaction. */
  private static final int JOBS_PER_TRANSACTION = 50;

  private final Database database;
  private final Books books;
  private final @Nullable TokenRefunder refunder;
  private final String run;
  private final Duration budget;

  OwedRefunds(
      Database database,
      Books books,
      @Nullable TokenRefunder refunder,
      String run,
      Duration budget) {
    this.database = database;
    this.books = books;
    this.refunder = refunder;
    this.run = run;
    this.budget = budget;
  }

  /**
   * Tries the refunds whose delay is over.
   *
   * @param sources the sources of the mapping: refunds of others are left alone
   * @param before when the run began: what is owed since then was tried in it
   * @param most how many refunds are tried
   * @return what was paid
   */
  List<RefundOrder> pay(List<SourceStatements> sources, Instant before, int most) {
    Map<String, SourceStatements> byTable = new HashMap<>();
    sources.stream()
        .filter(it -> it.source().refund() != null)
        .forEach(it -> byTable.putIfAbsent(it.jobTable(), it));
    List<OwedKey> due = database.read(tx -> books.dueOwed(tx, byTable.keySet(), before, most));
    Map<String, Map<String, Set<String>>> jobs = new LinkedHashMap<>();
    for (OwedKey key : due) {
      jobs.computeIfAbsent(key.jobTable(), table -> new LinkedHashMap<>())
          .computeIfAbsent(key.jobKey(), job -> new LinkedHashSet<>())
          .add(key.refundKey());
    }
    List<RefundOrder> paid = new ArrayList<>();
    jobs.forEach(
        (table, keys) -> {
          SourceStatements source = byTable.get(table);
          List<String> all = List.copyOf(keys.keySet());
          for (int from = 0; source != null && from < all.size(); from += JOBS_PER_TRANSACTION) {
            paid.addAll(
                some(
                    source,
                    all.subList(from, Math.min(all.size(), from + JOBS_PER_TRANSACTION)),
                    keys));
          }
        });
    return paid;
  }

  private List<RefundOrder> some(
      SourceStatements source, List<String> jobKeys, Map<String, Set<String>> refunds) {
    long began = System.nanoTime();
    try {
      return database.write(tx -> inOneGo(tx, source, jobKeys, refunds));
    } catch (StageException e) {
      if (e.isBug() || (e.connectionLost() && !Preparation.outlasted(began, budget))) {
        throw e;
      }
    }
    List<RefundOrder> paid = new ArrayList<>();
    for (String jobKey : jobKeys) {
      long beganOne = System.nanoTime();
      try {
        paid.addAll(database.write(tx -> inOneGo(tx, source, List.of(jobKey), refunds)));
      } catch (StageException e) {
        if (e.isBug() || (e.connectionLost() && !Preparation.outlasted(beganOne, budget))) {
          throw e;
        }
        Set<String> keys = refunds.getOrDefault(jobKey, Set.of());
        if (keys.size() == 1 && meansAlready(e, source, jobKey)) {
          close(keys);
        } else if (!e.passing() || e.outlasted()) {
          defer(keys, e.reason());
        }
      }
    }
    return paid;
  }

  private boolean meansAlready(StageException e, SourceStatements source, String jobKey) {
    return e.collision()
        .filter(index -> source.collisionMeansAlready(index, paidBefore(source, jobKey)))
        .isPresent();
  }

  private boolean paidBefore(SourceStatements source, String jobKey) {
    return database.read(tx -> books.refundsOf(tx, source, List.of(jobKey), List.of())).stream()
        .anyMatch(it -> it.recorded().state() == Recorded.State.PAID);
  }

  private void close(Set<String> refundKeys) {
    database.write(
        tx -> {
          refundKeys.forEach(key -> books.closeOwed(tx, key));
          return refundKeys.size();
        });
  }

  private void defer(Set<String> refundKeys, String cause) {
    database.write(
        tx -> {
          refundKeys.forEach(key -> books.deferOwed(tx, key, cause));
          return refundKeys.size();
        });
  }

  private List<RefundOrder> inOneGo(
      Tx tx, SourceStatements source, List<String> jobKeys, Map<String, Set<String>> refunds) {
    Preparation.startBudget(tx, budget);
    return StageException.at(
        Stage.REFUND,
        () -> {
          Set<String> wanted =
              jobKeys.stream()
                  .flatMap(it -> refunds.getOrDefault(it, Set.of()).stream())
                  .collect(Collectors.toSet());
          Map<String, Owed> held = new HashMap<>();
          books.holdOwed(tx, wanted).forEach(owed -> held.put(owed.refundKey(), owed));
          List<List<String>> keys =
              held.values().stream()
                  .map(Owed::jobKey)
                  .distinct()
                  .map(text -> JobId.parseKey(text, source.keyColumns()))
                  .toList();
          if (keys.isEmpty()) {
            return List.of();
          }
          Preparation prepared =
              Preparation.of(tx, books, source, keys, Deadline.NONE, Preparation.Claim.ANY);
          List<RefundOrder> paid = settle(tx, source, prepared.jobs(), held);
          for (List<String> missing : prepared.passedOver()) {
            if (!source.exists(tx, missing)) {
              held.values().stream()
                  .filter(owed -> owed.jobKey().equals(JobId.keyText(missing)))
                  .forEach(
                      owed ->
                          books.deferOwed(
                              tx,
                              owed.refundKey(),
                              "the job's row is gone from %s: give it back by hand, or write it off"
                                  .formatted(source.jobTable())));
            }
          }
          return RefusedWriteException.unless(
              "what is checked at the end",
              () -> {
                tx.checkConstraintsNow();
                return paid;
              });
        });
  }

  private List<RefundOrder> settle(
      Tx tx, SourceStatements source, List<Job> jobs, Map<String, Owed> held) {
    if (jobs.isEmpty()) {
      return List.of();
    }
    List<Item> items = new ArrayList<>();
    Map<String, Terms> terms = new HashMap<>();
    for (Job job : jobs) {
      List<Owed> owed =
          held.values().stream().filter(it -> it.jobKey().equals(job.keyText())).toList();
      terms.put(job.keyText(), terms(owed.getFirst()));
      items.addAll(items(tx, job, owed));
    }
    Instant now = jobs.getFirst().row().now();
    Payment payment =
        new Payment(
            tx,
            source,
            books,
            refunder,
            run,
            new Chain(),
            job -> terms.getOrDefault(job.keyText(), new Terms(job.seconds(), null)));
    payment.plan(items, List.of(), now, 0);
    List<Item> payable = new ArrayList<>();
    for (Item item : items) {
      if (item.payable()) {
        payable.add(item);
      } else {
        books.deferOwed(tx, item.due.line().key(), String.valueOf(item.cause));
      }
    }
    List<Map<String, @Nullable String>> marks = marks(payable, terms, now);
    source.evaluateMarkOfJob(tx, marks);
    payment.pay(payable);
    RefusedWriteException.unless(
        "the update of " + source.jobTable(),
        () -> {
          source.markJobs(tx, marks);
          return marks;
        });
    amend(tx, source, payable, held, terms);
    return payable.stream().map(item -> Payment.order(item, run)).toList();
  }

  /**
   * What marks jobs as given back whose lines are paid now. A job that is worked on again, or has
   * other lines by now, is left as it is: the mark would speak of what is to come.
   */
  private List<Map<String, @Nullable String>> marks(
      List<Item> paid, Map<String, Terms> terms, Instant now) {
    List<Map<String, @Nullable String>> marks = new ArrayList<>();
    Payment.byJob(paid)
        .forEach(
            (id, items) -> {
              Job job = items.getFirst().job;
              Terms of = terms.get(job.keyText());
              BigDecimal given =
                  items.stream()
                      .filter(item -> job.charges().containsKey(item.due.line().key()))
                      .map(Item::paid)
                      .reduce(BigDecimal.ZERO, BigDecimal::add);
              if (of == null || given.signum() == 0 || job.row().processing()) {
                return;
              }
              Outcome outcome = new Outcome.Refunded(given);
              Map<String, @Nullable String> line = of.values(job, run, now);
              line.put("n", Integer.toString(marks.size()));
              line.put("message", of.message(outcome));
              line.put("uuid", Uuid7.of(now, paid.size() + marks.size()).toString());
              line.put("payer", job.payer());
              line.put("amount", Payment.inAll(job, outcome).toPlainString());
              marks.add(line);
            });
    return marks;
  }

  private static Terms terms(Owed owed) {
    return new Terms(
        Long.parseLong(owed.seconds()),
        owed.timeoutMs() == null ? null : Long.valueOf(owed.timeoutMs()));
  }

  /** The lines of a job that are to be paid now; what the host gave back meanwhile is closed. */
  private List<Item> items(Tx tx, Job job, List<Owed> owed) {
    Map<String, Due> due = new LinkedHashMap<>();
    job.verdict().due().forEach(it -> due.put(it.line().key(), it));
    List<Item> items = new ArrayList<>();
    for (Owed each : owed) {
      boolean known = job.charges().containsKey(each.refundKey()) || each.amount() != null;
      Due line = due.get(each.refundKey());
      if (job.row().completed() && isLast(job, each.refundKey())) {
        books.deferOwed(
            tx,
            each.refundKey(),
            "the job was completed after it was failed: write it off, unless its user is to have"
                + " it");
      } else if (line != null) {
        items.add(new Item(job, line));
      } else if (known) {
        books.closeOwed(tx, each.refundKey());
        amendClosed(tx, job, each);
      } else {
        // It stood for a job whose charges could not be read: they are its lines now.
        due.values().stream()
            .filter(it -> it.line().recorded() == null)
            .forEach(it -> items.add(new Item(job, it)));
        books.closeOwed(tx, each.refundKey());
      }
    }
    return items;
  }

  private static boolean isLast(Job job, String refundKey) {
    List<String> keys = List.copyOf(job.charges().keySet());
    return keys.getLast().equals(refundKey);
  }

  private void amendClosed(Tx tx, Job job, Owed owed) {
    Terms terms = terms(owed);
    job.source()
        .amend(
            tx,
            List.of(amendment(job, owed, terms, Messages.owed(terms.seconds(), owed.amount()))));
  }

  private void amend(
      Tx tx,
      SourceStatements source,
      List<Item> paid,
      Map<String, Owed> held,
      Map<String, Terms> terms) {
    List<Map<String, @Nullable String>> lines = new ArrayList<>();
    Payment.byJob(paid)
        .forEach(
            (id, items) -> {
              Job job = items.getFirst().job;
              List<Owed> owed =
                  held.values().stream().filter(it -> it.jobKey().equals(job.keyText())).toList();
              boolean all =
                  owed.stream()
                      .allMatch(
                          it ->
                              items.stream()
                                  .anyMatch(item -> item.due.line().key().equals(it.refundKey())));
              Terms of = terms.get(job.keyText());
              if (all && of != null) {
                BigDecimal sum = BigDecimal.ZERO;
                for (Owed each : owed) {
                  sum = sum == null || each.amount() == null ? null : sum.add(each.amount());
                }
                lines.add(amendment(job, owed.getFirst(), of, Messages.owed(of.seconds(), sum)));
              }
            });
    source.amend(tx, lines);
  }

  private static Map<String, @Nullable String> amendment(
      Job job, Owed owed, Terms terms, String oldMessage) {
    Map<String, @Nullable String> line = terms.values(job, owed.runId(), job.row().now());
    line.put("now", owed.failedAt());
    line.put("message", terms.message(new Outcome.Refunded(BigDecimal.ONE)));
    line.put("old_message", oldMessage);
    return line;
  }
}
