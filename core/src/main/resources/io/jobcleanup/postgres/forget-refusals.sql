-- Forgets that jobs were refused, now that they are settled.
-- :job_keys text[]
delete from job_cleanup.refusal where job_table = :job_table and job_key = any(cast(:job_keys as text[]))
