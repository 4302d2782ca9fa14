package io.jobcleanup;

import java.math.BigDecimal;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A job that a worker completed after a run had failed it and given its tokens back; or wanted to,
 * and our trigger prevented it.
 *
 * @param source the name that the job's source had when it was failed
 * @param job the job's key as one text, see {@link JobId#text()}
 * @param runId the run that failed it
 * @param payer whose tokens they were; null where nobody knows any more
 * @param tokensRefunded what was given back for it, at least 0
 * @param tokensOwed what is owed for it still, at least 0
 * @param failedAt when it was failed, by the database's clock; null where nobody knows any more
 * @param foundAt when it was found or prevented, by the same clock
 * @param status what the worker wrote, or wanted to write
 * @param delivered what the job's row held besides, or would have held: a JSON object with each
 *     value cut to 200 characters; null where that was nothing
 * @param prevented whether our trigger kept the job failed
 */
public record LateCompletion(
    String source,
    String job,
    String runId,
    @Nullable String payer,
    BigDecimal tokensRefunded,
    BigDecimal tokensOwed,
    @Nullable Instant failedAt,
    Instant foundAt,
    String status,
    @Nullable String delivered,
    boolean prevented) {}
