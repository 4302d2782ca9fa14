-- Writes off refunds that are held.
-- :refund_keys  text[]
-- :reason, :by  text
-- Index: the primary key
update job_cleanup.refund
set state = 'WAIVED', cause = :reason, waived_at = clock_timestamp(), waived_by = :by, next_try_at = null
where refund_key = any(cast(:refund_keys as text[])) and state = 'OWED'
returning *
