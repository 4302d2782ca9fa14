-- Our own records about some jobs and their charges.
-- :job_keys     text[]
-- :refund_keys  text[]
-- Index: refund_job and the primary key
select refund_key, job_key, job_table, state, amount, paid_at, cause
from job_cleanup.refund
where job_table = :job_table and job_key = any(cast(:job_keys as text[]))
union
select refund_key, job_key, job_table, state, amount, paid_at, cause
from job_cleanup.refund
where refund_key = any(cast(:refund_keys as text[]))
