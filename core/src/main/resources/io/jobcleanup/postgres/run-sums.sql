-- Runs that went to their end and whose sum isn't that of their jobs, or of the refunds that they paid.
-- :keep_ms bigint, for how long the history is kept; null for ever. What jobs older runs settled may be forgotten in part
-- Rows: all of run, run_job and refund
select cast(run.id as text) as id, run.tokens_refunded + run.owed_tokens_paid as said,
       coalesce(jobs.tokens, 0) + run.owed_tokens_paid as summed, coalesce(paid.tokens, 0) as paid
from job_cleanup.run
left join (select run_id, sum(tokens_refunded) as tokens from job_cleanup.run_job group by run_id) jobs on jobs.run_id = run.id
left join (select paid_run_id, sum(amount) as tokens from job_cleanup.refund where state = 'PAID' group by paid_run_id) paid
  on paid.paid_run_id = run.id
where run.state = 'COMPLETED'
  and (run.tokens_refunded <> coalesce(jobs.tokens, 0)
       and (run.started_at < statement_timestamp() - cast(:keep_ms as bigint) * interval '1 millisecond') is not true
       or run.tokens_refunded + run.owed_tokens_paid <> coalesce(paid.tokens, 0))
order by run.id
