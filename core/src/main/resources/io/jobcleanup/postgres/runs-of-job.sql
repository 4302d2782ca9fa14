-- What runs did to a job, the newest first.
-- <job>   the job, by :job, :job_of_source, :job_source and :job_tables
-- :limit  int
-- Index: run_job_job_key
select run_id, job_table, job_key, source, payer, outcome, tokens_refunded, cost, duration_ms, cause, settled_at
from job_cleanup.run_job
where <job>
order by settled_at desc
limit :limit
