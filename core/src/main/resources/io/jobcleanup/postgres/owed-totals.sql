-- What is owed since before a run.
-- :before text, a moment with zone
select count(*) as refunds, coalesce(sum(amount), 0) as tokens
from job_cleanup.refund
where state = 'OWED' and failed_at < cast(:before as timestamptz)
