-- What refunds add up to.
-- <which>  which are asked for, as in refunds.sql
-- Index: for a payer refund_payer, for a job refund_job, for what is owed refund_owed; for all, every row is read
select count(*) filter (where state = 'PAID') as paid,
       coalesce(sum(amount) filter (where state = 'PAID'), 0) as tokens_paid,
       count(*) filter (where state = 'OWED') as owed,
       coalesce(sum(amount) filter (where state = 'OWED'), 0) as tokens_owed,
       count(*) filter (where state = 'WAIVED') as waived,
       coalesce(sum(amount) filter (where state = 'WAIVED'), 0) as tokens_waived,
       extract(epoch from clock_timestamp() - min(failed_at) filter (where state = 'OWED')) * 1000 as oldest_owed_ms
from job_cleanup.refund
where <which>
