-- Late completions, the newest first, with what was given back. A run that failed a job whose refund was paid before has none
-- of its own: then the one before counts.
-- :after bigint as text, the id that they come after; or :ids text[]
-- :limit int
-- Index: the primary key of job_cleanup.late_completion; refund_job; the primary key of job_cleanup.run_job
select late.id, late.source, late.job_key, late.run_id, late.prevented, late.status, late.delivered, late.found_at,
       coalesce(settled.payer, given.payer) as payer, given.paid, given.owed,
       coalesce(settled.settled_at, given.failed_at) as failed_at
from job_cleanup.late_completion late
left join job_cleanup.run_job settled
  on settled.run_id = late.run_id and settled.job_table = late.job_table and settled.job_key = late.job_key
cross join lateral (<given_back>) given
where <which>
order by late.id desc
limit :limit
