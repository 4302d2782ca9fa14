-- Records what a run did to jobs.
-- :job_key, … text[], one element per job
insert into job_cleanup.run_job
  (run_id, job_table, job_key, source, payer, outcome, tokens_refunded, cost, duration_ms, cause, settled_at)
select cast(:run as uuid), :job_table, line.job_key, :source, line.payer, line.outcome,
       cast(line.tokens as numeric), cast(line.cost as numeric), cast(line.duration_ms as bigint), line.cause,
       clock_timestamp()
from <line>
on conflict (run_id, job_table, job_key) do update
set outcome = excluded.outcome, tokens_refunded = job_cleanup.run_job.tokens_refunded + excluded.tokens_refunded,
    duration_ms = excluded.duration_ms, cause = excluded.cause, settled_at = excluded.settled_at
