-- What we know of a refused job.
select cause, tries, next_try_at
from job_cleanup.refusal
where job_table = :job_table and job_key = :job_key
