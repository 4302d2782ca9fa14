package io.jobcleanup;

import java.math.BigDecimal;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a run found and did about one job.
 *
 * @param job which job
 * @param payer whose tokens they are, as PostgreSQL writes the value; null where the job has no
 *     payer
 * @param cost what the job cost, its charges added up; null where the tables don't say
 * @param processingDuration how long it had been processed, to the millisecond
 * @param outcome what became of it; {@link Outcome.PassedOver} in a dry run
 */
public record JobReport(
    JobId job,
    @Nullable String payer,
    @Nullable BigDecimal cost,
    Duration processingDuration,
    Outcome outcome) {}
