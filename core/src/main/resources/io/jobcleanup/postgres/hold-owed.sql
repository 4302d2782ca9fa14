-- Locks owed refunds that no other run is paying just now.
-- :refund_keys  text[]
-- Index: the primary key
select refund_key, job_key, payer, amount, cast(seconds as text) as seconds, cast(timeout_ms as text) as timeout_ms,
       cast(run_id as text) as run_id, cast(failed_at as text) as failed_at, tries
from job_cleanup.refund
where refund_key = any(cast(:refund_keys as text[])) and state = 'OWED'
for update skip locked
