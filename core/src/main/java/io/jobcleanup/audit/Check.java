package io.jobcleanup.audit;

import io.jobcleanup.Finding.Culprit;
import java.util.Locale;

/** What an audit can find, with the rule that it breaks, and its likely story. */
enum Check {
  LEDGER_ROW_GONE(
      "I5",
      Culprit.HAND,
      "somebody deleted it: we never delete a ledger row",
      "Put the row back from a backup, and find out who may delete in this table."),
  LEDGER_ROW_CHANGED(
      "I8",
      Culprit.HAND,
      "somebody changed it: we never change a ledger row",
      "Set it back to what it was, and find out who may update this table."),
  GIVEN_BACK_TOO_MUCH(
      "I4",
      Culprit.HOST,
      "the host gave back too, after us or without looking, or a row was copied or a charge lowered by hand",
      "Take back what is too much, or accept it as a gift. See docs/how-to/workers-beside-a-cleaner.md."),
  CHARGE_GONE(
      "I4",
      Culprit.HAND,
      "somebody deleted the charge after it was given back",
      "Put the charge back from a backup: without it the refund has no reason."),
  CHARGE_CHANGED(
      "I2",
      Culprit.HAND,
      "somebody changed the charge after it was given back",
      "Set it back to what it was, and find out who may update this table."),
  NOT_GIVEN_BACK(
      "I5",
      Culprit.HAND,
      "the charge was added, copied or raised after the job was failed, or our record of its refund was deleted",
      "If the user was charged rightly, give it back by hand; else remove the charge."),
  REFUND_RECORD_GONE(
      "I3",
      Culprit.HAND,
      "somebody deleted our record of the refund: we never do",
      "Put the row of job_cleanup.refund back from a backup before the job is run again: it keeps the charge from being given back twice."),
  REFUND_RECORD_CHANGED(
      "I3",
      Culprit.HAND,
      "somebody changed our record of the refund",
      "Set the row of job_cleanup.refund back to what it was."),
  HISTORY_GONE(
      "I9",
      Culprit.HAND,
      "somebody deleted rows of our history before their time",
      "Put them back from a backup, or accept it."),
  HISTORY_CHANGED(
      "I9",
      Culprit.HAND,
      "somebody changed our history or our refunds",
      "Compare both with the ledger and a backup; set right what was changed."),
  LATE_COMPLETION(
      "I6",
      Culprit.LATE_WORKER,
      "a worker that was slow, not dead, completed the job after it was failed and given back",
      "Guard the worker's UPDATE, or have it guarded: job-cleanup late guard. The user has both: charge again, or accept it."),
  BALANCE_UNEXPLAINED(
      "I1",
      Culprit.HAND,
      "the balance was changed without a ledger row, or a ledger row was deleted, added or changed",
      "Find out what changed it, and write the missing ledger row, or set the balance right."),
  CHAIN_BROKEN(
      "I2",
      Culprit.HOST,
      "the host wrote a row whose amount isn't what the balance moved by, changed the balance without a row, or a row was deleted",
      "Nothing that we wrote: look at the row if it matters."),
  FIRST_BALANCE(
      "I1",
      Culprit.HOST,
      "the first balance has no ledger row, or old rows were removed",
      "Nothing to do."),
  DIFFERENCE_FROM_BEFORE(
      "I1",
      Culprit.HOST,
      "balance and ledger differed by as much when our schema was made",
      "Nothing that we wrote."),
  JOB_GONE("I5", Culprit.HOST, "the host deleted the job", "Nothing to do: our record stays."),
  PAYER_GONE(
      "I1",
      Culprit.HOST,
      "the host deleted the user's balance",
      "Nothing to do: our record stays."),
  PAYER_CHANGED(
      "I5",
      Culprit.HOST,
      "the host gave the job to somebody else after its tokens were given back",
      "Nothing to do, if that was meant."),
  FAILED_WITHOUT_REFUND(
      "I5",
      Culprit.HOST,
      "the job was failed by others than us, and they gave nothing back",
      "If the user should have the tokens back, give them back by hand: we don't touch what others failed."),
  NOT_IN_MAPPING(
      "I5",
      Culprit.HOST,
      "a source was taken out of the mapping, or its table renamed",
      "To audit them, verify with a mapping that has the table."),
  UNREADABLE(
      "I5",
      Culprit.HOST,
      "an expression of the mapping fails for the job",
      "Look at the job and the mapping; doctor may tell more.");

  private final String invariant;
  private final Culprit culprit;
  private final String cause;
  private final String remedy;

  Check(String invariant, Culprit culprit, String cause, String remedy) {
    this.invariant = invariant;
    this.culprit = culprit;
    this.cause = cause;
    this.remedy = remedy;
  }

  String code() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  String invariant() {
    return invariant;
  }

  Culprit culprit() {
    return culprit;
  }

  String cause() {
    return cause;
  }

  String remedy() {
    return remedy;
  }
}
