package io.jobcleanup.server.answer;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.jobcleanup.Finding;
import io.jobcleanup.Verification;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an audit found, in JSON.
 *
 * @param ok whether nothing is wrong
 * @param findings what is wrong
 * @param notices what is worth knowing
 * @param moreFindings how many findings there are besides those listed
 * @param moreNotices how many notices there are besides those listed
 * @param unseen what can't be audited with this mapping
 * @param refunds how many refunds of ours were looked at
 * @param tokensRefunded how many tokens they gave back
 * @param balances how many balances were compared with their ledger
 * @param ledgerRows how many ledger rows were added up for it
 */
public record VerifyAnswer(
    boolean ok,
    List<Found> findings,
    List<Found> notices,
    long moreFindings,
    long moreNotices,
    List<String> unseen,
    long refunds,
    BigDecimal tokensRefunded,
    long balances,
    long ledgerRows) {

  /** One finding, or notice. */
  public record Found(
      String id,
      String check,
      String invariant,
      @Nullable String job,
      @Nullable String user,
      @Nullable String ledgerRow,
      String message,
      String culprit,
      String cause,
      String remedy,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String accepted) {}

  /** The answer. */
  public static VerifyAnswer of(Verification verification) {
    return new VerifyAnswer(
        verification.ok(),
        verification.findings().stream().map(VerifyAnswer::found).toList(),
        verification.notices().stream().map(VerifyAnswer::found).toList(),
        verification.moreFindings(),
        verification.moreNotices(),
        verification.unseen(),
        verification.refunds(),
        Json.plain(verification.tokens()),
        verification.accounts(),
        verification.ledgerRows());
  }

  /** One finding. */
  public static Found found(Finding finding) {
    return new Found(
        finding.id(),
        finding.check(),
        finding.invariant(),
        finding.job(),
        finding.user(),
        finding.ledgerRow(),
        finding.message(),
        finding.culprit().name(),
        finding.cause(),
        finding.remedy(),
        finding.accepted());
  }
}
