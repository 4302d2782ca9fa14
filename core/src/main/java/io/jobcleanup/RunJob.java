package io.jobcleanup;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What our history says that a run did to a job.
 *
 * @param run the run's id
 * @param source the name that the job's source had then
 * @param job the job's key as one text, see {@link JobId#text()}
 * @param payer whose tokens they were; null where the job had no payer
 * @param cost what it had cost, its charges added up; null where the tables didn't say
 * @param tokensRefunded what was given back, 0 where nothing was
 * @param processingDuration how long it had been processed
 * @param outcome what became of it, see {@link Outcome#label()}
 * @param cause what went wrong; null where nothing did
 * @param settledAt when, by the database's clock
 */
public record RunJob(
    String run,
    String source,
    String job,
    @Nullable String payer,
    @Nullable BigDecimal cost,
    BigDecimal tokensRefunded,
    Duration processingDuration,
    String outcome,
    @Nullable String cause,
    Instant settledAt) {}
