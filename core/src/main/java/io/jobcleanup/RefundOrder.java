package io.jobcleanup;

import java.math.BigDecimal;

/**
 * One amount to give back to one payer.
 *
 * @param job the job that it is for
 * @param payer whose tokens they were
 * @param amount how much, more than 0
 * @param key a text that is the same for the same refund for ever: an idempotency key
 * @param runId the run that pays it
 */
public record RefundOrder(JobId job, String payer, BigDecimal amount, String key, String runId) {}
