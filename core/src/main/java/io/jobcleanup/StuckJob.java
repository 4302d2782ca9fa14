package io.jobcleanup;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One job that is stuck now, and what a run would do about it.
 *
 * @param job which job
 * @param status the status it is in, as the host spells it
 * @param since when its processing began, by the host's tables
 * @param stuckFor how long ago that was, by the database's clock
 * @param timeout the timeout that it outlived; null where it had to end by a time of its own
 * @param payer whose tokens they are; null where the job has no payer
 * @param cost what it cost, its charges added up; null where the tables don't say
 * @param wouldGiveBack what a run would give back now, 0 where nothing
 * @param why why just that: what was given back before, or what stands in the way; empty where
 *     nothing is to be said
 */
public record StuckJob(
    JobId job,
    String status,
    Instant since,
    Duration stuckFor,
    @Nullable Duration timeout,
    @Nullable String payer,
    @Nullable BigDecimal cost,
    BigDecimal wouldGiveBack,
    String why) {}
