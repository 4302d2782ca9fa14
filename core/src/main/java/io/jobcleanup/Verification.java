package io.jobcleanup;

import java.math.BigDecimal;
import java.util.List;

/**
 * What an audit of the books found.
 *
 * @param findings what is wrong; up to {@link #MOST_LISTED}
 * @param notices what is worth knowing, and no fault of the books that we keep; up to {@link
 *     #MOST_LISTED}
 * @param moreFindings how many findings there were besides
 * @param moreNotices how many notices there were besides
 * @param unseen what can't be audited with this mapping, and why
 * @param refunds how many refunds of ours were looked at
 * @param tokens how many tokens they gave back
 * @param accounts how many balances were compared with their ledger
 * @param ledgerRows how many ledger rows were added up for it
 */
public record Verification(
    List<Finding> findings,
    List<Finding> notices,
    long moreFindings,
    long moreNotices,
    List<String> unseen,
    long refunds,
    BigDecimal tokens,
    long accounts,
    long ledgerRows) {

  /** The most findings, and the most notices, that are listed. */
  public static final int MOST_LISTED = 10_000;

  /** Takes copies. */
  public Verification {
    findings = List.copyOf(findings);
    notices = List.copyOf(notices);
    unseen = List.copyOf(unseen);
  }

  /** Whether nothing is wrong. */
  public boolean ok() {
    return findings.isEmpty();
  }
}
