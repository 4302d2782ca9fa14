-- Where our history and our refunds disagree about what a run gave back for a job, or that something is owed for it. What was
-- owed from an earlier run and paid by this one may or may not be in the history.
-- Rows: all of run_job and of refund
select settled.source, settled.job_table, settled.job_key, settled.payer, cast(settled.run_id as text) as run_id,
       settled.outcome,
       settled.tokens_refunded as told, coalesce(recorded.tokens, 0) as recorded
from job_cleanup.run_job settled
left join (select paid_run_id, job_table, job_key, sum(amount) as tokens,
                  sum(amount) filter (where run_id = paid_run_id) as at_once
           from job_cleanup.refund where state = 'PAID' group by paid_run_id, job_table, job_key) recorded
  on recorded.paid_run_id = settled.run_id and recorded.job_table = settled.job_table
  and recorded.job_key = settled.job_key
where coalesce(recorded.tokens, 0) < settled.tokens_refunded or recorded.at_once > settled.tokens_refunded
   or settled.outcome = 'RefundOwed'
      and not exists (select from job_cleanup.refund r
                      where r.job_table = settled.job_table and r.job_key = settled.job_key)
order by settled.job_table collate "C", settled.job_key collate "C", settled.run_id
