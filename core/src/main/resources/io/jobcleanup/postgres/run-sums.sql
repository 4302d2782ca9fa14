-- Runs that went to their end and whose sum isn't that of their jobs, or of the refunds that they paid.
-- Rows: all of run, run_job and refund
select cast(run.id as text) as id, run.tokens_refunded + run.owed_tokens_paid as said,
       coalesce(jobs.tokens, 0) + run.owed_tokens_paid as summed, coalesce(paid.tokens, 0) as paid
from job_cleanup.run
left join (select run_id, sum(tokens_refunded) as tokens from job_cleanup.run_job group by run_id) jobs on jobs.run_id = run.id
left join (select paid_run_id, sum(amount) as tokens from job_cleanup.refund where state = 'PAID' group by paid_run_id) paid
  on paid.paid_run_id = run.id
where run.state = 'COMPLETED'
  and (run.tokens_refunded <> coalesce(jobs.tokens, 0)
       or run.tokens_refunded + run.owed_tokens_paid <> coalesce(paid.tokens, 0))
order by run.id
