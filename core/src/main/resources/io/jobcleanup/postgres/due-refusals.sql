-- Refused jobs whose delay is over, the longest stuck first.
-- :limit int
select job_key, stuck_since
from job_cleanup.refusal
where job_table = :job_table and next_try_at <= clock_timestamp()
order by stuck_since
limit :limit
