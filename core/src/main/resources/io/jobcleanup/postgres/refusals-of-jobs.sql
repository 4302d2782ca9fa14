-- What we know of refused jobs.
-- :job_keys text[]
-- Index: the primary key
select job_key, cause, tries, next_try_at
from job_cleanup.refusal
where job_table = :job_table and job_key = any(cast(:job_keys as text[]))
