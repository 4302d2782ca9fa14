-- What a run did to jobs, by their tables and keys.
-- :run uuid as text
-- :table, :key text, the job that they come after
-- :limit int
-- Index: the primary key of job_cleanup.run_job
select run_id, job_table, job_key, source, payer, outcome, tokens_refunded, cost, duration_ms, cause, settled_at
from job_cleanup.run_job
where run_id = cast(:run as uuid) and (job_table, job_key) > (:table, :key)
order by job_table, job_key
limit :limit
