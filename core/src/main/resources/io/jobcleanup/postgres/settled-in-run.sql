-- What a run did to some jobs, to learn what became of a COMMIT whose answer was lost.
-- :job_keys text[]
select job_key, payer, outcome, tokens_refunded, cost, duration_ms, cause
from job_cleanup.run_job
where run_id = cast(:run as uuid) and job_table = :job_table and job_key = any(cast(:job_keys as text[]))
