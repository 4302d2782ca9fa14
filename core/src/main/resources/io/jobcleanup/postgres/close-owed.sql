-- Records that the host gave an owed refund back itself.
update job_cleanup.refund
set state = 'WAIVED', cause = 'given back by the host meanwhile', waived_at = clock_timestamp(), next_try_at = null,
    last_tried_at = clock_timestamp()
where refund_key = :refund_key and state = 'OWED'
