package io.jobcleanup.verdict;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * One amount that a job took from its payer: one per charge, or one per job.
 *
 * @param key the refund's key: the same for the same line for ever
 * @param amount how much it took; null or 0 is nothing
 * @param already how much the tables show as given back for this line alone; null where they only
 *     tell per job
 * @param recorded what we did about it before; null where nothing
 */
public record Line(
    String key,
    @Nullable BigDecimal amount,
    @Nullable BigDecimal already,
    @Nullable Recorded recorded) {}
