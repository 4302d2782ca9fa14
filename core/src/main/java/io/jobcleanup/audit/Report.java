package io.jobcleanup.audit;

import io.jobcleanup.Finding;
import io.jobcleanup.Verification;
import io.jobcleanup.postgres.AuditTrail.Accepted;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Collects what is found, as far as anybody will read it. Used by one thread. */
final class Report {
  private final Map<String, Accepted> accepted;
  private final List<Finding> findings = new ArrayList<>();
  private final List<Finding> notices = new ArrayList<>();
  private final Set<String> unseen = new LinkedHashSet<>();
  private long moreFindings;
  private long moreNotices;
  private long refunds;
  private BigDecimal tokens = BigDecimal.ZERO;
  private long accounts;
  private long ledgerRows;

  Report(Map<String, Accepted> accepted) {
    this.accepted = accepted;
  }

  void add(Discovery discovery) {
    Finding finding = discovery.finding();
    Accepted reason = discovery.wrong() ? accepted.get(finding.id()) : null;
    if (discovery.wrong() && reason == null) {
      if (findings.size() < Verification.MOST_LISTED) {
        findings.add(finding);
      } else {
        moreFindings++;
      }
    } else if (notices.size() < Verification.MOST_LISTED) {
      notices.add(reason == null ? finding : finding.accepted(reason.reason()));
    } else {
      moreNotices++;
    }
  }

  void cannotSee(String what) {
    unseen.add(what);
  }

  void refund(BigDecimal given) {
    refunds++;
    tokens = tokens.add(given);
  }

  void compared(long balances, long rows) {
    accounts += balances;
    ledgerRows += rows;
  }

  Verification verification() {
    return new Verification(
        findings,
        notices,
        moreFindings,
        moreNotices,
        List.copyOf(unseen),
        refunds,
        tokens,
        accounts,
        ledgerRows);
  }
}
