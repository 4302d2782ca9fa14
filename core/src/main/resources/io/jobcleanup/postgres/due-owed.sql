-- Refunds owed since before a run whose delay is over, least recently tried first.
-- :job_tables  text[], those of the mapping
-- :before      text, a moment with zone: when the run began
-- :limit       int
-- Index: refund_owed
select refund_key, job_table, job_key
from job_cleanup.refund
where state = 'OWED' and next_try_at <= clock_timestamp() and last_tried_at < cast(:before as timestamptz)
  and job_table = any(cast(:job_tables as text[]))
order by last_tried_at
limit :limit
