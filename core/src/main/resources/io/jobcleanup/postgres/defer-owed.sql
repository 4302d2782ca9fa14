-- Records that a refund is owed still, why, and when to try again.
-- :delays_ms bigint[], how long to wait after the first try, the second and so on; the last one counts for all further
update job_cleanup.refund
set cause = :cause, tries = tries + 1, last_tried_at = clock_timestamp(),
    next_try_at = clock_timestamp()
      + (cast(:delays_ms as bigint[]))[least(tries + 1, cardinality(cast(:delays_ms as bigint[])))]
        * interval '1 millisecond'
where refund_key = :refund_key and state = 'OWED'
