-- All refunds of ours, job by job, with what our history says of them.
-- :keep_ms bigint, for how long the history is kept; null for ever
-- Rows: all of refund
select refund.refund_key, refund.source, refund.job_table, refund.job_key, refund.attempt, refund.charge_table, refund.charge_key,
       refund.payer, refund.amount, refund.state, refund.cause, cast(refund.run_id as text) as run_id,
       cast(refund.paid_run_id as text) as paid_run_id, refund.failed_at, refund.paid_at, refund.ledger_table, refund.ledger_key,
       refund.balance_after, run.id is not null as run_there,
       run_job.run_id is not null
         or run.started_at < statement_timestamp() - cast(:keep_ms as bigint) * interval '1 millisecond' as job_there,
       run_job.outcome, run_job.payer as payer_then,
       refund.failed_at > statement_timestamp() - interval '1 day' as recent,
       exists (select from job_cleanup.late_completion late
               where late.job_table = refund.job_table and late.job_key = refund.job_key and late.run_id = refund.run_id
                 and not late.prevented)
         as known_late
from job_cleanup.refund
left join job_cleanup.run on run.id = refund.run_id
left join job_cleanup.run_job on run_job.run_id = refund.run_id and run_job.job_table = refund.job_table
  and run_job.job_key = refund.job_key
order by refund.job_table collate "C", refund.job_key collate "C", refund.refund_key collate "C"
