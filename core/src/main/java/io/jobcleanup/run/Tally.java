package io.jobcleanup.run;

import io.jobcleanup.CleanupResult;
import io.jobcleanup.JobReport;
import io.jobcleanup.Outcome;
import io.jobcleanup.OwedTotals;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/** Adds up what a run does, in bounded memory however many jobs there are. Used by one thread. */
final class Tally {

  private final String run;
  private final List<JobReport> jobs = new ArrayList<>();
  private final List<JobReport> errors = new ArrayList<>();
  private long cleanedUp;
  private long owed;
  private long refused;
  private BigDecimal tokens = BigDecimal.ZERO;

  Tally(String run) {
    this.run = run;
  }

  void add(JobReport report) {
    switch (report.outcome()) {
      case Outcome.Refunded refunded -> cleanedUp++;
      case Outcome.NothingToRefund nothing -> cleanedUp++;
      case Outcome.AlreadyRefunded already -> cleanedUp++;
      case Outcome.PaidByHost byHost -> cleanedUp++;
      case Outcome.RefundOwed refundOwed -> {
        if (errors.size() < CleanupResult.MAX_JOBS) {
          errors.add(report);
        }
        owed++;
      }
      case Outcome.Refused cause -> {
        if (refused < CleanupResult.MAX_REFUSED) {
          errors.add(report);
        }
        refused++;
      }
      case Outcome.PassedOver passedOver ->
          throw new IllegalArgumentException("a job passed over isn't counted");
    }
    tokens = tokens.add(report.outcome().tokensRefunded());
    if (jobs.size() < CleanupResult.MAX_JOBS) {
      jobs.add(report);
    }
  }

  /** Jobs that are failed now. */
  long settled() {
    return cleanedUp + owed;
  }

  long refused() {
    return refused;
  }

  CleanupResult result(OwedTotals owedTotals, long held, boolean remaining) {
    long found = cleanedUp + owed + refused;
    return new CleanupResult(
        run,
        false,
        found,
        cleanedUp,
        owed + refused,
        tokens,
        jobs,
        found > jobs.size(),
        errors,
        owedTotals,
        held,
        remaining);
  }
}
